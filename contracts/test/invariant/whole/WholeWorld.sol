// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { AccessPass } from "../../../src/ledger/AccessPass.sol";
import { FounderVesting } from "../../../src/ledger/FounderVesting.sol";
import { Access, Bar, Price } from "../../../src/ledger/IModelPolicy.sol";
import { Allocation, GovernanceTerms, Launch, Model } from "../../../src/ledger/LaunchTypes.sol";
import { ModelGovernor } from "../../../src/ledger/ModelGovernor.sol";
import { ModelOffering } from "../../../src/ledger/ModelOffering.sol";
import { ModelPolicy } from "../../../src/ledger/ModelPolicy.sol";
import { ModelTimelock } from "../../../src/ledger/ModelTimelock.sol";
import { RevenueVault } from "../../../src/ledger/RevenueVault.sol";
import { Successors } from "../../../src/ledger/Successors.sol";
import { OnchainModels } from "../../../src/serving/OnchainModels.sol";
import { HostileToken, Mischief, Trait, Trickster } from "../../support/Mischief.sol";
import { World } from "../../support/World.sol";

/// @notice One launched model with everything that a launch can make, its contributors, buyers, holders and operators,
/// and six payment tokens of which five are hostile. Coin is given out once, here: from then on none comes or goes, so
/// whatever is somewhere too much is missing elsewhere.
abstract contract WholeWorld is World {
    uint256 internal constant OFFERED = 2_000_000e18;
    uint256 internal constant PRICE = 1e14;
    uint256 internal constant MINIMUM = 20 ether;
    uint256 internal constant GIVEN = 500_000e18;
    uint256 internal constant WEALTH = 1000 ether;
    uint256 internal constant SUPPLY = 1e30;
    /// Gas of a call that somebody hostile takes part in.
    uint256 internal constant ENOUGH = 3_000_000;
    uint256 public constant ACCOUNTS = 6;
    uint256 public constant PAYMENTS = 8;
    bytes32 internal constant MONTH = "month";
    bytes32 internal constant YEAR = "year";

    ModelOffering public offering;
    RevenueVault public vault;
    ModelTimelock public timelock;
    ModelGovernor public governor;
    ModelPolicy public policy;
    AccessPass public passes = new AccessPass();
    Successors public successors = new Successors();
    OnchainModels internal registry = new OnchainModels();
    FounderVesting[2] public vestings;

    /// 0, 1 and 4 are people; 2, 3 and 5 contracts that take coin as they like. 4 and 2 contribute; 0 and 3 are founders.
    address[] public accounts;
    /// The coin, then a token of each trait.
    address[] public payments;
    /// What the offering is paid in.
    address public sold;

    /// How often each action came to its end, by its name.
    mapping(string action => uint256) public done;
    address[] private _everybody;

    /// What must never be, and was; empty, if nothing.
    string public wrong;

    constructor(bool soldForToken) {
        idle = 300 days;
        quorum = 2;
        accounts = [vm.addr(0xA0), vm.addr(0xA1), address(0), address(0), vm.addr(0xA4), address(0)];
        for (uint256 i = 2; i < 6; ++i) {
            if (i != 4) accounts[i] = address(new Trickster());
        }
        payments.push(address(0));
        for (uint256 i = 0; i < PAYMENTS - 1; ++i) {
            payments.push(address(new HostileToken(Trait(i), address(this), SUPPLY)));
        }
        if (soldForToken) sold = payments[1 + uint256(Trait.Calls)];
        found();
        _everybody = listEverybody();
        give();
        conspire();
    }

    receive() external payable { }

    /// True for an account that takes what it is paid, and nothing else.
    function isHonest(uint256 who) public pure returns (bool) {
        return who == 0 || who == 1 || who == 4;
    }

    /// All that anybody can be said to hold here, in coin: it never grows or shrinks.
    function coinEverywhere() external view returns (uint256 sum) {
        address[] memory all = everybody();
        for (uint256 i = 0; i < all.length; ++i) {
            sum += all[i].balance;
        }
    }

    /// Everybody who can have coin or the model's tokens.
    function everybody() public view returns (address[] memory) {
        return _everybody;
    }

    function listEverybody() private view returns (address[] memory all) {
        all = new address[](25);
        uint256 n = 0;
        for (; n < ACCOUNTS; ++n) {
            all[n] = accounts[n];
        }
        for (uint256 i = 0; i < validatorKeys.length; ++i) {
            all[n++] = vm.addr(validatorKeys[i]);
        }
        (all[n++], all[n++], all[n++]) = (coordinator, standby, address(this));
        (all[n++], all[n++], all[n++]) = (address(token), address(pool), address(vault));
        (all[n++], all[n++], all[n++]) = (address(offering), address(operators), address(disputes));
        (all[n++], all[n++], all[n++]) = (address(timelock), address(governor), address(policy));
        (all[n++], all[n++]) = (address(vestings[0]), address(vestings[1]));
        (all[n++], all[n++]) = (address(passes), address(manager));
    }

    function parts() external view returns (address, address, address, address, address) {
        return (address(manager), address(token), address(pool), address(operators), address(disputes));
    }

    function operatorAt(uint256 index) public view returns (address) {
        index %= 5;
        if (index == 3) return coordinator;
        return index == 4 ? standby : vm.addr(validatorKeys[index]);
    }

    /// Calls as this account, with its coin.
    function actAs(
        uint256 who,
        address target,
        uint256 value,
        bytes memory data
    )
        internal
        returns (bool success)
    {
        address account = accounts[who];
        if (account.balance < value) return false;
        if (account.code.length != 0) {
            return Trickster(payable(account)).act{ gas: 3 * ENOUGH }(target, value, data);
        }
        vm.prank(account);
        (success,) = target.call{ value: value, gas: 3 * ENOUGH }(data);
    }

    function count(string memory action, bool success) internal {
        if (success) ++done[action];
    }

    function require_(bool right, string memory what) internal {
        if (!right) wrong = what;
    }

    function balanceIn(address payment, address account) internal view returns (uint256) {
        return payment == address(0) ? account.balance : HostileToken(payment).truth(account);
    }

    function found() private {
        Launch memory terms = launchTerms();
        terms.owner = address(0);
        terms.registry = registry;
        terms.schedule.ceiling = CAP - OFFERED - 2 * GIVEN;
        terms.revenue.redeemableBps = 1000;
        terms.offering.payment = sold;
        terms.offering.offered = OFFERED;
        (terms.offering.price, terms.offering.minimum) = (PRICE, MINIMUM);
        terms.offering.capPerBuyer = 150 ether;
        (terms.offering.opens, terms.offering.closes) = (NOW, NOW + 7 days);
        terms.offering.firstBps = 4000;
        (terms.offering.milestoneRounds, terms.offering.milestoneDeadline) = (3, NOW + 60 days);
        terms.allocations = new Allocation[](2);
        terms.allocations[0] = Allocation(accounts[0], GIVEN, 0, 100 days, 0);
        terms.allocations[1] = Allocation(accounts[3], GIVEN, 0, 200 days, 20 days);
        terms.governance = governance();
        Model memory model = launch(terms);
        offering = ModelOffering(model.offering);
        vault = RevenueVault(payable(model.vault));
        timelock = ModelTimelock(payable(model.timelock));
        governor = ModelGovernor(payable(model.governor));
        policy = ModelPolicy(model.policy);
        (vestings[0], vestings[1]) =
        (FounderVesting(payable(model.vestings[0])), FounderVesting(payable(model.vestings[1])));
    }

    function governance() private view returns (GovernanceTerms memory terms) {
        (terms.votingDelay, terms.votingPeriod, terms.extension) = (1 hours, 1 days, 2 hours);
        (terms.timelockDelay, terms.shortest) = (2 hours, 1 hours);
        (terms.proposalThreshold, terms.quorumBps, terms.vetoBps) = (CAP / 1000, 1000, 3333);
        terms.policy.training = keccak256("training");
        terms.policy.licence = keccak256("licence");
        terms.policy.access = Access.Paid;
        terms.policy.prices = pricesIn(payments[1]);
        terms.policy.bar = Bar(-20, false, true);
    }

    /// A month for coin, a year for `payment`.
    function pricesIn(address payment) internal pure returns (Price[] memory list) {
        list = new Price[](2);
        list[0] = Price(MONTH, address(0), 30 days, 100, true, 1 ether);
        list[1] = Price(YEAR, payment, 365 days, 100, false, 1e20);
    }

    function give() private {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            vm.deal(accounts[i], WEALTH);
            for (uint256 j = 1; j < PAYMENTS; ++j) {
                HostileToken(payments[j]).give(accounts[i], 1e24);
            }
            actAs(i, address(token), 0, abi.encodeCall(token.delegate, (accounts[i])));
        }
        for (uint256 i = 0; i < 5; ++i) {
            vm.deal(operatorAt(i), 100 * BOND);
        }
        vm.deal(address(this), 0);
    }

    /// Whatever pays by itself, or could be entered a second time, called for the one who is being paid.
    function conspire() private {
        uint256[] memory epochs = new uint256[](3);
        (epochs[1], epochs[2]) = (1, 2);
        for (uint256 i = 2; i < 6; ++i) {
            if (i != 4) scheme(Trickster(payable(accounts[i])), accounts[i], epochs);
        }
        address calls = payments[1 + uint256(Trait.Calls)];
        scheme(HostileToken(calls), accounts[2], epochs);
        HostileToken(calls).plan(address(vault), abi.encodeCall(vault.sync, (calls)));
        HostileToken(calls).plan(address(vault), abi.encodeCall(vault.claimFor, (accounts[2], calls, epochs)));
        HostileToken(calls).plan(address(offering), abi.encodeCall(offering.release, ()));
    }

    function scheme(Mischief plotter, address gainer, uint256[] memory epochs) private {
        plotter.plan(address(vault), abi.encodeCall(vault.claimFor, (gainer, address(0), epochs)));
        plotter.plan(address(offering), abi.encodeCall(offering.refund, (gainer)));
        plotter.plan(address(offering), abi.encodeCall(offering.claim, (gainer)));
        plotter.plan(address(operators), abi.encodeCall(operators.withdrawFor, (gainer)));
        plotter.plan(address(operators), abi.encodeCall(operators.withdrawRewardFor, (gainer)));
        plotter.plan(address(disputes), abi.encodeCall(disputes.withdraw, ()));
        plotter.plan(address(pool), abi.encodeCall(pool.claimOperator, (gainer)));
    }
}
