"""Where devices stand: what their own opened packets say, coarsened; nothing where owners agreed to no such thing."""

from dataclasses import replace

import pytest

from andel.content import ContentStore, cid_of_digest
from andel.roles.showing.memory import Memory
from tests.roles.showing.conftest import shown
from tests.support.small_run import pebble_scenario


@pytest.fixture(scope="module")
def pebbles(launch_world):
    """A round of Pebble Trackers, whose packets say where they are."""
    small = launch_world("pebbles with a place", pebble_scenario())
    small.play()
    return small


def test_a_position_is_the_opened_packets_own_and_coarsened(pebbles):
    by_device = {item["device"]: item for item in shown(pebbles.world.model, pebbles.store).devices(0, 50)["items"]}
    series = pebbles.world.scenario.dataset.series
    for member in pebbles.honest():
        (device,), site = member.contributor.devices, series[member.participant.site]
        told = by_device[device]["position"]
        assert told["lat"] == pytest.approx(site.latitude / 10**7, abs=0.005)
        assert told["lon"] == pytest.approx(site.longitude / 10**7, abs=0.005)
        assert told["lat"] == round(told["lat"], 2) and told["lon"] == round(told["lon"], 2)
        assert told["precision_m"] >= 787  # half a hundredth of a degree, north and east


def test_of_a_task_that_hides_updates_no_position_is_told(pebbles, monkeypatch):
    task = pebbles.world.founded.definition
    monkeypatch.setattr(Memory, "task", lambda _: replace(task, privacy=replace(task.privacy, mode="grouped")))
    items = shown(pebbles.world.model, pebbles.store).devices(0, 50)["items"]
    assert items and {item["position"] for item in items} == {None}


def test_where_the_evidence_is_not_kept_no_position_is_told(pebbles, tmp_path):
    state = pebbles.world.model.round_manager.round_of(1)
    names = {cid_of_digest(digest) for digest in (state.state_hash, state.commitments_hash)}
    store = ContentStore(str(tmp_path / "part"))
    for name in names:
        store.put(pebbles.store.get(name))
    store.put(pebbles.store.get(pebbles.world.founded.task))
    items = shown(pebbles.world.model, store).devices(0, 50)["items"]
    assert items and {item["position"] for item in items} == {None} == {item["days"] for item in items}
