// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IBatchRegistry } from "../data/IBatchRegistry.sol";
import { IDeviceRegistry } from "../device/IDeviceRegistry.sol";
import { IOnchainModel } from "../serving/IOnchainModel.sol";
import { IAlliance } from "../training/IAlliance.sol";
import { Validator } from "../training/RoundTypes.sol";
import { Schedule } from "../value/IRewardPool.sol";
import { OfferingTerms } from "./IModelOffering.sol";
import { PolicyFounding } from "./IModelPolicy.sol";

/// @notice A model's token.
/// @param name the token's name, also the name of its EIP-712 domain
/// @param symbol the token's symbol
/// @param contractURI where wallets find its description (ERC-7572); may be empty
/// @param cap the most that may ever be minted, base units; 1 to 2**104 - 1
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

/// @notice How the model's revenue is shared.
/// @param epochLength seconds of an epoch, which begins with the launch; an hour to 90 days
/// @param redeemableBps the part that burning redeems, in 1/10000
struct RevenueTerms {
    uint64 epochLength;
    uint32 redeemableBps;
}

/// @notice Tokens of somebody who founds the model, in a wallet that releases them in equal parts of time.
/// @param beneficiary who gets what has vested; zero for the model's treasury, which nobody can name before the launch
/// @param amount base units; not zero
/// @param start first second of the vesting; 0 for the second of the launch
/// @param duration seconds after `start` at which all has vested
/// @param cliff seconds after `start` before which nothing has; at most the duration
struct Allocation {
    address beneficiary;
    uint256 amount;
    uint64 start;
    uint64 duration;
    uint64 cliff;
}

/// @notice How holders govern the model, where nobody else does.
/// @param votingDelay seconds between a proposal and its snapshot; `shortest` to 30 days
/// @param votingPeriod seconds of voting; `shortest` to 60 days
/// @param extension seconds that a vote stays open after its quorum is complete; `shortest` to the period
/// @param proposalThreshold votes a proposer needs, base units; at most a hundredth of the cap
/// @param timelockDelay seconds between queue and execute; at least `shortest`
/// @param shortest seconds that no vote goes below; a minute to 30 days. A day where anything is worth a theft
/// @param quorumBps the part of held tokens that a vote needs, in 1/10000; 1 to 10000
/// @param vetoBps the part of what contributors mined that stops a proposal, in 1/10000; 0 for no veto
/// @param policy what the `ModelPolicy` says at first
struct GovernanceTerms {
    uint48 votingDelay;
    uint32 votingPeriod;
    uint48 extension;
    uint256 proposalThreshold;
    uint256 timelockDelay;
    uint256 shortest;
    uint256 quorumBps;
    uint256 vetoBps;
    PolicyFounding policy;
}

/// @notice Everything a model is launched with.
/// @param owner who names operators, lowers emission, and rules the model's own alliance; zero for a model that its
/// holders govern: then a governor, a timelock and a policy are made, and all this is the timelock's
/// @param registry where compiled versions of the model answer; zero for a model without a `PredictionLog`
/// @param offering what is sold, with `offered` zero for nothing; its token, treasury, manager and alliance are the
/// model's and are left zero here
/// @param onlyAlliance true if only owners of devices admitted by the model's alliance may buy
/// @param allocations what those who found the model hold; at most 16
struct Launch {
    address owner;
    IOnchainModel registry;
    TokenTerms token;
    Schedule schedule;
    RoundTerms rounds;
    OperatorTerms operators;
    DisputeTerms disputes;
    AllianceTerms alliance;
    RevenueTerms revenue;
    OfferingTerms offering;
    bool onlyAlliance;
    Allocation[] allocations;
    GovernanceTerms governance;
}

/// @notice The contracts of one model, zero for what it does without. Its `manager` is its id.
struct Model {
    address manager;
    address token;
    address vault;
    address pool;
    address operators;
    address disputes;
    address alliance;
    address predictionLog;
    address offering;
    address timelock;
    address governor;
    address policy;
    address[] vestings;
}

/// @notice What the contracts of every model are clones of.
struct Implementations {
    address manager;
    address token;
    address vault;
    address pool;
    address operators;
    address disputes;
    address alliance;
    address predictionLog;
    address offering;
    address timelock;
    address governor;
    address policy;
    address vesting;
}
