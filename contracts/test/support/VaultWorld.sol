// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { RevenueVault } from "../../src/ledger/RevenueVault.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { Base } from "./Base.sol";
import { Ownership, OwnershipSet, Ownerships } from "./OwnershipSet.sol";
import { Manner, PaymentToken } from "./PaymentToken.sol";

/// @notice A token, its vault, a payment token, and three accounts; this contract is the minter.
abstract contract VaultWorld is Base {
    uint256 internal constant CAP = 10_000_000e18;
    uint256 internal constant EPOCH = 7 days;

    ModelToken internal token;
    RevenueVault internal vault;
    PaymentToken internal usd = new PaymentToken(Manner.Plain);
    address[] internal holders = [vm.addr(0xA1), vm.addr(0xA2), vm.addr(0xA3)];

    function found(uint256 redeemableBps) internal {
        Ownership memory founding = Ownerships.founding(CAP, address(this));
        founding.redeemableBps = redeemableBps;
        OwnershipSet set = new OwnershipSet(founding);
        (token, vault) = (set.token(), set.vault());
    }

    function payIn(address paymentToken, uint256 amount) internal {
        PaymentToken(paymentToken).give(address(this), amount);
        vault.deposit(paymentToken, amount);
    }

    function sendCoin(uint256 amount) internal {
        vm.deal(address(this), amount);
        (bool done,) = address(vault).call{ value: amount }("");
        assert(done);
    }

    function epochs(uint256 only) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = only;
    }
}
