#!/usr/bin/env python3
"""Writes what the page knows of contracts and signatures: page/src/chain/abi.ts and page/src/chain/types.ts.

Takes the contracts' artifacts and the EIP-712 types of the package; gives TypeScript of what `CALLED` and `SIGNED` name
and no more, because every entry is sent to each reader. `--check` writes nothing and fails when a file is not current.
Run: python scripts/write_page_abi.py
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from andel.ledger.authorized_transfers import TRANSFER_TYPE
from andel.typed_data import TYPES

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = "src/andel/ledger/artifacts"
ABI = "page/src/chain/abi.ts"
SIGNATURES = "page/src/chain/types.ts"

ERC20 = "name symbol decimals balanceOf allowance approve transfer Transfer Approval"
ERC20_ERRORS = "ERC20InsufficientAllowance ERC20InsufficientBalance ERC20InvalidReceiver"

CALLED: Mapping[str, tuple[str, str]] = {
    "erc20": ("AuthorizedToken", f"{ERC20} {ERC20_ERRORS} eip712Domain authorizationState"),
    "modelToken": (
        "ModelToken",
        f"{ERC20} {ERC20_ERRORS} delegate delegates getVotes burnAndRedeem redeemableOnBurn redeemableERC20OnBurn"
        " totalSupply nonces DelegateChanged ModelToken_SetAside",
    ),
    "rewardPool": (
        "RewardPool",
        "claim claimed claimOperator operatorBalance Claimed OperatorClaimed RewardPool_BadProof"
        " RewardPool_RootChanged RewardPool_OverMinted",
    ),
    "revenueVault": (
        "RevenueVault",
        "claim claimFor claimable claimableOf epochNow RevenueClaimed RevenueRedeemed RevenueVault_EpochOpen"
        " RevenueVault_NotRising RevenueVault_PaymentFailed",
    ),
    "modelOffering": (
        "ModelOffering",
        "buy claim refund settle countRounds claimable refundable Bought Claimed Refunded OfferingSettled"
        " RoundsCounted ModelOffering_CapReached ModelOffering_Empty ModelOffering_NotAllowed ModelOffering_NotClosed"
        " ModelOffering_NotMember ModelOffering_NotOpen ModelOffering_NothingToCount ModelOffering_WrongTransfer"
        " ModelOffering_WrongValue",
    ),
    "modelGovernor": (
        "ModelGovernor",
        "propose castVote castVoteWithReason veto queue(uint256) execute(uint256) cancel(uint256) state hasVoted"
        " getProposalId ProposalCreated ProposalQueued ProposalExecuted ProposalCanceled VoteCast VetoCast"
        " GovernorAlreadyCastVote GovernorInsufficientProposerVotes GovernorNonexistentProposal"
        " GovernorUnexpectedProposalState ModelGovernor_AlreadyVetoed ModelGovernor_NothingMined",
    ),
    "alliance": (
        "Alliance",
        "accept withdraw hasAccepted nonces TermsAccepted TermsWithdrawn Alliance_InThePast Alliance_NoConsent"
        " Alliance_NotInForce",
    ),
    "deviceRegistry": (
        "DeviceRegistry",
        "claim claimP256 release revoke transfer ownerOf DeviceClaimed DeviceReleased DeviceRevoked"
        " DeviceRegistry_AlreadyOwned DeviceRegistry_BadDeviceSignature DeviceRegistry_NotOwner"
        " DeviceRegistry_OldTimestamp DeviceRegistry_Revoked DeviceRegistry_StaleTimestamp",
    ),
    "accessPass": (
        "AccessPass",
        "buy passOf planOf isLive PassBought AccessPass_Changed AccessPass_UnknownPlan AccessPass_WrongValue",
    ),
    "inferenceMarket": (
        "InferenceMarket",
        "request requestOf answerOf finish refund withdraw costOf creditOf Requested AnswerFinal AnswerRevealed"
        " RequestFinished RequestRefunded InferenceMarket_BadInput InferenceMarket_BadVersion InferenceMarket_Closed"
        " InferenceMarket_OtherToken InferenceMarket_TooDear InferenceMarket_TooFewServers InferenceMarket_TooLate"
        " InferenceMarket_WrongCoin InferenceMarket_WrongStatus",
    ),
    "onchainModels": (
        "OnchainModels",
        "predict predictAt predictBatch predictWord predictWords currentOf OnchainModels_BadInput"
        " OnchainModels_CodeFailed OnchainModels_NoAnswer OnchainModels_NotPublished",
    ),
    "predictionLog": ("PredictionLog", "ask Answered"),
    "operators": (
        "Operators",
        "deposit requestWithdrawal withdraw withdrawReward bondOf BondDeposited BondWithdrawn Operators_BadAmount"
        " Operators_BondNeeded Operators_NotWithdrawable",
    ),
}
"""Under which name the page calls what: the contract, and its functions, events and errors; where a name stands for
several functions, with the types of the one.
"""

SIGNED: Sequence[str] = (
    TYPES["Prediction"],
    TYPES["PredictionBatch"],
    TYPES["PassUse"],
    TRANSFER_TYPE,
    TRANSFER_TYPE.replace("Transfer", "Receive", 1),
)
"""`encodeType` of what the page checks or has signed."""


def abi_text(root: Path = ROOT) -> str:
    """The file of ABIs. Raises LookupError for a name that no contract, or more than one of its entries, has."""
    parts = [_head("the contracts' artifacts")]
    for name, (contract, named) in CALLED.items():
        abi = json.loads((root / ARTIFACTS / f"{contract}.json").read_text("utf-8"))["abi"]
        entries = [json.dumps(_plain(_entry(contract, abi, each))) for each in named.split()]
        parts.append(f"export const {name} = [\n" + "".join(f"  {each},\n" for each in entries) + "] as const;\n")
    return "\n".join(parts)


def types_text() -> str:
    """The file of EIP-712 types."""
    domain = {"name": "Andel", "version": "1"}
    parts = [
        _head("andel.typed_data"),
        "/** The domain of what this project's own types sign; chainId and verifyingContract come to it. */\n"
        f"export const domain = {json.dumps(domain)} as const;\n",
    ]
    for text in SIGNED:
        name, fields = text.rstrip(")").split("(", 1)
        rows = [dict(zip(("type", "name"), each.split(" "), strict=True)) for each in fields.split(",")]
        lines = "".join(f"    {json.dumps({'name': row['name'], 'type': row['type']})},\n" for row in rows)
        parts.append(f"export const {name[0].lower()}{name[1:]} = {{\n  {name}: [\n{lines}  ],\n}} as const;\n")
    return "\n".join(parts)


def wanted(root: Path = ROOT) -> dict[str, str]:
    """Every file by its path, as it should be."""
    return {ABI: abi_text(root), SIGNATURES: types_text()}


def stale(root: Path = ROOT) -> list[str]:
    """The files on disk that are not current."""
    return [
        name
        for name, text in wanted(root).items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the files, or with --check says which are not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    if not parser.parse_args(arguments).check:
        for name, text in wanted().items():
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(text, encoding="utf-8")
        return 0
    found = stale()
    for name in found:
        print(f"{name} is not current: run python scripts/write_page_abi.py", file=sys.stderr)
    return 1 if found else 0


def _head(source: str) -> str:
    return f"// Written by scripts/write_page_abi.py from {source}; not to be changed by hand.\n"


def _entry(contract: str, abi: Iterable[Mapping[str, Any]], named: str) -> Mapping[str, Any]:
    name, _, types = named.partition("(")
    found = [
        entry
        for entry in abi
        if entry.get("name") == name and (not types or _types(entry["inputs"]) == types.rstrip(")"))
    ]
    if len(found) != 1:
        raise LookupError(f"{contract} has {len(found)} entries {named}")
    return found[0]


def _types(inputs: Iterable[Mapping[str, Any]]) -> str:
    return ",".join(each["type"] for each in inputs)


def _plain(value: Any) -> Any:
    """Without the compiler's own type names, which nobody encodes by, and in one order of keys."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in sorted(value.items()) if key != "internalType"}
    return value


if __name__ == "__main__":
    sys.exit(main())
