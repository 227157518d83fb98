// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Access, Bar, PolicyFounding, Price } from "../../src/ledger/IModelPolicy.sol";
import { ISettled } from "../../src/ledger/ISettled.sol";
import { GovernanceTerms, Implementations, Launch, Model } from "../../src/ledger/LaunchTypes.sol";
import { ModelGovernor } from "../../src/ledger/ModelGovernor.sol";
import { ModelPolicy } from "../../src/ledger/ModelPolicy.sol";
import { ModelTimelock } from "../../src/ledger/ModelTimelock.sol";
import { OnchainModels } from "../../src/serving/OnchainModels.sol";
import { World } from "./World.sol";
import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";

/// @notice An offering of which only the end matters here.
contract Sale is ISettled {
    bool public settled;

    function settle() external {
        settled = true;
    }
}

/// @notice A founded model whose every power lies with its holders: three of them with 20, 15 and 5 % of the cap, all
/// with votes, the offering settled. A test makes the clones that a factory will make in one transaction.
abstract contract Governed is World {
    uint48 internal constant DELAY = 1 days;
    uint32 internal constant PERIOD = 5 days;
    uint48 internal constant EXTENSION = 2 days;
    uint256 internal constant LOCK = 2 days;
    uint256 internal constant SHORTEST = 1 days;
    uint256 internal constant THRESHOLD = CAP / 1000;
    uint256 internal constant QUORUM_BPS = 1000;
    uint256 internal constant VETO_BPS = 3333;

    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;

    uint256 internal constant ANNE_KEY = 0xA11E;
    address internal anne = vm.addr(ANNE_KEY);
    address internal bert = vm.addr(0xBE27);
    address internal cleo = vm.addr(0xC1E0);
    address internal stranger = vm.addr(0x57A);

    OnchainModels internal registry = new OnchainModels();
    Sale internal sale;
    ModelGovernor internal governorCode;
    ModelPolicy internal policyCode;
    ModelTimelock internal timelock;
    ModelGovernor internal governor;
    ModelPolicy internal policy;

    uint256 internal vetoBps = VETO_BPS;
    Bar internal firstBar = Bar({ evaluation: -20, lowerIsBetter: false, automatic: true });

    struct Call {
        address target;
        uint256 value;
        bytes data;
    }

    /// One base unit is offered, and a sale that a test settles stands in the offering's place.
    function deployGoverned() internal {
        vm.warp(NOW + 10 days);
        Model memory model = launchGoverned(governedTerms());
        vm.etch(model.offering, address(new Sale()).code);
        // What the true offering wrote in the place of `settled`.
        vm.store(model.offering, bytes32(0), bytes32(0));
        sale = Sale(model.offering);
    }

    /// What the holders of a model will govern; nothing of it is replaced.
    function launchGoverned(Launch memory terms) internal returns (Model memory model) {
        model = launch(terms);
        timelock = ModelTimelock(payable(model.timelock));
        governor = ModelGovernor(payable(model.governor));
        policy = ModelPolicy(model.policy);
        Implementations memory parts = factory.implementations();
        governorCode = ModelGovernor(payable(parts.governor));
        policyCode = ModelPolicy(parts.policy);
    }

    function governedTerms() internal view returns (Launch memory terms) {
        terms = launchTerms();
        terms.owner = address(0);
        terms.registry = registry;
        terms.schedule.ceiling = CAP - 1;
        terms.offering.offered = 1;
        (terms.offering.price, terms.offering.minimum) = (1, 1);
        (terms.offering.opens, terms.offering.closes) =
        (uint64(block.timestamp), uint64(block.timestamp) + 1 days);
        terms.offering.firstBps = 10_000;
        terms.governance = GovernanceTerms({
            votingDelay: DELAY,
            votingPeriod: PERIOD,
            extension: EXTENSION,
            proposalThreshold: THRESHOLD,
            timelockDelay: LOCK,
            shortest: SHORTEST,
            quorumBps: QUORUM_BPS,
            vetoBps: vetoBps,
            policy: policyFounding()
        });
    }

    function deployGovernedAndHeld() internal {
        deployGoverned();
        sale.settle();
        give(anne, CAP / 5);
        give(bert, CAP * 15 / 100);
        give(cleo, CAP / 20);
        vm.warp(block.timestamp + 1);
    }

    function policyFounding() internal view virtual returns (PolicyFounding memory founding) {
        founding.training = keccak256("training 1");
        founding.data = keccak256("data 1");
        founding.validation = keccak256("validation 1");
        founding.licence = keccak256("licence 1");
        founding.access = Access.Open;
        founding.prices = new Price[](0);
        founding.bar = firstBar;
    }

    /// As a founding allocation or a sale would: minted, in the holder's hands, with its votes.
    function give(address holder, uint256 amount) internal {
        vm.prank(address(pool));
        token.mint(holder, amount);
        vm.prank(holder);
        token.delegate(holder);
    }

    function propose(Call memory call, string memory why) internal returns (uint256 id) {
        (address[] memory targets, uint256[] memory values, bytes[] memory datas) = lists(call);
        vm.prank(anne);
        return governor.propose(targets, values, datas, why);
    }

    function vote(address holder, uint256 id, uint8 support) internal {
        vm.prank(holder);
        governor.castVote(id, support);
    }

    function toVoting(uint256 id) internal {
        vm.warp(governor.proposalSnapshot(id) + 1);
    }

    function toEnd(uint256 id) internal {
        vm.warp(governor.proposalDeadline(id) + 1);
    }

    /// From a vote that has passed to its effect.
    function carryOut(uint256 id) internal {
        vm.roll(block.number + 1);
        toEnd(id);
        governor.queue(id);
        vm.warp(block.timestamp + LOCK);
        governor.execute(id);
    }

    /// The whole way, anne and bert for it.
    function decide(Call memory call, string memory why) internal {
        uint256 id = propose(call, why);
        toVoting(id);
        vote(anne, id, FOR);
        vote(bert, id, FOR);
        carryOut(id);
        vm.assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Executed), "executed");
    }

    function decide(address target, bytes memory data) internal {
        decide(Call(target, 0, data), string(data));
    }

    /// Passed and queued, and then refused by what it calls.
    function decideInVain(Call memory call, bytes memory reason) internal {
        uint256 id = propose(call, "in vain");
        passAndWait(id);
        vm.expectRevert(reason);
        governor.execute(id);
    }

    /// Up to the second in which anybody may execute it.
    function passAndWait(uint256 id) internal {
        toVoting(id);
        vote(anne, id, FOR);
        vote(bert, id, FOR);
        toEnd(id);
        governor.queue(id);
        vm.warp(block.timestamp + LOCK);
    }

    function lists(Call memory call)
        internal
        pure
        returns (address[] memory targets, uint256[] memory values, bytes[] memory datas)
    {
        targets = one(call.target);
        values = new uint256[](1);
        values[0] = call.value;
        datas = new bytes[](1);
        datas[0] = call.data;
    }

    /// What k validators sign for a version's code, in rising order.
    function publish(bytes32 version, bytes memory code) internal {
        (address[] memory signers, bytes[] memory signatures) = signedPublication(version, "file", code);
        policy.publish(version, "file", code, signers, signatures);
    }

    function signedPublication(
        bytes32 version,
        bytes32 file,
        bytes memory code
    )
        internal
        view
        returns (address[] memory signers, bytes[] memory signatures)
    {
        bytes32 digest = policy.publicationHash(version, file, keccak256(code));
        (uint256 first, uint256 second) = (validatorKeys[0], validatorKeys[1]);
        if (vm.addr(first) > vm.addr(second)) (first, second) = (second, first);
        signers = new address[](2);
        signatures = new bytes[](2);
        (signers[0], signers[1]) = (vm.addr(first), vm.addr(second));
        (signatures[0], signatures[1]) = (signed(first, digest), signed(second, digest));
    }
}
