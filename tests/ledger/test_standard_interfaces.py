"""Governor, timelock, token and vesting speak the standards as OpenZeppelin's own compiled interfaces say them.

The interfaces are those in the package that npm installs, compiled by its makers, not by us. What a deployed contract
answers to `supportsInterface` is asked in contracts/test: ModelGovernor.t.sol, TokenStandards.t.sol.
"""

import json
from functools import reduce
from importlib import resources
from operator import xor
from pathlib import Path

import pytest

from andel.hashing import keccak
from andel.ledger.interface import canonical_type

PACKAGE = (
    Path(__file__).parents[2] / "contracts" / "node_modules" / "@openzeppelin" / "contracts" / "build" / "contracts"
)

SPOKEN = {
    "ModelGovernor": [
        "IGovernor",
        "IERC165",
        "IERC6372",
        "IERC5267",
        "IERC721Receiver",
        "IERC1155Receiver",
        "Governor",
        "GovernorCountingSimple",
        "GovernorPreventLateQuorum",
        "GovernorSettings",
        "GovernorStorage",
        "GovernorTimelockControl",
        "GovernorVotes",
    ],
    "ModelTimelock": ["TimelockController", "AccessControl", "IAccessControl", "IERC165"],
    "ModelToken": [
        "IERC20",
        "IERC20Metadata",
        "IERC20Errors",
        "IERC20Permit",
        "IERC2612",
        "IERC5267",
        "IERC5805",
        "IERC6372",
        "IVotes",
        "IERC165",
        "ERC20Votes",
        "ERC20Permit",
    ],
    "FounderVesting": ["VestingWallet", "VestingWalletCliff"],
}
"""What each contract of a model speaks: names of files in OpenZeppelin's package, which its makers compiled."""

IDENTITIES = {
    "IERC165": 0x01FFC9A7,
    "IERC20": 0x36372B07,
    "IERC20Permit": 0x9D8FF7DA,
    "IERC5267": 0x84B0196E,
    "IVotes": 0xE90FB3F6,
    "IERC6372": 0xDA287A1D,
    "IERC721Receiver": 0x150B7A02,
    "IERC1155Receiver": 0x4E2312E0,
    "IGovernor": 0xCDBDFCEE,
}
"""ERC-165 ids, as the standards print them or tools ask for them."""

INHERITED = {"IGovernor": ["IERC165", "IERC6372"], "IERC1155Receiver": ["IERC165"]}
"""What an interface takes from others, which ERC-165 does not count to its id."""

NEVER = {"grantRole", "revokeRole", "renounceRole", "updateTimelock", "renounceOwnership"}
"""Functions that are there and always refuse, so that the compiler calls ours pure."""

UNRAISED = {"InvalidShortString", "StringTooLong", "ERC6372InconsistentClock"}
"""Errors that ours cannot raise: names are no immutables in a clone, the clock is one of seconds."""


def described(entry):
    """A function, event or error with everything that a caller sees of it."""
    inputs = [(canonical_type(part), part.get("indexed", False)) for part in entry.get("inputs", [])]
    outputs = [canonical_type(part) for part in entry.get("outputs", [])]
    mutability = entry.get("stateMutability")
    if mutability == "pure":  # the compiler's finding; a caller sees no difference
        mutability = "nonpayable" if entry["name"] in NEVER else "view"
    return json.dumps([entry["type"], entry.get("name", ""), inputs, outputs, mutability])


def abi_of(name):
    return json.loads(resources.files("andel.ledger").joinpath("artifacts", f"{name}.json").read_text("utf-8"))["abi"]


def openzeppelins(name):
    """The interface that OpenZeppelin's makers compiled, from the package that npm installed."""
    path = PACKAGE / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{path} is not here; run: make setup")
    return json.loads(path.read_text("utf-8"))["abi"]


@pytest.mark.parametrize(("ours", "theirs"), [(ours, each) for ours, several in SPOKEN.items() for each in several])
def test_whatever_openzeppelins_contract_shows_ours_shows_exactly_so(ours, theirs):
    mine = {described(entry) for entry in abi_of(ours)}
    asked = [entry for entry in openzeppelins(theirs) if entry["type"] not in ("constructor", "fallback")]
    asked = [entry for entry in asked if entry.get("name") not in UNRAISED]
    assert asked
    assert [described(entry) for entry in asked if described(entry) not in mine] == []


@pytest.mark.parametrize("name", IDENTITIES)
def test_the_erc_165_id_follows_from_the_compiled_interface(name):
    inherited = {signature(entry) for other in INHERITED.get(name, []) for entry in functions(openzeppelins(other))}
    own = {signature(entry) for entry in functions(openzeppelins(name))} - inherited
    assert reduce(xor, (int.from_bytes(keccak(each.encode())[:4], "big") for each in own)) == IDENTITIES[name]


def test_no_function_of_a_standard_is_shadowed_by_another_of_its_name():
    for ours, several in SPOKEN.items():
        by_selector: dict[bytes, str] = {}
        for entry in functions(abi_of(ours)):
            selector = keccak(signature(entry).encode())[:4]
            assert by_selector.setdefault(selector, signature(entry)) == signature(entry), several


def functions(abi):
    return [entry for entry in abi if entry["type"] == "function"]


def signature(entry):
    return f"{entry['name']}({','.join(canonical_type(part) for part in entry['inputs'])})"
