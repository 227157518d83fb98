"""Rounds as they are in the field: answers come late or never, nodes come and go, the process ends midway."""

import tracemalloc

import pytest

from andel.content import ContentStore, cid_of_digest, digest_of_cid
from andel.errors import ContentError, QuorumMissed
from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.training import rounds, wire
from andel.training.events import AnswerRefused, AnswerTaken, Event, PhaseEnded, RefusalKind
from andel.training.flower import ConfigRecord, Message, RecordDict
from andel.training.grid import LocalGrid
from andel.training.journal import FileJournal
from andel.training.result import DataCommitment, sign_commitment, sign_update
from andel.training.rounds import FederatedRound, RoundSettings
from andel.training.updates import update_bytes
from andel.value.manifest import read_evidence, write_manifest
from tests.support.federations import Clock, RecordingGrid, honest_node, run_all
from tests.support.worlds import FIRST_SEED, build_world, play

WORLD = build_world(3)
TASK = WORLD.task.to_bytes()
PHASE = 10.0


@pytest.fixture
def store(tmp_path):
    kept = ContentStore(str(tmp_path / "content"))
    kept.put(TASK)
    return kept


def nodes(count=3):
    return [honest_node(WORLD, number) for number in range(count)]


def round_over(grid, clock=None, heard=None, world=WORLD, **more):
    """A round over a grid, told to a list."""
    settings = RoundSettings(quorum=1, phase_seconds=PHASE, poll_seconds=1.0)
    tell = (lambda event: None) if heard is None else heard.append
    waiting = (clock or Clock()).waiting()
    return FederatedRound(grid, world.plan, world.task.to_bytes(), waiting, settings, tell=tell, **more)


class SlowGrid(LocalGrid):
    """Delivers a node's answers to one kind of question so many seconds late."""

    def __init__(self, given, clock, node, kind, seconds):
        super().__init__(given)
        self._clock, self._slow, self._seconds = clock, (node, kind), seconds
        self._due = {}

    def push_messages(self, messages):
        sent = list(messages)
        identities = super().push_messages(sent)
        for message, identity in zip(sent, identities, strict=True):
            if (message.metadata.dst_node_id, message.metadata.message_type) == self._slow:
                self._due[identity] = self._clock.now + self._seconds
        return identities

    def pull_messages(self, message_ids):
        return super().pull_messages([i for i in message_ids if self._due.get(i, 0.0) <= self._clock.now])


def test_with_a_store_nothing_long_is_held_and_the_manifest_is_the_same(store):
    result = run_all(WORLD, round_over(LocalGrid(nodes()), store=store)).result()
    assert all(item.update == b"" for item in result.updates)
    evidence = read_evidence(store, digest_of_cid(write_manifest(store, result)), "round 1")
    by_hand = play(WORLD)
    assert {item.contributor: item for item in evidence.updates} == {i.contributor: i for i in by_hand.updates}
    assert evidence.openings == by_hand.openings
    plain = run_all(WORLD, round_over(LocalGrid(nodes()))).result()
    assert write_manifest(store, plain) == write_manifest(store, result)


def test_a_straggler_costs_its_phase_and_its_late_answer_is_refused(store):
    clock = Clock()
    heard: list[Event] = []
    grid = SlowGrid(nodes(), clock, 1001, wire.TRAIN, PHASE + 1)
    federated = run_all(WORLD, round_over(grid, clock, heard, store=store))
    clock.now += 5
    result = federated.result()
    assert {item.contributor for item in result.updates} == {WORLD.owners[i].address for i in (0, 2)}
    assert [(item.sender, item.phase) for item in result.refused] == [("node 1001", wire.TRAIN)]
    assert "after the time of its phase" in result.refused[0].reason
    kinds = [event.kind for event in heard if isinstance(event, AnswerRefused)]
    assert kinds == [RefusalKind.LATE]
    ended = {event.phase: (event.asked, event.answered) for event in heard if isinstance(event, PhaseEnded)}
    assert ended[wire.TRAIN] == (3, 2) and ended[wire.REVEAL] == (2, 2)


def test_no_phase_waits_beyond_the_rounds_own_end():
    clock = Clock()
    grid = RecordingGrid(nodes(), {1001: wire.BATCHES})
    round_over(grid, clock, ends_at=4.0).collect_commitments()
    assert clock.now == 4.0


class GrowingGrid(LocalGrid):
    """The third node is there only when it is told to be."""

    here = 2

    def get_node_ids(self):
        return super().get_node_ids()[: self.here]


def test_a_node_that_comes_between_phases_waits_for_the_next_round():
    grid = GrowingGrid(nodes())
    federated = round_over(grid)
    commitments = federated.collect_commitments()
    grid.here = 3
    addresses = [item.contributor for item in commitments]
    federated.collect_openings(FIRST_SEED, addresses)
    updates = federated.collect_updates(
        WORLD.parameters, FIRST_SEED, {address: 96 for address in (o.address for o in WORLD.owners)}
    )
    assert len(commitments) == len(updates) == 2
    assert len(round_over(grid).collect_commitments()) == 3


def test_a_phase_called_again_asks_only_who_is_missing():
    grid = RecordingGrid(nodes(), {1001: wire.BATCHES})
    federated = round_over(grid)
    assert len(federated.collect_commitments()) == 2
    grid._lost = {}
    assert len(federated.collect_commitments()) == 3
    assert [node for _, node, _ in grid.carried] == [1000, 1001, 1002, 1001]
    assert federated.result().refused == ()


def resumed(store, path, grid, heard=None, stop=None):
    """A round with a journal; `stop` ends it by an error at an event, as a crash would."""

    def tell(event):
        if heard is not None:
            heard.append(event)
        if stop is not None and stop(event):
            raise KeyboardInterrupt

    journal = FileJournal(path)
    try:
        settings = RoundSettings(phase_seconds=PHASE, poll_seconds=1.0)
        federated = FederatedRound(
            grid, WORLD.plan, TASK, Clock().waiting(), settings, store=store, journal=journal, tell=tell
        )
        return run_all(WORLD, federated).result()
    finally:
        journal.close()


@pytest.mark.parametrize("phase", [wire.BATCHES, wire.OPENINGS, wire.TRAIN, wire.REVEAL])
@pytest.mark.parametrize("restarted", [False, True], ids=["nodes go on", "nodes start anew"])
def test_after_a_crash_only_what_was_not_taken_is_asked_for(store, tmp_path, phase, restarted):
    taken = []

    def second_answer(event):
        if isinstance(event, AnswerTaken) and event.phase == phase:
            taken.append(event.node)
        return len(taken) == 2

    grid = RecordingGrid(nodes())
    with pytest.raises(KeyboardInterrupt):
        resumed(store, tmp_path / "journal", grid, stop=second_answer)
    after = RecordingGrid(nodes()) if restarted else grid
    before = len(after.carried)
    result = resumed(store, tmp_path / "journal", after)
    fresh = run_all(WORLD, round_over(LocalGrid(nodes()), store=store)).result()
    assert result.commitments == fresh.commitments and result.updates == fresh.updates
    assert dict(result.openings) == dict(fresh.openings)
    first = [node for kind, node, _ in after.carried[before:] if kind == phase][:1]
    assert first == [1002], "the two that had answered are not asked again"


def test_an_update_that_is_gone_from_the_store_is_asked_for_again(store, tmp_path):
    fresh = resumed(store, tmp_path / "journal", LocalGrid(nodes()))
    (tmp_path / "content" / cid_of_digest(fresh.updates[1].update_hash)).unlink()
    grid = RecordingGrid(nodes())
    assert resumed(store, tmp_path / "journal", grid).updates == fresh.updates
    # its node has lost it as well, and comes to the same one by training again
    assert [kind for kind, _, _ in grid.carried] == [wire.REVEAL, wire.TRAIN, wire.REVEAL]


def test_a_journal_that_somebody_wrote_into_adds_nothing_unsigned(store, tmp_path):
    path = tmp_path / "journal"
    resumed(store, path, LocalGrid(nodes()))
    other = sign_commitment(WORLD.owners[0].key, WORLD.plan, WORLD.owners[1].batches(WORLD.plan))
    text = path.read_text()
    signature = next(line for line in text.splitlines() if wire.BATCHES in line).split('"signature":"')[1][:130]
    path.write_text(text.replace(signature, other.signature.hex()))
    grid = RecordingGrid(nodes())
    result = resumed(store, path, grid)
    assert len(result.commitments) == 3
    assert [node for kind, node, _ in grid.carried if kind == wire.BATCHES] == [1000]


def test_a_store_that_fails_stops_the_round_and_blames_nobody(store, monkeypatch):
    heard: list[Event] = []
    federated = round_over(LocalGrid(nodes()), heard=heard, store=store)

    def fail(data):
        raise ContentError("x", "the disk is full")

    monkeypatch.setattr(store, "put", fail)
    with pytest.raises(ContentError, match="disk is full"):
        federated.collect_commitments()
    assert not [event for event in heard if isinstance(event, AnswerRefused)]
    monkeypatch.undo()
    assert len(run_all(WORLD, federated).result().updates) == 3


def test_a_quorum_that_is_missed_can_be_reached_by_asking_again():
    grid = GrowingGrid(nodes())
    settings = RoundSettings(quorum=3, phase_seconds=PHASE, poll_seconds=1.0)
    federated = FederatedRound(grid, WORLD.plan, TASK, Clock().waiting(), settings)
    with pytest.raises(QuorumMissed):
        federated.collect_commitments()
    grid.here = 3
    assert len(federated.collect_commitments()) == 3


class MakingGrid(LocalGrid):
    """Makes each reply when it is pulled: signed by keys of its own, updates as long as the task allows."""

    def __init__(self, world, count):
        super().__init__([])
        self._world, self._count, self._asked = world, count, {}

    def get_node_ids(self):
        return list(range(1, self._count + 1))

    def push_messages(self, messages):
        for message in messages:
            self._sent += 1
            message.metadata.__dict__["_message_id"] = f"made-{self._sent}"
            self._asked[f"made-{self._sent}"] = message
        return [message.metadata.message_id for message in messages]

    def pull_messages(self, message_ids):
        for identity in message_ids:
            if identity in self._asked:
                yield self._answer(self._asked.pop(identity))

    def _answer(self, message):
        kind, node = message.metadata.message_type, message.metadata.dst_node_id
        if kind == wire.REVEAL:
            values = {"contributor": str(key_of(node).address), "update": long_update(self._world, node)}
        else:
            values = signed_values(self._world, node)
        return Message(RecordDict({"answer": ConfigRecord(values)}), reply_to=message)


def key_of(node):
    return AccountKey(derive_secret(b"tests: many", node))


def long_update(world, node):
    return node.to_bytes(4, "big") * (update_bytes(world.task) // 4)


def signed_values(world, node):
    signed = sign_update(key_of(node), world.plan, update=long_update(world, node), batches_hash=sha256(b""), weight=1)
    return {
        "contributor": str(signed.contributor),
        "update_hash": bytes(signed.update_hash),
        "batches_hash": bytes(signed.batches_hash),
        "weight": 1,
        "signature": signed.signature,
    }


def peak(world, count, folder):
    """Most bytes that Python held while so many updates were collected, into a store of their own."""
    store = ContentStore(str(folder))
    store.put(world.task.to_bytes())
    grid = MakingGrid(world, count)
    federated = round_over(grid, world=world, store=store)
    strategy = federated._strategy
    for node in grid.get_node_ids():
        account = key_of(node).address
        strategy.commitments[account], strategy.nodes[account] = DataCommitment(account, b"", b""), node
    proven = {account: 1 for account in strategy.commitments}
    tracemalloc.start()
    try:
        assert len(federated.collect_updates(world.parameters, FIRST_SEED, proven)) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_updates(tmp_path, monkeypatch):
    world = build_world(1, seed="wide", layers=(511, 150))
    size = update_bytes(world.task)
    monkeypatch.setattr(rounds, "_PULLED_BYTES", 2 * size)
    few, many = peak(world, 8, tmp_path / "few"), peak(world, 64, tmp_path / "many")
    assert size > 300_000
    assert many < few + 2 * size, f"{few} bytes for 8 updates of {size}, {many} for 64"
