// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { DeviceRegistry } from "../../src/device/DeviceRegistry.sol";
import { IDeviceRegistry } from "../../src/device/IDeviceRegistry.sol";
import { Base } from "../support/Base.sol";

/// list
/// ├── given a zero or publicly known device, or one this lister stopped: reverts, nothing listed
/// ├── given a listed device: nothing changes
/// └── otherwise: listed by this lister only, event
/// stop: only what this lister listed, for ever, event once
contract DeviceListingTest is Base {
    DeviceRegistry private registry = new DeviceRegistry();
    address private lister = vm.addr(1);
    address private stranger = vm.addr(2);
    address private device = vm.addr(3);

    function test_listCountsForItsListerOnly() public {
        vm.expectEmit(address(registry));
        emit IDeviceRegistry.DeviceListed(lister, device);
        listAs(lister, device);
        vm.assertTrue(registry.isListed(lister, device), "listed");
        vm.assertFalse(registry.isListed(stranger, device), "listed by another");
        (uint64 listedAt, uint64 stoppedAt) = registry.listingOf(lister, device);
        vm.assertEq(listedAt, NOW, "since");
        vm.assertEq(stoppedAt, 0, "until");
    }

    function test_listAgainChangesNothing() public {
        listAs(lister, device);
        vm.warp(NOW + 100);
        listAs(lister, device);
        (uint64 listedAt,) = registry.listingOf(lister, device);
        vm.assertEq(listedAt, NOW, "since");
    }

    function test_listOfBadDevicesReverts() public {
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_ZeroDevice.selector));
        listAs(lister, address(0));
        address known = 0xE540678F0B995BF3B287E47f84f84aeA44CFEb31;
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_KnownKey.selector, known));
        listAs(lister, known);
    }

    function test_stopIsForEver() public {
        listAs(lister, device);
        listAs(stranger, device);
        vm.warp(NOW + 50);
        vm.expectEmit(address(registry));
        emit IDeviceRegistry.DeviceStopped(lister, device);
        stopAs(lister, device);
        vm.warp(NOW + 60);
        stopAs(lister, device);
        (uint64 listedAt, uint64 stoppedAt) = registry.listingOf(lister, device);
        vm.assertEq(listedAt, NOW, "since");
        vm.assertEq(stoppedAt, NOW + 50, "until");
        vm.assertFalse(registry.isListed(lister, device), "listed");
        vm.assertTrue(registry.isListed(stranger, device), "another's listing");
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_StoppedForGood.selector, lister, device)
        );
        listAs(lister, device);
    }

    function test_stopOfAnUnlistedDeviceReverts() public {
        listAs(stranger, device);
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistry_NotListed.selector, lister, device)
        );
        stopAs(lister, device);
    }

    function listAs(address sender, address listed) private {
        vm.prank(sender);
        registry.list(asArray(listed));
    }

    function stopAs(address sender, address stopped) private {
        vm.prank(sender);
        registry.stop(asArray(stopped));
    }

    function asArray(address one) private pure returns (address[] memory devices) {
        devices = new address[](1);
        devices[0] = one;
    }
}
