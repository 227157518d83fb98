"""What scripts/mutate_contracts.py changes: one thing at a time, each by a name, the same for the same seed."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = b"""pragma solidity ^0.8.30;
contract Till {
    uint256 private held;
    function take(uint256 amount) external returns (uint256) {
        require(amount <= held, "too much");
        held -= amount;
        return held;
    }
}
"""


@pytest.fixture(scope="module")
def mutation():
    if not (ROOT / "contracts" / "node_modules" / "solc").is_dir():
        pytest.skip("the contracts' tools are not installed; run scripts/setup")
    spec = importlib.util.spec_from_file_location("mutate_contracts", ROOT / "scripts" / "mutate_contracts.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutate_contracts"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_each_change_is_one_thing_and_has_a_name(mutation):
    found = {each.name: each.applied(SOURCE).decode() for each in mutation.mutants_of("value/Till", SOURCE)}
    assert set(found) == {
        'Till.take requirement: require(amount <= held, "too much"); -> {}',
        "Till.take operator: <= -> <",
        "Till.take operator: -= -> +=",
        "Till.take statement: held -= amount; -> {}",
        "Till.take answer: held -> (held) + 1",
    }
    assert "require(amount < held" in found["Till.take operator: <= -> <"]
    assert "return (held) + 1;" in found["Till.take answer: held -> (held) + 1"]


def test_a_larger_count_tries_the_same_and_more(mutation):
    every = mutation.mutants_of("value/Till", SOURCE)
    few, more = (mutation.chosen_from(every, 7, count, "") for count in (2, 4))
    assert more[:2] == few


def test_what_cannot_be_parsed_is_refused(mutation):
    with pytest.raises(mutation.MutationError):
        mutation.mutants_of("value/Till", b"contract {")
