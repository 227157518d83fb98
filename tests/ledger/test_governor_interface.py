"""The governor speaks OpenZeppelin's IGovernor, as its own compiled interface says it; and so do token and clock."""

import json
from importlib import resources
from pathlib import Path

import pytest

from andel.hashing import keccak
from andel.ledger.interface import canonical_type

CONTRACTS = Path(__file__).parents[2] / "contracts"
BUILT = CONTRACTS / "out"


def described(entry):
    """A function, event or error with everything that a caller sees of it."""
    inputs = [(canonical_type(part), part.get("indexed", False)) for part in entry.get("inputs", [])]
    outputs = [canonical_type(part) for part in entry.get("outputs", [])]
    return json.dumps([entry["type"], entry.get("name", ""), inputs, outputs, entry.get("stateMutability")])


def abi_of(name):
    return json.loads(resources.files("andel.ledger").joinpath("artifacts", f"{name}.json").read_text("utf-8"))["abi"]


def interface_abi(name):
    """OpenZeppelin's own interface, compiled from the package that npm installed."""
    path = BUILT / f"{name}.sol" / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{path.name} is not compiled here; run: python scripts/build_contracts.py")
    return json.loads(path.read_text("utf-8"))["abi"]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("ModelGovernor", "IGovernor"),
        ("ModelGovernor", "IERC6372"),
        ("ModelGovernor", "IERC165"),
        ("ModelToken", "IVotes"),
        ("ModelToken", "IERC6372"),
        ("ModelToken", "IERC20"),
    ],
)
def test_whatever_openzeppelins_interface_has_ours_has_exactly_so(ours, theirs):
    mine = {described(entry) for entry in abi_of(ours) if entry["type"] != "constructor"}
    missing = {described(entry) for entry in interface_abi(theirs) if entry["type"] != "error"} - mine
    # the compiler may find that a view is pure; a caller sees no difference
    missing = {text for text in missing if text.replace('"view"', '"pure"') not in mine}
    assert not missing


def test_the_erc_165_id_is_that_of_the_interface():
    selectors = [
        int.from_bytes(keccak(signature(entry).encode())[:4], "big")
        for entry in interface_abi("IGovernor")
        if entry["type"] == "function" and entry["name"] not in ("clock", "CLOCK_MODE", "supportsInterface")
    ]
    identity = 0
    for selector in selectors:
        identity ^= selector
    assert identity == 0xCDBDFCEE  # forge asks the contract for the same: contracts/test/ledger/ModelGovernor.t.sol


def signature(entry):
    return f"{entry['name']}({','.join(canonical_type(part) for part in entry['inputs'])})"
