"""The whole path: both models founded in one alliance, trained over all six rooms, published, and left answering.

Takes the stations' data, a folder and a chain of one's own. Gives the finished runs, the file that the index is asked
through (`index.json`), and the stations as they go on. Rounds are those of `andel demo`: the product's own
coordinator, three validators in processes of their own, an audit of everything.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from andel.content import ContentStore
from andel.hashing import sha256
from andel.roles.gateway import predictor_of, served_file, served_version
from andel.serving.predictor import Predictor
from andel.simulation.actors import Actors
from andel.simulation.local_chain import LocalChain
from andel.simulation.run import Running, RunOptions, run_world
from andel.simulation.second_model import found_beside
from andel.simulation.series import Dataset
from andel.simulation.world import World, build_world
from andel.units import DAY_SECONDS
from examples.air_quality.live import LiveStation
from examples.air_quality.measuring import Measured, measure
from examples.air_quality.models import accepted_times, dust_scenario, temperature_scenario
from examples.air_quality.stations import PLACES, between_days, last_day

LIVE_DAYS: Final = 28
"""The last days of the data, which no model sees: there the index is asked, and the cover pays."""
INDEX_FORMAT: Final = "andel-air-index/1"
DUST_EDGES: Final = (35.0, 75.0, 150.0)
"""Where the bounds of a forecast of dust change, micrograms per cubic metre."""
_SEED: Final = b"andel air quality"


@dataclass(frozen=True, slots=True)
class Played:
    """Both models as they answer, what was measured of them between the stations, and the stations as they go on."""

    dust: Running
    temperature: Running
    between: dict[str, Measured]
    stations: tuple[LiveStation, ...]
    index_file: Path

    def stop(self) -> None:
        """Ends both gateways."""
        self.dust.api.stop()
        self.temperature.api.stop()

    @property
    def holds(self) -> bool:
        """Whether both runs kept what they promise: audits, equal answers, nothing unpaid that was earned."""
        return all(run.audit.ok and run.outcome.holds for run in (self.dust, self.temperature))


def play(
    dataset: Dataset, history_days: int, rounds: int, folder: Path, local: LocalChain, say: Callable[[str], None]
) -> Played:
    """Everything up to two gateways that answer. `history_days` before the last 28 are what is trained on.

    The chain's clock has to stand on the day before those 28. Raises SettingsError where the history is too short to
    score and to report on, and what a run may fail with.
    """
    end = first_live_day(dataset) - 1
    history = between_days(dataset, end - history_days + 1, end)
    accepted, chain = accepted_times(dataset), local.connect()

    def fund(actors: Actors) -> None:
        local.fund([key.address for key in actors.accounts])

    places = {name: folder / name for name in ("temperature", "dust")}
    stores = {name: ContentStore(str(place / "content")) for name, place in places.items()}
    started = time.monotonic()
    scenario = temperature_scenario(history, accepted, rounds)
    warm = build_world(scenario, chain, stores["temperature"], places["temperature"], _seed("first"), fund, say)
    dusty = found_beside(warm, dust_scenario(history, accepted, rounds), stores["dust"], _seed("second"), say)
    runs, between = {}, {}
    for name, world, edges in (("dust", dusty, DUST_EDGES), ("temperature", warm, ())):
        runs[name] = run_world(world, RunOptions(places[name], _seed(name), fund, say), started)
        between[name] = measure(world.scenario, predictor_in(world), edges)
        say(f"{name}, at a station that was left out: {_told(between[name])}")
    index_file = folder / "index.json"
    index_file.write_text(json.dumps(_index_of(runs, between), indent=1) + "\n", encoding="utf-8")
    return Played(runs["dust"], runs["temperature"], between, _live(dusty), index_file)


def first_live_day(dataset: Dataset) -> int:
    """The first of the days that no model sees."""
    return last_day(dataset) - LIVE_DAYS + 1


def start_time(dataset: Dataset) -> int:
    """Where the clock of the chain begins: at noon of the last day that models see, unix seconds."""
    return (first_live_day(dataset) - 1) * DAY_SECONDS + DAY_SECONDS // 2


def predictor_in(world: World) -> Predictor:
    """What answers in a world whose model is published, with the coordinator's key."""
    version = served_version(world.model)
    file, task = served_file(world.model, world.store, version)
    return predictor_of(world.actors.coordinator, world.model, file, task)


def _seed(what: str) -> bytes:
    return sha256(_SEED, what.encode())


def _live(world: World) -> tuple[LiveStation, ...]:
    return tuple(
        LiveStation(member.participant.name, member.device.key, member.contributor) for member in world.members
    )


def _told(measured: Measured) -> str:
    told, power = measured.left_out, measured.power
    return (
        f"MAE {told.mae[power]:.2f}, nearest station's last value {told.still:.2f}, "
        f"a station's own forecast {told.own:.2f}; truth in the bounds {measured.coverage:.0%}"
    )


def _index_of(runs: dict[str, Running], between: dict[str, Measured]) -> dict[str, object]:
    world = runs["dust"].world
    return {
        "format": INDEX_FORMAT,
        "chain_id": world.chain.chain_id,
        "rpc": world.chain.url,
        "alliance": world.model.alliance.address,
        "lister": world.actors.lister.address,
        "models": {
            name: {
                "url": run.api.url,
                "model": run.world.model.round_manager.address,
                "signer": run.world.actors.coordinator.address,
                "between": between[name].to_json(),
            }
            for name, run in runs.items()
        },
        "stations": [
            {
                "name": member.participant.name,
                "place": list(PLACES[member.participant.name]),
                "device": member.device.key.address,
            }
            for member in world.members
        ],
    }
