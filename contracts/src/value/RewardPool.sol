// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IModelToken } from "./IModelToken.sol";
import { IRewardPool, Schedule } from "./IRewardPool.sol";
import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice See {IRewardPool}, which is the manual.
contract RewardPool is IRewardPool {
    using SafeCast for uint256;

    /// @inheritdoc IRewardPool
    IModelToken public immutable token;

    /// @inheritdoc IRewardPool
    address public immutable manager;

    uint64 private immutable _start;
    uint256 private immutable _ratePerSecond;
    uint256 private immutable _ceiling;

    /// @inheritdoc IRewardPool
    bytes32 public claimsRoot;

    // slot 1: base units both; the ceiling, and so each of them, is below 2**128
    uint128 private _contributorsMinted;
    uint128 private _contributorsClaimed;

    /// @inheritdoc IRewardPool
    uint64 public lastRound;

    /// @inheritdoc IRewardPool
    mapping(address account => uint256) public claimed;

    /// @inheritdoc IRewardPool
    mapping(address operator => uint256) public operatorBalance;

    /// @param token_ a token whose minter is this address, deployed before
    /// @param schedule_ how emission accrues
    /// @param manager_ the address the model's `RoundManager` will have; that constructor checks it
    constructor(IModelToken token_, Schedule memory schedule_, address manager_) {
        require(token_.minter() == address(this), RewardPool_NotMinter(address(token_), token_.minter()));
        require(
            schedule_.ratePerSecond != 0 && schedule_.ceiling != 0 && schedule_.ceiling <= token_.cap(),
            RewardPool_BadSchedule(schedule_.ratePerSecond, schedule_.ceiling, token_.cap())
        );
        require(manager_ != address(0), RewardPool_ZeroManager());
        token = token_;
        manager = manager_;
        _start = schedule_.start;
        _ratePerSecond = schedule_.ratePerSecond;
        _ceiling = schedule_.ceiling;
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
        require(msg.sender == manager, RewardPool_NotManager(msg.sender, manager));
        require(round > lastRound, RewardPool_AlreadyCredited(round, lastRound));
        require(
            operators.length == operatorAmounts.length,
            RewardPool_LengthMismatch(operators.length, operatorAmounts.length)
        );
        lastRound = round;
        _replaceRoot(round, root, claimsTotal, amount);
        uint256 operatorAmount = _creditOperators(round, operators, operatorAmounts);
        uint256 total = amount + operatorAmount;
        uint256 available = accrued() - minted();
        require(total <= available, RewardPool_OverAccrued(total, available));
        emit RoundCredited(round, root, claimsTotal, amount, operatorAmount);
        if (total != 0) token.mint(address(this), total);
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
        uint256 left = _contributorsMinted - _contributorsClaimed;
        // Keeps a false root away from what operators earned.
        require(paid <= left, RewardPool_OverMinted(paid, left));
        claimed[account] = cumulative;
        _contributorsClaimed += paid.toUint128();
        emit Claimed(account, cumulative, paid);
        _pay(account, paid);
    }

    /// @inheritdoc IRewardPool
    function claimOperator(address operator) external returns (uint256 paid) {
        paid = operatorBalance[operator];
        if (paid == 0) return 0;
        operatorBalance[operator] = 0;
        emit OperatorClaimed(operator, paid);
        _pay(operator, paid);
    }

    /// @inheritdoc IRewardPool
    function accrued() public view returns (uint256) {
        uint256 elapsed = Math.saturatingSub(block.timestamp, _start);
        return Math.min(_ceiling, Math.saturatingMul(_ratePerSecond, elapsed));
    }

    /// @inheritdoc IRewardPool
    function minted() public view returns (uint256) {
        // This pool is the token's only minter, so the token keeps the count.
        return token.totalEverMinted();
    }

    /// @inheritdoc IRewardPool
    function contributorsMinted() external view returns (uint256) {
        return _contributorsMinted;
    }

    /// @inheritdoc IRewardPool
    function contributorsClaimed() external view returns (uint256) {
        return _contributorsClaimed;
    }

    /// @inheritdoc IRewardPool
    function schedule() external view returns (Schedule memory) {
        return Schedule({ start: _start, ratePerSecond: _ratePerSecond, ceiling: _ceiling });
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
    }

    function _pay(address to, uint256 amount) private {
        // The model's own token returns true or reverts; the answer needs no second reading.
        assert(token.transfer(to, amount));
    }
}
