// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { PassPlan } from "./IPassPlans.sol";

/// @notice A holder's right to ask one model, and under which licence.
/// @param plan the plan that was bought
/// @param termsHash sha2-256 of the licence
/// @param expiry last second at which it counts; zero if there never was one
/// @param perDay requests that the holder may make in a day
/// @param transferable whether the holder may pass it on
struct Pass {
    bytes32 plan;
    bytes32 termsHash;
    uint64 expiry;
    uint32 perDay;
    bool transferable;
}

/// @notice What somebody buys, and at most pays for it. What was changed meanwhile is not bought.
/// @param model the model's `RoundManager`
/// @param plan the plan's id
/// @param holder who gets the pass
/// @param termsHash sha2-256 of the licence that was read
/// @param token what is paid with; zero for the chain's coin
/// @param most the most that may be paid, smallest units
struct PassOrder {
    address model;
    bytes32 plan;
    address holder;
    bytes32 termsHash;
    address token;
    uint256 most;
}

/// @title Licence and access to models, in one
/// @notice One contract for all models of a chain, with no owner: the plans are the model's (`publisher()` of its
/// `RoundManager` answers {IPassPlans}), the money goes straight to whom the plan names, and nothing stays here.
/// Whoever serves the model reads `passOf` and judges expiry by the chain's clock.
///
/// A PASS is bound to what was bought: terms, rate and expiry never change by a later vote. Nobody can take one away.
///
/// ONE PASS per model and holder. Buying the same again (plan, terms, rate and whether it can be passed on are equal)
/// adds a period to the end. Buying something else replaces a pass that still counts, and what was left of it is
/// lost: so only the holder does that, itself or by its signature. Anybody may buy for somebody who has none, or more
/// of the same.
///
/// A FOREIGN `model` can sell what it likes and be paid for it; its passes are of that address alone.
interface IAccessPass {
    /// @notice A pass was bought or made longer. `price` was paid by `payer` in the plan's token.
    event PassBought(
        address indexed model,
        address indexed holder,
        bytes32 indexed plan,
        bytes32 termsHash,
        uint64 expiry,
        address payer,
        uint256 price
    );

    /// @notice A pass was passed on.
    event PassTransferred(address indexed model, address indexed from, address indexed to);

    /// @notice The model sells no such plan.
    error AccessPass_UnknownPlan(address model, bytes32 plan);

    /// @notice The holder is the zero address.
    error AccessPass_Empty();

    /// @notice The plan is not what was ordered any more. `price` is the plan's.
    error AccessPass_Changed(bytes32 termsHash, address token, uint256 price);

    /// @notice Not exactly the price was sent, or coin beside a token. Wei.
    error AccessPass_WrongValue(uint256 value, uint256 expected);

    /// @notice The holder has a pass of other terms, which only it replaces.
    error AccessPass_OtherPass(address holder, uint64 expiry);

    /// @notice The chain's coin cannot be taken by a signature.
    error AccessPass_CoinNotSigned();

    /// @notice Whom the plan names does not take the coin.
    error AccessPass_NotReceived(address payTo, uint256 price);

    /// @notice The signature was valid until `deadline`, in seconds.
    error AccessPass_Expired(uint64 deadline, uint256 blockTimestamp);

    /// @notice The signature is not the holder's over this message with its present nonce.
    error AccessPass_BadSignature(address holder, uint256 nonce);

    /// @notice There is no pass that counts, or it cannot be passed on.
    error AccessPass_NotTransferable(address model, address holder);

    /// @notice Buys for `order.holder`; the sender pays.
    /// @return expiry the pass's last second
    function buy(PassOrder calldata order) external payable returns (uint64 expiry);

    /// @notice Buys for `order.holder` by its signature, which also accepts the terms; anybody may bring it.
    /// @param order what the holder signed; `most` bounds what is taken from the holder
    /// @param deadline last second at which the signature counts
    /// @param signature the holder's EIP-712 `PassPurchase(model, plan, holder, termsHash, token, most, nonce,
    /// deadline)` with its present nonce (ECDSA, or ERC-1271 where the holder is a contract)
    /// @param permit empty, or abi.encode(uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) of the
    /// holder's ERC-2612 permit for this contract; one that was used already does no harm
    /// @param gift true: the sender pays, at most `order.most` as well; false: the holder pays by its allowance
    /// @return expiry the pass's last second
    function buySigned(
        PassOrder calldata order,
        uint64 deadline,
        bytes calldata signature,
        bytes calldata permit,
        bool gift
    )
        external
        payable
        returns (uint64 expiry);

    /// @notice Passes the sender's pass on, with what is left of it, to an account that has none that counts.
    function transfer(address model, address to) external;

    /// @notice A plan as the model sells it now. Reverts if there is none.
    function planOf(address model, bytes32 plan) external view returns (PassPlan memory);

    /// @notice The last pass of this holder, whether it still counts or not.
    function passOf(address model, address holder) external view returns (Pass memory);

    /// @notice Whether a pass counts at `at`, in seconds.
    function isLive(address model, address holder, uint64 at) external view returns (bool);

    /// @notice The nonce of a holder's next signature.
    function nonces(address holder) external view returns (uint256);
}
