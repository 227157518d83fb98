"""`andel demo`: runs the whole path on this machine, on real weather or on a user's own tables."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from andel.cli.options import parse_key
from andel.cli.outcome_table import print_outcome
from andel.errors import SettingsError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.ledger.connection import Chain
from andel.simulation.actors import Actors, write_keys
from andel.simulation.funding import fund_by_transfer
from andel.simulation.local_chain import LocalChain, require_free
from andel.simulation.outcome import Outcome
from andel.simulation.outcome_report import write_report
from andel.simulation.run import Running, RunOptions, run
from andel.simulation.scenario import Scenario, TableChoice, table_scenario, weather_scenario
from andel.simulation.tables import read_tables
from andel.simulation.weather import find_weather_folder, read_weather

FUNDER_VARIABLE = "ANDEL_FUNDER_KEY"
_MAX_ROUNDS = 100
_ROUNDS = 12
_PROCESS_ROUNDS = 2

Say = Callable[[str], None]
Fund = Callable[[Actors], None]


def demo(
    rounds: Annotated[
        int | None, typer.Option(min=1, max=_MAX_ROUNDS, help="Rounds of training: 12, with --processes 2.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Keys, first version and noise follow from it.")] = 1,
    csv: Annotated[
        list[Path] | None, typer.Option(help="Own data: a CSV file, plain or gzip; may be repeated.")
    ] = None,
    device_column: Annotated[str, typer.Option(help="Own data: the column that names the device or site.")] = "",
    time_column: Annotated[str, typer.Option(help="Own data: one time column, or year,month,day,hour.")] = "",
    features: Annotated[str, typer.Option(help="Own data: the columns to learn from; COLUMN@-SECONDS: before.")] = "",
    target: Annotated[str, typer.Option(help="Own data: the column to predict.")] = "",
    horizon: Annotated[int, typer.Option(min=1, max=8_784, help="Own data: hours ahead.")] = 1,
    owners: Annotated[int, typer.Option(min=1, max=50, help="Own data: owners per device.")] = 3,
    honest: Annotated[bool, typer.Option("--honest", help="Without the three dishonest ones.")] = False,
    processes: Annotated[
        bool, typer.Option("--processes", help="Over a SuperLink and four SuperNodes in processes of their own.")
    ] = False,
    rpc: Annotated[str, typer.Option(help="Use this chain instead of starting anvil; see ANDEL_FUNDER_KEY.")] = "",
    chain_port: Annotated[int, typer.Option(min=0, max=65_535, help="Port for anvil; 0: any free one.")] = 0,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port for the API; 0: any free one.")] = 0,
    folder: Annotated[Path | None, typer.Option(help="Keep evidence, logs and report here.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave chain, API and page running until Ctrl-C.")] = False,
    held_out: Annotated[int, typer.Option(min=0, help="Every so many-th week stays home, to measure by.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last, on standard output.")] = False,
) -> None:
    """From signed packets to a paid, audited, on-chain prediction, in one run."""
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:6.1f} s[/dim]  ", end="")
        console.print(text, markup=False)

    _check_own([bool(csv), bool(device_column), bool(time_column), bool(features), bool(target)])
    rounds = rounds or (_PROCESS_ROUNDS if processes else _ROUNDS)
    if processes and held_out:
        raise SettingsError("--held-out is not for --processes", "leave one of them out")
    if csv:
        chosen = TableChoice(tuple(features.split(",")), target, horizon, owners, not honest)
        dataset = read_tables(csv, device_column, time_column.split(","), chosen.columns, target)
        scenario = table_scenario(dataset, chosen, rounds, seed)
    else:
        scenario = weather_scenario(read_weather(find_weather_folder()), rounds, seed, not honest)
    scenario = replace(scenario, held_out=held_out)
    if processes:
        from andel.simulation.processes import SETTINGS, grid_over_processes, with_few  # a second of imports

        scenario = with_few(scenario)
    _introduce(scenario, say)
    where = _prepare_folder(folder)
    if port:
        require_free(port)  # the API starts last: better told now than after the training
    with _chain(rpc, chain_port, where, say) as (chain, fund):
        secret = sha256(b"andel.demo", seed.to_bytes(8, "big"), _funder_secret() if rpc else b"")
        options = RunOptions(where, secret, fund, say, port, page=keep, rpc=rpc, leave_claim=keep)
        if processes:
            options.grid_over, options.rounds = grid_over_processes, SETTINGS
        running = run(scenario, chain, options)
        try:
            _report(running.outcome, where, console, say, as_json)
            if keep:
                if not rpc:  # elsewhere the keys are worth something
                    write_keys(running.world.actors, where / "keys")
                _wait(running, console)
        finally:
            running.api.stop()
    if not (running.audit.ok and running.outcome.holds):
        raise typer.Exit(1)


def _report(outcome: Outcome, where: Path, console: Console, say: Say, as_json: bool) -> None:
    report = write_report(outcome, where / "report.html")
    print_outcome(console, outcome)
    say(f"report: {report}")
    if as_json:
        typer.echo(json.dumps(outcome.to_json()))


def _check_own(given: list[bool]) -> None:
    if any(given) and not all(given):
        raise SettingsError(
            "own data takes --csv, --device-column, --time-column, --features and --target together",
            "give all five, or none for the weather",
        )


def _prepare_folder(folder: Path | None) -> Path:
    where = folder or Path(tempfile.mkdtemp(prefix="andel-demo-"))
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"folder {where} cannot be made: {error.strerror}", "name another with --folder") from error
    if any((where / "content").glob("*")):
        raise SettingsError(f"{where} already holds a run", "name an empty folder")
    return where


def _introduce(scenario: Scenario, say: Say) -> None:
    dataset = scenario.dataset
    say(f"{scenario.name}: {dataset.rows:,} rows of {len(dataset.series)} sites; {dataset.source}")
    for problem, count in dataset.problem_counts.items():
        first = next((str(item) for item in dataset.problems if item.reason == problem), "")
        say(f"  {count:,} refused: {problem} (first: {first})")


@contextmanager
def _chain(rpc: str, port: int, folder: Path, say: Say) -> Iterator[tuple[Chain, Fund]]:
    """The chain of the run and how its actors get gas: anvil of our own, or the one at `rpc`."""
    if not rpc:
        with LocalChain(folder, port=port or None) as local:
            say(f"anvil listens at {local.url}")
            yield local.connect(), lambda actors: local.fund([key.address for key in actors.accounts])
        return
    funder = AccountKey(_funder_secret())
    chain = Chain.connect(rpc)
    say(f"chain {chain.chain_id} at {chain.url}, funded by {funder.address}")

    def fund(actors: Actors) -> None:
        fund_by_transfer(chain, funder, actors)

    yield chain, fund


def _funder_secret() -> bytes:
    """The funder's secret; on a chain with real coins the actors' keys follow from it too, so nobody else has them."""
    secret = os.environ.get(FUNDER_VARIABLE, "")
    if not secret:
        raise SettingsError(
            f"on a chain of your own the actors need gas, and {FUNDER_VARIABLE} is not set",
            f"export {FUNDER_VARIABLE}=<64 hex digits of a funded account>",
        )
    return parse_key(secret, FUNDER_VARIABLE).secret_bytes()


def _wait(running: Running, console: Console) -> None:
    console.print(
        f"chain {running.world.chain.url}, model {running.world.model.round_manager.address}, "
        f"API and page {running.api.url}; Ctrl-C ends all",
        markup=False,
    )
    while True:
        time.sleep(3_600)
