"""What becomes of rounds when machines, lines and the coordinator fail.

Eight nodes run `andel contribute`, each in a network namespace of its own; SuperLink, chain, `andel coordinate` and
three `andel validate` run at the hub. While round 1 is under way one node is cut off, one is killed and started again,
and the coordinator is killed twice; one node's line is slow all the time, and one trusts another authority. The line is
joined again for the rounds after. Prints a table of faults and outcomes, checked against the chain and by an audit, and
one JSON line. Exit code 1 when a round did not settle or anything was paid twice; 3 where namespaces are not allowed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from fault_network import HUB, Machine, Relay, become_hub, inside, why_not
from small_network import found_network, synthetic_scenario

from andel.content import ContentStore, digest_of_cid
from andel.hashing import sha256
from andel.ledger.round_state import Status
from andel.roles.auditor import audit
from andel.roles.founder import publish_reference
from andel.simulation.local_chain import LocalChain
from andel.simulation.validator_processes import ValidatorProcesses
from andel.simulation.world import Member, World
from andel.training.certificates import make_authority, make_server_files
from andel.training.node_key import keep_node_key, public_pem
from andel.training.superlink import SuperLinkSettings, register_node, start_superlink
from andel.value.report import ContributorValue

SOUND, CUT, SLOW, KILLED, FOREIGN = "none", "cut off in round 1", "slow line", "killed in round 1", "wrong certificate"
SLOW_KBIT = 128
PATIENCE_SECONDS = 420.0
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "200", "NO_COLOR": "1"}


@dataclass(slots=True)
class Node:
    """A member's machine, its fault, and its process."""

    member: Member
    machine: Machine
    fault: str
    folder: Path
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        """Runs it, for the first time or again."""
        self.process, self.starts = spawn(self.machine.command(self.command), self.folder / "node.log"), self.starts + 1

    @property
    def joined(self) -> bool:
        """Whether SuperLink has counted it as online."""
        standing = self.folder / "state" / "standing.json"
        return standing.exists() and json.loads(standing.read_bytes()).get("node_id", 0) != 0

    def last_words(self) -> str:
        """The end of its log."""
        lines = (self.folder / "node.log").read_text(errors="replace").strip().splitlines()
        return lines[-1][:160] if lines else ""


@dataclass(slots=True)
class Play:
    """What runs, and what was done to it when."""

    world: World
    nodes: list[Node]
    coordinate: list[str]
    log: Path
    began: float
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Remembers and tells when something was done."""
        self.notes.append(f"{time.monotonic() - self.began:6.1f} s  {text}")
        print(self.notes[-1], flush=True)

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Waits for the chain to say so; fails the run when it does not."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            if time.monotonic() > until:
                raise SystemExit(f"faults: not {what} after {PATIENCE_SECONDS:.0f} s; {tail(self.log)}")
            time.sleep(0.05)
        self.note(what)


def main() -> int:
    """Runs in namespaces of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=8, help="at least 5: one for each fault and one without")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--phase-seconds", type=float, default=30.0)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.nodes < 5:
        parser.error("--nodes: at least 5")
    if not options.inside:
        if why := why_not():
            print(f"faults: skipped: {why}", file=sys.stderr)
            return 3
        return subprocess.run([*inside(), sys.executable, *sys.argv, "--inside"], check=False).returncode
    become_hub()
    return run(options.nodes, options.rounds, options.phase_seconds)


def run(count: int, rounds: int, phase_seconds: float) -> int:
    """The whole run; 0 when everything settled once."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        local = stack.enter_context(LocalChain(folder))
        store = ContentStore(str(folder / "content"))
        sites = 2 if count % 2 == 0 else 1
        world = found_network(synthetic_scenario(sites, count // sites), local, store, folder, sha256(b"faults"))
        play = prepare(stack, world, folder, phase_seconds, rounds)
        validators = stack.enter_context(ValidatorProcesses(world.actors.validators, folder / "validators"))
        for node in play.nodes:
            node.start()
            stack.callback(end, node)
        sound = [node for node in play.nodes if node.fault != FOREIGN]
        play.until(lambda: all(node.joined for node in sound), f"{len(sound)} nodes joined")
        validators.start(world.chain.url, world.model.round_manager.address, store.url, rounds)
        faults(play, stack, rounds)
        publish_reference(store, world.founded)
        audited = audit(world.model, store)
        return report(play, audited.ok, audited.failure or "", [tuple(r.contributors) for r in audited.reports], rounds)


def prepare(stack: ExitStack, world: World, folder: Path, phase_seconds: float, rounds: int) -> Play:
    """SuperLink, relays, machines and commands; no node runs yet."""
    now = int(time.time())
    tls = make_server_files(folder / "tls", ["127.0.0.1", HUB], now)
    foreign = folder / "foreign.pem"
    foreign.write_bytes(make_authority("another", now).certificate)
    link = stack.enter_context(start_superlink(SuperLinkSettings(folder / "superlink", tls=tls)))
    superlink = Relay(link.settings.port)
    chain = Relay(int(world.chain.url.rsplit(":", 1)[1].strip("/")))
    manager, task = world.model.round_manager.address, digest_of_cid(world.founded.task).hex()
    plagued = {1: CUT, 2: SLOW, 3: KILLED, 4: FOREIGN}
    nodes = []
    for number, member in enumerate(world.members):
        place = folder / f"machine-{number}"
        (place / "state").mkdir(parents=True)
        register_node(link.door, public_pem(keep_node_key(place / "state" / "node.key").public_key()))
        (place / "wallet.key").write_text(member.contributor.key.secret_bytes().hex())
        fault = plagued.get(number, SOUND)
        machine = Machine.make(number + 1)
        if fault == SLOW:
            machine.slow(SLOW_KBIT)
        words = [sys.executable, "-m", "andel", "contribute", "--state", str(place / "state")]
        words += ["--store", world.store.url, "--accept-task", task, "--key-file", str(place / "wallet.key")]
        words += ["--rpc", f"http://{HUB}:{chain.port}", "--model", manager]
        words += ["--evidence", str(folder / f"owner-{member.participant.number}" / "evidence.db")]
        words += ["--superlink", f"{HUB}:{superlink.port}", "--poll-seconds", "0.3", "--refresh-seconds", "3600"]
        words += ["--root-certificate", str(foreign if fault == FOREIGN else tls.authority)]
        nodes.append(Node(member, machine, fault, place, words))
    key = folder / "coordinator.key"
    key.write_text(world.actors.coordinator.secret_bytes().hex())
    words = [sys.executable, "-m", "andel", "coordinate", "--rpc", world.chain.url, "--model", manager]
    words += ["--store", world.store.url, "--key-file", str(key), "--superlink", link.door.address]
    words += ["--superlink-secret", str(link.door.secret), "--root-certificate", str(tls.authority)]
    words += ["--state", str(folder / "coordinator"), "--quorum", "2", "--phase-seconds", str(phase_seconds)]
    words += [
        "--round-seconds",
        "86400",
        "--budget",
        "100",
        "--pause-seconds",
        "20",
        "--until-round",
        str(rounds),
        "--log-json",
    ]
    return Play(world, nodes, words, folder / "coordinator.log", time.monotonic())


def faults(play: Play, stack: ExitStack, rounds: int) -> None:
    """Plays all rounds, and does in the first what the table says."""
    manager = play.world.model.round_manager
    cut = next(node for node in play.nodes if node.fault == CUT)
    killed = next(node for node in play.nodes if node.fault == KILLED)

    def final(number: int) -> bool:
        return manager.rounds_count() >= number and manager.round_of(number).status == Status.FINALISED

    first = coordinator(play, stack)
    play.until(lambda: manager.rounds_count() == 1, "round 1 opened")
    kill(first, play, "coordinator killed, while it asks for commitments")
    second = coordinator(play, stack)
    play.until(lambda: any(manager.round_of(1).first_seed), "round 1's set of data is fixed, its seed known")
    cut.machine.cut()
    play.note("a node cut off")
    assert killed.process is not None
    kill(killed.process, play, "a node killed")
    kill(second, play, "coordinator killed again, while it asks for openings or updates")
    third = coordinator(play, stack)
    killed.start()
    play.note("coordinator and node started again")
    play.until(lambda: final(1), "round 1 final")
    cut.machine.join()
    play.note("the line of the node that was cut off joined again")
    for number in range(2, rounds + 1):
        play.until(lambda n=number: final(n), f"round {number} final")
    third.wait(PATIENCE_SECONDS)


def coordinator(play: Play, stack: ExitStack) -> subprocess.Popen[bytes]:
    """`andel coordinate`, with the state of the one before."""
    process = spawn(play.coordinate, play.log)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def kill(process: subprocess.Popen[bytes], play: Play, what: str) -> None:
    """Ends a process as a power cut would."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    play.note(what)


def end(node: Node) -> None:
    """Ends a node whatever it does."""
    if node.process is not None and node.process.poll() is None:
        node.process.kill()
        node.process.wait()


def spawn(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """A process whose words go to the end of a log."""
    with log.open("ab") as file:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=ENVIRONMENT)


def tail(log: Path) -> str:
    """The end of a log."""
    return log.read_text(errors="replace")[-1_500:] if log.exists() else "no log"


def report(
    play: Play, audited: bool, failure: str, reports: Sequence[tuple[ContributorValue, ...]], rounds: int
) -> int:
    """Prints the table and the JSON line; 0 when every round settled once and every node did what it could."""
    manager, pool = play.world.model.round_manager, play.world.model.pool
    states = [manager.round_of(number) for number in range(1, manager.rounds_count() + 1)]
    settled = [state.round for state in states if state.status == Status.FINALISED]
    minted, shares = sum(state.minted for state in states), sum(item.share for found in reports for item in found)
    taken: dict[str, list[int]] = {node.member.contributor.address: [] for node in play.nodes}
    refused: dict[str, list[str]] = {account: [] for account in taken}
    for number, found in enumerate(reports, 1):
        for item in found:
            if item.reason:
                refused[item.contributor].append(f"{number}: {item.reason}")
            else:
                taken[item.contributor].append(number)
    rows = [(node, taken[node.member.contributor.address]) for node in play.nodes]
    print(f"\n{'node':>4}  {'fault':<20} {'starts':>6}  {'counted in':<12} did not count in")
    for number, (node, counted) in enumerate(rows):
        others = [n for n in range(1, rounds + 1) if n not in counted]
        said = refused[node.member.contributor.address]
        why = "; ".join([*said, *(f"{n}: absent" for n in others if not any(x.startswith(f"{n}:") for x in said))])
        print(f"{number:>4}  {node.fault:<20} {node.starts:>6}  {', '.join(map(str, counted)) or '-':<12} {why or '-'}")
        if node.fault == FOREIGN and node.process is not None:
            print(f"{'':>36}ended with {node.process.poll()}: {node.last_words()}")
    print(f"\n{'round':>5}  {'status':<10} {'attempt':>7}  {'updates':>7}  {'minted':>22}")
    for state, found in zip(states, reports, strict=False):
        line = f"{state.round:>5}  {state.status.name.lower():<10} {state.attempt:>7}"
        print(f"{line}  {sum(not item.reason for item in found):>7}  {state.minted:>22}")
    once = pool.contributors_minted() == minted == shares
    sound = all(found == list(range(1, rounds + 1)) for node, found in rows if node.fault == SOUND)
    print(f"\nminted by the pool {pool.contributors_minted()}, by rounds {minted}, in shares {shares}")
    print(f"audit: {failure or 'ok'}")
    told = {
        "nodes": len(rows),
        "rounds": rounds,
        "settled": settled,
        "attempts": [state.attempt for state in states],
        "coordinator_kills": 2,
        "updates": [sum(not item.reason for item in found) for found in reports],
        "rounds_by_fault": {node.fault: found for node, found in rows if node.fault != SOUND},
        "sound_nodes_in_every_round": sound,
        "paid_once": once,
        "audit_ok": audited,
        "seconds": round(time.monotonic() - play.began, 1),
    }
    print(json.dumps(told))
    return 0 if settled == list(range(1, rounds + 1)) and once and audited and sound else 1


if __name__ == "__main__":
    sys.exit(main())
