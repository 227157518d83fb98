// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { VaultWorld } from "../support/VaultWorld.sol";
import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import { ERC20Votes } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import { Nonces } from "@openzeppelin/contracts/utils/Nonces.sol";

/// @notice OpenZeppelin's token with votes, no clone, no weights: what the model's token is compared with.
contract PlainVotes is ERC20Permit, ERC20Votes {
    constructor() ERC20("Plain", "P") ERC20Permit("Plain") { }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 amount) internal override(ERC20, ERC20Votes) {
        super._update(from, to, amount);
    }
}

/// What each transaction costs, whole, as in Gas.t.sol; kept in snapshots/token.json and snapshots/revenue.json.
///
/// forge-config: default.isolate = true
contract OwnershipGasTest is VaultWorld {
    PlainVotes private plain;

    function setUp() public {
        found(1_000);
        plain = new PlainVotes();
        for (uint256 i = 0; i < 2; ++i) {
            token.mint(holders[i], 1000e18);
            plain.mint(holders[i], 1000e18);
        }
    }

    function test_transfers() public {
        vm.warp(NOW + 100);
        uint256 own = move(0, 1, "transfer within an epoch");
        uint256 others = movePlain(0, 1, "transfer of a plain token with votes");
        vm.assertLt(own, others + 7_000, "a clone's call, and no further slot");
        move(0, 2, "transfer to a new holder");
        vm.warp(NOW + EPOCH);
        move(0, 1, "transfer, first of both in their second epoch");
        vm.warp(NOW + 2 * EPOCH);
        move(0, 1, "transfer, first of both in an epoch");
        move(1, 0, "transfer, second of both in an epoch");
        vm.warp(NOW + 5 * EPOCH);
        move(0, 1, "transfer, first of both after some epochs");
    }

    function test_transfersWithDelegation() public {
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(holders[i]);
            token.delegate(holders[i]);
            keep("token", i == 0 ? "delegate" : "delegate, second");
            vm.prank(holders[i]);
            plain.delegate(holders[i]);
        }
        vm.warp(NOW + 100);
        uint256 own = move(0, 1, "transfer, both delegated");
        uint256 others = movePlain(0, 1, "transfer of a plain token with votes, both delegated");
        vm.assertLt(own, others + 7_000, "a clone's call, and no further slot");
    }

    function test_revenue() public {
        vm.deal(address(this), 10 ether);
        vault.deposit{ value: 1 ether }(address(0), 1 ether);
        keep("revenue", "deposit of coin, first of an epoch");
        vault.deposit{ value: 1 ether }(address(0), 1 ether);
        keep("revenue", "deposit of coin");
        usd.give(address(this), 100e6);
        vault.deposit(address(usd), 10e6);
        keep("revenue", "deposit of an ERC-20, first");
        vault.deposit(address(usd), 10e6);
        keep("revenue", "deposit of an ERC-20");
        for (uint256 i = 1; i < 5; ++i) {
            vm.warp(NOW + i * EPOCH);
            vault.deposit(address(usd), 10e6);
        }
        vm.warp(NOW + 5 * EPOCH);
        claim(0, 0, "claim of an epoch, first of all");
        claim(1, 0, "claim of an epoch, first of the account");
        claim(0, 1, "claim of the next epoch, first of all");
        vm.assertLt(claim(1, 1, "claim of the next epoch"), 100_000, "nothing new is written");
        uint256[] memory list = new uint256[](3);
        (list[0], list[1], list[2]) = (2, 3, 4);
        vm.prank(holders[0]);
        vault.claim(address(usd), list);
        keep("revenue", "claim of three epochs");
        vm.prank(holders[0]);
        token.claim(0);
        keep("revenue", "claim of coin through the token");
        vm.prank(holders[1]);
        token.burn(1e18);
        keep("revenue", "burn, with coin redeemed");
    }

    function claim(uint256 holder, uint256 epoch, string memory name) private returns (uint256) {
        vm.prank(holders[holder]);
        vault.claim(address(usd), epochs(epoch));
        return keep("revenue", name);
    }

    function move(uint256 from, uint256 to, string memory name) private returns (uint256) {
        vm.prank(holders[from]);
        assert(token.transfer(holders[to], 1e18));
        return keep("token", name);
    }

    function movePlain(uint256 from, uint256 to, string memory name) private returns (uint256) {
        vm.prank(holders[from]);
        assert(plain.transfer(holders[to], 1e18));
        return keep("token", name);
    }

    function keep(string memory group, string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall(group, name);
    }
}
