// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IAccessPass, Pass, PassOrder } from "./IAccessPass.sol";
import { IPassPlans, IPublishedModel, PassPlan } from "./IPassPlans.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { LowLevelCall } from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import { Nonces } from "@openzeppelin/contracts/utils/Nonces.sol";
import { ReentrancyGuard } from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @notice See {IAccessPass}, which is the manual.
contract AccessPass is IAccessPass, EIP712, Nonces, ReentrancyGuard {
    using SafeERC20 for IERC20;

    bytes32 private constant PURCHASE_TYPE_HASH = keccak256(
        "PassPurchase(address model,bytes32 plan,address holder,bytes32 termsHash,address token,uint256 most,uint256 nonce,uint64 deadline)"
    );

    mapping(address model => mapping(address holder => Pass)) private _passes;

    constructor() EIP712("Andel", "1") { }

    /// @inheritdoc IAccessPass
    function buy(PassOrder calldata order) external payable nonReentrant returns (uint64 expiry) {
        return _buy(order, msg.sender, msg.sender == order.holder);
    }

    /// @inheritdoc IAccessPass
    function buySigned(
        PassOrder calldata order,
        uint64 deadline,
        bytes calldata signature,
        bytes calldata permit,
        bool gift
    )
        external
        payable
        nonReentrant
        returns (uint64 expiry)
    {
        require(block.timestamp <= deadline, AccessPass_Expired(deadline, block.timestamp));
        require(gift || order.token != address(0) || order.most == 0, AccessPass_CoinNotSigned());
        uint256 nonce = _useNonce(order.holder);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(PURCHASE_TYPE_HASH, order, nonce, deadline)));
        require(
            SignatureChecker.isValidSignatureNowCalldata(order.holder, digest, signature),
            AccessPass_BadSignature(order.holder, nonce)
        );
        if (permit.length != 0) _permit(order.token, order.holder, permit);
        return _buy(order, gift ? msg.sender : order.holder, true);
    }

    /// @inheritdoc IAccessPass
    function transfer(address model, address to) external {
        Pass memory pass = _passes[model][msg.sender];
        require(
            pass.transferable && pass.expiry >= block.timestamp, AccessPass_NotTransferable(model, msg.sender)
        );
        require(to != address(0), AccessPass_Empty());
        uint64 other = _passes[model][to].expiry;
        require(other < block.timestamp, AccessPass_OtherPass(to, other));
        delete _passes[model][msg.sender];
        _passes[model][to] = pass;
        emit PassTransferred(model, msg.sender, to);
    }

    /// @inheritdoc IAccessPass
    function passOf(address model, address holder) external view returns (Pass memory) {
        return _passes[model][holder];
    }

    /// @inheritdoc IAccessPass
    function isLive(address model, address holder, uint64 at) external view returns (bool) {
        uint64 expiry = _passes[model][holder].expiry;
        return expiry != 0 && expiry >= at;
    }

    /// @inheritdoc IAccessPass
    function nonces(address holder) public view override(IAccessPass, Nonces) returns (uint256) {
        return super.nonces(holder);
    }

    /// @inheritdoc IAccessPass
    function planOf(address model, bytes32 plan) public view returns (PassPlan memory found) {
        found = IPassPlans(IPublishedModel(model).publisher()).passPlanOf(plan);
        require(found.period != 0, AccessPass_UnknownPlan(model, plan));
    }

    /// `byHolder`: the holder itself wants it, so it may replace what it has.
    function _buy(PassOrder calldata order, address payer, bool byHolder) private returns (uint64 expiry) {
        require(order.holder != address(0), AccessPass_Empty());
        PassPlan memory plan = planOf(order.model, order.plan);
        require(
            plan.termsHash == order.termsHash && plan.token == order.token && plan.price <= order.most,
            AccessPass_Changed(plan.termsHash, plan.token, plan.price)
        );
        uint256 expected = plan.token == address(0) ? plan.price : 0;
        require(msg.value == expected, AccessPass_WrongValue(msg.value, expected));
        expiry = _extend(_passes[order.model][order.holder], order, plan, byHolder);
        emit PassBought(order.model, order.holder, order.plan, plan.termsHash, expiry, payer, plan.price);
        _pay(plan, payer);
    }

    function _extend(
        Pass storage pass,
        PassOrder calldata order,
        PassPlan memory plan,
        bool byHolder
    )
        private
        returns (uint64 expiry)
    {
        uint64 end = pass.expiry;
        uint64 now_ = uint64(block.timestamp);
        if (end >= now_) {
            if (
                pass.plan == order.plan && pass.termsHash == plan.termsHash && pass.perDay == plan.perDay
                    && pass.transferable == plan.transferable
            ) {
                expiry = end + plan.period;
                pass.expiry = expiry;
                return expiry;
            }
            require(byHolder, AccessPass_OtherPass(order.holder, end));
        }
        expiry = now_ + plan.period;
        pass.plan = order.plan;
        pass.termsHash = plan.termsHash;
        pass.expiry = expiry;
        pass.perDay = plan.perDay;
        pass.transferable = plan.transferable;
    }

    function _permit(address token, address holder, bytes calldata permit) private {
        (uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(permit, (uint256, uint256, uint8, bytes32, bytes32));
        // Anybody can have brought it before: then the allowance stands.
        try IERC20Permit(token).permit(holder, address(this), value, deadline, v, r, s) { } catch { }
    }

    function _pay(PassPlan memory plan, address payer) private {
        if (plan.price == 0) return;
        if (plan.token != address(0)) {
            // The payer is the sender, or signed for this payment.
            // slither-disable-next-line arbitrary-send-erc20
            IERC20(plan.token).safeTransferFrom(payer, plan.payTo, plan.price);
        } else {
            require(
                LowLevelCall.callNoReturn(plan.payTo, plan.price, ""),
                AccessPass_NotReceived(plan.payTo, plan.price)
            );
        }
    }
}
