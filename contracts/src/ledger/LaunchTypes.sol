// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IBatchRegistry } from "../data/IBatchRegistry.sol";
import { IDeviceRegistry } from "../device/IDeviceRegistry.sol";
import { IOnchainModel } from "../serving/IOnchainModel.sol";
import { IAlliance } from "../training/IAlliance.sol";
import { Validator } from "../training/RoundTypes.sol";
import { Schedule } from "../value/IRewardPool.sol";

/// @notice A model's token.
/// @param name the token's name, also the name of its EIP-712 domain
/// @param symbol the token's symbol
/// @param contractURI where wallets find its description (ERC-7572); may be empty
/// @param cap the most that may ever be minted, base units; 1 to 2**128 - 1
struct TokenTerms {
    string name;
    string symbol;
    string contractURI;
    uint256 cap;
}

/// @notice How rounds are run.
/// @param deviceRegistry who owns which device
/// @param batchRegistry what was entered for which day; must rest on the same `deviceRegistry`
/// @param coinPerToken what one whole token (1e18 base units) is held to be worth, wei of the chain's coin; 1 to 2**96
/// @param challengeWindow seconds between agreement and finalise; at most 30 days
/// @param seedDelay blocks between a root and the block whose hash makes its seed; 1 to 128
/// @param commitPeriod seconds that validators have to commit after seed 2, and again to reveal; at most 7 days
/// @param operatorShareBps operators' part of an emission, in 1/10000, at most 1000
/// @param genesisVersion hash of the version the first round starts from; not zero
/// @param taskHash sha2-256 of the task's description
struct RoundTerms {
    IDeviceRegistry deviceRegistry;
    IBatchRegistry batchRegistry;
    uint256 coinPerToken;
    uint64 challengeWindow;
    uint32 seedDelay;
    uint64 commitPeriod;
    uint32 operatorShareBps;
    bytes32 genesisVersion;
    bytes32 taskHash;
}

/// @notice Who operates the model at first, and what holds for all operators for ever.
/// @param coordinator opens and closes rounds; not a validator
/// @param standbys who coordinates next, in this order; at most 8, none a validator or the coordinator
/// @param validators 1 to 32, all different
/// @param k how many equal attestations decide; more than half of the validators
/// @param bond what each operator puts down, wei of the chain's coin; more than 0, below 2**128
/// @param unbondingPeriod seconds between asking for a bond and getting it; at most 365 days, and longer than a round of
/// 30 days with its commit period, window, two hearing periods and two days
/// @param idlePeriod seconds without a move after which a standby may take over; at most 365 days, at least the commit
/// period, the window and two hearing periods
struct OperatorTerms {
    address coordinator;
    address[] standbys;
    Validator[] validators;
    uint32 k;
    uint256 bond;
    uint64 unbondingPeriod;
    uint64 idlePeriod;
}

/// @notice How results are challenged.
/// @param hearingPeriod seconds to commit in a hearing, and again to reveal; a minute to 7 days
/// @param floor the least bond of a challenge, wei; more than 0, at most an operator's bond
struct DisputeTerms {
    uint64 hearingPeriod;
    uint256 floor;
}

/// @notice Who may contribute: an alliance that is there, or a new one.
/// @param existing an alliance over the same `deviceRegistry`; zero for a new one, founded with what follows
/// @param listers whom it trusts to vouch for devices; at most 64
/// @param devices admitted whoever lists them
/// @param policyHash sha2-256 of the policy object; not zero
/// @param termsHash sha2-256 of the terms; not zero
struct AllianceTerms {
    IAlliance existing;
    address[] listers;
    address[] devices;
    bytes32 policyHash;
    bytes32 termsHash;
}

/// @notice Everything a model is launched with.
/// @param owner who names operators, lowers emission, and rules the model's own alliance
/// @param registry where compiled versions of the model answer; zero for a model without a `PredictionLog`
struct Launch {
    address owner;
    IOnchainModel registry;
    TokenTerms token;
    Schedule schedule;
    RoundTerms rounds;
    OperatorTerms operators;
    DisputeTerms disputes;
    AllianceTerms alliance;
}

/// @notice The contracts of one model. Its `manager` is its id.
struct Model {
    address manager;
    address token;
    address pool;
    address operators;
    address disputes;
    address alliance;
    address predictionLog;
}

/// @notice What the contracts of every model are clones of.
struct Implementations {
    address manager;
    address token;
    address pool;
    address operators;
    address disputes;
    address alliance;
    address predictionLog;
}
