// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IOnchainModels } from "../serving/IOnchainModels.sol";
import { IRoundManager } from "../training/IRoundManager.sol";

/// @notice What a record is about. The first four are hashes of published texts (sha2-256, the digest of the CID).
enum Rule {
    Training,
    Data,
    Validation,
    Licence,
    Prices,
    Bar
}

/// @notice Who may ask the model off chain: everybody, holders of the token, who pays. Inside the chain all may read.
enum Access {
    Open,
    Holders,
    Paid
}

/// @notice One line of a record's history.
/// @param hash the text's hash (zero: no such rule); of prices keccak256(abi.encode(access, prices)); of a bar
/// keccak256(abi.encode(bar))
/// @param since seconds
/// @param sinceBlock it holds for rounds opened in a later block
struct Record {
    bytes32 hash;
    uint48 since;
    uint48 sinceBlock;
}

/// @notice What one way of asking costs.
/// @param route the name of a route or pass, as bytes32 text
/// @param token what is paid in; zero: the chain's coin
/// @param period seconds a pass lasts; 0: paid per call
/// @param ratePerDay calls a day; 0: as the server says
/// @param transferable whether a pass can change hands
/// @param amount base units of `token`
struct Price {
    bytes32 route;
    address token;
    uint32 period;
    uint32 ratePerDay;
    bool transferable;
    uint128 amount;
}

/// @notice What a version must reach to be promoted without a vote.
/// @param evaluation the attested evaluation that is just good enough, in the task's own unit
/// @param lowerIsBetter true when the evaluation is an error
/// @param automatic false: every promotion is a vote's
struct Bar {
    int64 evaluation;
    bool lowerIsBetter;
    bool automatic;
}

/// @notice A version that was made current.
/// @param version hash of its parameters
/// @param since seconds
/// @param sinceBlock the block of the promotion
/// @param round the first final round that gave the version
/// @param byVote true if a vote said so, whatever the bar
struct Promotion {
    bytes32 version;
    uint48 since;
    uint48 sinceBlock;
    uint64 round;
    bool byVote;
}

/// @notice What a model's policy starts with.
struct PolicyFounding {
    bytes32 training;
    bytes32 data;
    bytes32 validation;
    bytes32 licence;
    Access access;
    Price[] prices;
    Bar bar;
}

/// @title What a model's holders have decided, and which version is current
/// @notice One registry of everything that is decided by vote and is not money or operators. Only the timelock writes;
/// anybody reads. Each record keeps its history, so that an auditor knows what held when a round was opened.
///
/// WORDS of the clone: 0 timelock, 1 the model's `RoundManager`, 2 `OnchainModels`, 3 the revenue vault (zero: what is paid
/// goes to the timelock).
///
/// PASSES. A price with a period is a plan that `AccessPass` sells (`IPassPlans`): paid to the vault, under the licence in
/// force at the sale.
///
/// IN FORCE. A rule holds for the rounds whose first attempt was opened in a later block than the rule's. Validators
/// attest no round whose plan does not obey the training policy in force when it was opened; what they refuse, and why,
/// they record. Contracts cannot read plans: this part rests on k validators and can be replayed by anybody.
///
/// PUBLISHING. A version's code goes on chain with the signatures of k present, fully bonded validators over
/// `Publication(model, version, modelFileHash, codeHash)`, each of whom has compiled the version anew. Anybody brings it.
///
/// PROMOTION. Anybody may promote a published version whose round attested an evaluation that reaches the bar, and that
/// is newer than every version promoted before. Below the bar, or without a bar, it takes `promoteByVote`; back to an
/// older one, `rollback`. A version that was rolled back from comes back by vote alone.
interface IModelPolicy {
    /// @notice A rule has a new hash; `number` counts the rule's records from 0.
    event RuleSet(Rule indexed rule, uint256 number, bytes32 hash);

    /// @notice The price list and who may ask are new.
    event PricesSet(Access access, Price[] prices);

    /// @notice The bar is new.
    event BarSet(int64 evaluation, bool lowerIsBetter, bool automatic);

    /// @notice A version's code is on chain, compiled anew by these validators.
    event VersionPublished(
        bytes32 indexed version, bytes32 modelFileHash, bytes32 codeHash, address[] validators
    );

    /// @notice A version is current.
    event VersionPromoted(bytes32 indexed version, uint64 round, int64 evaluation, bool byVote);

    /// @notice Only the factory initialises, in the launch.
    error ModelPolicy_NotFactory(address sender, address factory);

    /// @notice Only the timelock, and so a vote.
    error ModelPolicy_NotTimelock(address sender, address timelock);

    /// @notice At most 32 prices, each route once and none empty.
    error ModelPolicy_BadPrices(uint256 position);

    /// @notice No price under this route.
    error ModelPolicy_NoPrice(bytes32 route);

    /// @notice The rule has no record of this number.
    error ModelPolicy_NoRecord(Rule rule, uint256 number);

    /// @notice As many signatures as signers.
    error ModelPolicy_LengthMismatch(uint256 signers, uint256 signatures);

    /// @notice Fewer than k validators signed.
    error ModelPolicy_TooFewSignatures(uint256 signatures, uint256 k);

    /// @notice Not a present, fully bonded validator, or not in rising order.
    error ModelPolicy_BadSigner(address signer);

    /// @notice The signature is not the validator's over this publication.
    error ModelPolicy_BadSignature(address signer);

    /// @notice No finalised round gave this version.
    error ModelPolicy_NotFinal(bytes32 version);

    /// @notice The attested evaluation does not reach the bar; only `promoteByVote` goes below it.
    error ModelPolicy_BelowBar(bytes32 version, int64 evaluation, int64 bar);

    /// @notice Promotions are votes in this model.
    error ModelPolicy_NotAutomatic();

    /// @notice The version's round is not newer than the newest ever promoted.
    error ModelPolicy_NotNewer(bytes32 version, uint64 round, uint64 newest);

    /// @notice A rollback goes to a version that was current before and is not now.
    error ModelPolicy_NeverPromoted(bytes32 version);

    /// @notice What plans must obey: bounds of learning rate, steps, windows, privacy and k. Zero: nothing.
    function setTrainingPolicy(bytes32 hash) external;

    /// @notice Which data counts.
    function setDataPolicy(bytes32 hash) external;

    /// @notice How versions are scored.
    function setValidationPolicy(bytes32 hash) external;

    /// @notice The text under which the model and its answers may be used.
    function setLicence(bytes32 hash) external;

    /// @notice Who may ask off chain and at which prices; replaces the whole list.
    function setPrices(Access mode, Price[] calldata list) external;

    /// @notice What a version must reach to be promoted without a vote.
    function setBar(Bar calldata next) external;

    /// @notice Puts a final version's code on chain with k validators' signatures. Anybody.
    /// @param version a version a round finalised
    /// @param modelFileHash sha2-256 of the model file
    /// @param code runtime code, listed opcodes only
    /// @param signers present validators, in rising order
    /// @param signatures one of each over `Publication`, in the same order (ECDSA or ERC-1271)
    /// @return implementation where the code lies
    function publish(
        bytes32 version,
        bytes32 modelFileHash,
        bytes calldata code,
        address[] calldata signers,
        bytes[] calldata signatures
    )
        external
        returns (address implementation);

    /// @notice Makes a published version current if it reaches the bar and is newer. Anybody.
    function promote(bytes32 version) external;

    /// @notice Makes a published version current whatever the bar says. Only by a vote.
    function promoteByVote(bytes32 version) external;

    /// @notice Makes a version current again that was so before. Only by a vote.
    function rollback(bytes32 version) external;

    /// @notice The record in force now.
    function ruleOf(Rule rule) external view returns (Record memory);

    /// @notice The record in force for a round that was opened in this block, and its number.
    function ruleAt(
        Rule rule,
        uint256 blockNumber
    )
        external
        view
        returns (uint256 number, Record memory record);

    /// @notice How many records a rule has had.
    function rulesCount(Rule rule) external view returns (uint256);

    /// @notice A record by its number, from 0.
    function ruleByNumber(Rule rule, uint256 number) external view returns (Record memory);

    /// @notice The price list in force now.
    function prices() external view returns (Access access, Price[] memory list);

    /// @notice A price list by its number, from 0.
    function pricesByNumber(uint256 number) external view returns (Access access, Price[] memory list);

    /// @notice The price of a route in force now. Reverts if there is none.
    function priceOf(bytes32 route) external view returns (Price memory);

    /// @notice The bar in force now.
    function bar() external view returns (Bar memory);

    /// @notice A bar by its number, from 0.
    function barByNumber(uint256 number) external view returns (Bar memory);

    /// @notice The current version; zero before the first promotion.
    function currentVersion() external view returns (bytes32);

    /// @notice The newest round whose version was ever promoted; a version is promoted without a vote only beyond it.
    function newestRound() external view returns (uint64);

    /// @notice How many promotions and rollbacks there were.
    function promotionsCount() external view returns (uint256);

    /// @notice A promotion by its number, from 0.
    function promotionByNumber(uint256 number) external view returns (Promotion memory);

    /// @notice The EIP-712 digest validators sign; the domain is ("Andel", "1", chain, the model's `RoundManager`).
    function publicationHash(
        bytes32 version,
        bytes32 modelFileHash,
        bytes32 codeHash
    )
        external
        view
        returns (bytes32);

    /// @notice Who initialises clones.
    function factory() external view returns (address);

    /// @notice Who writes.
    function timelock() external view returns (address);

    /// @notice The model.
    function manager() external view returns (IRoundManager);

    /// @notice Where its code lies.
    function registry() external view returns (IOnchainModels);

    /// @notice Who is paid for access: the revenue vault, or the timelock where there is none.
    function vault() external view returns (address);
}
