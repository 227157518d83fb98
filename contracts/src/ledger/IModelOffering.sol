// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IAlliance } from "../training/IAlliance.sol";
import { IRoundManager } from "../training/IRoundManager.sol";
import { IModelToken } from "../value/IModelToken.sol";

/// @notice What an offering is founded with, for ever: fifteen words in the clone's code, which are
/// `abi.encode(terms)`. "Units" are the payment's smallest ones, "tokens" the model token's base units (1e18 to a
/// whole one).
/// @param token the model's token
/// @param payment the ERC-20 to pay with; zero for the chain's coin
/// @param treasury who gets the proceeds: the model's timelock
/// @param manager the model's `RoundManager`, whose rounds are the milestones
/// @param alliance only its members buy; zero for anybody
/// @param allowRoot only accounts under this root buy; zero for anybody. Not beside an alliance
/// @param offered tokens for sale, 1 to 2**128 - 1; minted to the offering before `initialize`
/// @param price units for one whole token
/// @param minimum units; less than this paid, and the offering has failed. 1 to the target
/// @param capPerBuyer the most units one account pays; zero for no cap
/// @param opens first second at which one can buy
/// @param closes last second at which one can buy; 10 minutes to 90 days after `opens`, at most 180 days from now
/// @param milestoneDeadline last second at which a round counts; 1 to 1095 days after `closes`. Zero without
/// milestones
/// @param milestoneRounds how many rounds release all; at most 10,000. Zero: all is released at success
/// @param firstBps part released at success, in 1/10000; below 10,000 with milestones, 10,000 without
struct OfferingTerms {
    IModelToken token;
    address payment;
    address treasury;
    IRoundManager manager;
    IAlliance alliance;
    bytes32 allowRoot;
    uint256 offered;
    uint256 price;
    uint256 minimum;
    uint256 capPerBuyer;
    uint64 opens;
    uint64 closes;
    uint64 milestoneDeadline;
    uint32 milestoneRounds;
    uint32 firstBps;
}

/// @notice Where an offering stands. `Uninitialized` is what an implementation and an unfounded clone are.
enum OfferingStatus {
    Uninitialized,
    Open,
    Failed,
    Succeeded
}

/// @notice The books of an offering. Units but for the first three, and tokens where it says so.
/// @param status where it stands
/// @param roundsCounted rounds that count towards the milestones
/// @param ended true once the milestones were missed: what they did not release belongs to the buyers
/// @param raised paid by all buyers
/// @param proceeds of it, what pays for tokens; fixed by settlement, 0 before and after a failure
/// @param refunded paid back to buyers
/// @param released paid to the treasury
/// @param sold tokens set apart for buyers by settlement; the rest was burned
/// @param claimed tokens given to buyers
struct OfferingBooks {
    OfferingStatus status;
    uint32 roundsCounted;
    bool ended;
    uint256 raised;
    uint256 proceeds;
    uint256 refunded;
    uint256 released;
    uint256 sold;
    uint256 claimed;
}

/// @notice What one buyer has paid and received. Units but for `claimed` and the rights.
/// @param paid by or for this account
/// @param claimed true once its tokens were given to it
/// @param refunded true once what its payment had too much was paid back
/// @param returned true once its part of what the milestones did not release was paid back
struct OfferingBuyer {
    uint128 paid;
    bool claimed;
    bool refunded;
    bool returned;
}

/// @title The initial offering of a model's token
/// @notice Sells a fixed number of tokens at one price for all. Whoever pays between `opens` and `closes`, both
/// included, is served alike: the first second has no advantage over the last. A payment is binding; there is no way
/// back before the end, so that nobody can feign demand.
///
/// SETTLEMENT, by anybody, once `closes` is over. `target` is what all tokens cost, rounded up to a unit.
/// - Paid less than `minimum`: FAILED. Everybody gets back all they paid; all tokens are burned.
/// - Paid less than `target`: each gets floor(paid * 1e18 / price) tokens and nothing back; what is not sold is
///   burned.
/// - Else: each gets floor(offered * paid / raised) tokens, and floor(paid * (raised - target) / raised) units back.
///
/// ROUNDING is down for what goes to a buyer, each time by less than one token unit or one payment unit. What so
/// remains goes to the treasury (units) or is burned (tokens) once the last buyer has fetched its own. To the unit:
/// raised = refunded + released + held, offered = claimed + burned + held.
///
/// PROCEEDS go to the treasury alone. `firstBps` of them at success, the rest in equal parts with each round that
/// counts: a round opened after settlement, finalised until `milestoneDeadline`, whose gain was large enough to mint
/// something. A founder's word counts for nothing. If fewer than `milestoneRounds` count by then, what was not
/// released belongs to the buyers, by what they paid; they keep their tokens, and need not hold them any more.
///
/// WHO. Nobody owns an offering. Anybody may pay for anybody: tokens and refunds are the account's that was paid for,
/// never the payer's. Anybody may claim and refund for anybody; payment goes to the account alone. An account that
/// cannot receive (a contract that takes no coin, a name on a list of the payment token's issuer) sends its refund
/// elsewhere itself; nobody else waits for it. A buyer who has no coin for gas signs; anybody brings it.
///
/// ADMISSION. With an alliance: the owner of a device that the alliance admits, who has accepted the terms in force;
/// a device admits one account for ever, so passing it on admits nobody else. With a root: an account named under it,
/// up to its own most. With neither, a cap per buyer stops nobody who makes more accounts, and can only be taken as a
/// custom.
///
/// PAYMENT TOKENS that take a fee of a transfer are refused at buying. One whose balances shrink by themselves leaves
/// too little for the last, and must not be named by a founder. What is sent here without `buy` stays here.
interface IModelOffering {
    /// @notice The clone is founded. `terms` as they stand in its code.
    event OfferingFounded(OfferingTerms terms);

    /// @notice `payer` paid `amount` units for `buyer`.
    event Bought(address indexed buyer, address indexed payer, uint256 amount);

    /// @notice The window is over. `proceeds` units, `sold` and `burned` tokens.
    event OfferingSettled(
        OfferingStatus status, uint256 raised, uint256 proceeds, uint256 sold, uint256 burned
    );

    /// @notice A buyer was given its tokens.
    event Claimed(address indexed buyer, uint256 tokens);

    /// @notice A buyer was paid back `amount` units; `to` is another account only by the buyer's own call.
    event Refunded(address indexed buyer, address indexed to, uint256 amount);

    /// @notice The treasury was paid `amount` units.
    event Released(address indexed to, uint256 amount);

    /// @notice So many rounds count by now.
    event RoundsCounted(uint32 rounds);

    /// @notice The milestones were missed; `left` units belong to the buyers.
    event MilestonesMissed(uint32 rounds, uint256 left);

    /// @notice Tokens that rounding left were burned.
    event DustBurned(uint256 tokens);

    /// @notice Only the factory founds a clone.
    error ModelOffering_NotFactory(address sender, address factory);

    /// @notice Founded before.
    error ModelOffering_AlreadyFounded();

    /// @notice A term that is out of its bounds; `name` is the field's.
    error ModelOffering_BadTerm(bytes32 name, uint256 value);

    /// @notice Fewer tokens lie here than are offered.
    error ModelOffering_NotFunded(uint256 held, uint256 offered);

    /// @notice Nobody can buy now. Seconds.
    error ModelOffering_NotOpen(uint256 blockTimestamp, uint64 opens, uint64 closes);

    /// @notice The window is not over, or nothing was founded. Seconds.
    error ModelOffering_NotClosed(uint256 blockTimestamp, uint64 closes);

    /// @notice The buyer is the zero address, or nothing was paid.
    error ModelOffering_Empty();

    /// @notice The account has paid all it may. Units.
    error ModelOffering_CapReached(address buyer, uint256 most);

    /// @notice Coin was sent beside an ERC-20, or not as much as was said. Wei.
    error ModelOffering_WrongValue(uint256 value, uint256 expected);

    /// @notice The payment token moved another amount than it was told to. Units.
    error ModelOffering_WrongTransfer(uint256 received, uint256 expected);

    /// @notice The alliance does not admit this account by this device.
    error ModelOffering_NotMember(address buyer, address device);

    /// @notice The device has admitted another account before.
    error ModelOffering_DeviceUsed(address device, address buyer);

    /// @notice The account is not under the root with this most.
    error ModelOffering_NotAllowed(address buyer, uint256 most);

    /// @notice The chain's coin cannot be taken by a signature.
    error ModelOffering_CoinNotSigned();

    /// @notice The signature was valid until `deadline`, in seconds.
    error ModelOffering_Expired(uint64 deadline, uint256 blockTimestamp);

    /// @notice The signature is not the buyer's over this message with its present nonce.
    error ModelOffering_BadSignature(address buyer, uint256 nonce);

    /// @notice There are no milestones to count, or none any more.
    error ModelOffering_NothingToCount(OfferingStatus status);

    /// @notice Only the treasury sends its part elsewhere.
    error ModelOffering_NotTreasury(address sender, address treasury);

    /// @notice The account does not take the coin; it can name another.
    error ModelOffering_NotReceived(address to, uint256 amount);

    /// @notice Founds the clone. Only the factory, once, after the tokens were minted here. Reverts if a term is out
    /// of its bounds.
    function initialize() external;

    /// @notice Pays for `buyer`, from the sender. In the chain's coin `amount` is the value sent; an ERC-20 is pulled
    /// by allowance. What is above the buyer's cap is left with the sender, so that nobody can make a purchase fail
    /// by paying a little for the same account before.
    /// @param buyer who gets the tokens
    /// @param amount units, at most
    /// @param admission with an alliance abi.encode(address device); with a root abi.encode(uint256 most, bytes32[]
    /// proof); else empty
    /// @return paid units
    function buy(
        address buyer,
        uint256 amount,
        bytes calldata admission
    )
        external
        payable
        returns (uint256 paid);

    /// @notice Pays for `buyer`, from the buyer; anybody may bring it. ERC-20 only.
    /// @param amount units, at most
    /// @param admission see {buy}
    /// @param deadline last second at which the signature counts
    /// @param signature the buyer's EIP-712 `OfferingPurchase(buyer, amount, nonce, deadline)` with its present nonce
    /// (ECDSA, or ERC-1271 where the buyer is a contract)
    /// @param permit empty, or abi.encode(uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) of the
    /// buyer's ERC-2612 permit for this offering; one that was used already does no harm
    /// @return paid units
    function buySigned(
        address buyer,
        uint256 amount,
        bytes calldata admission,
        uint64 deadline,
        bytes calldata signature,
        bytes calldata permit
    )
        external
        returns (uint256 paid);

    /// @notice Settles. Anybody, after `closes`; changes nothing when settled. `claim`, `refund` and `release` do it
    /// too.
    function settle() external;

    /// @notice Gives a buyer its tokens. Anybody may call.
    /// @return tokens zero, without a revert, if there is nothing new
    function claim(address buyer) external returns (uint256 tokens);

    /// @notice Pays a buyer back what is due to it by now. Anybody may call.
    /// @return amount units; zero, without a revert, if there is nothing new
    function refund(address buyer) external returns (uint256 amount);

    /// @notice Pays what is due to the sender to another account.
    function refundTo(address to) external returns (uint256 amount);

    /// @notice Pays the treasury what is released by now. Anybody may call.
    /// @return amount units; zero, without a revert, if there is nothing new
    function release() external returns (uint256 amount);

    /// @notice Pays what is due to the treasury to another account. Only the treasury.
    function releaseTo(address to) external returns (uint256 amount);

    /// @notice Counts rounds towards the milestones, from where it stopped; after the deadline also finds that they
    /// were missed. Anybody.
    /// @param limit how many rounds to look at, at most
    /// @return rounds that count by now
    function countRounds(uint256 limit) external returns (uint32 rounds);

    /// @notice True once the outcome is known. The governor asks this.
    function isSettled() external view returns (bool);

    /// @notice What the offering was founded with.
    function terms() external view returns (OfferingTerms memory);

    /// @notice The books.
    function books() external view returns (OfferingBooks memory);

    /// @notice What one buyer has paid and received.
    function buyerOf(address buyer) external view returns (OfferingBuyer memory);

    /// @notice What all tokens cost, rounded up. Units.
    function target() external view returns (uint256);

    /// @notice Tokens that the buyer can claim; zero before settlement.
    function claimable(address buyer) external view returns (uint256);

    /// @notice What a refund would pay the buyer now; zero before settlement. Units.
    function refundable(address buyer) external view returns (uint256);

    /// @notice What a release would pay the treasury now; zero before settlement. Units.
    function releasable() external view returns (uint256);

    /// @notice The account that a device has admitted; zero if none.
    function admittedBy(address device) external view returns (address);

    /// @notice The nonce of a buyer's next signature.
    function nonces(address buyer) external view returns (uint256);
}
