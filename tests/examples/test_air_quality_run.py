"""The index, whole and small: two models of one alliance on the published stations, trained, published, asked anywhere.

Two stations, ten weeks and one round of each model, through the product's own path on anvil; `full` takes all of them.
"""

from __future__ import annotations

import gzip
import json

import pytest

from andel.errors import InputError, SettingsError
from andel.serving.prediction import verify_prediction
from examples.air_quality.__main__ import main
from examples.air_quality.answering import ask_stations
from examples.air_quality.index import standard_of
from examples.air_quality.index_file import read_index
from examples.air_quality.models import PEBBLES, participants_of, stations_among
from examples.air_quality.playing import first_live_day, play
from examples.air_quality.stations import PLACES, read_stations

HISTORY = 70
SITES = ("Aotizhongxin", "Dingling")
NOON = 11 * 3_600


@pytest.fixture(scope="module")
def two_stations(beijing_folder, tmp_path_factory):
    """A folder with the last four months of two of the stations."""
    folder = tmp_path_factory.mktemp("two-stations")
    for path in sorted(beijing_folder.glob("PRSA_Data_*.gz")):
        if path.name.split("_")[2] in SITES:
            header, *rows = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
            (folder / path.stem).write_bytes(header + b"".join(rows[-120 * 24 :]))
    if len(list(folder.iterdir())) < len(SITES):
        pytest.skip("the files of Aotizhongxin and Dingling are not in ../shared/data/beijing")
    return folder


@pytest.fixture(scope="module")
def played(two_stations, past_chain, tmp_path_factory):
    """Both models after a round, answering."""
    dataset = read_stations(two_stations)
    folder = tmp_path_factory.mktemp("air")
    made = play(dataset, HISTORY, 1, folder, past_chain, lambda _: None)
    yield made, dataset
    made.stop()


def names_of(world):
    """Who takes part."""
    return [member.participant.name for member in world.members]


def test_stations_train_both_models_and_pebbles_one_in_the_same_alliance(played):
    made, dataset = played
    dust, warm = made.dust.world, made.temperature.world
    assert dust.model.alliance.address == warm.model.alliance.address
    assert dust.model.round_manager.address != warm.model.round_manager.address
    everybody = participants_of(dataset)
    assert names_of(warm) == [each.name for each in everybody]
    assert names_of(dust) == [each.name for each in stations_among(everybody)] == list(SITES)
    profiles = [member.device.profile for member in warm.members]
    assert profiles == ["envelope", *["pebble"] * PEBBLES] * len(dataset.series)
    assert made.holds, (made.dust.audit.failure, made.temperature.audit.failure)
    paid = {item.name: item.share for item in made.temperature.outcome.participants}
    assert all(paid[name] > 0 for name in paid if name.startswith("Pebble")), "Pebbles earn by the temperature"


def test_the_index_is_answered_between_stations_from_signed_answers(played):
    made, dataset = played
    dust, temperature = read_index(made.index_file)
    hour = first_live_day(dataset) * 86_400 + NOON
    said = ask_stations(hour, dataset, dust, temperature)
    standard = standard_of("hj633")
    north, south = (said.forecast_at(PLACES[site], standard) for site in reversed(SITES))
    between = said.forecast_at((40.15, 116.30), standard)
    for estimate, ends in (
        (between.dust, (north.dust.value, south.dust.value)),
        (between.temperature, (north.temperature.value, south.temperature.value)),
    ):
        assert min(ends) <= estimate.value <= max(ends)
        assert estimate.low < estimate.value < estimate.high
        assert sum(each.weight * each.signed.answer for each in estimate.heard) == pytest.approx(
            estimate.value * (10 if estimate is between.dust else 100)
        )
    assert [each.weight for each in south.dust.heard] == [1, 0], "at a station only it counts"
    low, high = between.bounds
    assert low.value <= between.index.value <= high.value
    world = made.dust.world
    for each in between.dust.heard:
        verify_prediction(each.signed, world.model.round_manager.domain, [world.actors.coordinator.address])
    told = json.loads(json.dumps(between.to_json()))
    assert told["at"] == hour + 6 * 3_600
    with pytest.raises(InputError, match="not among the stations"):
        said.forecast_at((31.2, 121.5), standard)
    with pytest.raises(InputError, match="no station measured"):
        ask_stations(hour + 1, dataset, dust, temperature)


def test_what_was_measured_between_stations_stands_beside_persistence(played):
    made, _ = played
    told = json.loads(made.index_file.read_bytes())["models"]["temperature"]["between"]
    assert told["mae"][told["power"]] < told["persistence_between_mae"]
    assert told["rows"] > 100
    assert 0 < told["coverage"] <= 1


def test_a_gateway_of_another_model_is_not_believed(played):
    made, dataset = played
    file = json.loads(made.index_file.read_bytes())
    models = file["models"]
    models["dust"]["url"], models["temperature"]["url"] = models["temperature"]["url"], models["dust"]["url"]
    swapped = made.index_file.with_name("swapped.json")
    swapped.write_text(json.dumps(file))
    with pytest.raises(SettingsError, match="refuses"):
        ask_stations(first_live_day(dataset) * 86_400 + NOON, dataset, *read_index(swapped))
    swapped.write_text("{}")
    with pytest.raises(SettingsError, match="no index file"):
        read_index(swapped)


def test_the_commands_answer_in_words_and_as_json(played, two_stations, capsys):
    made, dataset = played
    common = ["--data", str(two_stations), "--folder", str(made.index_file.parent)]
    when = ["--time", "2017-02-04T08:00"]
    assert main(["ask", "--at", "40.1,116.3", *common, *when]) == 0
    line = capsys.readouterr().out
    assert line.startswith("at 2017-02-04T14:00:00 index ") and "degC" in line
    assert main(["ask", "--at", "40.1,116.3", "--json", "--standard", "epa2024", *common, *when]) == 0
    assert json.loads(capsys.readouterr().out)["standard"] == "US EPA, May 2024"
    assert main(["map", "--steps", "4", *common, *when]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["points"]) == 16 and set(told["signed"]["dust"]) == set(SITES)
    for wrong in (["ask", "--at", "north"], ["ask", "--at", "31,121"], ["map", "--steps", "1"]):
        assert main([*wrong, *common]) == 1
        assert "hint: " in capsys.readouterr().err
    assert main(["run", *common]) == 1, "a folder that holds a run is not written into"


@pytest.mark.full
def test_the_whole_command_on_all_stations(beijing_folder, tmp_path, capsys):
    arguments = ["run", "--data", str(beijing_folder), "--folder", str(tmp_path / "air"), "--history", "365"]
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert "Forbidden City: at " in told.out
    assert "paid 1 coin" in told.err and "paid 0 coin" in told.err
    models = json.loads((tmp_path / "air" / "index.json").read_bytes())["models"]
    for name in ("dust", "temperature"):
        between = models[name]["between"]
        assert between["mae"][between["power"]] < between["persistence_between_mae"], name
        assert 0.6 < between["coverage"] < 0.95, name
