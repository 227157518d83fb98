// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { FoundedOnce } from "../../src/ledger/FoundedOnce.sol";
import { IModelFactory } from "../../src/ledger/IModelFactory.sol";
import { Implementations, Launch, Model } from "../../src/ledger/LaunchTypes.sol";
import { ModelFactory } from "../../src/ledger/ModelFactory.sol";
import { IOnchainModel } from "../../src/serving/IOnchainModel.sol";
import { PredictionLog } from "../../src/serving/PredictionLog.sol";
import { World } from "../support/World.sol";
import { Initializable } from "@openzeppelin/contracts/proxy/utils/Initializable.sol";

/// constructor: every implementation is there, and those that are initialised answer to this factory
/// launch
/// ├── given that a clone would come out elsewhere: reverts, whole
/// └── otherwise, whoever calls: all parts are clones, named in the event, initialised once, models apart
contract ModelFactoryTest is World {
    address private stranger = vm.addr(0x57);

    constructor() {
        deployModel();
    }

    function test_constructorRefusesWhatIsNotThereOrAnswersToAnother() public {
        Implementations memory good = factory.implementations();
        Implementations memory bad = good;
        expectBadImplementation(bad, good.operators);
        bad = newImplementations(13);
        bad.manager = stranger;
        expectBadImplementation(bad, stranger);
        bad = newImplementations(13);
        bad.disputes = stranger;
        expectBadImplementation(bad, stranger);
        bad = newImplementations(13);
        bad.pool = stranger;
        expectBadImplementation(bad, stranger);
        bad = newImplementations(13);
        bad.predictionLog = stranger;
        expectBadImplementation(bad, stranger);
    }

    function test_everyPartIsACloneOfItsImplementation() public {
        Launch memory terms = launchTerms();
        terms.registry = IOnchainModel(address(0x1E6));
        vm.prank(stranger);
        Model memory model = factory.launch(terms);
        Implementations memory parts = factory.implementations();
        requireClone(model.manager, parts.manager, 15);
        requireClone(model.vault, parts.vault, 4);
        requireClone(model.token, parts.token, 7);
        requireClone(model.pool, parts.pool, 8);
        requireClone(model.operators, parts.operators, 5);
        requireClone(model.disputes, parts.disputes, 5);
        requireClone(model.alliance, parts.alliance, 1);
        requireClone(model.predictionLog, parts.predictionLog, 2);
        PredictionLog log = PredictionLog(model.predictionLog);
        vm.assertEq(address(log.registry()), address(0x1E6), "where it asks");
        vm.assertEq(log.modelId(), bytes32(uint256(uint160(model.manager))), "whom it asks");
    }

    function test_launchTellsWhatItMade() public {
        uint256 nonce = vm.getNonce(address(factory));
        Model memory expected;
        expected.token = vm.computeCreateAddress(address(factory), nonce);
        expected.vault = vm.computeCreateAddress(address(factory), nonce + 1);
        expected.pool = vm.computeCreateAddress(address(factory), nonce + 2);
        expected.operators = vm.computeCreateAddress(address(factory), nonce + 3);
        expected.disputes = vm.computeCreateAddress(address(factory), nonce + 4);
        expected.manager = vm.computeCreateAddress(address(factory), nonce + 5);
        expected.alliance = vm.computeCreateAddress(address(factory), nonce + 6);
        vm.expectEmit(address(factory));
        emit IModelFactory.ModelLaunched(expected.manager, stranger, expected);
        vm.prank(stranger);
        factory.launch(launchTerms());
        vm.assertEq(factory.creations() + 1, vm.getNonce(address(factory)), "the count is the nonce");
    }

    /// Nonces of one, two and three bytes are written differently in RLP.
    function test_addressesAreRightForManyLaunches() public {
        while (vm.getNonce(address(factory)) < 270) {
            factory.launch(launchTerms());
        }
        vm.setNonce(address(factory), 65_534);
        vm.store(address(factory), bytes32(0), bytes32(uint256(65_533)));
        deployModel();
        test_twoModelsShareNothingButTheRegistries();
    }

    function test_twoModelsShareNothingButTheRegistries() public {
        (address formerPool, address formerOperators) = (address(pool), address(operators));
        runRound(1000e18, "root", 500e18);
        deployModel();
        vm.assertTrue(address(pool) != formerPool && address(operators) != formerOperators, "others");
        vm.assertEq(manager.roundsCount(), 0, "no rounds");
        vm.assertEq(pool.minted(), 0, "nothing minted");
        runRound(1000e18, "root", 500e18);
        vm.assertEq(pool.contributorsMinted(), 500e18, "minted");
    }

    function test_aCloneThatWouldComeOutElsewhereRevertsTheLaunch() public {
        uint64 nonce = vm.getNonce(address(factory));
        vm.setNonce(address(factory), nonce + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IModelFactory.ModelFactory_WrongAddress.selector,
                vm.computeCreateAddress(address(factory), nonce),
                vm.computeCreateAddress(address(factory), nonce + 1)
            )
        );
        factory.launch(launchTerms());
    }

    function test_nobodyInitialisesAgain() public {
        Launch memory terms = launchTerms();
        address coordinator_ = terms.operators.coordinator;
        vm.expectRevert(
            abi.encodeWithSelector(
                FoundedOnce.FoundedOnce_NotFactory.selector, address(this), address(factory)
            )
        );
        operators.initialize(stranger, coordinator_, one(standby), terms.operators.validators, 2);
        vm.expectRevert(abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        vm.prank(address(factory));
        operators.initialize(stranger, coordinator_, one(standby), terms.operators.validators, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                FoundedOnce.FoundedOnce_NotFactory.selector, address(this), address(factory)
            )
        );
        alliance.initialize(stranger, one(stranger), one(stranger), POLICY, TERMS);
    }

    function test_implementationsAreLocked() public {
        Implementations memory parts = factory.implementations();
        for (uint256 i = 0; i < 2; ++i) {
            address locked = i == 0 ? parts.operators : parts.alliance;
            vm.prank(address(factory));
            (bool success, bytes memory answer) = locked.call(
                i == 0
                    ? abi.encodeCall(
                        operators.initialize,
                        (stranger, coordinator, one(standby), validatorSet(validatorKeys), 2)
                    )
                    : abi.encodeCall(
                        alliance.initialize, (stranger, one(stranger), one(stranger), POLICY, TERMS)
                    )
            );
            vm.assertFalse(success, "locked");
            vm.assertTrue(bytes4(answer) == Initializable.InvalidInitialization.selector, "says so");
        }
    }

    function requireClone(address part, address implementation, uint256 words) private view {
        bytes memory forwarding =
            abi.encodePacked(hex"363d3d373d3d3d363d73", implementation, hex"5af43d82803e903d91602b57fd5bf3");
        bytes memory code = part.code;
        vm.assertEq(code.length, forwarding.length + 32 * words, "length");
        bytes memory head = new bytes(forwarding.length);
        for (uint256 i = 0; i < head.length; ++i) {
            head[i] = code[i];
        }
        vm.assertEq(keccak256(head), keccak256(forwarding), "forwards");
    }

    function expectBadImplementation(Implementations memory bad, address which) private {
        vm.expectRevert(abi.encodeWithSelector(IModelFactory.ModelFactory_BadImplementation.selector, which));
        new ModelFactory(bad);
    }
}
