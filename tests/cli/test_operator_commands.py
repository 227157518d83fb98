"""`andel operator`, `andel watch` and `andel challenge` as people type them."""

import json

import pytest

from andel.roles.founder import publish_reference
from andel.roles.signed_results import write_result
from andel.simulation.actors import BOND
from andel.simulation.world import Operation
from andel.units import TOKEN
from tests.attacks.test_equivocation import another_result
from tests.attacks.test_halted_payout import lie
from tests.attacks.test_lying_validator import state_of
from tests.support.own_data_run import call_main


@pytest.fixture(scope="module")
def small(launch_world):
    small = launch_world("operator commands", operation=Operation(challenge_window=6_000, standbys=1))
    publish_reference(small.store, small.world.founded)
    return small


@pytest.fixture
def andel(small, tmp_path, monkeypatch, capsys):
    """`andel …` on the small world's model, with a key of one of its actors."""

    def call(*words, key=None, store=False):
        where = ["--rpc", small.world.chain.url, "--model", small.world.model.round_manager.address]
        if key is not None:
            path = tmp_path / "some.key"
            path.write_text(key.secret_bytes().hex())
            where += ["--key-file", str(path)]
        if store:
            where += ["--store", str(small.folder / "content")]
        ended = call_main([*words, *where], monkeypatch, capsys)
        return ended.returncode, ended.stdout, ended.stderr

    return call


def test_status_shows_everybody_of_the_epoch(small, andel):
    code, out, _ = andel("operator", "status", "--json")
    found = json.loads(out)
    assert (code, found["k"], found["n"], found["bond"]) == (0, 2, 3, BOND)
    roles = [item["role"] for item in found["operators"]]
    assert roles == ["coordinator", "standby", "validator", "validator", "validator"]
    assert all(item["is_bonded"] for item in found["operators"])
    code, out, _ = andel("operator", "status", "--account", small.world.actors.consumer.address)
    assert code == 0 and "none" in out and "not fully bonded" in out


def test_bonds_are_put_down_asked_back_and_taken(small, andel):
    validator, operators = small.world.actors.validators[2], small.world.model.operators
    code, _, err = andel("operator", "deposit", key=validator)
    assert code == 1 and "lacks nothing" in err
    code, out, _ = andel("operator", "deposit", "--amount", "0.005", key=validator)
    assert code == 0 and "0.015 coins" in out
    code, _, err = andel("operator", "withdraw", "--request", "1", key=validator)
    assert code == 1 and "has put down 0.015 coins" in err
    code, out, _ = andel("operator", "withdraw", "--request", "0.005", key=validator)
    assert code == 0 and "can take them at" in out
    code, out, err = andel("operator", "withdraw", key=validator)
    assert code == 0 and "took 0 coins" in out and "can be taken at" in err
    small.local.advance(operators.unbonding_period() + 10)
    code, out, _ = andel("operator", "withdraw", key=validator)
    assert code == 0 and "took 0.005 coins of its bond" in out
    assert operators.bond_of(validator.address).unbonding == 0
    code, _, err = andel("operator", "deposit", "--amount", "much", key=validator)
    assert code == 1 and "not an amount of coins" in err


def test_a_false_result_is_challenged_by_hand_and_an_offence_reported_from_a_file(small, andel, tmp_path):
    stranger = small.world.actors.watcher
    code, _, err = andel("challenge", key=stranger, store=True)
    assert code == 1 and "no agreed result" in err
    small.close_round()
    lie(small)
    code, out, _ = andel("challenge", "--yes", key=stranger, store=True)
    assert code == 0 and "challenged" in out
    assert small.world.model.disputes.hearing_of(state_of(small).round, 0).challenger == stranger.address
    brought = tmp_path / "seen.json"
    brought.write_bytes(write_result(another_result(small), small.world.chain.chain_id))
    code, out, _ = andel("watch", "--once", "--seen", str(brought), key=stranger, store=True)
    assert code == 0 and "things were due" in out
    assert small.world.model.operators.bond_of(small.world.actors.validators[0].address).bonded == 0
    assert state_of(small).status.name == "VOID"  # its vote was one of the two
    code, out, _ = andel("watch", "--once", key=stranger, store=True)
    assert code == 0 and "nothing was due" in out
    brought.write_bytes(b"{}")
    code, _, err = andel("watch", "--once", "--seen", str(brought), key=stranger, store=True)
    assert code == 1 and "seen.json" in err


def test_what_rounds_credited_an_operator_is_paid_to_it_whoever_asks(finished_run, tmp_path, monkeypatch, capsys):
    actors, model = finished_run.world.actors, finished_run.world.model
    payer = tmp_path / "payer.key"
    payer.write_text(actors.consumer.secret_bytes().hex())
    operator = actors.validators[0].address
    before = model.token.balance_of(operator)
    where = ["--rpc", model.round_manager.chain.url, "--model", model.round_manager.address, "--key-file", str(payer)]
    ended = call_main(["operator", "claim", "--for", operator, *where], monkeypatch, capsys)
    paid = model.token.balance_of(operator) - before
    assert ended.returncode == 0 and paid > 0
    assert f"{operator} received {paid / TOKEN:,.6f} tokens ({paid} base units)" in ended.stdout
