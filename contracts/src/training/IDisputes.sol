// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Attestation } from "./AttestationTypes.sol";
import { IFrauds } from "./IFrauds.sol";
import { IOperators } from "./IOperators.sol";

/// @notice How a hearing ended: not yet; for the agreed result; against it; not at all; the attempt became void before.
enum Outcome {
    None,
    Pending,
    Upheld,
    Overturned,
    Undecided,
    Dropped
}

/// @notice One challenge and its hearing. Times in seconds, amounts in wei.
/// @param challenger who challenged
/// @param outcome how it ended
/// @param epoch the attempt's operators
/// @param n how many of them validate
/// @param commits how many committed to a word
/// @param reveals how many said it
/// @param commitUntil last second to commit; over earlier if all n have
/// @param revealUntil last second to reveal; over earlier if all n have
/// @param bond what the challenger put down
/// @param agreed the digest k validators had agreed on
/// @param claimed the digest the challenger holds to be right
/// @param decided the digest that two thirds of n said; zero if none
struct Hearing {
    address challenger;
    Outcome outcome;
    uint32 epoch;
    uint32 n;
    uint32 commits;
    uint32 reveals;
    uint64 commitUntil;
    uint64 revealUntil;
    uint256 bond;
    bytes32 agreed;
    bytes32 claimed;
    bytes32 decided;
}

/// @title Challenges, frauds and what they cost
/// @notice One for each model. Only an attempt that is not final is ever touched: earlier roots stay claimable.
///
/// A CHALLENGE, inside the window, puts down a tenth of what the round's budget is held to be worth (at least `floor`) and
/// names the digest of another result. One for each attempt. The attempt is halted and heard.
///
/// A HEARING asks all n validators of the attempt, fully bonded ones, for a digest once more: commit, then reveal. The sender
/// is the word; nothing is signed, so whoever corrects itself honestly does not equivocate. Two thirds of n decide.
/// - For the agreed digest: the challenger's bond is split among those who said so (rounded down, the rest burned), and
///   the attempt goes on; its window is not opened again.
/// - For another: the attempt is void. Whoever attested the agreed digest pays: a tenth of a bond if it has now said what
///   two thirds say, a whole bond if not. More than half attested and two thirds must speak against it, so no attempt
///   could ever be overturned if correcting oneself cost all. If it is the challenger's digest, the challenger gets
///   half of that; it gets its own bond back in any case.
/// - For none: the attempt is void; a twentieth of the challenger's bond pays those who spoke, and it gets the rest back.
/// Whoever did not reveal a word pays a hundredth of a bond, burned, however it ends.
///
/// OFFENCES that anybody shows at any time, once each: two signed results for one set (a whole bond); a result copied from a
/// test (a whole bond); a commitment never revealed though there was time (a hundredth); a plant left sealed (a tenth,
/// the coordinator's). The reporter gets half. Votes of validators that lose a whole bond are taken out of an attempt that
/// is not final. What a contract checks by itself: `IFrauds`.
///
/// WHAT IS NOT DECIDED HERE. Two roots for one device and day cannot exist (`BatchRegistry`). A single coordinate of the
/// aggregate cannot be shown, since updates are committed as whole bytes: a hearing decides it.
///
/// FIRST COME. A proof can be copied out of the pool of transactions by whoever pays more for its place; the offender is
/// slashed all the same.
///
/// WHAT CAN GET STUCK. Everything owed is pulled. A hearing always ends: anybody concludes it after `revealUntil`.
interface IDisputes is IFrauds {
    /// @notice An agreed result is challenged. Wei, seconds.
    event ChallengeOpened(
        uint64 indexed round,
        uint32 indexed attempt,
        address indexed challenger,
        bytes32 agreed,
        bytes32 claimed,
        uint256 bond,
        uint64 commitUntil,
        uint64 revealUntil
    );

    /// @notice A validator committed to its word in a hearing.
    event WordCommitted(
        uint64 indexed round, uint32 indexed attempt, address indexed validator, bytes32 commitment
    );

    /// @notice A validator's word in a hearing.
    event WordRevealed(
        uint64 indexed round, uint32 indexed attempt, address indexed validator, bytes32 digest
    );

    /// @notice The hearing is over.
    event ChallengeConcluded(uint64 indexed round, uint32 indexed attempt, Outcome outcome, bytes32 decided);

    /// @notice A validator signed two results for one set of updates.
    event EquivocationShown(address indexed validator, bytes32 first, bytes32 second);

    /// @notice A validator attested what only a test proposed.
    event LazinessShown(uint64 indexed round, uint32 indexed attempt, address indexed validator);

    /// @notice A validator committed to a result and never showed it.
    event SilenceShown(uint64 indexed round, uint32 indexed attempt, address indexed validator);

    /// @notice A coordinator left a plant sealed.
    event SealedPlantShown(uint64 indexed round, uint32 indexed attempt, address indexed coordinator);

    /// @notice Somebody took what was owed to it, wei.
    event OwedWithdrawn(address indexed account, uint256 amount);

    /// @notice A parameter out of its bounds.
    error Disputes_BadConfig(bytes32 parameter, uint256 value);

    /// @notice The window is over, or there is nothing agreed to challenge.
    error Disputes_NotChallengeable(uint64 round);

    /// @notice The attempt was challenged before.
    error Disputes_AlreadyChallenged(uint64 round, uint32 attempt);

    /// @notice The digest is zero or the agreed one.
    error Disputes_BadDigest(bytes32 digest);

    /// @notice The coins sent are not the challenge's bond.
    error Disputes_WrongBond(uint256 sent, uint256 bond);

    /// @notice No hearing of this round is under way.
    error Disputes_NoHearing(uint64 round);

    /// @notice Only a fully bonded validator of the attempt.
    error Disputes_NotValidator(uint64 round, address account);

    /// @notice The step does not fit the hearing's time.
    error Disputes_WrongTime(uint64 round, uint64 from, uint64 until);

    /// @notice The validator committed or spoke already, or never committed.
    error Disputes_WrongWord(uint64 round, address validator, bytes32 commitment);

    /// @notice This is no offence, or it was paid for already.
    error Disputes_NoOffence(address account);

    /// @notice The chain refused to pay `account`.
    error Disputes_PaymentFailed(address account, uint256 amount);

    /// @notice Challenges the agreed result of the newest round, with exactly `challengeBondOf(round)`. Anybody.
    /// @param digest EIP-712 digest of the attestation that the challenger holds to be right
    function challenge(uint64 round, bytes32 digest) external payable;

    /// @notice Commits the sender, a validator, to its word.
    /// @param commitment `wordCommitmentOf`
    function commitWord(uint64 round, bytes32 commitment) external;

    /// @notice Says the sender's word.
    function revealWord(uint64 round, bytes32 digest, bytes32 salt) external;

    /// @notice Ends a hearing when all n have spoken or its time is over. Anybody.
    function conclude(uint64 round) external;

    /// @notice Pays the sender what is owed to it.
    /// @return amount wei; zero, without a revert, if there is none
    function withdraw() external returns (uint256 amount);

    /// @notice Shows two results that a validator signed for equal (model, round, attempt, updatesRoot). Anybody, at any
    /// time, once for each pair.
    function reportEquivocation(
        Attestation calldata a,
        bytes calldata signatureA,
        Attestation calldata b,
        bytes calldata signatureB,
        address validator
    )
        external;

    /// @notice Shows that a validator revealed what a test proposed. Anybody, after the plant is opened.
    /// @param attestation what it revealed
    /// @param salt the plant's
    function slashLazy(Attestation calldata attestation, address validator, bytes32 salt) external;

    /// @notice Shows that a validator committed in the round's present attempt and did not reveal: not in the time until
    /// the window began, or not in a whole `commitPeriod` between the last step and the deadline. Anybody.
    function slashSilent(uint64 round, address validator) external;

    /// @notice Shows that an attempt's plant stayed sealed after its time. Anybody.
    function slashSealed(uint64 round, uint32 attempt) external;

    /// @notice The hearing of an attempt.
    function hearingOf(uint64 round, uint32 attempt) external view returns (Hearing memory);

    /// @notice What a validator committed to and said in a hearing; zero if not yet.
    function wordOf(
        uint64 round,
        uint32 attempt,
        address validator
    )
        external
        view
        returns (bytes32 commitment, bytes32 digest);

    /// @notice keccak256(abi.encode(WORD, chainid, this, round, attempt, digest, validator, salt)).
    function wordCommitmentOf(
        uint64 round,
        uint32 attempt,
        bytes32 digest,
        address validator,
        bytes32 salt
    )
        external
        view
        returns (bytes32);

    /// @notice What challenging a round costs: a tenth of what its budget is held to be worth, at least `floor`. Wei.
    function challengeBondOf(uint64 round) external view returns (uint256);

    /// @notice What an account can withdraw, wei.
    function owedTo(address account) external view returns (uint256);

    /// @notice Wei of challengers' bonds that nobody gets: they lie here for ever.
    function burned() external view returns (uint256);

    /// @notice The least bond of a challenge, wei.
    function floor() external view returns (uint256);

    /// @notice Seconds to commit in a hearing, and again to reveal.
    function hearingPeriod() external view returns (uint64);

    /// @notice The model's operators.
    function operators() external view returns (IOperators);

    /// @notice The model's `RoundManager`.
    function manager() external view returns (address);
}
