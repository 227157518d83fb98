"""`andel contribute`: one command beside the data, over a real SuperLink and chain, killed and started again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from andel.content import digest_of_cid
from andel.ledger.round_state import Status
from andel.roles.coordinator import Coordinator
from andel.roles.measuring import Measuring
from andel.roles.owner import withdraw_consent
from andel.simulation.world import terms_hash
from andel.training import wire
from andel.training.acceptance import read_acceptance
from andel.training.rounds import RoundSettings
from andel.training.sent_log import Kind, read_sent
from andel.training.superlink import register_node, wait_for_nodes
from andel.units import DAY_SECONDS, day_of
from tests.support.light_nodes import REAL_TIME, ROOT, asked, driven, quiet_superlink
from tests.support.patience import PATIENCE
from tests.support.small_run import START, envelope_scenario

SETTINGS = RoundSettings(quorum=1, phase_seconds=PATIENCE, poll_seconds=0.05)
HOME = [(START + week * 7 * DAY_SECONDS, START + (week * 7 + 6) * DAY_SECONDS) for week in (0, 2)]
ENVIRONMENT = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "OMP_NUM_THREADS": "1"}


class Beside:
    """One member's machine: its key file, its evidence, and the command's options."""

    def __init__(self, small, folder, honest=0):
        self.member = small.honest()[honest]
        self.folder = folder
        self.state = folder / "node"
        key_file = folder / "wallet.key"
        key_file.write_text(self.member.contributor.key.secret_bytes().hex())
        self.options = {
            "--rpc": small.world.chain.url,
            "--model": small.world.model.round_manager.address,
            "--store": str(small.folder / "content"),
            "--evidence": str(small.folder / f"owner-{self.member.participant.number}" / "evidence.db"),
            "--key-file": str(key_file),
        }

    def command(self, *more):
        words = [word for option in self.options.items() for word in option]
        return [sys.executable, "-m", "andel", "contribute", "--state", str(self.state), *words, *more]

    def words(self, *more):
        return self.command(*more)[3:]

    @contextmanager
    def joined(self, *more, ended=signal.SIGTERM):
        log = self.folder / "node.log"
        with log.open("ab") as file:
            process = subprocess.Popen(self.command(*more), cwd=ROOT, env=ENVIRONMENT, stdout=file, stderr=file)
        try:
            yield process
        finally:
            process.send_signal(ended)
            code = process.wait(PATIENCE)
        assert code == (0 if ended == signal.SIGTERM else -ended), log.read_text()[-2_000:]


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("contribute", envelope_scenario(dishonest=False))


@pytest.fixture
def beside(small, tmp_path):
    return Beside(small, tmp_path)


def test_without_an_acceptance_it_shows_what_a_round_reveals_and_ends(small, beside, andel):
    outcome = andel(*beside.words())
    task = digest_of_cid(small.world.founded.task).hex()
    assert outcome.returncode == 1 and outcome.stderr.strip().endswith(f"hint: if you agree, add --accept-task {task}")
    for said in ("whole signed packets", "for ever", "everybody who reads the content store", "never leaves", task):
        assert said in re.sub(r"[\s│]+", " ", outcome.stdout), said
    assert not (beside.state / "accepted.json").exists() and not (beside.state / "sent.jsonl").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--accept-task", "00" * 32), "another task than the model's"),
        (("--accept-task", "TASK", "--superlink", "example.org:80", "--insecure"), "--insecure does not reach"),
        (("--accept-task", "TASK", "--superlink", "example.org:443"), "who may answer as the SuperLink is not said"),
        (("--accept-task", "TASK", "--superlink", "https://example.org"), "not the address of a SuperLink"),
        (("--accept-task", "TASK", "--days", "2013-01-02"), "not a range of days"),
        (("--quiet", "late"), "not quiet hours"),
        (("--accept-task", "TASK", "--held-out", "2013-01-07"), "not a range of days"),
        (("--held-out", "2013-01-01:2013-01-07,2013-01-07:2013-01-09"), "ranges of days apart from each other"),
        (("--post-updates", "sometimes"), "--post-updates takes no 'sometimes'"),
        (("--post-updates", "always"), "what postings may cost is not said"),
        (("--accept-task", "TASK", "--accept-terms", "11" * 32), "other terms than the alliance's"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(small, beside, andel, options, said):
    task = digest_of_cid(small.world.founded.task).hex()
    outcome = andel(*beside.words(*(task if word == "TASK" else word for word in options)))
    assert outcome.returncode == 1 and said in outcome.stderr and "Traceback" not in outcome.stderr


def test_without_consent_on_chain_it_does_not_join_and_gives_it_when_told(small, tmp_path, andel):
    beside, alliance = Beside(small, tmp_path, honest=1), small.world.model.alliance
    terms, owner = terms_hash(), beside.member.contributor.key
    withdraw_consent(alliance, owner, terms, 0, None)
    accept = ("--accept-task", digest_of_cid(small.world.founded.task).hex())
    assert "has not accepted the terms" in andel(*beside.words(*accept)).stderr
    assert "--superlink is needed" in andel(*beside.words("--accept-terms", terms.hex())).stderr
    assert alliance.have_accepted([owner.address], terms, small.world.chain.block_time() + 1) == [True]
    (sent,) = read_sent(beside.state / "sent.jsonl")
    assert (sent.kind, sent.hash, sent.to) == (Kind.CONSENT, terms.hex(), f"chain {small.world.chain.chain_id}")
    assert "terms accepted" in andel("contribute", "--state", beside.state, "--show-sent").stdout


def test_what_stays_home_and_what_postings_cost_is_said_before_and_kept(small, beside, andel):
    days = "2013-01-01:2013-01-07,2013-01-15:2013-01-21"
    asked = ("--held-out", days, "--tell-errors", "--post-updates", "unasked", "--post-coins", "0.5")
    outcome = andel(*beside.words(*asked))
    shown = re.sub(r"[\s│]+", " ", outcome.stdout)
    for said in ("batches stay home", "three signed numbers", "nothing of fewer than 100 rows"):
        assert said in shown, said
    for said in ("nobody took your update's hash, 120 s after", "at most 300,000 gas", "0.5 coins, of which 0 count"):
        assert said in shown, said
    task = digest_of_cid(small.world.founded.task).hex()
    outcome = andel(*beside.words(*asked, "--accept-task", task))
    assert "held-out batches were entered before" in outcome.stderr and "--superlink is needed" in outcome.stderr
    accepted = read_acceptance(beside.state / "accepted.json")
    assert accepted is not None and accepted.tells_errors
    assert accepted.held_out == tuple((day_of(first), day_of(last)) for first, last in HOME)
    assert "--superlink is needed" in andel(*beside.words()).stderr, "what was accepted holds without the options"
    for other in (("--keep-errors",), ("--held-out", "2013-01-01:2013-01-07")):
        assert "other days, or another word on errors, were accepted" in andel(*beside.words(*other)).stderr
    assert not (beside.state / "sent.jsonl").exists()


@pytest.mark.full
def test_a_dropped_node_posts_its_update_and_tells_errors_of_a_week_that_stayed_home(
    launch_world, tmp_path, andel, monkeypatch
):
    small = launch_world("contribute posting", envelope_scenario(dishonest=False))
    world, beside, manager = small.world, Beside(small, tmp_path), small.world.model.round_manager
    member, account = beside.member, beside.member.contributor.address
    week = next(iter(small.honest()[1].participant.weeks))
    packets = member.device.packets(frozenset({week}))
    member.contributor.take((member.device.key.address, packet) for packet in packets)
    home = sorted(entry.day for entry in member.contributor.missing_entries(world.model.batch_registry))
    first, last = (datetime.fromtimestamp(day * DAY_SECONDS, UTC).strftime("%Y-%m-%d") for day in (home[0], home[-1]))
    public = andel("contribute", "--state", beside.state, "--public-key").stdout.encode()
    settings = replace(SETTINGS, quorum=0)
    with quiet_superlink(tmp_path, tls=True) as link, driven(link) as grid:
        assert link.settings.tls is not None
        register_node(link.door, public)
        more = ["--superlink", link.door.address, "--root-certificate", str(link.settings.tls.authority)]
        more += ["--poll-seconds", "0.05", "--refresh-seconds", "1", "--held-out", f"{first}:{last}", "--tell-errors"]
        more += ["--post-updates", "unasked", "--post-coins", "1", "--post-after", "0"]
        more += ["--accept-task", digest_of_cid(world.founded.task).hex()]
        push = grid.push_messages

        def without_training(messages):
            asked = list(messages)
            if any(message.metadata.message_type == wire.TRAIN for message in asked):
                wait_until(lambda: any(manager.posted_of(1, 0, account)))
                return []
            return push(asked)

        monkeypatch.setattr(grid, "push_messages", without_training)
        with beside.joined(*more):
            wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
            Coordinator(world.actors.coordinator, world.model, small.store, grid, REAL_TIME, settings).run_round(
                small.plan()
            )
            small.settle()
            measuring = Measuring(world.model, small.store, grid, REAL_TIME, settings, lambda _: None)
            told = measuring.measure(1)
            sent = beside.state / "sent.jsonl"
            wait_until(lambda: any("closed set" in entry.note for entry in read_sent(sent)))
    assert manager.round_of(1).status == Status.FINALISED and manager.round_of(1).minted > 0
    assert told.contributors == 1 and told.rows > 100
    kinds = [entry.kind for entry in read_sent(sent)]
    assert kinds == [Kind.BATCHES, Kind.OPENINGS, Kind.UPDATE, Kind.POSTED, Kind.ERRORS], "and no entries of that week"
    table = andel("contribute", "--state", beside.state, "--show-sent").stdout
    assert "is in the closed set" in re.sub(r"[\s│]+", " ", table) and f"rows {told.rows}" in table


def wait_until(true):
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.full
def test_two_rounds_over_tls_with_a_kill_between_them_and_everything_is_listed(small, beside, tmp_path, andel):
    world, member = small.world, beside.member
    week = next(iter(small.honest()[1].participant.weeks))
    packets = member.device.packets(frozenset({week}))
    member.contributor.take((member.device.key.address, packet) for packet in packets)
    public = andel("contribute", "--state", beside.state, "--public-key").stdout.encode()
    with quiet_superlink(tmp_path, tls=True, in_memory=False) as link, driven(link) as grid:
        assert link.settings.tls is not None
        register_node(link.door, public)
        more = ["--superlink", link.door.address, "--root-certificate", str(link.settings.tls.authority)]
        more += ["--poll-seconds", "0.05", "--cores", "1", "--memory-mb", "4000", "--quiet", ""]
        task = digest_of_cid(world.founded.task).hex()
        coordinator = Coordinator(world.actors.coordinator, world.model, small.store, grid, REAL_TIME, SETTINGS)
        for number, (accept, ended) in enumerate([(["--accept-task", task], signal.SIGKILL), ([], signal.SIGTERM)], 1):
            with beside.joined(*more, *accept, ended=ended):
                wait_for_nodes(grid, 1, PATIENCE, REAL_TIME)
                result = coordinator.run_round(small.plan())
                assert [item.contributor for item in result.updates] == [member.contributor.address]
                small.settle()
                assert world.model.round_manager.round_of(number).status == Status.FINALISED
            time.sleep(0.1)
        assert asked(link, "get-fab") == 0
    listed = andel("contribute", "--state", beside.state, "--show-sent", "--json").stdout
    sent = [json.loads(line) for line in listed.splitlines()]
    assert {entry["kind"] for entry in sent} >= {"batch entries", "batches", "openings", "update hash", "update"}
    assert [entry["round"] for entry in sent if entry["kind"] == "update"] == [1, 2]
    assert all(entry["arrived"] for entry in sent)
    entered = next(entry for entry in sent if entry["kind"] == "batch entries")
    assert entered["note"].startswith("7 roots") and entered["readings"] == 0
    table = andel("contribute", "--state", beside.state, "--show-sent").stdout
    assert "openings" in table and f"{len(sent)} entries" in table
