// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "../ledger/CloneArgs.sol";
import { Emission } from "./Emission.sol";
import { IModelToken } from "./IModelToken.sol";
import { IRewardPool, Schedule } from "./IRewardPool.sol";
import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice See {IRewardPool}, which is the manual. A clone; its words are: 0 token, 1 manager, 2 governance, 3 start,
/// 4 ratePerSecond, 5 ceiling, 6 halvingPeriod, 7 tailRatePerSecond.
contract RewardPool is IRewardPool {
    using SafeCast for uint256;

    uint256 private constant MAX_PAUSE = 30 days;

    /// @inheritdoc IRewardPool
    bytes32 public claimsRoot;

    // slot 1: base units both; the ceiling, and so each of them, is below 2**128
    uint128 private _contributorsMinted;
    uint128 private _operatorsCredited;

    // slot 2: what had accrued when emission was last lowered or paused, and when it goes on from there; 0: never was
    uint128 private _accruedBefore;
    uint64 private _goesOnAt;
    /// @inheritdoc IRewardPool
    uint64 public lastRound;

    // slot 3: how far rate and ceiling were lowered since founding
    uint128 private _rateCut;
    uint128 private _ceilingCut;

    /// @inheritdoc IRewardPool
    mapping(address account => uint256) public claimed;

    /// @inheritdoc IRewardPool
    mapping(address operator => uint256) public operatorBalance;

    modifier onlyGovernance() {
        require(msg.sender == governance(), RewardPool_NotGovernance(msg.sender, governance()));
        _;
    }

    /// @inheritdoc IRewardPool
    function credit(
        uint64 round,
        bytes32 root,
        uint256 claimsTotal,
        uint256 amount,
        address[] calldata operators,
        uint256[] calldata operatorAmounts
    )
        external
    {
        require(msg.sender == manager(), RewardPool_NotManager(msg.sender, manager()));
        require(round > lastRound, RewardPool_AlreadyCredited(round, lastRound));
        require(
            operators.length == operatorAmounts.length,
            RewardPool_LengthMismatch(operators.length, operatorAmounts.length)
        );
        uint256 room = available();
        lastRound = round;
        _replaceRoot(round, root, claimsTotal, amount);
        uint256 operatorAmount = _creditOperators(round, operators, operatorAmounts);
        uint256 total = amount + operatorAmount;
        require(total <= room, RewardPool_OverAccrued(total, room));
        emit RoundCredited(round, root, claimsTotal, amount, operatorAmount);
        if (amount != 0) token().mint(address(this), amount);
    }

    /// @inheritdoc IRewardPool
    function claim(
        address account,
        uint256 cumulative,
        uint256 runningSum,
        bytes32[] calldata proof
    )
        external
        returns (uint256 paid)
    {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account, cumulative, runningSum))));
        require(
            MerkleProof.verifyCalldata(proof, claimsRoot, leaf),
            RewardPool_BadProof(account, cumulative, runningSum)
        );
        uint256 before = claimed[account];
        if (cumulative <= before) return 0;
        paid = cumulative - before;
        IModelToken token_ = token();
        // All that lies here is contributors': operators' part is minted when it is pulled.
        uint256 left = token_.balanceOf(address(this));
        require(paid <= left, RewardPool_OverMinted(paid, left));
        claimed[account] = cumulative;
        emit Claimed(account, cumulative, paid);
        // The model's own token returns true or reverts; the answer needs no second reading.
        assert(token_.transfer(account, paid));
    }

    /// @inheritdoc IRewardPool
    function claimOperator(address operator) external returns (uint256 paid) {
        paid = operatorBalance[operator];
        if (paid == 0) return 0;
        operatorBalance[operator] = 0;
        emit OperatorClaimed(operator, paid);
        token().mint(operator, paid);
    }

    /// @inheritdoc IRewardPool
    function lowerCeiling(uint256 newCeiling) external onlyGovernance {
        uint256 least = minted();
        uint256 present = ceiling();
        require(newCeiling >= least && newCeiling < present, RewardPool_NotLower(newCeiling, least, present));
        _ceilingCut = (CloneArgs.uintAt(5) - newCeiling).toUint128();
        emit CeilingLowered(newCeiling);
    }

    /// @inheritdoc IRewardPool
    function lowerRate(uint256 newRate) external onlyGovernance {
        uint256 present = highestRate();
        require(newRate < present, RewardPool_NotLower(newRate, 0, present));
        _settleEmission(uint64(Math.max(block.timestamp, _goesOnAt)));
        _rateCut = (CloneArgs.uintAt(4) - newRate).toUint128();
        emit RateLowered(newRate);
    }

    /// @inheritdoc IRewardPool
    function pauseEmission(uint64 until) external onlyGovernance {
        uint256 latest = block.timestamp + MAX_PAUSE;
        require(until >= block.timestamp && until <= latest, RewardPool_BadPause(until, latest));
        _settleEmission(until);
        emit EmissionPaused(until);
    }

    /// @inheritdoc IRewardPool
    function contributorsMinted() external view returns (uint256) {
        return _contributorsMinted;
    }

    /// @inheritdoc IRewardPool
    function contributorsClaimed() external view returns (uint256) {
        return Math.saturatingSub(_contributorsMinted, token().balanceOf(address(this)));
    }

    /// @inheritdoc IRewardPool
    function schedule() external view returns (Schedule memory) {
        return Schedule({
            start: uint64(CloneArgs.uintAt(3)),
            ratePerSecond: CloneArgs.uintAt(4),
            ceiling: CloneArgs.uintAt(5),
            halvingPeriod: uint64(CloneArgs.uintAt(6)),
            tailRatePerSecond: CloneArgs.uintAt(7)
        });
    }

    /// @inheritdoc IRewardPool
    function pausedUntil() external view returns (uint64) {
        return _goesOnAt > block.timestamp ? _goesOnAt : 0;
    }

    /// @inheritdoc IRewardPool
    function available() public view returns (uint256) {
        return accrued() - minted();
    }

    /// @inheritdoc IRewardPool
    function accrued() public view returns (uint256) {
        uint256 since = _goesOnAt;
        if (since == 0) return Math.min(ceiling(), _scheduledBy(block.timestamp));
        uint256 total = _accruedBefore;
        if (block.timestamp > since) total += _scheduledBy(block.timestamp) - _scheduledBy(since);
        return Math.min(ceiling(), total);
    }

    /// @inheritdoc IRewardPool
    function minted() public view returns (uint256) {
        return uint256(_contributorsMinted) + _operatorsCredited;
    }

    /// @inheritdoc IRewardPool
    function ceiling() public view returns (uint256) {
        return CloneArgs.uintAt(5) - _ceilingCut;
    }

    /// @inheritdoc IRewardPool
    function highestRate() public view returns (uint256) {
        return CloneArgs.uintAt(4) - _rateCut;
    }

    /// @inheritdoc IRewardPool
    function token() public view returns (IModelToken) {
        return IModelToken(CloneArgs.addressAt(0));
    }

    /// @inheritdoc IRewardPool
    function manager() public view returns (address) {
        return CloneArgs.addressAt(1);
    }

    /// @inheritdoc IRewardPool
    function governance() public view returns (address) {
        return CloneArgs.addressAt(2);
    }

    /// Keeps what has accrued by now, and goes on at `from` under what is decided next.
    function _settleEmission(uint64 from) private {
        _accruedBefore = accrued().toUint128();
        _goesOnAt = from;
    }

    /// What the schedule gives from its start until `at` under the present highest rate, whatever was before.
    function _scheduledBy(uint256 at) private view returns (uint256) {
        uint256 elapsed = Math.saturatingSub(at, CloneArgs.uintAt(3));
        return Emission.accruedAfter(
            elapsed, CloneArgs.uintAt(4), CloneArgs.uintAt(6), CloneArgs.uintAt(7), highestRate()
        );
    }

    function _replaceRoot(uint64 round, bytes32 root, uint256 claimsTotal, uint256 amount) private {
        uint256 expected = _contributorsMinted + amount;
        require(claimsTotal == expected, RewardPool_TotalMismatch(claimsTotal, expected));
        if (amount == 0) {
            require(root == claimsRoot, RewardPool_RootChanged(round, root, claimsRoot));
            return;
        }
        require(root != bytes32(0), RewardPool_EmptyRoot(round));
        claimsRoot = root;
        _contributorsMinted = expected.toUint128();
    }

    function _creditOperators(
        uint64 round,
        address[] calldata operators,
        uint256[] calldata amounts
    )
        private
        returns (uint256 total)
    {
        for (uint256 i = 0; i < operators.length; ++i) {
            total += amounts[i];
            operatorBalance[operators[i]] += amounts[i];
            emit OperatorCredited(round, operators[i], amounts[i]);
        }
        if (total != 0) _operatorsCredited += total.toUint128();
    }
}
