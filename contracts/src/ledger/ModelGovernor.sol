// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IRewardPool } from "../value/IRewardPool.sol";
import { CloneArgs } from "./CloneArgs.sol";
import { IHeldSupply } from "./IHeldSupply.sol";
import { IModelGovernor, Veto } from "./IModelGovernor.sol";
import { ISettled } from "./ISettled.sol";
import { GovernorUpgradeable } from "@openzeppelin/contracts-upgradeable/governance/GovernorUpgradeable.sol";
import {
    TimelockControllerUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/TimelockControllerUpgradeable.sol";
import {
    GovernorCountingSimpleUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorCountingSimpleUpgradeable.sol";
import {
    GovernorPreventLateQuorumUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorPreventLateQuorumUpgradeable.sol";
import {
    GovernorSettingsUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorSettingsUpgradeable.sol";
import {
    GovernorStorageUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorStorageUpgradeable.sol";
import {
    GovernorTimelockControlUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorTimelockControlUpgradeable.sol";
import {
    GovernorVotesUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorVotesUpgradeable.sol";
import { IERC5805 } from "@openzeppelin/contracts/interfaces/IERC5805.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice See {IModelGovernor}, which is the manual.
contract ModelGovernor is
    IModelGovernor,
    GovernorSettingsUpgradeable,
    GovernorCountingSimpleUpgradeable,
    GovernorStorageUpgradeable,
    GovernorVotesUpgradeable,
    GovernorPreventLateQuorumUpgradeable,
    GovernorTimelockControlUpgradeable
{
    using SafeCast for uint256;

    uint256 private constant BPS = 10_000;
    uint256 private constant LONGEST_DELAY = 30 days;
    uint256 private constant LONGEST_PERIOD = 60 days;
    /// A tenth of the cap must be held before anybody proposes; a hundredth is the least quorum, and the least veto.
    uint256 private constant HELD_PART = 10;
    uint256 private constant LEAST_PART = 100;

    /// @inheritdoc IModelGovernor
    address public immutable factory;

    /// Keyed by snapshot and not by a trace: a vote may shorten the delay, and then a later proposal has an earlier one.
    mapping(uint256 snapshot => uint256 held) public heldAt;
    mapping(uint256 proposalId => Veto) private _vetoes;
    /// @inheritdoc IModelGovernor
    mapping(uint256 proposalId => mapping(address contributor => bool)) public hasVetoed;

    /// @param factory_ who initialises clones
    constructor(address factory_) {
        factory = factory_;
        _disableInitializers();
    }

    /// @notice For the factory, once.
    /// @param delay seconds between a proposal and its snapshot
    /// @param period seconds of voting
    /// @param threshold votes a proposer needs, base units
    /// @param extension seconds that a vote stays open after its quorum is complete
    function initialize(
        uint48 delay,
        uint32 period,
        uint256 threshold,
        uint48 extension
    )
        external
        initializer
    {
        require(msg.sender == factory, ModelGovernor_NotFactory(msg.sender, factory));
        __Governor_init("Andel");
        __GovernorSettings_init(delay, period, threshold);
        __GovernorPreventLateQuorum_init(extension);
        __GovernorTimelockControl_init(TimelockControllerUpgradeable(payable(CloneArgs.addressAt(1))));
    }

    /// @inheritdoc IModelGovernor
    function veto(uint256 proposalId) external returns (uint256 weight) {
        require(vetoBps() != 0, ModelGovernor_NoVeto());
        _validateStateBitmap(
            proposalId,
            _encodeStateBitmap(ProposalState.Active) | _encodeStateBitmap(ProposalState.Succeeded)
                | _encodeStateBitmap(ProposalState.Queued)
        );
        require(!hasVetoed[proposalId][msg.sender], ModelGovernor_AlreadyVetoed(proposalId, msg.sender));
        uint256 votes = getVotes(msg.sender, proposalSnapshot(proposalId));
        weight = Math.min(pool().claimed(msg.sender), votes);
        require(weight != 0, ModelGovernor_NothingMined(proposalId, msg.sender));
        hasVetoed[proposalId][msg.sender] = true;
        Veto storage entry = _vetoes[proposalId];
        entry.weight += weight.toUint128();
        emit VetoCast(proposalId, msg.sender, weight, entry.weight, entry.needed);
        // From here on `state` says so; the operation in the timelock has nobody left who could execute it.
        if (entry.weight >= entry.needed) emit ProposalCanceled(proposalId);
    }

    /// @notice Never: see {IModelGovernor}.
    function updateTimelock(TimelockControllerUpgradeable) public pure override {
        revert ModelGovernor_TimelockIsFixed();
    }

    /// @inheritdoc IModelGovernor
    function vetoOf(uint256 proposalId) external view returns (Veto memory) {
        return _vetoes[proposalId];
    }

    /// @notice The votes a proposal needs; of a timepoint that is no proposal's snapshot, what one would need now.
    function quorum(uint256 timepoint) public view override returns (uint256) {
        uint256 held = heldAt[timepoint];
        if (held == 0) held = _held();
        return Math.max(Math.mulDiv(held, quorumBps(), BPS), cap() / LEAST_PART);
    }

    /// @notice OpenZeppelin's, and `Canceled` as soon as the veto is complete.
    function state(uint256 proposalId)
        public
        view
        override(GovernorUpgradeable, GovernorTimelockControlUpgradeable)
        returns (ProposalState)
    {
        Veto storage entry = _vetoes[proposalId];
        if (entry.needed != 0 && entry.weight >= entry.needed) return ProposalState.Canceled;
        return super.state(proposalId);
    }

    /// @notice The model's token.
    function token() public view override returns (IERC5805) {
        return IERC5805(CloneArgs.addressAt(0));
    }

    /// @inheritdoc IModelGovernor
    function offering() public view returns (address) {
        return CloneArgs.addressAt(2);
    }

    /// @inheritdoc IModelGovernor
    function pool() public view returns (IRewardPool) {
        return IRewardPool(CloneArgs.addressAt(3));
    }

    /// @inheritdoc IModelGovernor
    function cap() public view returns (uint256) {
        return CloneArgs.uintAt(4);
    }

    /// @inheritdoc IModelGovernor
    function quorumBps() public view returns (uint256) {
        return CloneArgs.uintAt(5);
    }

    /// @inheritdoc IModelGovernor
    function vetoBps() public view returns (uint256) {
        return CloneArgs.uintAt(6);
    }

    /// @inheritdoc IModelGovernor
    function shortest() public view returns (uint256) {
        return CloneArgs.uintAt(7);
    }

    /// @notice Votes a proposer needs, base units.
    function proposalThreshold()
        public
        view
        override(GovernorUpgradeable, GovernorSettingsUpgradeable)
        returns (uint256)
    {
        return super.proposalThreshold();
    }

    /// @notice When voting ends, seconds.
    function proposalDeadline(uint256 proposalId)
        public
        view
        override(GovernorUpgradeable, GovernorPreventLateQuorumUpgradeable)
        returns (uint256)
    {
        return super.proposalDeadline(proposalId);
    }

    /// @notice Always: what was decided waits in the timelock.
    function proposalNeedsQueuing(uint256 proposalId)
        public
        view
        override(GovernorUpgradeable, GovernorTimelockControlUpgradeable)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposalId);
    }

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    )
        internal
        override(GovernorUpgradeable, GovernorStorageUpgradeable)
        returns (uint256 proposalId)
    {
        uint256 held = _requireOpen();
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        uint256 snapshot = proposalSnapshot(proposalId);
        // Of two proposals in one second the greater supply counts for both.
        heldAt[snapshot] = Math.max(heldAt[snapshot], held);
        uint256 part = vetoBps();
        if (part == 0) return proposalId;
        uint256 share = Math.mulDiv(pool().contributorsMinted(), part, BPS, Math.Rounding.Ceil);
        _vetoes[proposalId].needed = Math.max(share, cap() / LEAST_PART).toUint128();
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    )
        internal
        override(GovernorUpgradeable, GovernorTimelockControlUpgradeable)
        returns (uint48)
    {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    )
        internal
        override(GovernorUpgradeable, GovernorTimelockControlUpgradeable)
    {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    )
        internal
        override(GovernorUpgradeable, GovernorTimelockControlUpgradeable)
        returns (uint256)
    {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _tallyUpdated(uint256 proposalId)
        internal
        override(GovernorUpgradeable, GovernorPreventLateQuorumUpgradeable)
    {
        super._tallyUpdated(proposalId);
    }

    function _setVotingDelay(uint48 delay) internal override {
        _requireWithin("votingDelay", delay, shortest(), LONGEST_DELAY);
        super._setVotingDelay(delay);
    }

    function _setVotingPeriod(uint32 period) internal override {
        _requireWithin("votingPeriod", period, shortest(), LONGEST_PERIOD);
        super._setVotingPeriod(period);
    }

    function _setProposalThreshold(uint256 threshold) internal override {
        _requireWithin("proposalThreshold", threshold, 0, cap() / LEAST_PART);
        super._setProposalThreshold(threshold);
    }

    function _setLateQuorumVoteExtension(uint48 extension) internal override {
        _requireWithin("lateQuorumVoteExtension", extension, shortest(), votingPeriod());
        super._setLateQuorumVoteExtension(extension);
    }

    function _executor()
        internal
        view
        override(GovernorUpgradeable, GovernorTimelockControlUpgradeable)
        returns (address)
    {
        return super._executor();
    }

    function _requireOpen() private view returns (uint256 held) {
        address sale = offering();
        require(sale == address(0) || ISettled(sale).settled(), ModelGovernor_OfferingNotSettled(sale));
        held = _held();
        uint256 needed = cap() / HELD_PART;
        require(held >= needed, ModelGovernor_TooFewHeld(held, needed));
    }

    function _held() private view returns (uint256) {
        return IHeldSupply(address(token())).heldSupply();
    }

    function _requireWithin(string memory setting, uint256 value, uint256 low, uint256 high) private pure {
        require(value >= low && value <= high, ModelGovernor_OutOfBounds(setting, value, low, high));
    }
}
