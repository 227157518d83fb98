// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import { IJudgements, Judgement } from "../../src/value/IJudgements.sol";
import { Judgements } from "../../src/value/Judgements.sol";
import { Base } from "../support/Base.sol";

/// seal
/// ├── given a zero hash, or a second one of an attempt: reverts
/// └── otherwise: kept with time and block, for this judge, model, round and attempt alone
/// show
/// ├── given nothing sealed, another digest or salt, or another's seal: reverts
/// ├── given a second time: reverts
/// └── otherwise: kept with time and block
/// judgementsOf: in the order asked, zero for who did nothing
contract JudgementsTest is Base {
    Judgements private judgements = new Judgements();
    address private constant MODEL = address(0x1111);
    address private judge = vm.addr(1);
    address private copier = vm.addr(2);

    function test_aSealIsKeptForItsPlaceAlone() public {
        _seal(judge, 3, 1, "digest", "salt");
        Judgement memory kept = _of(judge, 3, 1);
        vm.assertEq(kept.hash, judgements.sealOf(MODEL, 3, 1, judge, "digest", "salt"), "its seal");
        vm.assertEq(uint256(kept.sealedAt), block.timestamp, "the second");
        vm.assertEq(uint256(kept.sealedBlock), block.number, "the block");
        vm.assertEq(kept.digest, bytes32(0), "nothing shown");
        vm.assertEq(_of(judge, 3, 2).hash, bytes32(0), "another attempt");
        vm.assertEq(_of(judge, 4, 1).hash, bytes32(0), "another round");
        vm.assertEq(_of(copier, 3, 1).hash, bytes32(0), "another judge");
    }

    function test_onlyOneSealAnAttempt() public {
        vm.prank(judge);
        vm.expectRevert(abi.encodeWithSelector(IJudgements.Judgements_Empty.selector, MODEL, 3, 1));
        judgements.seal(MODEL, 3, 1, 0);
        _seal(judge, 3, 1, "digest", "salt");
        vm.prank(judge);
        vm.expectRevert(abi.encodeWithSelector(IJudgements.Judgements_AlreadySealed.selector, MODEL, 3, 1));
        judgements.seal(MODEL, 3, 1, "another");
    }

    function testFuzz_onlyWhatWasSealedIsShownOnce(bytes32 digest, bytes32 salt, bytes32 other) public {
        vm.assume(digest != 0 && other != 0 && other != digest);
        _seal(judge, 3, 1, digest, salt);
        bytes32 sealed_ = _of(judge, 3, 1).hash;
        bytes memory refused =
            abi.encodeWithSelector(IJudgements.Judgements_NotSealed.selector, MODEL, 3, 1, sealed_);
        vm.startPrank(judge);
        vm.expectRevert(refused);
        judgements.show(MODEL, 3, 1, other, salt);
        vm.expectRevert(refused);
        judgements.show(MODEL, 3, 1, digest, ~salt);
        vm.expectRevert(abi.encodeWithSelector(IJudgements.Judgements_Empty.selector, MODEL, 3, 1));
        judgements.show(MODEL, 3, 1, 0, salt);
        vm.warp(block.timestamp + 7);
        vm.roll(block.number + 2);
        judgements.show(MODEL, 3, 1, digest, salt);
        Judgement memory kept = _of(judge, 3, 1);
        vm.assertEq(kept.digest, digest, "what was shown");
        vm.assertEq(uint256(kept.shownAt), uint256(kept.sealedAt) + 7, "the second shown");
        vm.assertEq(uint256(kept.shownBlock), uint256(kept.sealedBlock) + 2, "the block shown");
        vm.expectRevert(abi.encodeWithSelector(IJudgements.Judgements_AlreadyShown.selector, MODEL, 3, 1));
        judgements.show(MODEL, 3, 1, digest, salt);
        vm.stopPrank();
    }

    function test_aCopiedSealCanNeverBeShown() public {
        _seal(judge, 3, 1, "digest", "salt");
        bytes32 copied = _of(judge, 3, 1).hash;
        vm.startPrank(copier);
        judgements.seal(MODEL, 3, 1, copied);
        vm.expectRevert(
            abi.encodeWithSelector(IJudgements.Judgements_NotSealed.selector, MODEL, 3, 1, copied)
        );
        judgements.show(MODEL, 3, 1, "digest", "salt");
        vm.stopPrank();
    }

    function test_whoSealedNothingShowsNothing() public {
        vm.prank(copier);
        vm.expectRevert(
            abi.encodeWithSelector(IJudgements.Judgements_NotSealed.selector, MODEL, 3, 1, bytes32(0))
        );
        judgements.show(MODEL, 3, 1, "digest", "salt");
    }

    function test_judgesAreAnsweredInTheOrderAsked() public {
        _seal(judge, 3, 1, "digest", "salt");
        address[] memory judges = new address[](2);
        (judges[0], judges[1]) = (copier, judge);
        Judgement[] memory found = judgements.judgementsOf(MODEL, 3, 1, judges);
        vm.assertEq(found.length, 2, "as many");
        vm.assertEq(found[0].hash, bytes32(0), "who did nothing");
        vm.assertTrue(found[1].hash != bytes32(0), "who sealed");
    }

    function _seal(address by, uint64 round, uint32 attempt, bytes32 digest, bytes32 salt) private {
        bytes32 hash = judgements.sealOf(MODEL, round, attempt, by, digest, salt);
        vm.prank(by);
        judgements.seal(MODEL, round, attempt, hash);
    }

    function _of(address by, uint64 round, uint32 attempt) private view returns (Judgement memory) {
        address[] memory judges = new address[](1);
        judges[0] = by;
        return judgements.judgementsOf(MODEL, round, attempt, judges)[0];
    }
}
