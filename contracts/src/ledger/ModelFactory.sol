// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IAlliance } from "../training/IAlliance.sol";
import { IOperators } from "../training/IOperators.sol";
import { IRoundManager } from "../training/IRoundManager.sol";
import { IModelToken } from "../value/IModelToken.sol";
import { FoundedOnce } from "./FoundedOnce.sol";
import { FounderVesting } from "./FounderVesting.sol";
import { FoundingRules } from "./FoundingRules.sol";
import { IModelFactory } from "./IModelFactory.sol";
import { IModelOffering, OfferingTerms } from "./IModelOffering.sol";
import {
    Allocation,
    GovernanceTerms,
    Implementations,
    Launch,
    Model,
    OperatorTerms,
    RoundTerms
} from "./LaunchTypes.sol";
import { ModelGovernor } from "./ModelGovernor.sol";
import { ModelPolicy } from "./ModelPolicy.sol";
import { ModelTimelock } from "./ModelTimelock.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { RLP } from "@openzeppelin/contracts/utils/RLP.sol";

/// @notice See {IModelFactory}, which is the manual.
contract ModelFactory is IModelFactory {
    using RLP for RLP.Encoder;

    address private immutable _manager;
    address private immutable _token;
    address private immutable _vault;
    address private immutable _pool;
    address private immutable _operators;
    address private immutable _disputes;
    address private immutable _alliance;
    address private immutable _predictionLog;
    address private immutable _offering;
    address private immutable _timelock;
    address private immutable _governor;
    address private immutable _policy;
    address private immutable _vesting;

    /// @inheritdoc IModelFactory
    uint256 public creations;

    /// @param parts each deployed before, for this address where it asks who initialises
    constructor(Implementations memory parts) {
        _manager = _there(parts.manager);
        _token = _there(parts.token);
        _vault = _there(parts.vault);
        _pool = _there(parts.pool);
        _disputes = _there(parts.disputes);
        _predictionLog = _there(parts.predictionLog);
        _operators = _own(parts.operators);
        _alliance = _own(parts.alliance);
        _offering = _own(parts.offering);
        _timelock = _own(parts.timelock);
        _governor = _own(parts.governor);
        _policy = _own(parts.policy);
        _vesting = _own(parts.vesting);
    }

    /// @inheritdoc IModelFactory
    function launch(Launch calldata terms) external returns (Model memory model) {
        FoundingRules.requireKept(terms);
        model = _place(terms);
        address ruler = terms.owner == address(0) ? model.timelock : terms.owner;
        _createToken(terms, model, ruler);
        _createPool(terms, model, ruler);
        _createOperators(terms, model, ruler);
        _create(_manager, _managerWords(terms, model), model.manager);
        if (address(terms.alliance.existing) == address(0)) _createAlliance(terms, model, ruler);
        if (model.predictionLog != address(0)) {
            _create(_predictionLog, abi.encode(terms.registry, model.manager), model.predictionLog);
        }
        if (model.offering != address(0)) _createOffering(terms, model, ruler);
        if (terms.owner == address(0)) _createGovernance(terms, model);
        _createVestings(terms, model, ruler);
        emit ModelLaunched(model.manager, msg.sender, model);
    }

    /// @inheritdoc IModelFactory
    function implementations() external view returns (Implementations memory parts) {
        parts.manager = _manager;
        parts.token = _token;
        parts.vault = _vault;
        parts.pool = _pool;
        parts.operators = _operators;
        parts.disputes = _disputes;
        parts.alliance = _alliance;
        parts.predictionLog = _predictionLog;
        parts.offering = _offering;
        parts.timelock = _timelock;
        parts.governor = _governor;
        parts.policy = _policy;
        parts.vesting = _vesting;
    }

    /// Where each contract of this launch will be, in the order in which they are created.
    function _place(Launch calldata terms) private view returns (Model memory model) {
        // An account's first creation has nonce 1 (EIP-161).
        uint256 nonce = creations + 1;
        model.token = _addressAt(nonce++);
        model.vault = _addressAt(nonce++);
        model.pool = _addressAt(nonce++);
        model.operators = _addressAt(nonce++);
        model.disputes = _addressAt(nonce++);
        model.manager = _addressAt(nonce++);
        model.alliance = address(terms.alliance.existing);
        if (model.alliance == address(0)) model.alliance = _addressAt(nonce++);
        if (address(terms.registry) != address(0)) model.predictionLog = _addressAt(nonce++);
        if (terms.offering.offered != 0) model.offering = _addressAt(nonce++);
        if (terms.owner == address(0)) {
            model.timelock = _addressAt(nonce++);
            model.governor = _addressAt(nonce++);
            model.policy = _addressAt(nonce++);
        }
        model.vestings = new address[](terms.allocations.length);
        for (uint256 i = 0; i < model.vestings.length; ++i) {
            model.vestings[i] = _addressAt(nonce++);
        }
    }

    /// The token, with what is set aside for ever behind its own words, and its vault.
    function _createToken(Launch calldata terms, Model memory model, address ruler) private {
        uint256 length = terms.revenue.epochLength;
        bytes memory words = abi.encode(
            model.pool, address(this), model.vault, terms.token.cap, block.timestamp, length, ruler
        );
        if (model.offering != address(0)) words = bytes.concat(words, abi.encode(model.offering));
        for (uint256 i = 0; i < model.vestings.length; ++i) {
            words = bytes.concat(words, abi.encode(model.vestings[i]));
        }
        _create(_token, words, model.token);
        IModelToken(model.token).initialize(terms.token.name, terms.token.symbol, terms.token.contractURI);
        words = abi.encode(model.token, block.timestamp, length, terms.revenue.redeemableBps);
        _create(_vault, words, model.vault);
    }

    function _createPool(Launch calldata terms, Model memory model, address ruler) private {
        _create(
            _pool,
            abi.encode(
                model.token,
                model.manager,
                ruler,
                terms.schedule.start == 0 ? block.timestamp : terms.schedule.start,
                terms.schedule.ratePerSecond,
                terms.schedule.ceiling,
                terms.schedule.halvingPeriod,
                terms.schedule.tailRatePerSecond
            ),
            model.pool
        );
    }

    /// Operators, and who judges them.
    function _createOperators(Launch calldata terms, Model memory model, address ruler) private {
        OperatorTerms calldata first = terms.operators;
        _create(
            _operators,
            abi.encode(model.manager, model.disputes, first.bond, first.unbondingPeriod, first.idlePeriod),
            model.operators
        );
        IOperators(model.operators)
            .initialize(ruler, first.coordinator, first.standbys, first.validators, first.k);
        _create(
            _disputes,
            abi.encode(
                model.manager, model.operators, first.bond, terms.disputes.floor, terms.disputes.hearingPeriod
            ),
            model.disputes
        );
    }

    function _createAlliance(Launch calldata terms, Model memory model, address ruler) private {
        _create(_alliance, abi.encode(terms.rounds.deviceRegistry), model.alliance);
        IAlliance(model.alliance)
            .initialize(
                ruler,
                terms.alliance.listers,
                terms.alliance.devices,
                terms.alliance.policyHash,
                terms.alliance.termsHash
            );
    }

    function _createOffering(Launch calldata terms, Model memory model, address ruler) private {
        OfferingTerms memory sale = terms.offering;
        sale.token = IModelToken(model.token);
        sale.treasury = ruler;
        sale.manager = IRoundManager(model.manager);
        sale.alliance = IAlliance(terms.onlyAlliance ? model.alliance : address(0));
        _create(_offering, abi.encode(sale), model.offering);
        IModelToken(model.token).mint(model.offering, sale.offered);
        IModelOffering(model.offering).initialize();
    }

    function _createGovernance(Launch calldata terms, Model memory model) private {
        GovernanceTerms calldata rules = terms.governance;
        _create(_timelock, abi.encode(model.governor, rules.shortest), model.timelock);
        address[] memory only = new address[](1);
        only[0] = model.governor;
        ModelTimelock(payable(model.timelock)).initialize(rules.timelockDelay, only, only, address(0));
        _create(
            _governor,
            abi.encode(
                model.token,
                model.timelock,
                model.offering,
                model.pool,
                terms.token.cap,
                rules.quorumBps,
                rules.vetoBps,
                rules.shortest
            ),
            model.governor
        );
        ModelGovernor(payable(model.governor))
            .initialize(rules.votingDelay, rules.votingPeriod, rules.proposalThreshold, rules.extension);
        _create(_policy, abi.encode(model.timelock, model.manager, terms.registry, model.vault), model.policy);
        ModelPolicy(model.policy).initialize(rules.policy);
    }

    function _createVestings(Launch calldata terms, Model memory model, address ruler) private {
        for (uint256 i = 0; i < model.vestings.length; ++i) {
            Allocation calldata part = terms.allocations[i];
            address wallet = model.vestings[i];
            _create(_vesting, "", wallet);
            uint64 start = part.start == 0 ? uint64(block.timestamp) : part.start;
            address owner = part.beneficiary == address(0) ? ruler : part.beneficiary;
            FounderVesting(payable(wallet)).initialize(owner, start, part.duration, part.cliff);
            IModelToken(model.token).mint(wallet, part.amount);
        }
    }

    /// In two halves: the compiler holds no more values at once.
    function _managerWords(Launch calldata terms, Model memory model) private pure returns (bytes memory) {
        RoundTerms calldata rounds = terms.rounds;
        bytes memory parts = abi.encode(
            rounds.deviceRegistry,
            rounds.batchRegistry,
            model.pool,
            model.operators,
            model.disputes,
            model.alliance,
            terms.operators.bond
        );
        return bytes.concat(
            parts,
            abi.encode(
                rounds.coinPerToken,
                rounds.challengeWindow,
                rounds.seedDelay,
                rounds.commitPeriod,
                rounds.operatorShareBps,
                rounds.genesisVersion,
                rounds.taskHash,
                model.policy
            )
        );
    }

    function _create(address implementation, bytes memory words, address expected) private {
        // What is called between two creations are this launch's own clones, which call nobody back; and a launch within a
        // launch would move this number, so that the address below is not the expected one and nothing is left of either.
        // slither-disable-start reentrancy-no-eth
        creations += 1;
        // slither-disable-end reentrancy-no-eth
        address created = Clones.cloneWithImmutableArgs(implementation, words);
        require(created == expected, ModelFactory_WrongAddress(expected, created));
    }

    /// keccak256(rlp([this, nonce])), as CREATE has it.
    function _addressAt(uint256 nonce) private view returns (address) {
        bytes memory list = RLP.encoder().push(address(this)).push(nonce).encode();
        return address(uint160(uint256(keccak256(list))));
    }

    function _there(address implementation) private view returns (address) {
        require(implementation.code.length != 0, ModelFactory_BadImplementation(implementation));
        return implementation;
    }

    function _own(address implementation) private view returns (address) {
        bool own = FoundedOnce(_there(implementation)).factory() == address(this);
        require(own, ModelFactory_BadImplementation(implementation));
        return implementation;
    }
}
