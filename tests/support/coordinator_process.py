"""A coordinator as a process that can be killed.

Takes the folder of a small world that another process founded. Runs `Coordinating` as `andel coordinate` does, over a
LocalGrid of the world's own contributors, whose evidence lies in the folder. With `--die-at STEP` (an event) or
`--die-after-send N` (the N-th transaction that the node took) it kills itself with SIGKILL there: nothing is cleaned
up, no buffer is written, no connection closed.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from andel.content import ContentStore
from andel.data.intake import DeviceRecord, IntakeSettings
from andel.data.store import EvidenceStore
from andel.device.epochs import CURRENT
from andel.hashing import sha256
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts, find_model
from andel.ledger.rpc import Rpc
from andel.roles.contributor import Contributor
from andel.roles.coordinating import Coordinating, Pace
from andel.roles.coordinator import Coordinator
from andel.roles.planning import Choices
from andel.roles.planting import Planter
from andel.simulation.actors import Actors, make_actors
from andel.simulation.world import ROUND_SECONDS, terms_hash
from andel.training.events import AnswerTaken, Event, PhaseEnded, RoundEnded, RoundMoved
from andel.training.grid import LocalGrid, LocalNode
from andel.training.journal import FileJournal
from andel.training.rounds import RoundSettings, Waiting
from andel.units import TOKEN, BaseUnits
from tests.support.small_run import app_of, envelope_scenario

_SENT = ("eth_sendRawTransaction", "eth_sendRawTransactionSync")


def main(arguments: Sequence[str], log_path: Path) -> None:
    """Coordinates until `--until-round` is final, or dies; what it says goes to the end of the log."""
    log = log_path.open("ab", buffering=0)
    for stream in (1, 2):
        os.dup2(log.fileno(), stream)
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--rpc", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--until-round", type=int, required=True)
    parser.add_argument("--die-at", default="")
    parser.add_argument("--die-after-send", type=int, default=0)
    parser.add_argument("--plant-every", type=int, default=0)
    parser.add_argument("--no-journal", action="store_true")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    rpc = Rpc(given.rpc)
    chain = Chain.connect(given.rpc, mine=lambda blocks: rpc.request("anvil_mine", hex(blocks)))
    model = find_model(chain, parse_address(given.model))
    actors = make_actors(sha256(given.name.encode()), *_counts())
    store = ContentStore(str(given.folder / "content"))
    grid = LocalGrid(_nodes(given.folder, model, actors))
    waiting = Waiting(time.monotonic, time.sleep)

    def tell(event: Event) -> None:
        print(event, flush=True)  # noqa: T201  # the test reads what was reached
        if given.die_at and _name(event) == given.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    coordinator = Coordinator(
        actors.coordinator,
        model,
        store,
        grid,
        waiting,
        RoundSettings(),
        planter=Planter(actors.coordinator, model, given.plant_every) if given.plant_every else None,
        journal=None if given.no_journal else FileJournal(given.folder / "journal"),
        tell=tell,
    )
    choices = Choices(ROUND_SECONDS, BaseUnits(1_000 * TOKEN))
    pace = Pace(rest=0.2, poll=0.05)
    running = Coordinating(actors.coordinator, model, store, grid, coordinator, waiting, choices, 1, pace, tell)
    if given.die_after_send:
        _die_after(chain, given.die_after_send)
    running.run(given.until_round)


def _die_after(chain: Chain, count: int) -> None:
    """Dies when the node has taken so many transactions: their receipts are never read."""
    taken = [0]

    def listen(method: str, _: object, answer: object) -> None:
        taken[0] += method in _SENT and isinstance(answer, str)
        if taken[0] == count:
            os.kill(os.getpid(), signal.SIGKILL)

    chain.tell(listen)


def _name(event: Event) -> str:
    if isinstance(event, RoundMoved):
        return event.step
    if isinstance(event, RoundEnded):
        return "ended"
    if isinstance(event, AnswerTaken):
        return f"answer {event.phase}"
    return f"end {event.phase}" if isinstance(event, PhaseEnded) else ""


def _counts() -> tuple[int, int]:
    scenario = envelope_scenario()
    return len(scenario.participants), len(scenario.dataset.series)


def _nodes(folder: Path, model: ModelContracts, actors: Actors) -> list[LocalNode]:
    scenario = envelope_scenario()
    owners = [*actors.owners, *[actors.founder] * len(actors.reference_devices)]
    devices = [*actors.devices, *actors.reference_devices]
    records = {
        device.address: DeviceRecord(device.public_key, owner.address, epoch=CURRENT)
        for device, owner in zip(devices, owners, strict=True)
    }
    nodes = []
    for participant in scenario.participants:
        database = EvidenceStore(f"sqlite:///{folder / f'owner-{participant.number}' / 'evidence.db'}")
        contributor = Contributor(
            actors.owners[participant.number],
            records,
            database,
            IntakeSettings(scenario.task.accepted_time),
            terms_hash(),
        )
        contributor.join(model.round_manager, model.batch_registry)
        nodes.append(LocalNode(app_of(contributor), {}))
    return nodes
