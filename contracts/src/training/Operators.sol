// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { CloneArgs } from "../ledger/CloneArgs.sol";
import { FoundedOnce } from "../ledger/FoundedOnce.sol";
import { Bond, IOperators } from "./IOperators.sol";
import { IRoundManager } from "./IRoundManager.sol";
import { Validator } from "./RoundTypes.sol";
import {
    Ownable2StepUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import { LowLevelCall } from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice See {IOperators}, which is the manual. A clone; its words are: 0 manager, 1 disputes, 2 bond,
/// 3 unbondingPeriod, 4 idlePeriod.
contract Operators is IOperators, FoundedOnce, Ownable2StepUpgradeable {
    using SafeCast for uint256;

    /// Validators are kept apart from epochs: another coordinator does not copy them.
    struct ValidatorSet {
        uint32 k;
        Validator[] validators;
        mapping(address account => bool) isMember;
    }

    struct Epoch {
        address coordinator;
        uint32 set;
        address[] standbys;
    }

    uint256 private constant MAX_VALIDATORS = 32;
    uint256 private constant MAX_STANDBYS = 8;

    /// @inheritdoc IOperators
    uint32 public operatorsEpoch;
    uint32 private _lastSet;
    uint64 private _changedAt;

    /// @inheritdoc IOperators
    uint256 public burned;
    /// @inheritdoc IOperators
    mapping(address reporter => uint256) public rewardOf;

    mapping(uint32 epoch => Epoch) private _epochs;
    mapping(uint32 set => ValidatorSet) private _sets;
    mapping(address operator => Bond) private _bonds;

    /// @param factory_ the address the `ModelFactory` will have
    constructor(address factory_) FoundedOnce(factory_) { }

    /// @inheritdoc IOperators
    function initialize(
        address owner_,
        address coordinator_,
        address[] calldata standbys_,
        Validator[] calldata validators_,
        uint32 k_
    )
        external
        onlyFactory
        initializer
    {
        __Ownable_init(owner_);
        _addEpoch(coordinator_, standbys_, _addSet(k_, validators_));
    }

    /// @inheritdoc IOperators
    function setCoordinator(address coordinator_, address[] calldata standbys_) external onlyOwner {
        _requireBonded(coordinator_);
        for (uint256 i = 0; i < standbys_.length; ++i) {
            _requireBonded(standbys_[i]);
        }
        _addEpoch(coordinator_, standbys_, _epochs[operatorsEpoch].set);
    }

    /// @inheritdoc IOperators
    function setValidators(uint32 k_, Validator[] calldata validators_) external onlyOwner {
        for (uint256 i = 0; i < validators_.length; ++i) {
            _requireBonded(validators_[i].account);
        }
        Epoch storage current = _epochs[operatorsEpoch];
        _addEpoch(current.coordinator, current.standbys, _addSet(k_, validators_));
    }

    /// @inheritdoc IOperators
    function replaceCoordinator() external returns (address next) {
        uint64 from = idleAt();
        require(block.timestamp >= from, Operators_NotIdle(from));
        Epoch storage current = _epochs[operatorsEpoch];
        address former = current.coordinator;
        address[] memory standbys = current.standbys;
        uint256 n = standbys.length;
        uint256 chosen = 0;
        while (chosen < n && !isBonded(standbys[chosen])) ++chosen;
        require(chosen < n, Operators_NoStandby());
        next = standbys[chosen];
        for (uint256 i = chosen; i + 1 < n; ++i) {
            standbys[i] = standbys[i + 1];
        }
        // It may come back; whether it is bonded then is asked again.
        standbys[n - 1] = former;
        _addEpoch(next, standbys, current.set);
        emit CoordinatorReplaced(operatorsEpoch, former, next);
    }

    /// @inheritdoc IOperators
    function deposit(address operator) external payable {
        require(msg.value != 0, Operators_BadAmount(operator, 0, 0));
        Bond storage entry = _bonds[operator];
        entry.bonded += msg.value.toUint128();
        emit BondDeposited(operator, msg.sender, msg.value, entry.bonded);
    }

    /// @inheritdoc IOperators
    function requestWithdrawal(uint256 amount) external {
        Bond storage entry = _bonds[msg.sender];
        uint256 bonded = entry.bonded;
        require(amount != 0 && amount <= bonded, Operators_BadAmount(msg.sender, amount, bonded));
        uint256 left = bonded - amount;
        require(
            left == 0 || left >= bond() || !_isNamed(msg.sender),
            Operators_BondNeeded(msg.sender, left, bond())
        );
        entry.bonded = left.toUint128();
        entry.unbonding += amount.toUint128();
        entry.withdrawableAt = uint64(block.timestamp) + unbondingPeriod();
        emit WithdrawalRequested(msg.sender, entry.unbonding, entry.withdrawableAt);
    }

    /// @inheritdoc IOperators
    function withdraw() external returns (uint256 amount) {
        return withdrawFor(msg.sender);
    }

    /// @inheritdoc IOperators
    function withdrawReward() external returns (uint256 amount) {
        return withdrawRewardFor(msg.sender);
    }

    /// @inheritdoc IOperators
    function slash(address operator, uint256 amount, address reporter) external returns (uint256 slashed) {
        require(msg.sender == disputes(), Operators_NotDisputes(msg.sender, disputes()));
        Bond storage entry = _bonds[operator];
        uint256 fromBonded = Math.min(amount, entry.bonded);
        uint256 fromUnbonding = Math.min(amount - fromBonded, entry.unbonding);
        entry.bonded -= fromBonded.toUint128();
        entry.unbonding -= fromUnbonding.toUint128();
        slashed = fromBonded + fromUnbonding;
        uint256 reward = reporter == address(0) || reporter == operator ? 0 : slashed / 2;
        rewardOf[reporter] += reward;
        burned += slashed - reward;
        emit Slashed(operator, reporter, slashed, reward);
    }

    /// @inheritdoc IOperators
    function requireReady() external view returns (uint32 epoch, address coordinator_, uint32 k_, uint32 n) {
        epoch = operatorsEpoch;
        coordinator_ = _epochs[epoch].coordinator;
        _requireBonded(coordinator_);
        ValidatorSet storage set = _sets[_epochs[epoch].set];
        k_ = set.k;
        n = uint32(set.validators.length);
        uint256 bonded = 0;
        for (uint256 i = 0; i < n; ++i) {
            if (isBonded(set.validators[i].account)) ++bonded;
        }
        require(bonded >= k_, Operators_TooFewBonded(epoch, bonded, k_));
    }

    /// @inheritdoc IOperators
    function standingOf(
        uint32 epoch,
        address account
    )
        external
        view
        returns (bool isValidator, bool isBonded_)
    {
        return (_sets[_epochs[epoch].set].isMember[account], isBonded(account));
    }

    /// @inheritdoc IOperators
    function operatorsOf(uint32 epoch)
        external
        view
        returns (address coordinator_, uint32 k_, Validator[] memory validators_, address[] memory standbys_)
    {
        Epoch storage entry = _epochs[epoch];
        ValidatorSet storage set = _sets[entry.set];
        return (entry.coordinator, set.k, set.validators, entry.standbys);
    }

    /// @inheritdoc IOperators
    function accountsOf(uint32 epoch)
        external
        view
        returns (address coordinator_, address[] memory validators_)
    {
        Epoch storage entry = _epochs[epoch];
        ValidatorSet storage set = _sets[entry.set];
        uint256 n = set.validators.length;
        validators_ = new address[](n);
        for (uint256 i = 0; i < n; ++i) {
            validators_[i] = set.validators[i].account;
        }
        return (entry.coordinator, validators_);
    }

    /// @inheritdoc IOperators
    function coordinatorOf(uint32 epoch) external view returns (address) {
        return _epochs[epoch].coordinator;
    }

    /// @inheritdoc IOperators
    function coordinator() external view returns (address) {
        return _epochs[operatorsEpoch].coordinator;
    }

    /// @inheritdoc IOperators
    function bondOf(address operator) external view returns (Bond memory) {
        return _bonds[operator];
    }

    /// @inheritdoc IOperators
    function withdrawFor(address operator) public returns (uint256 amount) {
        Bond storage entry = _bonds[operator];
        uint64 from = entry.withdrawableAt;
        require(from != 0 && block.timestamp >= from, Operators_NotWithdrawable(operator, from));
        amount = entry.unbonding;
        entry.unbonding = 0;
        entry.withdrawableAt = 0;
        emit BondWithdrawn(operator, amount);
        _pay(operator, amount);
    }

    /// @inheritdoc IOperators
    function withdrawRewardFor(address reporter) public returns (uint256 amount) {
        amount = rewardOf[reporter];
        if (amount == 0) return 0;
        rewardOf[reporter] = 0;
        emit RewardWithdrawn(reporter, amount);
        _pay(reporter, amount);
    }

    /// @inheritdoc IOperators
    function manager() public view returns (address) {
        return CloneArgs.addressAt(0);
    }

    /// @inheritdoc IOperators
    function disputes() public view returns (address) {
        return CloneArgs.addressAt(1);
    }

    /// @inheritdoc IOperators
    function bond() public view returns (uint256) {
        return CloneArgs.uintAt(2);
    }

    /// @inheritdoc IOperators
    function unbondingPeriod() public view returns (uint64) {
        return uint64(CloneArgs.uintAt(3));
    }

    /// @inheritdoc IOperators
    function idlePeriod() public view returns (uint64) {
        return uint64(CloneArgs.uintAt(4));
    }

    /// @inheritdoc IOperators
    function isBonded(address operator) public view returns (bool) {
        return _bonds[operator].bonded >= bond();
    }

    /// @inheritdoc IOperators
    function idleAt() public view returns (uint64) {
        return uint64(Math.max(_changedAt, IRoundManager(manager()).lastMoveAt())) + idlePeriod();
    }

    function _addSet(uint32 k_, Validator[] memory validators_) private returns (uint32 number) {
        uint256 n = validators_.length;
        require(n != 0 && n <= MAX_VALIDATORS && k_ <= n && 2 * uint256(k_) > n, Operators_BadQuorum(k_, n));
        number = ++_lastSet;
        ValidatorSet storage set = _sets[number];
        set.k = k_;
        for (uint256 i = 0; i < n; ++i) {
            address account = validators_[i].account;
            require(account != address(0) && !set.isMember[account], Operators_BadValidator(account));
            set.isMember[account] = true;
            set.validators.push(validators_[i]);
        }
    }

    function _addEpoch(address coordinator_, address[] memory standbys_, uint32 set) private {
        uint256 count = standbys_.length;
        require(count <= MAX_STANDBYS, Operators_TooManyStandbys(count));
        ValidatorSet storage validators = _sets[set];
        _requireCoordinating(coordinator_, validators);
        for (uint256 i = 0; i < count; ++i) {
            _requireCoordinating(standbys_[i], validators);
            require(standbys_[i] != coordinator_, Operators_BadCoordinator(standbys_[i]));
            for (uint256 j = 0; j < i; ++j) {
                require(standbys_[i] != standbys_[j], Operators_BadCoordinator(standbys_[i]));
            }
        }
        uint32 number = ++operatorsEpoch;
        _changedAt = uint64(block.timestamp);
        _epochs[number] = Epoch(coordinator_, set, standbys_);
        emit OperatorsSet(number, coordinator_, validators.k, validators.validators, standbys_);
    }

    /// Only what was recorded as the account's own, and taken off its record before.
    function _pay(address account, uint256 amount) private {
        // slither-disable-next-line arbitrary-send-eth
        require(LowLevelCall.callNoReturn(account, amount, ""), Operators_PaymentFailed(account, amount));
    }

    /// Who closes the set of updates does not judge it.
    function _requireCoordinating(address account, ValidatorSet storage validators) private view {
        require(account != address(0) && !validators.isMember[account], Operators_BadCoordinator(account));
    }

    function _requireBonded(address account) private view {
        uint256 bonded = _bonds[account].bonded;
        require(bonded >= bond(), Operators_NotBonded(account, bonded, bond()));
    }

    function _isNamed(address account) private view returns (bool) {
        Epoch storage current = _epochs[operatorsEpoch];
        if (account == current.coordinator || _sets[current.set].isMember[account]) return true;
        for (uint256 i = 0; i < current.standbys.length; ++i) {
            if (current.standbys[i] == account) return true;
        }
        return false;
    }
}
