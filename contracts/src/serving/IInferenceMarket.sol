// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IFeeSplitters } from "./IFeeSplitters.sol";
import { IOnchainModels } from "./IOnchainModels.sol";
import { Ask, Request, Seat, SeatState, Server, Status, Terms } from "./MarketTypes.sol";

/// @title Answers for contracts, by bonded servers
/// @notice One contract for all models of a chain, with no owner. A contract or a person asks a model and pays; servers are
/// chosen, seal their answers, reveal them, and a quorum of equal ones is final. All calls but those of the servers and of
/// the ruler are anybody's.
///
/// STEPS. `request` takes the most that it can cost: servers x the highest price. By price or in turn it is routed at once;
/// by lot, `route` names the servers from the hash of the block two after the request. Each `seal`s within `sealSeconds`;
/// when all have, or the time is over, they `reveal` within `revealSeconds`. `quorum` equal answers are final: `deliver`
/// calls the receiver, `finish` credits the money as soon as everybody who sealed has revealed, or the time is over.
/// Without a quorum, or a draw within the hour, `refund` credits all of it back.
///
/// MONEY. A server whose answer is the final one is paid its part of its own price (`IFeeSplitters.operatorsPartOf`,
/// rounded down), the model's vault the rest of that price; all else of what was taken goes to `refundTo`. Payment is by
/// credit; `withdraw` pays a credit out, to its owner alone. (ERC-20 that has reached a vault counts by its `sync`.)
///
/// THE DRAW. Nobody knows the block's hash when the request is made, and nobody who joins later can be drawn: each server
/// that served before the request has a rank, keccak256(seed, server), and the lowest are chosen. Whoever drops out
/// frees its own place and moves no other. A draw that nobody records within 256 blocks is not repeated: the request is
/// refunded. Asking again costs what it did the first time, so letting it lapse gains nothing that a second request does not.
/// Who proposes that block can give up its reward to change the hash. Price and turn can be foreseen by everybody.
///
/// SEALS are keccak256(abi.encode(chain, market, id, server, keccak256(answer), salt)): one copied opens for nobody else. A
/// server seals once and reveals that or nothing. No answer is seen while another can still be sealed.
///
/// SLASHING. Where the chain had the version's code when the request was made, anybody proves a revealed answer wrong by
/// running it, until a day after the time to reveal: the server's bond is zero, half the reporter's, half burned (it stays
/// here for ever). A final answer that is proven wrong before `finish` is paid for by nobody. Whoever was routed and
/// revealed nothing loses a hundredth of the terms' bond, burned. Both once.
///
/// LEAVING. From `leave` on no new request is routed to a server; its bond stays for four days, longer than anything
/// that it was named for can still be slashed.
///
/// DELIVERY happens once, and only when final. The call is given exactly the gas that was asked for, or not made;
/// nothing of what it returns is read; whatever comes of it changes nothing here, and `answerOf` stays.
///
/// TERMS are the ruler's (`IFeeSplitters.rulerOf`) and pinned in each request. Servers answer under the terms they agreed to:
/// after new ones each says so by `update`, or is not routed.
///
/// HOSTILE MODELS AND PAYMENT TOKENS harm only whoever deals in them: accounts are kept for each token apart, a token that
/// does not bring exactly what was to be taken is refused, neither `request` nor `withdraw` is entered while one of them is under
/// way, and all else calls nobody but `deliver`, which is done before it calls.
interface IInferenceMarket {
    /// @notice The model's terms from now on; `vault` gets the holders' part.
    event TermsSet(address indexed model, uint16 number, Terms terms, address vault);

    /// @notice A server answers for the model, or does so on new terms.
    event ServerSet(
        address indexed model,
        address indexed server,
        string endpoint,
        uint80 price,
        uint80 bond,
        uint16 terms
    );

    /// @notice No new request is routed to the server, whose bond can be taken back at `withdrawableAt`.
    event ServerLeft(address indexed model, address indexed server, uint64 withdrawableAt);

    /// @notice The bond was credited to the server, which is on the list no more.
    event BondReturned(address indexed model, address indexed server, uint256 amount);

    /// @notice A request was made and `cost` taken.
    event Requested(
        uint256 indexed id,
        address indexed model,
        address indexed requester,
        bytes32 version,
        uint16 terms,
        uint64 seedBlock,
        uint256 cost,
        bytes input
    );

    /// @notice These servers are to answer.
    event Routed(uint256 indexed id, address indexed model, address[] servers);

    /// @notice A server has sealed its answer.
    event AnswerSealed(uint256 indexed id, address indexed server, bytes32 seal);

    /// @notice A server has revealed its answer.
    event AnswerRevealed(uint256 indexed id, address indexed server, bytes answer);

    /// @notice A quorum has revealed this answer.
    event AnswerFinal(uint256 indexed id, bytes answer);

    /// @notice The receiver was called; whether its call succeeded.
    event Delivered(uint256 indexed id, address indexed receiver, bool success);

    /// @notice What servers, vault and requester were credited with.
    event RequestFinished(uint256 indexed id, uint256 toServers, uint256 toVault, uint256 refunded);

    /// @notice The requester was credited with all that was taken.
    event RequestRefunded(uint256 indexed id, address indexed refundTo, uint256 amount);

    /// @notice A revealed answer was proven wrong. Wei.
    event Slashed(
        uint256 indexed id, address indexed server, address indexed reporter, uint256 amount, uint256 reward
    );

    /// @notice A server that was routed revealed nothing. Wei, burned.
    event Fined(uint256 indexed id, address indexed server, uint256 amount);

    /// @notice A credit was paid out.
    event Withdrawn(address indexed token, address indexed account, uint256 amount);

    /// @notice Only who rules the model.
    error InferenceMarket_NotRuler(address model, address sender, address ruler);

    /// @notice A term out of its bounds.
    error InferenceMarket_BadTerms(bytes32 parameter, uint256 value);

    /// @notice The model has no terms, or has closed its market.
    error InferenceMarket_Closed(address model);

    /// @notice The terms are others by now.
    error InferenceMarket_OtherTerms(address model, uint16 given, uint16 present);

    /// @notice 1 to 256 bytes of text.
    error InferenceMarket_BadEndpoint(uint256 length);

    /// @notice Zero, or more than the terms allow.
    error InferenceMarket_BadPrice(uint80 price, uint80 most);

    /// @notice Less than the terms' bond. Wei.
    error InferenceMarket_BadBond(uint256 bond, uint80 least);

    /// @notice The account serves the model already.
    error InferenceMarket_AlreadyServer(address model, address account);

    /// @notice The account does not serve the model.
    error InferenceMarket_NotServer(address model, address account);

    /// @notice The model has 64 servers, with those that are leaving.
    error InferenceMarket_Full(address model);

    /// @notice The server left already.
    error InferenceMarket_HasLeft(address model, address account);

    /// @notice The server has what the terms demand.
    error InferenceMarket_NotEvictable(address model, address account);

    /// @notice The bond stays here until `withdrawableAt` (seconds; 0: the server has not left).
    error InferenceMarket_BondHeld(address model, address account, uint64 withdrawableAt);

    /// @notice A question has 1 to 64 whole words of 32 bytes.
    error InferenceMarket_BadInput(uint256 length);

    /// @notice No finalised round gave this version, or there is none.
    error InferenceMarket_BadVersion(address model, bytes32 version);

    /// @notice The terms ask for another token.
    error InferenceMarket_OtherToken(address token, address expected);

    /// @notice It can cost more than was allowed.
    error InferenceMarket_TooDear(uint256 cost, uint256 mostPaid);

    /// @notice The coin sent along is not the cost; beside a token, none is to be sent.
    error InferenceMarket_WrongCoin(uint256 sent, uint256 expected);

    /// @notice The token did not bring exactly the cost.
    error InferenceMarket_NotReceived(address token, uint256 cost);

    /// @notice Gas without a receiver, a receiver without gas, or more than 1,000,000.
    error InferenceMarket_BadReceiver(address receiver, uint32 gasLimit);

    /// @notice Fewer servers can be routed than the terms ask for.
    error InferenceMarket_TooFewServers(address model, uint256 found, uint8 needed);

    /// @notice The request does not stand where this step needs it.
    error InferenceMarket_WrongStatus(uint256 id, Status status);

    /// @notice The block that draws is not in the past yet.
    error InferenceMarket_DrawTooEarly(uint256 id, uint64 seedBlock, uint256 blockNumber);

    /// @notice The draw was missed; the request can be refunded.
    error InferenceMarket_DrawMissed(uint256 id);

    /// @notice The request is not routed to the account.
    error InferenceMarket_NotRouted(uint256 id, address account);

    /// @notice The server's answer does not stand where this step needs it.
    error InferenceMarket_WrongSeat(uint256 id, address server, SeatState state);

    /// @notice The time to seal, reveal or slash ended at `deadline`, in seconds.
    error InferenceMarket_TooLate(uint256 id, uint64 deadline);

    /// @notice Others can still seal, until `sealBy`, in seconds.
    error InferenceMarket_SealingOpen(uint256 id, uint64 sealBy);

    /// @notice Others can still reveal, until `revealBy`, in seconds; or the draw can still be recorded (0).
    error InferenceMarket_NotOver(uint256 id, uint64 revealBy);

    /// @notice An answer has 1 to 32 whole words of 32 bytes.
    error InferenceMarket_BadAnswer(uint256 length);

    /// @notice What is revealed is not what was sealed.
    error InferenceMarket_WrongReveal(uint256 id, address server, bytes32 seal);

    /// @notice There is nobody to call, or it was called.
    error InferenceMarket_NothingToDeliver(uint256 id);

    /// @notice The call would get less gas than was asked for.
    error InferenceMarket_TooLittleGas(uint256 left, uint256 needed);

    /// @notice The chain cannot judge this answer.
    error InferenceMarket_NotProvable(uint256 id);

    /// @notice The input is not the request's.
    error InferenceMarket_WrongInput(uint256 id, bytes32 inputHash);

    /// @notice The chain gives the same answer.
    error InferenceMarket_AnswerHolds(uint256 id, address server);

    /// @notice The payment token, or the account, did not take the payment. The credit stands.
    error InferenceMarket_PaymentFailed(address token, address account, uint256 amount);

    /// @notice Sets a model's terms; `servers` zero closes its market. Only who rules the model.
    function setTerms(address model, Terms calldata terms) external;

    /// @notice Serves a model, with the coin sent as bond.
    /// @param terms the number of the terms that are agreed to: the present ones
    /// @param endpoint where it can be asked directly
    /// @param price what it asks for one request
    function join(address model, uint16 terms, string calldata endpoint, uint80 price) external payable;

    /// @notice As `join` for who serves the model: other endpoint, price or terms; the coin sent is added to the bond. Who is
    /// leaving stays, and is routed for later requests.
    function update(address model, uint16 terms, string calldata endpoint, uint80 price) external payable;

    /// @notice Serves no new requests.
    function leave(address model) external;

    /// @notice Has a server leave whose bond is below that of the terms it agreed to, or who has agreed to the present terms not
    /// within a day.
    function evict(address model, address server) external;

    /// @notice Credits the bond of a server that left, to it, and takes it off the list. Anybody, from `withdrawableAt` on.
    function withdrawBond(address model, address server) external returns (uint256 amount);

    /// @notice Asks a model. For the coin, exactly `costOf` is to be sent; a token is taken by allowance.
    /// @return id the request's; the first is 1
    function request(Ask calldata ask) external payable returns (uint256 id);

    /// @notice Names the servers of a request that is drawn by lot.
    function route(uint256 id) external;

    /// @notice Binds the sender, a server of this request, to an answer: `sealHash`.
    function seal(uint256 id, bytes32 sealed_) external;

    /// @notice Shows what the sender has sealed.
    /// @param answer 1 to 32 words
    function reveal(uint256 id, bytes calldata answer, bytes32 salt) external;

    /// @notice Credits servers, vault and requester, and fines who revealed nothing.
    function finish(uint256 id) external;

    /// @notice Calls the receiver with the final answer, once.
    /// @return success whether its call succeeded
    function deliver(uint256 id) external returns (bool success);

    /// @notice Credits the requester with all, where there was no draw, no quorum, or the final answer was proven wrong; fines who
    /// was routed and revealed nothing.
    function refund(uint256 id) external;

    /// @notice Proves a server's revealed answer wrong by running the version's code; the sender gets half of its bond.
    /// @param input what was asked, as `Requested` has it
    function slash(uint256 id, address server, bytes calldata input) external;

    /// @notice Pays `account` its credit. Anybody.
    /// @return amount zero, without a revert, if there is none
    function withdraw(address token, address account) external returns (uint256 amount);

    /// @notice What an account is owed, base units.
    function creditOf(address token, address account) external view returns (uint256);

    /// @notice Wei burned: they lie here for ever.
    function burned() external view returns (uint256);

    /// @notice How many models ever had terms.
    function modelsCount() external view returns (uint256);

    /// @notice Up to `count` of them from number `first` on.
    function models(uint256 first, uint256 count) external view returns (address[] memory);

    /// @notice The present terms and their number, from 1; 0: none. `vault` gets the holders' part.
    function termsOf(address model) external view returns (uint16 number, Terms memory terms, address vault);

    /// @notice Terms by their number, from 1.
    function termsByNumber(
        address model,
        uint16 number
    )
        external
        view
        returns (Terms memory terms, address vault);

    /// @notice What a request would take now, and in which token.
    function costOf(address model) external view returns (address token, uint256 cost);

    /// @notice How many servers are on a model's list, with those that are leaving.
    function serversCount(address model) external view returns (uint256);

    /// @notice Up to `count` of them from position `first` on.
    function servers(address model, uint256 first, uint256 count) external view returns (Server[] memory);

    /// @notice One server; all zero if there is none.
    function serverOf(address model, address account) external view returns (Server memory);

    /// @notice How many requests were made; the newest one's id.
    function requestsCount() external view returns (uint256);

    /// @notice A request; all zero for an unknown one.
    function requestOf(uint256 id) external view returns (Request memory);

    /// @notice Its servers; empty before the draw.
    function routedTo(uint256 id) external view returns (Seat[] memory);

    /// @notice What a server has sealed; once it has revealed, keccak256 of the answer. Reverts for who is no server of it.
    function sealOf(uint256 id, address server) external view returns (bytes32);

    /// @notice The final answer; empty while there is none. It stays what it was, also when it was proven wrong.
    function answerOf(uint256 id) external view returns (bytes memory);

    /// @notice Which of the ids `first` to `first + count - 1` are routed to a server.
    function requestsOf(address server, uint256 first, uint256 count) external view returns (uint256[] memory);

    /// @notice What a server has to seal for an answer of this hash.
    function sealHash(
        uint256 id,
        address server,
        bytes32 answerHash,
        bytes32 salt
    )
        external
        view
        returns (bytes32);

    /// @notice Where versions' code lies.
    function registry() external view returns (IOnchainModels);

    /// @notice Who knows rulers, vaults and parts.
    function splitters() external view returns (IFeeSplitters);
}
