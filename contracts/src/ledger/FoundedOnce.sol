// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Initializable } from "@openzeppelin/contracts/proxy/utils/Initializable.sol";

/// @title A clone that only the factory initialises, once
/// @notice The base of implementations whose clones need more than the words in their code.
abstract contract FoundedOnce is Initializable {
    /// @notice Only the factory initialises, in the transaction that creates the clone.
    error FoundedOnce_NotFactory(address sender, address factory);

    /// @notice Who may initialise clones of this implementation.
    address public immutable factory;

    /// @param factory_ the address the `ModelFactory` will have; that constructor checks it
    constructor(address factory_) {
        factory = factory_;
        _disableInitializers();
    }

    modifier onlyFactory() {
        require(msg.sender == factory, FoundedOnce_NotFactory(msg.sender, factory));
        _;
    }
}
