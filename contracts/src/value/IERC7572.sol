// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Metadata about a contract (ERC-7572).
interface IERC7572 {
    /// @notice The URI has changed.
    event ContractURIUpdated();

    /// @notice Where a JSON object with the contract's name, symbol, description, image and links lies.
    function contractURI() external view returns (string memory);
}
