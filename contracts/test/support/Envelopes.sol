// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { WholeBatch } from "../../src/serving/examples/WholeBatch.sol";
import { Base } from "./Base.sol";

/// @notice The cheat code that gives a public key, beside those of {Vm}.
interface Wallets {
    struct Wallet {
        address addr;
        uint256 publicKeyX;
        uint256 publicKeyY;
        uint256 privateKey;
    }

    function createWallet(uint256 key) external returns (Wallet memory);
}

/// @notice Stations that sign Andel's envelope, and the batches of their days.
abstract contract Envelopes is Base {
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    mapping(uint256 key => bytes) private _keys;

    /// name, unit, exponent and value of a channel.
    function channelOf(
        string memory name,
        string memory unit,
        int8 exponent,
        int64 value
    )
        internal
        pure
        returns (bytes memory)
    {
        return
            abi.encodePacked(
                uint8(bytes(name).length), name, uint8(bytes(unit).length), unit, exponent, value
            );
    }

    /// What a station of the tests measures: fine dust, and temperature.
    function airOf(int64 dust) internal pure returns (bytes memory) {
        return bytes.concat(
            channelOf("pm2_5", "ug/m3", 0, dust), channelOf("temperature", "degC", -2, int64(-512))
        );
    }

    function envelopeOf(uint256 key, int64 dust, uint256 time) internal returns (bytes memory) {
        return sealedBy(key, bodyOf(publicKeyOf(key), uint64(time), 2, airOf(dust)));
    }

    function bodyOf(
        bytes memory publicKey,
        uint64 time,
        uint8 count,
        bytes memory channels
    )
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked("ANDEL-READING/1", hex"0001", publicKey, uint64(7), time, count, channels);
    }

    function sealedBy(uint256 key, bytes memory body) internal pure returns (bytes memory) {
        (, bytes32 r, bytes32 s) = vm.sign(key, sha256(body));
        return bytes.concat(body, r, s);
    }

    /// Compressed.
    function publicKeyOf(uint256 key) internal returns (bytes memory) {
        if (_keys[key].length == 0) {
            Wallets.Wallet memory wallet = Wallets(address(vm)).createWallet(key);
            _keys[key] = abi.encodePacked(uint8(2 + wallet.publicKeyY % 2), wallet.publicKeyX);
        }
        return _keys[key];
    }

    /// A packet for each hour of a day, the first of them measuring `first` and the others `rest`.
    function dayOf(
        uint256 key,
        uint32 day,
        uint256 hourCount,
        int64 first,
        int64 rest
    )
        internal
        returns (bytes[] memory packets)
    {
        packets = new bytes[](hourCount);
        for (uint256 i = 0; i < hourCount; ++i) {
            packets[i] = envelopeOf(key, i == 0 ? first : rest, uint256(day) * 1 days + i * 1 hours);
        }
    }

    /// The root that the owner of these packets enters, whatever they hold.
    function rootOf(bytes[] calldata packets) external pure returns (bytes32) {
        bytes32[] memory nodes = new bytes32[](packets.length);
        WholeBatch.Place memory place = WholeBatch.start();
        for (uint256 i = 0; i < packets.length; ++i) {
            nodes[i] = WholeBatch.leaf(place, uint64(bytes8(packets[i][58:66])), packets[i]);
        }
        return WholeBatch.rootOf(nodes);
    }
}
