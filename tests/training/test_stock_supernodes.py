"""Rounds over Flower's own programs: SuperLink and SuperNodes as processes, with TLS and node keys, and in silence."""

import subprocess
import sys
import time

import pytest

from andel.errors import QuorumMissed, SettingsError, TrainingError
from andel.training.certificates import make_node_key, write_secret
from andel.training.flower_process import flower_environment
from andel.training.flower_quiet import QUIET
from andel.training.superlink import start_superlink
from andel.training.supernode import SuperNodeSettings, start_supernode, supernode_arguments
from tests.support.federations import run_all
from tests.support.fleet_app import OWNERS, WORLD
from tests.support.fleets import REAL_TIME, Config, federate_over, running_fleet
from tests.support.grouped import counted
from tests.support.grouped_fleet_app import OWNERS as MEMBERS
from tests.support.grouped_fleet_app import REFERENCE as GROUPED_APP
from tests.support.grouped_fleet_app import WORLD as GROUPED
from tests.support.patience import PATIENCE
from tests.support.process_watch import Trap, Watch
from tests.support.worlds import FIRST_SEED, play

PHASE = 120.0
"""Seconds of a phase in which some node never answers: it lasts that long."""

LOOPBACK = "0100007F"
REPORT = "from flwr.supercore import telemetry as t; t.event(t.EventType.PING).result()"


@pytest.fixture
def trap():
    trap = Trap()
    yield trap
    trap.close()


@pytest.mark.full
def test_stock_programs_carry_a_question_on_loopback_and_tell_nobody(tmp_path, trap):
    with running_fleet(tmp_path, [{"owner": 1}], trap.environment()) as fleet:
        watch = Watch([fleet.link.process.pid, *(node.pid for node in fleet.nodes)])
        (commitment,) = federate_over(fleet.grid, WORLD).collect_commitments()
        watch.stop()
    assert commitment.contributor == WORLD.owners[1].address
    assert set(watch.told) == {"flower-superlink", "flower-supernode", "flower-superexec", "flwr-clientapp"}
    for program, told in watch.told.items():
        assert {name: told.get(name) for name in QUIET} == QUIET, program
        assert told["HTTPS_PROXY"] == trap.url, "or silence would prove nothing"
    assert watch.addresses == {LOOPBACK}
    assert trap.asked == []


def test_the_trap_would_have_seen_a_report(tmp_path, trap):
    environment = flower_environment(tmp_path, trap.environment()) | {"FLWR_TELEMETRY_ENABLED": "1"}
    subprocess.run([sys.executable, "-c", REPORT], env=environment, timeout=60, capture_output=True, check=False)
    assert [line.split()[0] for line in trap.asked] == ["CONNECT"]


def test_nothing_that_starts_a_program_can_turn_reports_on(tmp_path):
    told = flower_environment(tmp_path, {"FLWR_TELEMETRY_ENABLED": "1", "FLWR_HOME": "elsewhere", "MORE": "1"})
    assert {name: told[name] for name in QUIET} == QUIET
    assert told["FLWR_HOME"].startswith(str(tmp_path)) and told["MORE"] == "1"
    assert not {"ANDEL_FUNDER_KEY", "SSH_AUTH_SOCK"} & set(told), "nothing is inherited"


@pytest.mark.parametrize("config", [{"a b": "x"}, {"path": 'with "quote"'}, {"path": "two\nlines"}, {"path": "back\\"}])
def test_a_setting_that_flower_cannot_be_told_is_refused(tmp_path, config):
    with pytest.raises(SettingsError):
        supernode_arguments(SuperNodeSettings(tmp_path, "127.0.0.1:1", config=config))


def test_a_node_key_is_not_sent_over_plain_http(tmp_path):
    with pytest.raises(SettingsError, match="plain HTTP"):
        supernode_arguments(SuperNodeSettings(tmp_path, "127.0.0.1:1", private_key=tmp_path / "node.key"))


@pytest.mark.full
def test_a_round_over_stock_supernodes_collects_what_owners_would_sign_by_hand(tmp_path):
    with running_fleet(tmp_path, [{"owner": number} for number in range(OWNERS)]) as fleet:
        result = run_all(WORLD, federate_over(fleet.grid, WORLD)).result()
    by_hand = play(WORLD)
    assert result.refused == ()
    assert {item.contributor: item for item in result.commitments} == {i.contributor: i for i in by_hand.commitments}
    assert {item.contributor: item for item in result.updates} == {i.contributor: i for i in by_hand.updates}
    assert result.openings == by_hand.openings


@pytest.mark.full
def test_stock_supernodes_of_a_group_sum_behind_masks(tmp_path):
    """Each message wakes an app anew in a process of its own: what a member must remember lies with its SuperNode."""
    with running_fleet(tmp_path, [{"owner": number} for number in range(MEMBERS)], app=GROUPED_APP) as fleet:
        result = run_all(GROUPED, federate_over(fleet.grid, GROUPED)).result()
    assert result.refused == () and len(result.masks) == MEMBERS
    assert set(counted(GROUPED, result)) == {owner.address for owner in GROUPED.owners}


@pytest.mark.full
def test_nodes_that_raise_die_or_are_killed_stop_no_round(tmp_path):
    raising: Config = {"owner": 1, "fails-in": "train", "how": "raises"}
    dying: Config = {"owner": 2, "fails-in": "train", "how": "dies"}
    with running_fleet(tmp_path, [{"owner": 0}, raising, dying]) as fleet:
        started = time.monotonic()
        federated = federate_over(fleet.grid, WORLD, phase_seconds=PHASE)
        updates = run_all(WORLD, federated).result().updates
        assert [update.contributor for update in updates] == [WORLD.owners[0].address]
        assert time.monotonic() - started < 4 * PHASE + 30
        refused = {item.sender: item.reason for item in federated.result().refused}
        assert "told to fail" in refused[f"node {fleet.ids[1]}"]
        fleet.nodes[2].kill()
        after = federate_over(fleet.grid, WORLD, phase_seconds=PHASE, quorum=2)
        assert len(after.collect_commitments()) == 2
        with pytest.raises(QuorumMissed):
            federate_over(fleet.grid, WORLD, phase_seconds=30, quorum=3).collect_commitments()


@pytest.mark.full
def test_a_superlink_killed_between_two_phases_ends_no_round(tmp_path):
    with running_fleet(tmp_path, [{"owner": 0}, {"owner": 1}]) as fleet:
        federated = federate_over(fleet.grid, WORLD, quorum=2)
        addresses = [item.contributor for item in federated.collect_commitments()]
        fleet.link.process.kill()
        with start_superlink(fleet.link.settings):
            proven = {address: WORLD.owner(address).weight(WORLD.plan) for address in addresses}
            updates = federated.collect_updates(WORLD.parameters, FIRST_SEED, proven)
            assert [item.contributor for item in updates] == addresses
            for node in fleet.nodes:
                node.check()


@pytest.mark.full
def test_a_supernode_whose_key_nobody_registered_is_let_in_nowhere(tmp_path):
    with running_fleet(tmp_path, [{"owner": 0}]) as fleet:
        place = tmp_path / "stranger"
        place.mkdir()
        write_secret(place / "node.key", make_node_key().private)
        door = fleet.link.door
        settings = SuperNodeSettings(place, door.address, door.root_certificate, place / "node.key")
        with start_supernode(settings) as stranger:
            until = REAL_TIME.clock() + PATIENCE
            while stranger.running and REAL_TIME.clock() < until:
                REAL_TIME.sleep(0.2)
            with pytest.raises(TrainingError, match="flower-supernode ended with code"):
                stranger.check()
        assert fleet.grid.get_node_ids() == [*fleet.ids]
