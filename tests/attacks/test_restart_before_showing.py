"""Attack: a contributor keeps its hash back until the coordinator has crashed and others' updates lie in the store.

Who: a contributor, alone, or with whoever can make a coordinator's process end. In a round nobody signs a hash once an
update is shown, so that no update is a copy of another. A coordinator that forgot with its process that it had begun to
show would ask for hashes again. What stops it: the journal says so before the first update is asked for. A coordinator
without its journal, or one that wants to help a friend, is **not** stopped by this: nothing on chain says when a hash
came; a contributor that posts its own hash on chain is out of its hands.
"""

import pytest

from andel.content import ContentStore
from andel.training import wire
from andel.training.events import AnswerTaken
from andel.training.journal import FileJournal
from andel.training.rounds import FederatedRound, RoundSettings
from tests.support.federations import Clock, RecordingGrid, honest_node, run_all
from tests.support.worlds import build_world

WORLD = build_world(3)
LATE = WORLD.owners[2]


@pytest.fixture
def store(tmp_path):
    return ContentStore(str(tmp_path / "content"))


def play(store, grid, journal=None, crash=False):
    """A round over the grid; with `crash` its process ends when the first update has been shown."""

    def tell(event):
        if crash and isinstance(event, AnswerTaken) and event.phase == wire.REVEAL:
            raise KeyboardInterrupt

    settings = RoundSettings(phase_seconds=5.0, poll_seconds=1.0)
    task = WORLD.task.to_bytes()
    given = {"store": store, "journal": journal, "tell": tell}
    return run_all(WORLD, FederatedRound(grid, WORLD.plan, task, Clock().waiting(), settings, **given)).result()


def crashed(store, journal=None):
    """A round in which the late one kept its hash back, up to the crash; gives the grid, in which it answers now."""
    grid = RecordingGrid([honest_node(WORLD, number) for number in range(3)], {1002: wire.TRAIN})
    with pytest.raises(KeyboardInterrupt):
        play(store, grid, journal, crash=True)
    grid._lost = {}
    grid.carried.clear()
    return grid


def test_who_kept_its_hash_back_is_not_asked_again_once_updates_are_shown(store, tmp_path):
    journal = FileJournal(tmp_path / "journal")
    grid = crashed(store, journal)
    journal.close()
    journal = FileJournal(tmp_path / "journal")
    result = play(store, grid, journal)
    journal.close()
    assert wire.TRAIN not in {kind for kind, _, _ in grid.carried}
    assert {item.contributor for item in result.updates} == {owner.address for owner in WORLD.owners[:2]}


def test_without_its_journal_a_coordinator_cannot_know(store):
    """Not stopped: the threat model says so, and `andel coordinate` always keeps one."""
    grid = crashed(store)
    assert LATE.address in {item.contributor for item in play(store, grid).updates}
