"""A light node that posts its update's hash itself: once in an attempt, within a budget, over kills; what follows."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from andel.content import cid_of_digest
from andel.content_put import Writer
from andel.content_remote import open_content
from andel.errors import SettingsError
from andel.ledger.round_state import Status
from andel.roles import coordinator as coordinating
from andel.roles import posted
from andel.roles.content_writers import ContentWriters
from andel.roles.contributing import admitted_device, offer_of
from andel.roles.node_app import NodeFile
from andel.roles.node_posting import POST_GAS, Allowed, NodePoster, When, most_wei
from andel.roles.posting_memory import PostingMemory, Stage
from andel.serving.content_api import Allowance, build_content_app
from andel.serving.http_edge import serve_in_thread
from andel.simulation.world import terms_hash
from andel.training import wire
from andel.training.acceptance import keep_acceptance
from andel.training.certificates import write_secret
from andel.training.client_app import contributor_app
from andel.training.fleet_link import own_message
from andel.training.flower import Context
from andel.training.node_state import NodeState
from andel.training.plan import parse_plan
from andel.training.sent_log import Kind, SentLog, read_sent
from andel.units import TOKEN
from tests.attacks.test_dropped_update import DroppingGrid
from tests.support.light_nodes import ROOT
from tests.support.patience import PATIENCE
from tests.support.small_run import envelope_scenario

GENEROUS = TOKEN


class Beside:
    """What runs beside one member's data, each `poster` a life of it with the same folder."""

    def __init__(self, small, folder, when=When.ALWAYS, budget=GENEROUS, payer=None):
        self.small, self.folder, self.store = small, folder, small.store
        self.member = small.honest()[1]
        self.contributor, self.model = self.member.contributor, small.world.model
        self.allowed, self.payer = Allowed(when, budget, 0), payer or self.contributor.key
        self.accepted = offer_of(self.model, small.store, self.contributor.key, None).acceptance
        folder.mkdir(parents=True, exist_ok=True)
        keep_acceptance(folder / "accepted.json", self.accepted)
        self.calls = []
        self.app = contributor_app(lambda _: self.contributor, [self.never_the_same])

    def never_the_same(self, message, context, call_next):
        """A mod after which no training gives what the one before gave, as a float task's may."""
        reply = call_next(message, context)
        if message.metadata.message_type == wire.TRAIN:
            self.calls.append(message)
            arrays = wire.arrays_of(reply, wire.read_instruction(message)[1].shapes)
            arrays[0].flat[0] += len(self.calls)
            reply.content[wire.ARRAYS] = wire.array_record(arrays)
        return reply

    @property
    def address(self):
        return self.contributor.address

    def memory(self):
        return PostingMemory(self.folder / "postings.json")

    def sent(self):
        return read_sent(self.folder / "sent.jsonl")

    def commit(self, **standing):
        """The node's memory says that it answered for its data under the newest plan."""
        plan = self.model.round_manager.round_of(1).plan_hash.hex()
        state = NodeState(self.folder)
        names = {name: plan for name, value in standing.items() if value}
        state.keep(replace(state.standing, engaged=plan, **names))
        state.close()

    def look(self, times=1):
        state = NodeState(self.folder)
        sent = SentLog(self.folder / "sent.jsonl", time.time)
        poster = NodePoster(
            self.app,
            state,
            self.accepted,
            self.allowed,
            self.model,
            self.store,
            self.payer,
            self.memory(),
            sent,
        )
        try:
            for _ in range(times):
                poster.look()
        finally:
            state.close()

    def postings(self):
        return self.model.round_manager.logs("UpdatePosted", 0, contributor=self.address)

    def grid(self, act):
        """Everybody's nodes but this one's training; `act` is called when the others are asked to train."""
        beside = self

        class Acting(DroppingGrid):
            def push_messages(self, messages):
                if any(message.metadata.message_type == wire.TRAIN for message in messages):
                    act()
                return super().push_messages(messages)

        return Acting(beside.small.nodes(), 1_000 + self.member.participant.number, wire.TRAIN)

    def committed(self, act=None, **standing):
        """`grid` for a node that answered for its data, and then looks twice."""

        def both():
            self.commit(**standing)
            act() if act else self.look(2)

        return self.grid(both)


@pytest.fixture
def small(launch_world, request):
    return launch_world(request.node.name, envelope_scenario(dishonest=False))


def test_a_dropped_update_is_posted_once_and_the_log_says_what_became_of_it(small, tmp_path):
    beside = Beside(small, tmp_path / "node")
    small.close_round(beside.committed())
    beside.look()
    small.settle()
    (event,) = beside.postings()
    update, hashed = beside.sent()
    assert small.world.model.round_manager.round_of(1).status == Status.FINALISED
    assert [update.kind, hashed.kind] == [Kind.UPDATE, Kind.POSTED]
    assert update.hash == hashed.hash == event.arguments["updateHash"].hex()
    assert update.to == "content store" and update.arrived and hashed.arrived
    assert hashed.note == "the posted update is in the closed set"
    memory = beside.memory()
    assert memory.posting is not None and memory.posting.stage is Stage.OVER
    assert 0 < memory.spent < most_wei(small.world.model)


def test_a_coordinator_that_asks_after_a_posting_gets_the_posted_update(small, tmp_path):
    beside = Beside(small, tmp_path / "node")
    receipts = []

    def post_and_be_asked():
        beside.look()
        manager, store = beside.model.round_manager, small.store
        state, attempt = NodeState(beside.folder), manager.round_of(1)
        plan = parse_plan(store.get_digest(attempt.plan_hash))
        content = wire.instruction(plan, store.get(plan.task), attempt.first_seed)
        reply = beside.app(own_message(content, wire.TRAIN, 7), Context(0, 7, {}, state.context, {}))
        receipts.append(wire.read_answer(reply)["update_hash"])
        state.close()

    small.close_round(beside.committed(post_and_be_asked))
    (event,) = beside.postings()
    assert len(beside.calls) == 1 and receipts == [event.arguments["updateHash"]]


@pytest.mark.parametrize(
    ("changes", "standing", "posts"),
    [
        pytest.param({"when": When.NEVER}, {}, 0, marks=pytest.mark.full),
        ({"when": When.UNASKED}, {"asked_plan": True}, 0),
        ({"when": When.UNASKED}, {}, 1),
        pytest.param({"when": When.ALWAYS}, {"asked_plan": True}, 1, marks=pytest.mark.full),
        pytest.param({"budget": 1}, {}, 0, marks=pytest.mark.full),
    ],
)
def test_it_posts_only_where_its_owner_allows_it(launch_world, request, tmp_path, changes, standing, posts):
    small = launch_world(request.node.name, envelope_scenario(dishonest=False))
    beside = Beside(small, tmp_path / "node", **changes)
    small.close_round(beside.committed(**standing))
    assert len(beside.postings()) == posts
    assert len(beside.sent()) == 2 * posts


def test_a_node_that_did_not_commit_posts_nothing(small, tmp_path):
    """Another folder of the same owner did: its update is another."""
    beside = Beside(small, tmp_path / "node")
    small.close_round(beside.grid(lambda: beside.look(2)))
    assert beside.postings() == [] and beside.sent() == ()


@pytest.mark.full
def test_another_wallet_can_pay(small, tmp_path):
    payer = small.world.actors.watcher
    small.local.fund([payer.address])
    beside = Beside(small, tmp_path / "node", payer=payer)
    before = [small.world.chain.balance(key.address) for key in (beside.contributor.key, payer)]
    small.close_round(beside.committed())
    after = [small.world.chain.balance(key.address) for key in (beside.contributor.key, payer)]
    assert len(beside.postings()) == 1
    assert after[0] == before[0] and 0 < before[1] - after[1] <= beside.memory().spent


def test_at_a_content_service_the_wallet_signs_for_the_update_as_a_devices_owner(small, tmp_path):
    beside, domain = Beside(small, tmp_path / "node"), small.world.model.round_manager.domain
    writers = ContentWriters(small.world.model, Allowance(0, 0), Allowance(1 << 20, 10), time.monotonic)
    with serve_in_thread(build_content_app(small.store, domain, writers.allowance, now=time.time)) as server:
        device = admitted_device(small.world.model, [beside.member.device.key.address])
        beside.store = open_content(server.url, Writer(beside.contributor.key, domain, device))
        small.close_round(beside.committed())
        beside.look()
    (event,) = beside.postings()
    assert small.store.has(cid_of_digest(event.arguments["updateHash"]))
    assert beside.sent()[-1].note == "the posted update is in the closed set"


def test_a_refusal_is_told_with_its_reason(small, tmp_path, monkeypatch):
    beside, manager = Beside(small, tmp_path / "node"), small.world.model.round_manager

    def refuse(key, model, store, result, *_):
        (item,) = posted.posted_in(model, manager.round_of(1))
        reason = store.put_digest(posted._reason(result.plan, item, posted.Ground.NOT_THERE))
        manager.refuse_posted(key, 1, beside.address, reason)

    monkeypatch.setattr(coordinating, "take_posted", lambda *_: None)
    monkeypatch.setattr(coordinating, "answer_posted", refuse)
    small.close_round(beside.committed())
    beside.look()
    assert beside.sent()[-1].note == "the posted update was refused: its bytes are not in the content store"


@pytest.mark.full
def test_while_nobody_answers_it_is_followed_until_the_attempt_is_void(small, tmp_path, monkeypatch):
    beside, manager = Beside(small, tmp_path / "node"), small.world.model.round_manager
    monkeypatch.setattr(coordinating, "take_posted", lambda *_: None)
    monkeypatch.setattr(coordinating, "answer_posted", lambda *_: None)
    small.close_round(beside.committed())
    beside.look()
    assert beside.memory().posting.stage is Stage.POSTED
    assert not any(validator.step() for validator in small.validators)
    small.local.advance(manager.round_of(1).deadline - small.world.chain.block_time() + 10)
    manager.void(small.world.actors.consumer, 1)
    beside.look(2)
    assert beside.sent()[-1].note == "the posted update was never answered, and the attempt is void"


@pytest.mark.parametrize(
    "moment", ["sent", *(pytest.param(moment, marks=pytest.mark.full) for moment in ("signed", "counted", "posted"))]
)
def test_killed_at_any_moment_it_posts_once_and_pays_once(launch_world, tmp_path, moment):
    small = launch_world(f"posting killed {moment}", envelope_scenario(dishonest=False))
    beside, chain = Beside(small, tmp_path / "node"), small.world.chain
    write_secret(tmp_path / "owner.key", beside.contributor.key.secret_bytes().hex().encode())
    node_file = NodeFile(
        chain.url,
        beside.model.round_manager.address,
        str(tmp_path / "owner.key"),
        beside.contributor.evidence_url,
        terms_hash().hex(),
    )
    (tmp_path / "node.json").write_bytes(node_file.to_bytes())
    command = [sys.executable, "-m", "tests.support.posting_process", str(beside.folder), str(tmp_path / "node.json")]
    command += [str(small.folder / "content"), moment]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    started = []

    def die_and_live_again():
        started.append(chain.next_nonce(beside.address))
        chain.ask([("evm_setAutomine", (moment != "sent",))])
        try:
            ended = subprocess.run(command, cwd=ROOT, env=environment, timeout=PATIENCE, check=False)
            assert ended.returncode == -signal.SIGKILL
            if moment == "sent":
                beside.look(2)
                assert beside.memory().posting.stage is Stage.SENDING and beside.postings() == []
        finally:
            chain.ask([("evm_setAutomine", (True,)), ("anvil_mine", ("0x1",))])
        beside.look(2)

    small.close_round(beside.committed(die_and_live_again))
    beside.look(2)
    assert beside.calls == [], "what was signed before the kill is what is posted"
    (event,) = beside.postings()
    kept = NodeState(beside.folder)
    assert kept.context["update kept back"]["update_hash"] == event.arguments["updateHash"]
    kept.close()
    (count,) = chain.ask([("eth_getTransactionCount", (beside.address, "latest"))])
    assert int(count, 16) == started[0] + 1
    assert beside.memory().spent <= 2 * POST_GAS * chain.gas_price() * 2
    assert beside.sent()[-1].note == "the posted update is in the closed set"


def test_a_memory_of_postings_that_cannot_be_read_is_an_error_and_never_a_second_budget(tmp_path):
    for data in (b"", b"{}", b"[]", b'{"format":"andel-postings/1","spent":1,"posting":{}}'):
        (tmp_path / "postings.json").write_bytes(data)
        with pytest.raises(SettingsError, match="cannot be read"):
            PostingMemory(tmp_path / "postings.json")
