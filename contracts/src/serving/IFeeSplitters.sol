// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Where a server's earnings are split between it and the model's holders
/// @notice One contract for all models of a chain, with no owner. For each (model, server) there is one address, told
/// before it has code, that anybody pays: by a plain ERC-20 transfer, by EIP-3009, or with the chain's coin, which the
/// zero address stands for. Anybody has its balance split.
///
/// SPLIT. floor(balance * part / 10,000) to the server, the rest to the model's vault. The part is 2,000 unless the
/// model's ruler set another, at most 5,000. It counts for what is split after it was set.
///
/// WHO RULES a model: the timelock of its policy (`publisher()` of its `RoundManager` answers `timelock()`), and where
/// no policy exists its publisher itself. WHERE THE VAULT IS: the policy says it; without a policy the model's token,
/// which lies behind its `RoundManager`'s pool.
///
/// WHO IS NOT PAID does not hold up the other: what a payment token or a contract refuses stays at the address, counted
/// as owed to whom it was refused, and the next release tries again. A server that is a contract gets 100,000 gas to
/// take coin. ERC-20 that reached the vault is counted there by its `sync`, by anybody, when the call here fails.
///
/// HOSTILE PAYMENT TOKENS AND MODELS harm only whoever deals in them: an address holds for one model and one server, and
/// accounts are kept for each token apart.
interface IFeeSplitters {
    /// @notice Servers of `model` get `part` ten-thousandths from now on.
    event OperatorsPartSet(address indexed model, uint16 part);

    /// @notice The address of (model, server) has its code now.
    event SplitterCreated(address indexed model, address indexed server, address splitter);

    /// @notice What the server and the vault were paid. What was refused is not in it.
    event Released(
        address indexed model,
        address indexed server,
        address indexed token,
        uint256 toServer,
        uint256 toVault
    );

    /// @notice Only who rules the model.
    error FeeSplitters_NotRuler(address model, address sender, address ruler);

    /// @notice More than servers may get, in ten-thousandths.
    error FeeSplitters_BadPart(uint16 part, uint16 most);

    /// @notice Only the contract that made the clone moves what it holds.
    error FeeSplitters_NotSplitters(address sender);

    /// @notice The server is the zero address.
    error FeeSplitters_Empty();

    /// @notice Sets what servers of `model` get, in ten-thousandths, at most 5,000. Only who rules the model.
    function setOperatorsPart(address model, uint16 part) external;

    /// @notice Splits the balance of (model, server) in `token` and pays both; makes the clone where it is missing.
    /// @return toServer what the server was paid, with what it was owed
    /// @return toVault what the vault was paid, with what it was owed
    function release(
        address model,
        address server,
        address token
    )
        external
        returns (uint256 toServer, uint256 toVault);

    /// @notice The address to pay, whether it has code or not.
    function splitterOf(address model, address server) external view returns (address);

    /// @notice What lies at the address because it was refused before.
    function owedOf(
        address model,
        address server,
        address token
    )
        external
        view
        returns (uint256 toServer, uint256 toVault);

    /// @notice What servers of `model` get, in ten-thousandths.
    function operatorsPartOf(address model) external view returns (uint16);

    /// @notice Who sets what the model's holders decide: its timelock, or its publisher where no policy exists.
    function rulerOf(address model) external view returns (address);

    /// @notice Where the holders' part goes.
    function vaultOf(address model) external view returns (address);
}
