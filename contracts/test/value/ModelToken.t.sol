// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IModelToken } from "../../src/value/IModelToken.sol";
import { ModelToken } from "../../src/value/ModelToken.sol";
import { Base } from "../support/Base.sol";
import { Ownership, OwnershipSet, Ownerships } from "../support/OwnershipSet.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { Initializable } from "@openzeppelin/contracts/proxy/utils/Initializable.sol";

/// initialize: the founder, once; bounds of cap and epochs; the implementation never
/// mint: the minter, the founder in the launch's transaction, never beyond the cap, burnt tokens make no room
/// set aside: minter, vault, treasury and others; no votes, not held
contract ModelTokenTest is Base {
    uint256 private constant CAP = 1000e18;

    ModelToken private token;
    OwnershipSet private set;
    address private holder = vm.addr(0xA0);
    address private other = vm.addr(2);
    address private offering = vm.addr(3);

    function setUp() public {
        set = new OwnershipSet(founding());
        token = set.token();
    }

    function founding() private view returns (Ownership memory made) {
        made = Ownerships.founding(CAP, address(this));
        made.others = new address[](1);
        made.others[0] = offering;
    }

    function test_itIsNamedByTheFounderOnce() public {
        vm.assertEq(token.name(), "Andel Test", "name");
        vm.assertEq(token.symbol(), "AT", "symbol");
        vm.assertEq(token.contractURI(), "ipfs://card", "uri");
        vm.assertEq(uint256(token.decimals()), 18, "decimals");
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        set.again();
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        token.initialize("A", "A", "");
    }

    function test_theImplementationCannotBeUsed() public {
        ModelToken implementation = new ModelToken();
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        implementation.initialize("A", "A", "");
        vm.expectPartialRevert(IModelToken.ModelToken_NotMinter.selector);
        implementation.mint(address(this), 1);
    }

    function test_whatIsFixedAtFoundingStandsInTheCode() public view {
        vm.assertEq(token.minter(), address(this), "minter");
        vm.assertEq(token.founder(), address(set), "founder");
        vm.assertEq(token.vault(), address(set.vault()), "vault");
        vm.assertEq(token.treasury(), address(0x7EA5), "treasury");
        vm.assertEq(token.cap(), CAP, "cap");
        vm.assertEq(token.epochStart(), NOW, "epoch start");
        vm.assertEq(token.epochLength(), 7 days, "epoch length");
        vm.assertEq(token.setAsideAccounts().length, 4, "set aside");
    }

    function test_aBadCapOrEpochOrAMissingPartIsRefused() public {
        Ownership memory made = founding();
        refused(made, 0, 7 days, abi.encodeWithSelector(IModelToken.ModelToken_BadCap.selector, 0));
        uint256 above = uint256(type(uint104).max) + 1;
        refused(made, above, 7 days, abi.encodeWithSelector(IModelToken.ModelToken_BadCap.selector, above));
        uint256 short = 1 hours - 1;
        refused(made, CAP, short, abi.encodeWithSelector(IModelToken.ModelToken_BadEpochs.selector, short));
        uint256 long = 90 days + 1;
        refused(made, CAP, long, abi.encodeWithSelector(IModelToken.ModelToken_BadEpochs.selector, long));
        made.treasury = address(0);
        refused(made, CAP, 7 days, abi.encodeWithSelector(IModelToken.ModelToken_ZeroMinter.selector));
    }

    function test_anAccountIsSetAsideOnce() public {
        Ownership memory made = founding();
        made.others = new address[](3);
        // No offering, and no second one either.
        new OwnershipSet(made);
        made.others[2] = made.treasury;
        vm.expectRevert(abi.encodeWithSelector(IModelToken.ModelToken_SetAsideTwice.selector, made.treasury));
        new OwnershipSet(made);
    }

    function refused(Ownership memory made, uint256 cap, uint256 length, bytes memory reason) private {
        (made.cap, made.epochLength) = (cap, length);
        vm.expectRevert(reason);
        new OwnershipSet(made);
    }

    function test_onlyTheMinterMints() public {
        vm.prank(holder);
        vm.expectRevert(
            abi.encodeWithSelector(IModelToken.ModelToken_NotMinter.selector, holder, address(this))
        );
        token.mint(holder, 1);
        token.mint(holder, 5);
        vm.assertEq(token.balanceOf(holder), 5, "balance");
        vm.assertEq(token.totalEverMinted(), 5, "ever minted");
    }

    /// A test runs as one transaction, in which setUp launches nothing.
    ///
    /// forge-config: default.isolate = true
    function test_theFounderMintsInNoLaterTransaction() public {
        vm.expectRevert(
            abi.encodeWithSelector(IModelToken.ModelToken_NotMinter.selector, address(set), address(this))
        );
        set.mint(holder, 1);
    }

    function test_theFounderMintsInTheTransactionOfTheLaunch() public {
        OwnershipSet fresh = new OwnershipSet(founding());
        fresh.mint(holder, 7);
        vm.assertEq(fresh.token().totalEverMinted(), 7, "counted");
        vm.expectRevert(abi.encodeWithSelector(IModelToken.ModelToken_OverCap.selector, CAP, CAP - 7));
        fresh.mint(holder, CAP);
    }

    function testFuzz_capCountsWhatWasEverMinted(uint256 first, uint256 burnt, uint256 second) public {
        first = within(first, 0, CAP);
        burnt = within(burnt, 0, first);
        token.mint(holder, first);
        vm.prank(holder);
        token.burn(burnt);
        vm.assertEq(token.totalSupply(), first - burnt, "supply");
        vm.assertEq(token.totalEverMinted(), first, "ever minted");
        second = within(second, CAP - first + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IModelToken.ModelToken_OverCap.selector, second, CAP - first));
        token.mint(holder, second);
        token.mint(holder, CAP - first);
        vm.assertEq(token.totalEverMinted(), CAP, "ever minted, full");
    }

    function test_moreThanTheBalanceIsNeitherMovedNorBurnt() public {
        token.mint(holder, 5);
        bytes memory reason =
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, holder, 5, 6);
        vm.prank(holder);
        vm.expectRevert(reason);
        token.transfer(other, 6);
        vm.prank(holder);
        vm.expectRevert(reason);
        token.burn(6);
    }

    function test_whatIsSetAsideIsNotHeldAndHasNoVotes() public {
        token.mint(address(this), 10);
        token.mint(offering, 20);
        token.mint(token.treasury(), 40);
        token.mint(token.vault(), 80);
        token.mint(holder, 160);
        vm.assertEq(token.totalSupply(), 310, "supply");
        vm.assertEq(token.heldSupply(), 160, "held");
        address[] memory accounts = token.setAsideAccounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            vm.assertTrue(token.isSetAside(accounts[i]), "set aside");
            vm.prank(accounts[i]);
            vm.expectRevert(abi.encodeWithSelector(IModelToken.ModelToken_SetAside.selector, accounts[i]));
            token.delegate(other);
        }
        vm.warp(NOW + 7 days);
        for (uint256 i = 0; i < accounts.length; ++i) {
            vm.assertEq(token.heldSeconds(accounts[i], 0), 0, "weight");
        }
        vm.assertEq(token.heldSecondsOfAll(0), 160 * 7 days, "weight of all");
        assert(token.transfer(holder, 10));
        vm.assertEq(token.heldSupply(), 170, "held, after a claim");
    }

    function test_onlyTheTreasuryChangesTheMetadata() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IModelToken.ModelToken_NotTreasury.selector, address(this), token.treasury()
            )
        );
        token.setContractURI("ipfs://mine");
        vm.prank(token.treasury());
        token.setContractURI("ipfs://next");
        vm.assertEq(token.contractURI(), "ipfs://next", "uri");
    }

    function test_anEpochHasWeightsOnceItIsOver() public {
        token.mint(holder, 3);
        vm.warp(NOW + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IModelToken.ModelToken_EpochOpen.selector, 0, 0));
        token.heldSeconds(holder, 0);
        vm.expectRevert(abi.encodeWithSelector(IModelToken.ModelToken_EpochOpen.selector, 1, 0));
        token.heldSecondsOfAll(1);
        vm.warp(NOW + 7 days);
        vm.assertEq(token.heldSeconds(holder, 0), 3 * 7 days, "weight");
    }
}
