// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IAlliance } from "../training/IAlliance.sol";
import { IRoundManager } from "../training/IRoundManager.sol";
import { Round, Status } from "../training/RoundTypes.sol";
import { IModelToken } from "../value/IModelToken.sol";
import { CloneArgs } from "./CloneArgs.sol";
import { IModelOffering, OfferingBuyer, OfferingStatus, OfferingTerms } from "./IModelOffering.sol";
import { ISettled } from "./ISettled.sol";
import { OfferingRecord } from "./OfferingRecord.sol";
import { OfferingRules } from "./OfferingRules.sol";
import { ProRata } from "./ProRata.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { LowLevelCall } from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import { Nonces } from "@openzeppelin/contracts/utils/Nonces.sol";
import { ReentrancyGuard } from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice See {IModelOffering}, which is the manual. Made as a clone whose words are `abi.encode(OfferingTerms)`.
contract ModelOffering is OfferingRecord, ISettled, EIP712, Nonces, ReentrancyGuard {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    bytes32 private constant PURCHASE_TYPE_HASH =
        keccak256("OfferingPurchase(address buyer,uint256 amount,uint256 nonce,uint64 deadline)");
    /// @notice Who founds clones.
    address public immutable factory;
    address private immutable _implementation;

    /// @param factory_ the only account that founds clones
    constructor(address factory_) EIP712("Andel", "1") {
        factory = factory_;
        _implementation = address(this);
    }

    /// @inheritdoc IModelOffering
    function initialize() external {
        require(msg.sender == factory, ModelOffering_NotFactory(msg.sender, factory));
        require(
            _status == OfferingStatus.Uninitialized && address(this) != _implementation,
            ModelOffering_AlreadyFounded()
        );
        OfferingTerms memory founded = terms();
        OfferingRules.requireSound(founded);
        uint256 held = founded.token.balanceOf(address(this));
        require(held >= founded.offered, ModelOffering_NotFunded(held, founded.offered));
        _status = OfferingStatus.Open;
        emit OfferingFounded(founded);
    }

    /// @inheritdoc IModelOffering
    function buy(
        address buyer,
        uint256 amount,
        bytes calldata admission
    )
        external
        payable
        nonReentrant
        returns (uint256 paid)
    {
        address payment = CloneArgs.addressAt(PAYMENT);
        uint256 expected = payment == address(0) ? amount : 0;
        require(msg.value == expected, ModelOffering_WrongValue(msg.value, expected));
        paid = _book(buyer, msg.sender, amount, admission);
        if (payment != address(0)) _pull(payment, msg.sender, paid);
        else if (paid != amount) _send(payment, msg.sender, amount - paid);
    }

    /// @inheritdoc IModelOffering
    function buySigned(
        address buyer,
        uint256 amount,
        bytes calldata admission,
        uint64 deadline,
        bytes calldata signature,
        bytes calldata permit
    )
        external
        nonReentrant
        returns (uint256 paid)
    {
        address payment = CloneArgs.addressAt(PAYMENT);
        require(payment != address(0), ModelOffering_CoinNotSigned());
        require(block.timestamp <= deadline, ModelOffering_Expired(deadline, block.timestamp));
        uint256 nonce = _useNonce(buyer);
        bytes32 message = keccak256(abi.encode(PURCHASE_TYPE_HASH, buyer, amount, nonce, deadline));
        require(
            SignatureChecker.isValidSignatureNowCalldata(buyer, _hashTypedDataV4(message), signature),
            ModelOffering_BadSignature(buyer, nonce)
        );
        if (permit.length != 0) _permit(payment, buyer, permit);
        paid = _book(buyer, buyer, amount, admission);
        _pull(payment, buyer, paid);
    }

    /// @inheritdoc IModelOffering
    function settle() external nonReentrant {
        _settle();
    }

    /// @inheritdoc IModelOffering
    function claim(address buyer) external nonReentrant returns (uint256 tokens) {
        _settle();
        OfferingBuyer storage entry = _buyers[buyer];
        if (entry.paid == 0 || entry.claimed || _status == OfferingStatus.Failed) return 0;
        tokens = _tokensOf(entry.paid);
        entry.claimed = true;
        _claimedOf += entry.paid;
        _claimed += tokens.toUint128();
        emit Claimed(buyer, tokens);
        IModelToken token = IModelToken(CloneArgs.addressAt(TOKEN));
        IERC20(token).safeTransfer(buyer, tokens);
        if (_claimedOf != _raised) return tokens;
        uint256 dust = _sold - _claimed;
        // Nobody enters while the guard is up, and the token is the model's own: what it was asked above calls nobody.
        // slither-disable-next-line reentrancy-no-eth
        _sold = _claimed;
        if (dust == 0) return tokens;
        emit DustBurned(dust);
        token.burn(dust);
    }

    /// @inheritdoc IModelOffering
    function refund(address buyer) external nonReentrant returns (uint256) {
        return _refund(buyer, buyer);
    }

    /// @inheritdoc IModelOffering
    function refundTo(address to) external nonReentrant returns (uint256) {
        require(to != address(0), ModelOffering_Empty());
        return _refund(msg.sender, to);
    }

    /// @inheritdoc IModelOffering
    function release() external nonReentrant returns (uint256) {
        return _release(CloneArgs.addressAt(TREASURY));
    }

    /// @inheritdoc IModelOffering
    function releaseTo(address to) external nonReentrant returns (uint256) {
        address treasury = CloneArgs.addressAt(TREASURY);
        require(msg.sender == treasury, ModelOffering_NotTreasury(msg.sender, treasury));
        require(to != address(0), ModelOffering_Empty());
        return _release(to);
    }

    /// @inheritdoc IModelOffering
    function countRounds(uint256 limit) external nonReentrant returns (uint32 rounds) {
        uint256 wanted = CloneArgs.uintAt(MILESTONE_ROUNDS);
        rounds = _roundsCounted;
        require(
            _status == OfferingStatus.Succeeded && !_ended && rounds < wanted,
            ModelOffering_NothingToCount(_status)
        );
        uint256 deadline = CloneArgs.uintAt(MILESTONE_DEADLINE);
        bool over;
        uint64 next;
        (rounds, next, over) = _walk(rounds, wanted, deadline, limit);
        _nextRound = next;
        if (rounds != _roundsCounted) {
            _roundsCounted = rounds;
            emit RoundsCounted(rounds);
        }
        if (!over || rounds >= wanted) return rounds;
        _ended = true;
        emit MilestonesMissed(rounds, _left());
    }

    /// @inheritdoc ISettled
    function settled() external view returns (bool) {
        return _status == OfferingStatus.Failed || _status == OfferingStatus.Succeeded;
    }

    /// @inheritdoc IModelOffering
    function nonces(address buyer) public view override(IModelOffering, Nonces) returns (uint256) {
        return super.nonces(buyer);
    }

    /// Writes a payment into the books; the money comes after.
    function _book(
        address buyer,
        address payer,
        uint256 amount,
        bytes calldata admission
    )
        private
        returns (uint256 paid)
    {
        (uint64 opens, uint64 closes) = (uint64(CloneArgs.uintAt(OPENS)), uint64(CloneArgs.uintAt(CLOSES)));
        require(
            _status == OfferingStatus.Open && block.timestamp >= opens && block.timestamp <= closes,
            ModelOffering_NotOpen(block.timestamp, opens, closes)
        );
        require(buyer != address(0) && amount != 0, ModelOffering_Empty());
        OfferingBuyer storage entry = _buyers[buyer];
        uint256 most = _admitted(buyer, admission);
        uint256 room = most - Math.min(most, entry.paid);
        require(room != 0, ModelOffering_CapReached(buyer, most));
        paid = Math.min(amount, room);
        _raised = (paid + _raised).toUint128();
        entry.paid = (paid + entry.paid).toUint128();
        emit Bought(buyer, payer, paid);
    }

    /// The most that this account may pay, over all its purchases.
    function _admitted(address buyer, bytes calldata admission) private returns (uint256 most) {
        most = CloneArgs.uintAt(CAP_PER_BUYER);
        if (most == 0) most = type(uint128).max;
        IAlliance alliance = IAlliance(CloneArgs.addressAt(ALLIANCE));
        if (address(alliance) != address(0)) {
            _requireMember(alliance, buyer, abi.decode(admission, (address)));
            return most;
        }
        bytes32 root = CloneArgs.word(ALLOW_ROOT);
        if (root == bytes32(0)) return most;
        (uint256 allowed, bytes32[] memory proof) = abi.decode(admission, (uint256, bytes32[]));
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(buyer, allowed))));
        require(MerkleProof.verify(proof, root, leaf), ModelOffering_NotAllowed(buyer, allowed));
        most = Math.min(most, allowed);
    }

    function _requireMember(IAlliance alliance, address buyer, address device) private {
        uint64 at = uint64(block.timestamp);
        // slither-disable-next-line unused-return
        (, bytes32 termsHash) = alliance.rulesAt(at);
        require(
            alliance.deviceRegistry().ownerOf(device) == buyer && alliance.isAdmitted(device, at)
                && alliance.hasAccepted(buyer, termsHash, at),
            ModelOffering_NotMember(buyer, device)
        );
        address before = admittedBy[device];
        if (before == buyer) return;
        require(before == address(0), ModelOffering_DeviceUsed(device, before));
        admittedBy[device] = buyer;
    }

    function _settle() private {
        if (_status > OfferingStatus.Open) return;
        uint64 closes = uint64(CloneArgs.uintAt(CLOSES));
        require(
            _status == OfferingStatus.Open && block.timestamp > closes,
            ModelOffering_NotClosed(block.timestamp, closes)
        );
        uint256 raised = _raised;
        uint256 offered = CloneArgs.uintAt(OFFERED);
        if (raised < CloneArgs.uintAt(MINIMUM)) {
            _status = OfferingStatus.Failed;
        } else {
            _status = OfferingStatus.Succeeded;
            uint256 most = target();
            _proceeds = Math.min(raised, most).toUint128();
            _sold = raised >= most ? offered : ProRata.tokensRoundedDown(raised, CloneArgs.uintAt(PRICE));
            // Rounds that ran before are no milestone: a buyer knew of them.
            if (CloneArgs.uintAt(MILESTONE_ROUNDS) != 0) {
                _nextRound = IRoundManager(CloneArgs.addressAt(MANAGER)).roundsCount() + 1;
            }
        }
        uint256 unsold = offered - _sold;
        emit OfferingSettled(_status, raised, _proceeds, _sold, unsold);
        if (unsold != 0) IModelToken(CloneArgs.addressAt(TOKEN)).burn(unsold);
    }

    function _refund(address buyer, address to) private returns (uint256 amount) {
        _settle();
        OfferingBuyer storage entry = _buyers[buyer];
        (uint256 excess, uint256 rest) = _due(entry);
        if (!entry.refunded && entry.paid != 0) {
            entry.refunded = true;
            _refundedOf += entry.paid;
            _refunded += excess.toUint128();
        }
        if (_ended && !entry.returned && entry.paid != 0) {
            entry.returned = true;
            _returnedOf += entry.paid;
            _returned += rest.toUint128();
        }
        amount = excess + rest;
        if (amount == 0) return 0;
        emit Refunded(buyer, to, amount);
        _send(CloneArgs.addressAt(PAYMENT), to, amount);
    }

    function _release(address to) private returns (uint256 amount) {
        _settle();
        amount = _releasable();
        if (amount == 0) return 0;
        _released += amount.toUint128();
        emit Released(to, amount);
        _send(CloneArgs.addressAt(PAYMENT), to, amount);
    }

    /// Looks at rounds in their order, as far as they are final. `over`: no further round can count.
    function _walk(
        uint32 rounds,
        uint256 wanted,
        uint256 deadline,
        uint256 limit
    )
        private
        view
        returns (uint32, uint64 next, bool over)
    {
        IRoundManager manager = IRoundManager(CloneArgs.addressAt(MANAGER));
        uint64 last = manager.roundsCount();
        bool late = block.timestamp > deadline;
        next = _nextRound;
        for (; limit != 0 && next <= last && rounds < wanted; --limit) {
            Round memory entry = manager.roundOf(next);
            if (entry.status == Status.Finalised) {
                if (entry.movedAt > deadline) return (rounds, next, true);
                if (entry.minted != 0) ++rounds;
            } else if (entry.status != Status.Void || next == last) {
                // Under way, or void and perhaps tried again: what becomes of it now comes too late, or is awaited.
                return (rounds, next, late);
            }
            ++next;
        }
        return (rounds, next, late && next > last);
    }

    function _permit(address payment, address buyer, bytes calldata permit) private {
        (uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(permit, (uint256, uint256, uint8, bytes32, bytes32));
        // Anybody can have brought it before: then the allowance stands.
        try IERC20Permit(payment).permit(buyer, address(this), value, deadline, v, r, s) { } catch { }
    }

    function _pull(address payment, address from, uint256 amount) private {
        uint256 before = IERC20(payment).balanceOf(address(this));
        // `from` is the sender, or signed for this payment.
        // slither-disable-next-line arbitrary-send-erc20
        IERC20(payment).safeTransferFrom(from, address(this), amount);
        uint256 received = IERC20(payment).balanceOf(address(this)) - before;
        require(received == amount, ModelOffering_WrongTransfer(received, amount));
    }

    function _send(address payment, address to, uint256 amount) private {
        if (payment != address(0)) {
            IERC20(payment).safeTransfer(to, amount);
        } else {
            // Whatever it answers is not read: an answer of any length costs nobody anything.
            require(LowLevelCall.callNoReturn(to, amount, ""), ModelOffering_NotReceived(to, amount));
        }
    }
}
