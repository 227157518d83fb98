"""Andel's rounds over FEDn: what FEDn averages is what was signed, hashes first, and cheats are told apart."""

import io
import json
import os
import subprocess
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from andel.errors import InputError, PlanError, QuorumMissed
from andel.hashing import sha256
from andel.simulation.offchain_rounds import found_offchain
from andel.training.client_app import contributor_app
from andel.training.rounds import FederatedRound, Waiting
from andel.training.updates import decode_update, encode_version, flatten
from integrations.fedn import wire
from integrations.fedn.adapter import TrainCallback
from integrations.fedn.checked import check_model
from integrations.fedn.grid import FednGrid
from integrations.fedn.network import missing_parts
from tests.simulation.test_offchain_rounds import SCENARIO
from tests.support.fedn_simulator import SimulatedFedn


@cache
def founded():
    """The scenario's model, before its first round."""
    return found_offchain(SCENARIO, b"fedn")


class Rows:
    """A LocalContributor with an offchain member's rows."""

    def __init__(self, rounds, member):
        self.key, self._rounds, self._member = member.key, rounds, member
        self.accepted = rounds.task

    def accept(self, plan, task):
        if task != self.accepted:
            raise PlanError("another task")

    def check_seed(self, plan, seed):
        if seed != self._rounds.first_seed:
            raise PlanError("another seed")

    def check_commitments(self, plan, root):
        raise PlanError("the task has no groups")

    def held_out(self, plan, task, version):
        raise PlanError("errors are not told")

    def batches(self, plan):
        return self._member.batches

    def weight(self, plan):
        return self._member.slots

    def openings(self, plan, task, seed):
        raise PlanError("there are no packets behind these rows")

    def disclosure(self, plan, state, batches):
        raise PlanError("there are no packets behind these rows")

    def rows(self, plan, task):
        return self._member.codes, self._member.change


class Network:
    """A simulated FEDn network of a model's contributors, each behind its callback."""

    def __init__(self):
        self.rounds = replace(founded())  # each test moves on its own
        self.callbacks = {f"c{i}": self.callback(member) for i, member in enumerate(self.rounds.members)}
        self.fedn = SimulatedFedn(self.callbacks)
        self.base = self.fedn.add_model(wire.model_bytes(self.rounds.parameters))

    def callback(self, member):
        local = Rows(self.rounds, member)
        return TrainCallback(contributor_app(lambda context: local), self.rounds.task, {})

    def play(self, exact):
        grid = FednGrid(self.fedn, self.fedn.peers, self.rounds.task, self.base, exact=exact)
        rounds = self.rounds
        loop = FederatedRound(grid, rounds.plan, rounds.task.to_bytes(), Waiting(lambda: 0.0, lambda seconds: None))
        proven = {member.address: member.slots for member in rounds.members}
        loop.collect_commitments()
        loop.collect_updates(rounds.parameters, rounds.first_seed, proven)
        result, model = loop.result(), self.fedn.model(grid.aggregated)
        checked = check_model(model, rounds.task, rounds.parameters, result, proven, exact=exact)
        if checked.adopted:
            rounds.parameters, self.base = checked.parameters, grid.aggregated
            version = sha256(encode_version(rounds.parameters))
            rounds.plan = replace(rounds.plan, round=rounds.plan.round + 1, version=version)
        return checked, result


@pytest.fixture
def network():
    return Network()


def told(metadata):
    return metadata[wire.METADATA]


def test_three_rounds_of_float_averages_are_the_exact_ones_after_rounding(network):
    for _ in range(3):
        checked, result = network.play(exact=False)
        assert checked.adopted and result.refused == () and len(result.updates) == len(network.callbacks)
        assert 0 < checked.difference <= checked.bound < 2**-10
        assert checked.unequal == 0


def test_three_rounds_added_by_the_server_function_are_exact_to_the_bit(network):
    for _ in range(3):
        checked, _ = network.play(exact=True)
        assert checked.adopted and checked.difference == checked.bound == 0
        ours, theirs = encode_version(checked.exact), encode_version(checked.parameters)
        assert sha256(ours) == sha256(theirs)


def test_every_hash_is_told_before_any_update_is_shown(network):
    network.play(exact=False)
    kinds = [line.split()[0] for line in network.fedn.log]
    count = len(network.callbacks)
    assert kinds == ["query.batches"] * count + ["train"] * count + ["query.reveal"] * count
    before = {network.fedn.uploads[f"upload-{i}"] for i in range(2 * count)}
    assert len(before) == 1, "a model left changed before the hashes were out"


def altered(callback, change):
    def cheat(model, settings):
        uploaded, metadata = callback(model, settings)
        return change(uploaded, metadata)

    return cheat


def tampered(uploaded, metadata):
    if told(metadata)["num_examples"] > 1:
        with np.load(uploaded) as held:
            uploaded = wire.model_bytes([held[name] + 1_000 for name in held])
    return uploaded, metadata


def without_signature(uploaded, metadata):
    told(metadata)[wire.KEY].pop("signature", None)
    return uploaded, metadata


def foreign(model, settings):
    with np.load(model) as held:
        return wire.model_bytes([held[name] + 1e6 for name in held]), {wire.METADATA: {"num_examples": 1_000}}


@pytest.mark.parametrize("exact", [False, True])
def test_an_update_other_than_the_one_signed_is_told_and_only_integers_keep_it_out(network, exact):
    network.fedn.callbacks["c0"] = altered(network.callbacks["c0"], tampered)
    checked, result = network.play(exact)
    assert [item.reason.partition("'s ")[2] for item in result.refused] == ["update is not the one it signed"]
    assert checked.adopted is exact
    assert len(result.updates) == len(network.callbacks) - 1


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    ("cheat", "reason"),
    [
        (lambda callback: altered(callback, without_signature), "signature"),
        (lambda callback: foreign, "unsigned"),
    ],
)
def test_unsigned_and_foreign_clients_are_told_before_fedn_adds_their_updates(network, cheat, reason, exact):
    network.fedn.callbacks["c1"] = cheat(network.callbacks["c1"])
    checked, result = network.play(exact)
    assert len(result.refused) == 1 and reason in result.refused[0].reason
    assert checked.adopted, "they are not asked for an update"


@pytest.mark.parametrize("name", ["nobody", "c0"])
def test_an_uninvited_update_spoils_a_float_average_and_no_exact_one(network, name):
    spoilt = [array + 5_000 for array in network.rounds.parameters]
    network.fedn.uninvited = [(name, spoilt, 100)]
    checked, result = network.play(exact=False)
    assert not checked.adopted and len(result.updates) == len(network.callbacks)
    checked, _ = network.play(exact=True)
    assert checked.adopted


def test_a_weight_that_was_not_signed_makes_the_average_another(network):
    def heavier(uploaded, metadata):
        told(metadata)["num_examples"] *= 5
        return uploaded, metadata

    network.fedn.callbacks["c2"] = altered(network.callbacks["c2"], heavier)
    checked, result = network.play(exact=False)
    assert result.refused == () and not checked.adopted
    checked, _ = network.play(exact=True)
    assert checked.adopted


def test_a_client_trains_no_version_but_the_plans(network):
    other = [array + 1 for array in network.rounds.parameters]
    network.base = network.fedn.add_model(wire.model_bytes(other))
    with pytest.raises(QuorumMissed):
        network.play(exact=True)
    uploaded = set(network.fedn.uploads.values())
    assert uploaded == {network.fedn.model(network.base)}, "something left a client that refused"


def test_a_session_that_is_not_andels_gets_its_model_back_without_weight(network):
    model = wire.model_bytes(network.rounds.parameters)
    for settings in ({}, {wire.KEY: 5}, {wire.KEY: {"type": "train", "order": {"plan": {"base64": "?"}}}}):
        uploaded, metadata = network.callbacks["c0"](io.BytesIO(model.getvalue()), settings)
        assert uploaded.getvalue() == model.getvalue()
        assert told(metadata)["num_examples"] == 0 and "error" in told(metadata)[wire.KEY]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip",
        wire.model_bytes([np.zeros(3)]).getvalue(),
        wire.model_bytes([np.zeros((2, 2)), np.zeros(1_000_000)]).getvalue(),
        wire.model_bytes([np.zeros((2, 2), "U4"), np.zeros(3)]).getvalue(),
    ],
)
def test_a_model_of_other_shapes_is_refused(data):
    with pytest.raises(InputError):
        wire.read_model(data, [(2, 2), (3,)])


@pytest.mark.parametrize("value", [np.nan, np.inf, 2.0**31])
def test_a_model_of_values_that_are_no_parameters_is_refused(value):
    with pytest.raises(InputError):
        wire.integers([np.array([value])])


def test_an_average_is_rounded_as_andel_rounds(network):
    assert wire.integers([np.array([0.5, -0.5, 1.49, -1.51])])[0].tolist() == [1, 0, 1, -2]
    assert wire.integers([np.array([7])])[0].tolist() == [7]


def test_the_difference_told_is_the_one_from_the_exact_average(network):
    checked, result = network.play(exact=False)
    rounds = network.rounds
    weights = [item.weight for item in result.updates]
    updates = [decode_update(item.update, rounds.task).tolist() for item in result.updates]
    exact = [Fraction(sum(w * u[0] for w, u in zip(weights, updates, strict=True)), sum(weights))]
    first = founded().parameters
    assert abs(flatten(checked.exact)[0] - flatten(first)[0] - exact[0]) <= Fraction(1, 2)


@pytest.mark.full
def test_three_rounds_on_fedns_own_controller_combiner_and_clients(repo_root):
    """FEDn's published programs, PostgreSQL and a stand-in for S3; see `make fedn-rounds`."""
    python = repo_root / ".venv-fedn" / "bin" / "python"
    if not python.exists():
        pytest.skip("FEDn is not installed: scripts/environment fedn")
    if missing := missing_parts():
        pytest.skip(missing)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(repo_root / "src"), str(repo_root)))}
    command = [str(python), "benchmarks/fedn_rounds.py", "--clients", "3"]
    outcome = subprocess.run(command, cwd=repo_root, env=environment, capture_output=True, text=True, timeout=900)
    assert outcome.returncode == 0, f"{outcome.stdout}\n{outcome.stderr}"
    summary = json.loads(outcome.stdout.splitlines()[-1])
    rows = {(row["mode"], row["round"]): row for row in summary["table"]}
    assert len(rows) == 8
    for number in (1, 2, 3):
        by_fedn, exact = rows["fedavg", number], rows["exact", number]
        assert exact["difference"] == 0 and exact["adopted"]
        assert by_fedn["version"] == exact["version"], "FEDn's floats, rounded, are the integers"
