// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IModelPolicy } from "../ledger/IModelPolicy.sol";
import { IRevenueVault } from "../ledger/IRevenueVault.sol";
import { IRoundManager } from "../training/IRoundManager.sol";
import { FeeSplitter } from "./FeeSplitter.sol";
import { IFeeSplitters } from "./IFeeSplitters.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { LowLevelCall } from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @notice See {IFeeSplitters}, which is the manual.
contract FeeSplitters is IFeeSplitters, ReentrancyGuardTransient {
    address private constant COIN = address(0);
    uint16 private constant USUAL_PART = 2_000;
    uint16 private constant MOST_PART = 5_000;

    address private immutable _implementation = address(new FeeSplitter());

    /// One more than the part that was set; 0: none was.
    mapping(address model => uint16) private _parts;

    /// @inheritdoc IFeeSplitters
    function setOperatorsPart(address model, uint16 part) external {
        address ruler = rulerOf(model);
        require(msg.sender == ruler, FeeSplitters_NotRuler(model, msg.sender, ruler));
        require(part <= MOST_PART, FeeSplitters_BadPart(part, MOST_PART));
        _parts[model] = part + 1;
        emit OperatorsPartSet(model, part);
    }

    /// @inheritdoc IFeeSplitters
    function release(
        address model,
        address server,
        address token
    )
        external
        nonReentrant
        returns (uint256 toServer, uint256 toVault)
    {
        require(server != address(0), FeeSplitters_Empty());
        address vault = vaultOf(model);
        address splitter = splitterOf(model, server);
        if (splitter.code.length == 0) {
            Clones.cloneDeterministicWithImmutableArgs(_implementation, abi.encode(model, server), 0);
            emit SplitterCreated(model, server, splitter);
        }
        (toServer, toVault) = FeeSplitter(payable(splitter)).release(token, vault, operatorsPartOf(model));
        emit Released(model, server, token, toServer, toVault);
        // Coin counts when it arrives. A vault that cannot count now does so when anybody asks it to.
        if (token != COIN && toVault != 0) {
            LowLevelCall.callNoReturn(vault, abi.encodeCall(IRevenueVault.sync, (token)));
        }
    }

    /// @inheritdoc IFeeSplitters
    function owedOf(
        address model,
        address server,
        address token
    )
        external
        view
        returns (uint256 toServer, uint256 toVault)
    {
        address splitter = splitterOf(model, server);
        return splitter.code.length == 0 ? (0, 0) : FeeSplitter(payable(splitter)).owedOf(token);
    }

    /// @inheritdoc IFeeSplitters
    function splitterOf(address model, address server) public view returns (address) {
        return
            Clones.predictDeterministicAddressWithImmutableArgs(_implementation, abi.encode(model, server), 0);
    }

    /// @inheritdoc IFeeSplitters
    function operatorsPartOf(address model) public view returns (uint16) {
        uint16 kept = _parts[model];
        return kept == 0 ? USUAL_PART : kept - 1;
    }

    /// @inheritdoc IFeeSplitters
    function rulerOf(address model) public view returns (address) {
        address publisher = IRoundManager(model).publisher();
        address timelock = _askPolicy(publisher, abi.encodeCall(IModelPolicy.timelock, ()));
        return timelock == address(0) ? publisher : timelock;
    }

    /// @inheritdoc IFeeSplitters
    function vaultOf(address model) public view returns (address) {
        address publisher = IRoundManager(model).publisher();
        address vault = _askPolicy(publisher, abi.encodeCall(IModelPolicy.vault, ()));
        return vault == address(0) ? IRoundManager(model).pool().token().vault() : vault;
    }

    /// One address that a policy answers; zero when the publisher is a plain account or a contract that is no policy.
    function _askPolicy(address publisher, bytes memory question) private view returns (address) {
        (bool success, bytes32 word,) = LowLevelCall.staticcallReturn64Bytes(publisher, question);
        if (!success || LowLevelCall.returnDataSize() != 32 || uint256(word) > type(uint160).max) {
            return address(0);
        }
        return address(uint160(uint256(word)));
    }
}
