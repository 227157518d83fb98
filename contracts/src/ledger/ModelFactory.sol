// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Alliance } from "../training/Alliance.sol";
import { Operators } from "../training/Operators.sol";
import { ModelToken } from "../value/ModelToken.sol";
import { FoundedOnce } from "./FoundedOnce.sol";
import { FoundingRules } from "./FoundingRules.sol";
import { IModelFactory } from "./IModelFactory.sol";
import { Implementations, Launch, Model, OperatorTerms, RoundTerms } from "./LaunchTypes.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { RLP } from "@openzeppelin/contracts/utils/RLP.sol";

/// @notice See {IModelFactory}, which is the manual.
contract ModelFactory is IModelFactory {
    using RLP for RLP.Encoder;

    address private immutable _manager;
    address private immutable _token;
    address private immutable _pool;
    address private immutable _operators;
    address private immutable _disputes;
    address private immutable _alliance;
    address private immutable _predictionLog;

    /// @inheritdoc IModelFactory
    uint256 public creations;

    /// @param parts each deployed before, for this address where it asks who initialises
    constructor(Implementations memory parts) {
        _requireCode(parts.manager);
        _requireCode(parts.pool);
        _requireCode(parts.disputes);
        _requireCode(parts.predictionLog);
        _requireOwn(parts.token);
        _requireOwn(parts.operators);
        _requireOwn(parts.alliance);
        _manager = parts.manager;
        _token = parts.token;
        _pool = parts.pool;
        _operators = parts.operators;
        _disputes = parts.disputes;
        _alliance = parts.alliance;
        _predictionLog = parts.predictionLog;
    }

    /// @inheritdoc IModelFactory
    function launch(Launch calldata terms) external returns (Model memory model) {
        require(terms.owner != address(0), ModelFactory_NoOwner());
        FoundingRules.requireKept(terms);
        model = _place(terms);
        _createValue(terms, model);
        _createTraining(terms, model);
        emit ModelLaunched(model.manager, msg.sender, model);
    }

    /// @inheritdoc IModelFactory
    function implementations() external view returns (Implementations memory) {
        return Implementations(_manager, _token, _pool, _operators, _disputes, _alliance, _predictionLog);
    }

    /// Where each contract of this launch will be, in the order in which they are created.
    function _place(Launch calldata terms) private view returns (Model memory model) {
        // An account's first creation has nonce 1 (EIP-161).
        uint256 nonce = creations + 1;
        model.token = _addressAt(nonce);
        model.pool = _addressAt(nonce + 1);
        model.operators = _addressAt(nonce + 2);
        model.disputes = _addressAt(nonce + 3);
        model.manager = _addressAt(nonce + 4);
        nonce += 5;
        model.alliance = address(terms.alliance.existing);
        if (model.alliance == address(0)) model.alliance = _addressAt(nonce++);
        if (address(terms.registry) != address(0)) model.predictionLog = _addressAt(nonce);
    }

    function _createValue(Launch calldata terms, Model memory model) private {
        address none = address(0);
        _create(
            _token,
            abi.encode(model.pool, address(this), none, terms.token.cap, model.pool, none, none),
            model.token
        );
        ModelToken(model.token).initialize(terms.token.name, terms.token.symbol, terms.token.contractURI);
        _create(
            _pool,
            abi.encode(
                model.token,
                model.manager,
                terms.owner,
                terms.schedule.start == 0 ? block.timestamp : terms.schedule.start,
                terms.schedule.ratePerSecond,
                terms.schedule.ceiling,
                terms.schedule.halvingPeriod,
                terms.schedule.tailRatePerSecond
            ),
            model.pool
        );
    }

    function _createTraining(Launch calldata terms, Model memory model) private {
        OperatorTerms calldata operators = terms.operators;
        _create(
            _operators,
            abi.encode(
                model.manager, model.disputes, operators.bond, operators.unbondingPeriod, operators.idlePeriod
            ),
            model.operators
        );
        Operators(model.operators)
            .initialize(
                terms.owner, operators.coordinator, operators.standbys, operators.validators, operators.k
            );
        _create(
            _disputes,
            abi.encode(
                model.manager,
                model.operators,
                operators.bond,
                terms.disputes.floor,
                terms.disputes.hearingPeriod
            ),
            model.disputes
        );
        _create(_manager, _managerWords(terms, model), model.manager);
        if (address(terms.alliance.existing) == address(0)) _createAlliance(terms, model);
        if (model.predictionLog != address(0)) {
            _create(_predictionLog, abi.encode(terms.registry, model.manager), model.predictionLog);
        }
    }

    function _createAlliance(Launch calldata terms, Model memory model) private {
        _create(_alliance, abi.encode(terms.rounds.deviceRegistry), model.alliance);
        Alliance(model.alliance)
            .initialize(
                terms.owner,
                terms.alliance.listers,
                terms.alliance.devices,
                terms.alliance.policyHash,
                terms.alliance.termsHash
            );
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
                rounds.taskHash
            )
        );
    }

    function _create(address implementation, bytes memory words, address expected) private {
        creations += 1;
        address created = Clones.cloneWithImmutableArgs(implementation, words);
        require(created == expected, ModelFactory_WrongAddress(expected, created));
    }

    /// keccak256(rlp([this, nonce])), as CREATE has it.
    function _addressAt(uint256 nonce) private view returns (address) {
        bytes memory list = RLP.encoder().push(address(this)).push(nonce).encode();
        return address(uint160(uint256(keccak256(list))));
    }

    function _requireCode(address implementation) private view {
        require(implementation.code.length != 0, ModelFactory_BadImplementation(implementation));
    }

    function _requireOwn(address implementation) private view {
        _requireCode(implementation);
        require(
            FoundedOnce(implementation).factory() == address(this),
            ModelFactory_BadImplementation(implementation)
        );
    }
}
