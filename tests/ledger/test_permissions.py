"""Every function of a model's contracts that changes anything stands in the list of who may call it."""

import json
from collections import defaultdict
from importlib import resources
from pathlib import Path

import pytest

from andel.ledger.interface import canonical_type, interface_of

LISTED = json.loads((Path(__file__).parents[2] / "vectors" / "permissions.json").read_text("utf-8"))["functions"]
PER_MODEL = (
    "ModelToken",
    "RewardPool",
    "Operators",
    "Disputes",
    "RoundManager",
    "Alliance",
    "ModelGovernor",
    "ModelTimelock",
    "ModelPolicy",
)
NEVER = {"grantRole(bytes32,address)", "revokeRole(bytes32,address)", "renounceRole(bytes32,address)"} | {
    "updateTimelock(address)"
}
"""Functions that only refuse: the compiler finds that they change nothing."""


def changing(name: str) -> set[str]:
    """Signatures of the functions that are not views."""
    text = resources.files("andel.ledger").joinpath("artifacts", f"{name}.json").read_text("utf-8")
    return {
        f"{entry['name']}({','.join(canonical_type(part) for part in entry['inputs'])})"
        for entry in json.loads(text)["abi"]
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    }


@pytest.mark.parametrize("name", PER_MODEL)
def test_each_function_that_changes_anything_is_listed_once(name):
    listed = [row["function"] for row in LISTED if row["contract"] == name]
    assert len(listed) == len(set(listed))
    assert set(listed) - NEVER == changing(name)


def test_the_list_names_no_other_contract_and_each_caller():
    assert {row["contract"] for row in LISTED} == set(PER_MODEL)
    assert all(row["by"] for row in LISTED)


def test_what_the_timelock_alone_may_do_says_how_everybody_else_is_refused():
    known = defaultdict(set)
    for name in PER_MODEL:
        for error in interface_of(name).errors.values():
            known[name].add(f"{error.name}({','.join(canonical_type(part) for part in error.inputs)})")
    for row in LISTED:
        if row["by"] in ("timelock", "governor", "pool", "manager", "disputes", "nobody"):
            assert row["refusal"], row
        if row["refusal"]:
            assert row["refusal"] in known[row["contract"]], row
