// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { Access, Bar, PolicyFounding, Price } from "../../src/ledger/IModelPolicy.sol";
import { ISettled } from "../../src/ledger/ISettled.sol";
import { ModelGovernor } from "../../src/ledger/ModelGovernor.sol";
import { ModelPolicy } from "../../src/ledger/ModelPolicy.sol";
import { ModelTimelock } from "../../src/ledger/ModelTimelock.sol";
import { OnchainModels } from "../../src/serving/OnchainModels.sol";
import { Alliance } from "../../src/training/Alliance.sol";
import { OperatorsConfig } from "../../src/training/IOperators.sol";
import { RoundManager } from "../../src/training/RoundManager.sol";
import { Config } from "../../src/training/RoundTypes.sol";
import { World } from "./World.sol";
import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";

/// @notice An offering of which only the end matters here.
contract Sale is ISettled {
    bool public settled;

    function settle() external {
        settled = true;
    }
}

/// @notice A manager that names its publisher, as a founding will.
contract PublishedManager is RoundManager {
    address private immutable _publisher;

    constructor(Config memory config, address publisher_) RoundManager(config) {
        _publisher = publisher_;
    }

    function publisher() external view override returns (address) {
        return _publisher;
    }
}

/// @notice What a vote can do to a model's emission.
interface IEmission {
    function lowerCeiling(uint256 ceiling) external;
    function lowerRate(uint256 ratePerSecond) external;
    function pauseEmission(uint64 until) external;
}

/// @notice An emission that a timelock may lower or pause, with the bounds a pool keeps.
contract Emission is IEmission {
    address public immutable timelock;
    uint256 public ceiling = 1000;
    uint256 public ratePerSecond = 10;
    uint64 public pausedUntil;

    constructor(address timelock_) {
        timelock = timelock_;
    }

    modifier onlyTimelock() {
        require(msg.sender == timelock, "only the timelock");
        _;
    }

    function lowerCeiling(uint256 ceiling_) external onlyTimelock {
        require(ceiling_ < ceiling, "never up");
        ceiling = ceiling_;
    }

    function lowerRate(uint256 ratePerSecond_) external onlyTimelock {
        require(ratePerSecond_ < ratePerSecond, "never up");
        ratePerSecond = ratePerSecond_;
    }

    function pauseEmission(uint64 until) external onlyTimelock {
        require(until <= block.timestamp + 30 days, "at most 30 days");
        pausedUntil = until;
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
    Sale internal sale = new Sale();
    ModelTimelock internal timelockCode = new ModelTimelock(address(this));
    ModelGovernor internal governorCode = new ModelGovernor(address(this));
    ModelPolicy internal policyCode = new ModelPolicy(address(this));
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

    function deployGoverned() internal {
        vm.warp(NOW + 10 days);
        uint256 nonce = vm.getNonce(address(this));
        address[9] memory at;
        for (uint256 i = 0; i < 9; ++i) {
            at[i] = vm.computeCreateAddress(address(this), nonce + i);
        }
        // 0 alliance, 1 timelock, 2 governor, 3 policy, 4 token, 5 pool, 6 operators, 7 disputes, 8 manager
        alliance = new Alliance(at[1], devices, one(founder), new address[](0), POLICY, TERMS);
        timelock = ModelTimelock(
            payable(Clones.cloneWithImmutableArgs(address(timelockCode), abi.encode(at[2], SHORTEST)))
        );
        governor = ModelGovernor(
            payable(Clones.cloneWithImmutableArgs(
                    address(governorCode),
                    abi.encode(at[4], at[1], address(sale), at[5], CAP, QUORUM_BPS, vetoBps, SHORTEST)
                ))
        );
        policy = ModelPolicy(
            Clones.cloneWithImmutableArgs(address(policyCode), abi.encode(at[1], at[8], address(registry)))
        );
        deployPartsOfNextManager();
        manager = new PublishedManager(config(), address(policy));
        bondAll();
        timelock.initialize(LOCK, one(address(governor)), one(address(governor)), address(0));
        governor.initialize(DELAY, PERIOD, THRESHOLD, EXTENSION);
        policy.initialize(policyFounding());
    }

    function deployGovernedAndHeld() internal {
        deployGoverned();
        sale.settle();
        give(anne, CAP / 5);
        give(bert, CAP * 15 / 100);
        give(cleo, CAP / 20);
        vm.warp(block.timestamp + 1);
    }

    function operatorsConfig() internal view override returns (OperatorsConfig memory founding) {
        founding = super.operatorsConfig();
        founding.owner = address(timelock);
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
        toVoting(id);
        vote(anne, id, FOR);
        vote(bert, id, FOR);
        toEnd(id);
        governor.queue(id);
        vm.warp(block.timestamp + LOCK);
        vm.expectRevert(reason);
        governor.execute(id);
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
