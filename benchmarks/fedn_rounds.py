"""Three rounds of an Andel task on FEDn 0.33's own controller, combiner and clients, twice, each with one of cheats.

First FEDn averages by its own FedAvg, in floats; then by Andel's server function, in integers. After each round its
model is held against Andel's exact aggregation of the signed updates, and trained on only where they agree. Prints a
table and ends in one JSON line. Runs in .venv-fedn: `make fedn-rounds`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from andel.errors import AndelError, SettingsError
from andel.hashing import sha256
from andel.simulation.offchain_rounds import OffchainMember, OffchainRounds, found_offchain
from andel.simulation.outcome import model_errors, persistence_errors
from andel.simulation.scenario import weather_scenario
from andel.simulation.weather import find_weather_folder, read_weather
from andel.training.rounds import FederatedRound, RoundSettings, Waiting
from andel.training.updates import encode_version
from benchmarks.fedn_client import CHEATS
from integrations.fedn import wire
from integrations.fedn.api import FednApi
from integrations.fedn.checked import Checked, check_model
from integrations.fedn.grid import FednGrid
from integrations.fedn.network import Network, client_environment, running, running_network
from integrations.fedn.wire import FednPeer

SEED = b"andel on fedn"
ONLINE_SECONDS = 120.0
MODES = ("fedavg", "exact")


@dataclass(frozen=True, slots=True)
class Row:
    """One round: `difference` and `bound` in units of 2**-24, `mae` in the target's unit on the report rows."""

    mode: str
    round: int
    seconds: float
    mae: float
    kept: int
    refused: tuple[str, ...]
    difference: float
    bound: float
    unequal: int
    adopted: bool
    version: str


def main() -> int:
    """Runs it all; 1 where a result is not what it must be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--keep", action="store_true", help="keep the folder with what every process printed")
    options = parser.parse_args()
    scenario = weather_scenario(read_weather(find_weather_folder()), options.rounds, 1, dishonest=False)
    founded = found_offchain(scenario, SEED)
    members = founded.members[:: max(len(founded.members) // (options.clients + 3), 1)]
    honest, cheats = members[: options.clients], members[options.clients : options.clients + len(CHEATS)]
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="andel-fedn-"))
    try:
        with running_network(folder) as network:
            rows, start_seconds = _play(network, founded.founded_with((*honest, *cheats)), len(honest), options.rounds)
    except AndelError as error:
        print(f"fedn-rounds: {error.message}", file=sys.stderr)
        return 2
    finally:
        if options.keep:
            print(f"fedn-rounds: what every process printed lies in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    _print(rows, persistence_errors(founded.task, founded.reference.report).mae)
    good = _good(rows)
    summary = {
        "rounds": options.rounds,
        "clients": options.clients,
        "start_seconds": round(start_seconds - started, 1),
        "seconds_per_round": round(sum(row.seconds for row in rows) / len(rows), 2),
        "accuracy_mae": {mode: [row.mae for row in rows if row.mode == mode] for mode in MODES},
        "max_difference": {mode: max(row.difference for row in rows if row.mode == mode) for mode in MODES},
        "table": [asdict(row) for row in rows],
        "as_it_must_be": good,
    }
    print(json.dumps(summary))
    return 0 if good else 1


def _play(network: Network, model: OffchainRounds, honest: int, rounds: int) -> tuple[list[Row], float]:
    rows: list[Row] = []
    with ExitStack() as stack:
        names = stack.enter_context(_clients(network, model, honest))
        api = FednApi(network.controller, f"127.0.0.1:{network.combiner_port}")
        stack.callback(api.close)
        peers = _online(api, names)
        ready = time.monotonic()
        for exact in (False, True):
            play = replace(model)
            seed_model = api.add_model(wire.model_bytes(play.parameters), "genesis")
            grid = FednGrid(api, peers[:honest], play.task, seed_model, exact=exact)
            for _ in range(rounds):
                rows.append(_round(api, grid, play, "exact" if exact else "fedavg"))
            cheated = FednGrid(api, peers, play.task, grid.model, exact=exact)
            rows.append(_round(api, cheated, play, ("exact" if exact else "fedavg") + " with cheats"))
    return rows, ready


def _round(api: FednApi, grid: FednGrid, play: OffchainRounds, mode: str) -> Row:
    """One round; the model moves on where FEDn's is the average of what was signed."""
    started = time.monotonic()
    proven = {member.address: member.slots for member in play.members}
    waiting = Waiting(time.monotonic, time.sleep)
    loop = FederatedRound(grid, play.plan, play.task.to_bytes(), waiting, RoundSettings(quorum=2))
    loop.collect_commitments()
    loop.collect_updates(play.parameters, play.first_seed, proven)
    result = loop.result()
    model = api.model(grid.aggregated)
    checked = check_model(model, play.task, play.parameters, result, proven, exact=mode.startswith("exact"))
    seconds = time.monotonic() - started
    row = _row(mode, play, checked, seconds, len(result.updates), [item.reason for item in result.refused])
    if checked.adopted:
        play.parameters, grid.model = checked.parameters, grid.aggregated
        version = sha256(encode_version(play.parameters))
        play.plan = replace(play.plan, round=play.plan.round + 1, version=version)
    return row


def _row(mode: str, play: OffchainRounds, checked: Checked, seconds: float, kept: int, refused: Sequence[str]) -> Row:
    errors = model_errors(play.task, checked.parameters, play.reference.report)
    return Row(
        mode,
        play.plan.round,
        round(seconds, 2),
        round(errors.mae, 4),
        kept,
        tuple(refused),
        checked.difference,
        checked.bound,
        checked.unequal,
        checked.adopted,
        sha256(encode_version(checked.parameters)).hex()[:16],
    )


@contextmanager
def _clients(network: Network, model: OffchainRounds, honest: int) -> Iterator[list[str]]:
    """A process for each member; those behind the first `honest` cheat, each in its way."""
    environment = client_environment(network.folder)
    script = str(Path(__file__).with_name("fedn_client.py"))
    with ExitStack() as stack:
        names = []
        for place, member in enumerate(model.members):
            cheat = CHEATS[place - honest : place - honest + 1] if place >= honest else ()
            name = cheat[0] if cheat else f"owner-{place + 1}"
            folder = network.folder / name
            folder.mkdir()
            words = (sys.executable, script, network.controller, name, str(_member_file(folder, model, member)), *cheat)
            stack.enter_context(running(network.folder / f"{name}.log", words, folder, environment))
            names.append(name)
        yield names


def _member_file(folder: Path, model: OffchainRounds, member: OffchainMember) -> Path:
    file = folder / "member.npz"
    file.touch(mode=0o600)
    np.savez(
        file,
        secret=np.frombuffer(member.key.secret_bytes(), np.uint8),
        task=np.frombuffer(model.task.to_bytes(), np.uint8),
        batches=np.frombuffer(member.batches, np.uint8),
        seed=np.frombuffer(model.seed, np.uint8),
        model=np.array(model.plan.model),
        codes=member.codes,
        change=member.change,
    )
    return file


def _online(api: FednApi, names: Sequence[str]) -> list[FednPeer]:
    """The clients of these names, in their order, once all are there."""
    until = time.monotonic() + ONLINE_SECONDS
    while True:
        peers = {peer.name: peer for peer in api.clients()}
        if set(names) <= set(peers):
            return [peers[name] for name in names]
        if time.monotonic() > until:
            raise SettingsError(f"these clients did not come online: {sorted(set(names) - set(peers))}")
        time.sleep(0.5)


def _good(rows: Sequence[Row]) -> bool:
    """Plain rounds are all adopted; with cheats each is refused, and only integers keep them out of FEDn's model."""
    plain = [row for row in rows if "cheats" not in row.mode]
    cheated = [row for row in rows if "cheats" in row.mode]
    return (
        all(row.adopted and not row.refused for row in plain)
        and all(len(row.refused) == len(CHEATS) for row in cheated)
        and [row.adopted for row in cheated] == [False, True]
    )


def _print(rows: Sequence[Row], persistence: float) -> None:
    print(f"mean absolute error of predicting no change: {persistence:.4f} degC")
    heads = f"{'s':>6} {'MAE':>8} {'kept':>4} {'max diff':>10} {'bound':>10} {'unequal':>7}  model"
    print(f"{'aggregation':20} {'round':>5} {heads}")
    for row in rows:
        verdict = "adopted" if row.adopted else "refused"
        print(
            f"{row.mode:20} {row.round:5d} {row.seconds:6.2f} {row.mae:8.4f} {row.kept:4d} {row.difference:10.2e} "
            f"{row.bound:10.2e} {row.unequal:7d}  {verdict} {row.version}"
        )
        for reason in row.refused:
            print(f"{'':20}       refused: {reason}")


if __name__ == "__main__":
    sys.exit(main())
