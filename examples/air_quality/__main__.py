"""The air-quality index, from the command line.

python -m examples.air_quality run --data FOLDER      founds, trains and publishes both models, asks, plays the cover
python -m examples.air_quality ask --at 39.95,116.40  asks a run that was left with --keep about a place
python -m examples.air_quality map                    asks it once and gives the index on a grid, as one JSON object
python -m examples.air_quality page                   serves a page of the index, asked of the same run
python -m examples.air_quality cover --data FOLDER    the cover alone, without any model: a few seconds
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from andel.errors import AndelError, InputError, SettingsError
from andel.serving.http_edge import serve
from andel.serving.limits import Counts
from andel.simulation.local_chain import LocalChain
from andel.simulation.series import Dataset
from andel.units import DAY_SECONDS
from examples.air_quality.answering import Forecast, Hour, ask_stations
from examples.air_quality.asked import hour_of_text, place_of_text
from examples.air_quality.between import check_place
from examples.air_quality.cover_told import COVER_FILE, name_cover
from examples.air_quality.covering import Parties, play_cover, stations_alone, worst_and_best
from examples.air_quality.grid import MAX_STEPS, map_of
from examples.air_quality.index import STANDARDS, standard_of
from examples.air_quality.index_file import read_index
from examples.air_quality.models import HORIZON_SECONDS
from examples.air_quality.page_facts import AirFacts
from examples.air_quality.page_routes import air_app
from examples.air_quality.playing import Played, play, start_time
from examples.air_quality.stations import PLACES, last_hour, read_stations

DATA = Path("PRSA_Data_20130301-20170228")
FOLDER = Path("runs/air")
PLACE_AMONG = (39.9163, 116.3972)
"""The Forbidden City, where no station stands."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 if all went well."""
    options = build_parser().parse_args(arguments)
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", file=sys.stderr, flush=True)

    try:
        if options.command in ("ask", "map"):
            return (_ask if options.command == "ask" else _map)(options)
        if options.command == "page":
            return _page(options)
        return (_cover if options.command == "cover" else _run)(options, say)
    except AndelError as error:
        print(f"error: {error.message}" + (f"\nhint: {error.hint}" if error.hint else ""), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser("python -m examples.air_quality", description=(__doc__ or "").split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="found, train and publish both models, ask them, play the cover")
    run.add_argument("--history", type=int, default=365, help="days to train on, before the last 28 of the data")
    run.add_argument("--rounds", type=int, default=12, help="rounds of each model")
    run.add_argument("--keep", action="store_true", help="leave chain and gateways running until Ctrl-C")
    ask = commands.add_parser("ask", help="ask a run that was left with --keep")
    ask.add_argument("--at", required=True, help="degrees north and east, as 39.95,116.40")
    ask.add_argument("--json", action="store_true", help="one JSON object, with all signed answers")
    grid = commands.add_parser("map", help="the index on a grid over the stations, as one JSON object")
    grid.add_argument("--steps", type=int, default=24, help="points from south to north, and from west to east")
    page = commands.add_parser("page", help="serve a page of the index until Ctrl-C, asked of a run that was left")
    page.add_argument("--host", default="127.0.0.1", help="where to listen")
    page.add_argument("--port", type=int, default=8_700, help="where to listen")
    cover = commands.add_parser("cover", help="play the cover alone, without any model")
    for command in (run, ask, grid, page):
        command.add_argument("--standard", default="hj633", choices=sorted(STANDARDS), help="of the index")
        command.add_argument("--time", default="", help="the hour of the measurements, as 2017-02-15T08:00")
    for command in (run, ask, grid, page, cover):
        command.add_argument("--data", type=Path, default=DATA, help="the folder with the stations' files")
        command.add_argument("--folder", type=Path, default=None if command is cover else FOLDER, help="of the run")
    return parser


def _run(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    folder: Path = options.folder
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder} already holds something", "name an empty folder with --folder")
    dataset = read_stations(options.data)
    say(f"{dataset.rows:,} rows of {len(dataset.series)} stations; {dataset.source}")
    folder.mkdir(parents=True, exist_ok=True)
    bad, good = worst_and_best(dataset)
    hour = hour_of_text(options.time) if options.time else bad * DAY_SECONDS + 8 * 3_600
    with LocalChain(folder, start_time=start_time(dataset)) as local:
        played = play(dataset, options.history, options.rounds, folder, local, say)
        try:
            _ask_places(played, dataset, hour, options.standard)
            world = played.dust.world
            cover, _ = play_cover(
                dataset,
                [bad, good],
                played.stations,
                local,
                world.model.batch_registry,
                world.actors.lister.address,
                Parties.made(),
                say,
            )
            name_cover(options.folder / COVER_FILE, cover)
            say(f"{played.index_file}: what `ask`, `map` and `page` begin with")
            while options.keep:
                say(f"gateways {played.dust.api.url} and {played.temperature.api.url}; Ctrl-C ends all")
                time.sleep(3_600)
        finally:
            played.stop()
    return 0 if played.holds else 1


def _ask_places(played: Played, dataset: Dataset, hour: int, standard: str) -> None:
    """The index at every station and at a place where none stands."""
    dust, temperature = read_index(played.index_file)
    said = ask_stations(hour, dataset, dust, temperature)
    here = {series.site: PLACES[series.site] for series in dataset.series}
    for name, place in {**here, "Forbidden City": PLACE_AMONG}.items():
        print(f"{name}: {_line(said.forecast_at(place, standard_of(standard)))}")


def _ask(options: argparse.Namespace) -> int:
    place = place_of_text(options.at)
    check_place(place, list(PLACES.values()))  # before anybody is asked
    forecast = _hour_of(options, read_stations(options.data)).forecast_at(place, standard_of(options.standard))
    print(json.dumps(forecast.to_json()) if options.json else _line(forecast))
    return 0


def _map(options: argparse.Namespace) -> int:
    if not 2 <= options.steps <= MAX_STEPS:
        raise InputError(f"{options.steps} points on a side make no map", f"2 to {MAX_STEPS}")
    dataset = read_stations(options.data)
    said = _hour_of(options, dataset)
    print(json.dumps(map_of(said, [PLACES[series.site] for series in dataset.series], options.standard, options.steps)))
    return 0


def _page(options: argparse.Namespace) -> int:
    hour = hour_of_text(options.time) if options.time else None
    facts = AirFacts.of_run(options.folder, read_stations(options.data), options.standard, hour, time.monotonic)
    counts = Counts(options.folder / "page-counts.db", time.time)
    app = air_app(facts, counts)
    print(f"http://{options.host}:{options.port}/ shows the index; Ctrl-C ends it", file=sys.stderr, flush=True)
    serve(app, options.host, options.port)
    return 0


def _hour_of(options: argparse.Namespace, dataset: Dataset) -> Hour:
    dust, temperature = read_index(options.folder / "index.json")
    hour = hour_of_text(options.time) if options.time else last_hour(dataset)
    return ask_stations(hour, dataset, dust, temperature)


def _cover(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    dataset = read_stations(options.data)
    with tempfile.TemporaryDirectory(prefix="andel-air-cover-") as made:
        folder = options.folder or Path(made)
        with LocalChain(folder, start_time=start_time(dataset)) as local:
            stations, batches, lister = stations_alone(dataset, folder, local)
            play_cover(dataset, worst_and_best(dataset), stations, local, batches, lister, Parties.made(), say)
    return 0


def _line(forecast: Forecast) -> str:
    low, high = forecast.bounds
    dust, air = forecast.dust, forecast.temperature
    return (
        f"at {np.datetime64(forecast.measured_at + HORIZON_SECONDS, 's')} index {forecast.index.value} "
        f"({forecast.index.band}; four hours in five {low.value} to {high.value}), "
        f"PM2.5 {dust.value:.0f} ug/m3 ({dust.low:.0f} to {dust.high:.0f}), "
        f"{air.value:.1f} degC ({air.low:.1f} to {air.high:.1f})"
    )


if __name__ == "__main__":
    sys.exit(main())
