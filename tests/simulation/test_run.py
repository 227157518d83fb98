"""Whole runs: what they say of themselves is what they did, every time, on the demo's data and on one's own."""

# mypy: disable-error-code="var-annotated, attr-defined"
# (it replaces names inside modules)

import json
import os
import subprocess
import sys
from statistics import mean

import pytest

from andel.errors import NodeMissing, SettingsError
from andel.ledger import sending
from andel.ledger.connection import Chain
from andel.roles import founder
from andel.roles.auditor import audit
from andel.roles.founder import publish_reference
from andel.simulation import world
from andel.simulation.local_chain import LocalChain, find_anvil
from andel.simulation.participants import Kind
from andel.simulation.scenario import relabelled
from andel.simulation.weather import find_weather_folder
from tests.support.own_data_run import BAD_ROWS, ROOT, ROUNDS, run_andel, small_table, table_options
from tests.support.reports import report_bytes
from tests.support.small_run import START, envelope_scenario, finish, launch, pebble_scenario

KEYS = {
    "seconds": float,
    "rounds": int,
    "model_mae": float,
    "persistence_mae": float,
    "central_mae": float,
    "model_rmse": float,
    "persistence_rmse": float,
    "central_rmse": float,
    "participants": list,
    "predictions": dict,
    "gas": dict,
    "hashes": dict,
    "audit": dict,
}
"""What other programs read, with its type."""

BLOCK_GAS = 30_000_000
MOST_GAS_PER_ENTRY = 40_000

COUNTS = {"packets", "openings", "updates", "rounds", "claims", "answers"}


@pytest.fixture(scope="module")
def anvil():
    try:
        return find_anvil()
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")


def assert_form(outcome):
    """The JSON object has every key of every kind."""
    for key, kind in KEYS.items():
        assert type(outcome[key]) is kind, key
    for item in outcome["participants"]:
        assert {"name", "kind", "share"} <= set(item)
        assert (type(item["name"]), type(item["share"])) == (str, int)
        assert item["kind"] in {"honest", "rider", "poisoner", "replayer"}
    assert set(outcome["predictions"]) == {"http", "call", "transaction"}
    assert len(set(outcome["predictions"].values())) == 1
    assert all(type(answer) is int for answer in outcome["predictions"].values())
    assert {"settle", "claim", "predict"} <= set(outcome["gas"])
    # two rounds of one station may gain no more than noise: then nobody earns, and nobody claims
    earned = any(item["share"] for item in outcome["participants"])
    assert all(type(gas) is int and (gas > 0) >= (earned or name != "claim") for name, gas in outcome["gas"].items())
    assert {"aggregate", "value", "model"} <= set(outcome["hashes"])
    assert all(len(bytes.fromhex(text)) == 32 for text in outcome["hashes"].values())
    assert outcome["audit"]["ok"] is True
    assert set(outcome["audit"]["checked"]) >= COUNTS
    assert all(type(count) is int and count > 0 for count in outcome["audit"]["checked"].values())
    assert outcome["tampered"].startswith("round ") and "update of 0x" in outcome["tampered"]


def shares_of(outcome, kind):
    """Name → share of the participants of a kind."""
    return {item["name"]: item["share"] for item in outcome["participants"] if item["kind"] == kind}


def assert_dishonest_earn_nothing(outcome):
    """Rider, poisoner and replayer are there, and have exactly 0."""
    for kind in ("rider", "poisoner", "replayer"):
        assert list(shares_of(outcome, kind).values()) == [0]
    assert all(share > 0 for share in shares_of(outcome, "honest").values())


def closed(outcome, measure):
    """The part of the gap between persistence and central training that the model closed."""
    persistence, central = outcome[f"persistence_{measure}"], outcome[f"central_{measure}"]
    return (persistence - outcome[f"model_{measure}"]) / (persistence - central)


@pytest.mark.full
def test_names_of_participants_change_no_hash_and_no_share(anvil, tmp_path, monkeypatch):
    """Two runs from one seed on two chains that begin at one time; only the labels are turned around."""
    sealed, seal = {}, founder.seal
    # sealing is randomised, and its result stands in the plan: the second run seals as the first did
    monkeypatch.setattr(founder, "seal", lambda *given: sealed.setdefault(repr(given), seal(*given)))
    # the node packs what comes at once into blocks as it happens to read it, and seeds follow from block hashes
    together = Chain.send_many
    monkeypatch.setattr(Chain, "send_many", lambda chain, calls: [together(chain, [call])[0] for call in calls])
    monkeypatch.setattr(sending, "_FEES_LAST_SECONDS", -1.0)  # and on fees, which are kept for two seconds otherwise
    scenario = envelope_scenario()
    names = [participant.name for participant in scenario.participants]
    found = []
    for number, labels in enumerate((names, names[::-1])):
        folder = tmp_path / str(number)
        with LocalChain(folder / "chain", anvil=anvil, start_time=START + 365 * 86_400) as local:
            run = finish(launch(relabelled(scenario, labels), local, folder, b"labels"))
            state = run.world.model.round_manager.round_of(2)
            run.world.chain.close()
        assert [member.participant.name for member in run.world.members] == list(labels)
        reports = [report_bytes(report) for report in run.audited.reports]
        earned = [run.audited.reports[-1].history.earned.get(m.contributor.address, 0) for m in run.world.members]
        found.append((reports, earned, state, run.prediction, run.published.file.file_hash))
    assert len(sealed) == 1
    assert found[0] == found[1]


def replay(finished_run, *seed, threads):
    """A finished run's rounds settled again in a process of its own."""
    arguments = [str(finished_run.store_folder), finished_run.world.chain.url]
    arguments += [finished_run.world.model.round_manager.address, *seed]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    environment |= {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    command = [sys.executable, "-m", "tests.support.replay_fingerprint", *arguments]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.full
def test_a_recorded_run_settles_to_the_same_bytes_on_any_threads_and_in_any_order(finished_run):
    first = replay(finished_run, threads=1)
    assert first["aggregate"] == [report.aggregate_hash.hex() for report in finished_run.audited.reports]
    assert first["value"] == [report.value_root.hex() for report in finished_run.audited.reports]
    others = [
        replay(finished_run, threads=2),
        replay(finished_run, "a", threads=1),
        replay(finished_run, "b", threads=2),
    ]
    for other in others:
        assert {key: other[key] for key in ("reports", "aggregate", "value")} == {
            key: first[key] for key in ("reports", "aggregate", "value")
        }
    if first["threads"] and (os.cpu_count() or 1) > 1:
        assert (first["threads"], others[0]["threads"]) == (1, 2)  # the runs really differed


@pytest.mark.full
def test_pebble_trackers_take_the_same_path(launch_world):
    small = launch_world("pebbles", pebble_scenario())
    for _ in range(2):
        small.play()
    publish_reference(small.store, small.world.founded)
    found = audit(small.world.model, small.store)
    assert found.ok and found.checked.rounds == 2
    earned = found.reports[-1].history.earned
    assert set(earned) == {member.contributor.address for member in small.honest()}
    assert {member.device.profile for member in small.world.members} == {"pebble"}
    quarter = next(member for member in small.honest() if member.participant.name == "site0-3")
    others = [earned[member.contributor.address] for member in small.honest() if member is not quarter]
    assert earned[quarter.contributor.address] < mean(others)


@pytest.mark.full
def test_batches_are_entered_in_waves_that_fit_into_one_block(launch_world, monkeypatch):
    """What does not fit would lie in the pool of a node that mines on demand until somebody sends something else."""
    assert world._CALLS_AT_ONCE * world._ENTRIES_PER_CALL * MOST_GAS_PER_ENTRY < BLOCK_GAS
    together, sent = Chain.send_many, []

    def send_many(chain, calls):
        sent.append([call.function for call in calls])
        return together(chain, calls)

    monkeypatch.setattr(Chain, "send_many", send_many)
    monkeypatch.setattr(world, "_ENTRIES_PER_CALL", 1)
    small = launch_world("waves")
    waves = [functions for functions in sent if set(functions) == {"enter"}]
    assert max(map(len, waves)) == world._CALLS_AT_ONCE
    entered = sum(member.entry_gas[1] for member in small.world.members) + 2 * 2 * 7  # and the reference set
    assert sum(map(len, waves)) == entered + 1  # and the replayer's try


@pytest.mark.full
def test_the_same_run_on_a_chain_with_a_clock_of_its_own(anvil, tmp_path):
    """Blocks come each second of real time; nothing waits for a block that the program makes."""
    with LocalChain(tmp_path / "chain", anvil=anvil, block_seconds=1) as local:
        run = finish(launch(envelope_scenario(), local, tmp_path, b"real block time"))
        run.world.chain.close()
    assert run.audited.ok and run.audited.checked.rounds == 2
    earned = run.audited.reports[-1].history.earned
    assert set(earned) == {member.contributor.address for member in run.small.honest()}
    assert run.values_of(run.small.member(Kind.RIDER))[-1].share == 0


@pytest.mark.full
def test_a_table_of_ones_own_runs_with_its_bad_rows_refused_and_counted(own_data_run):
    outcome = own_data_run.outcome
    assert_form(outcome)
    assert_dishonest_earn_nothing(outcome)
    assert outcome["rounds"] == ROUNDS
    assert [item["name"] for item in outcome["participants"]] == ["roof-1", "roof-2", "rider", "poisoner", "replayer"]
    assert outcome["model_mae"] < outcome["persistence_mae"]
    for reason, count in BAD_ROWS.items():
        lines = [line for line in own_data_run.stderr.splitlines() if f"{count} refused: {reason} (first:" in line]
        assert len(lines) == 1, reason
        assert "roof.csv:" in lines[0]  # with file and line


def test_a_run_prints_one_object_last_and_writes_a_page_that_needs_nothing_else(own_data_run):
    assert own_data_run.stdout.count("\n") == 1
    page = (own_data_run.folder / "report.html").read_text()
    assert page.startswith("<!doctype html") or page.startswith("<!DOCTYPE html")
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
    assert "<script src" not in page and "roof-1" in page
    assert "differences among equals are noise" in own_data_run.stderr.lower() or "noise" in own_data_run.stderr


@pytest.fixture(scope="module")
def weather_run(anvil, tmp_path_factory):
    """`andel demo --json` on the weather, once."""
    try:
        find_weather_folder()
    except SettingsError as error:
        pytest.skip(error.message)
    folder = tmp_path_factory.mktemp("weather")
    ended = run_andel(["demo", "--json", "--folder", str(folder / "run")], seconds=600)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.demo
def test_the_weather_demo_says_all_that_other_programs_read(weather_run):
    assert_form(weather_run)
    assert 10 <= weather_run["rounds"] <= 15
    assert weather_run["audit"]["checked"]["rounds"] == weather_run["rounds"]
    assert weather_run["audit"]["checked"]["claims"] == 12


@pytest.mark.demo
def test_the_weather_demo_pays_who_helped_and_nobody_else(weather_run):
    assert_dishonest_earn_nothing(weather_run)
    honest = shares_of(weather_run, "honest")
    assert len(honest) == 12 and len(weather_run["participants"]) == 15
    special = {"EWR-3", "JFK-3"}  # a quarter of the data; a sensor that is 3 degrees off
    rest = mean(share for name, share in honest.items() if name not in special)
    assert all(honest[name] < rest for name in special)


@pytest.mark.demo
def test_the_weather_demo_learns(weather_run):
    assert weather_run["persistence_mae"] == pytest.approx(1.72, abs=0.02)
    assert weather_run["central_mae"] <= 1.00
    assert weather_run["round_mae"][0] < weather_run["persistence_mae"]
    assert closed(weather_run, "mae") >= 0.80


@pytest.mark.full
@pytest.mark.demo
@pytest.mark.parametrize("stations", [1, pytest.param(2, marks=pytest.mark.full)])
def test_beijings_stations_run_unchanged(anvil, shared_folder, tmp_path, stations):
    files = sorted((shared_folder / "data" / "beijing").glob("*.csv*"))[:stations]
    if len(files) < stations:
        pytest.skip(f"fewer than {stations} station files in shared/data/beijing")
    arguments = ["demo", *(word for file in files for word in ("--csv", str(file)))]
    arguments += ["--device-column", "station", "--time-column", "year,month,day,hour"]
    arguments += ["--features", "PM2.5,PM10,TEMP,DEWP,WSPM", "--target", "PM2.5", "--horizon", "6"]
    arguments += ["--owners", "2", "--rounds", "2", "--json", "--folder", str(tmp_path / "run")]
    ended = run_andel(arguments, seconds=600)
    assert ended.returncode == 0, ended.stderr
    outcome = json.loads(ended.stdout)
    assert_form(outcome)
    assert len(shares_of(outcome, "honest")) == 2 * stations
    for kind in ("rider", "poisoner", "replayer"):
        assert list(shares_of(outcome, kind).values()) == [0]
    assert outcome["model_rmse"] < outcome["persistence_rmse"]
    assert "refused: missing value (first: " in ended.stderr


@pytest.mark.full
def test_a_run_that_looks_back_and_holds_weeks_out_tells_their_errors(anvil, tmp_path):
    options = table_options(small_table(tmp_path / "roof.csv"), owners=2)
    options[options.index("temperature,humidity")] = "temperature,temperature@-3600,humidity"
    options[options.index("--rounds") + 1] = "1"
    ended = run_andel(["demo", *options, "--honest", "--held-out", "3", "--json", "--folder", str(tmp_path / "run")])
    assert ended.returncode == 0, ended.stderr
    outcome = json.loads(ended.stdout)
    (told,) = outcome["federated"]
    assert (told["round"], told["contributors"]) == (1, 2)
    assert told["rows"] > 200 and 0 < told["mae"] < told["persistence_mae"] and told["median_mae"] > 0
    assert "on held-out days of 2 contributors" in ended.stderr
    assert "on held-out days of 2 contributors" in (tmp_path / "run" / "report.html").read_text()
