"""Experiments from templates: each is green as generated, red when it does not learn, and as its README says."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from andel.data.policy import policy_of_text
from andel.errors import InputError, SettingsError
from andel.roles.founding_file.reading import read_founding_file
from andel.simulation.experiments.rounds import experiment_of
from andel.simulation.experiments.templates import MAX_NAME, TEMPLATES, check_name, example_table, render
from andel.simulation.scenario import TableChoice, table_scenario
from andel.simulation.tables import read_tables
from tests.support.own_data_run import call_main

ROOT = Path(__file__).resolve().parents[2]
QUICK = "tabular"
EVERY = [pytest.param(name, marks=[] if name == QUICK else [pytest.mark.full]) for name in TEMPLATES]


def written(folder, template, name="tide-of-9"):
    """A new experiment's folder."""
    place = folder / name
    place.mkdir()
    for file, data in render(name, template).items():
        (place / file).write_bytes(data)
    return place


def table(path):
    """The example's table as a data set."""
    return read_tables([path], "station", ["time"], ["rain", "level"], "level")


def task_of(dataset):
    """The example's task."""
    return table_scenario(dataset, TableChoice(("level", "rain"), "level", 3, 3, dishonest=False), 1, 1).task


def run(place, *words):
    """A command in an experiment's folder, as its user would run it."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src"), "HOME": str(place)}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("template", EVERY)
def test_every_command_of_the_readme_works_as_generated(template, tmp_path):
    place = written(tmp_path, template)
    readme = (place / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    commands = [shlex.split(line) for block in blocks for line in block.splitlines()]
    assert [command[1:] for command in commands] == [
        ["-m", "pytest", "-q"],
        ["experiment.py"],
        ["experiment.py", "found"],
    ]
    for command in commands:
        ended = run(place, *command[1:])
        assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (place / "founded" / "task.json").is_file()
    assert all((place / name).is_file() for name in re.findall(r"^\| `([^`*]+\.[a-z]+)`", readme, re.MULTILINE))


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_generated_is_clean_and_its_files_can_be_read(template, tmp_path):
    place = written(tmp_path, template)
    for words in (("check", "--select", "E,F,I,B,UP"), ("format", "--check")):
        ended = run(place, "-m", "ruff", *words, ".")
        assert ended.returncode == 0, ended.stdout + ended.stderr
    file = read_founding_file((place / "model.toml").read_bytes(), 1_800_000_000)
    assert (file.model.symbol, file.n, file.operators.k) == ("TIDEOF9", 3, 2)
    assert policy_of_text((place / "policy.json").read_bytes()).channels
    assert all("$" not in data.decode() for data in render("tide-of-9", template).values())


@pytest.mark.full
@pytest.mark.parametrize("template", EVERY)
def test_an_experiment_that_learns_nothing_is_red(template, tmp_path):
    place = written(tmp_path, template)
    task = (place / "task.py").read_text(encoding="utf-8")
    still = task + "\nfrom dataclasses import replace  # noqa: E402\n\nTASK = replace(TASK, rate_shift=24, steps=1)\n"
    (place / "task.py").write_text(still, encoding="utf-8")
    ended = run(place, "-m", "pytest", "-q", "-k", "no_change")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "1 failed" in ended.stdout and "rounds[-1].error" in ended.stdout


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_longest_name_fits_every_template(template):
    longest = "a" + "-b2" * 13
    assert len(check_name(longest)) == MAX_NAME
    made = render(longest, template)
    too_long = [
        (file, line)
        for file, data in made.items()
        for line in data.decode().splitlines()
        if file.endswith(".py") and len(line) > 120
    ]
    assert too_long == []
    assert read_founding_file(made["model.toml"], 1_800_000_000).model.symbol == "AB2B2B2B2B2"


def test_the_learner_of_a_table_can_be_installed(tmp_path):
    place = written(tmp_path, "tabular")
    project = tomllib.loads((place / "pyproject.toml").read_text(encoding="utf-8"))
    (named,) = project["project"]["entry-points"]["andel.learners"].values()
    module, _, kind = named.partition(":")
    assert project["tool"]["setuptools"]["py-modules"] == [module]
    assert f"class {kind}:" in (place / f"{module}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["", "Oslo", "oslo air", "oslo--air", "-oslo", "9oslo", "../oslo", "task", "a" * 41])
def test_a_bad_name_is_refused(name):
    with pytest.raises(InputError, match="no name for an experiment"):
        render(name, "motion")


def test_a_template_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="no template 'weather'"):
        render("oslo-air", "weather")


def test_the_command_writes_the_folder_and_says_what_comes_next(tmp_path, monkeypatch, capsys):
    arguments = ["new", "oslo-air", "--template", "air-quality", "--in", str(tmp_path)]
    ended = call_main(arguments, monkeypatch, capsys)
    assert ended.returncode == 0
    assert {path.name for path in (tmp_path / "oslo-air").iterdir()} == set(render("oslo-air", "air-quality"))
    for command in (f"cd {tmp_path / 'oslo-air'}", "python -m pytest -q", "python experiment.py"):
        assert f"  {command}\n" in ended.stdout
    again = call_main(arguments, monkeypatch, capsys)
    assert (again.returncode, again.stderr.count("\n")) == (1, 2)
    assert "is there already" in again.stderr and "nothing is overwritten" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "Oslo", "--template", "motion"], "no name for an experiment"),
        (["new", "oslo", "--template", "weather"], "there is no template"),
        (["new", "oslo", "--template", "motion", "--in", "nowhere/at/all"], "there is no folder"),
    ],
)
def test_a_command_that_cannot_be_done_writes_nothing(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ended = call_main(arguments, monkeypatch, capsys)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_data_without_weeks_to_hold_out_is_told(tmp_path):
    lines = example_table().decode().splitlines()
    (tmp_path / "short.csv").write_text("\n".join(lines[: 24 * 14]) + "\n", encoding="utf-8")
    (tmp_path / "long.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    dataset = table(tmp_path / "short.csv")
    with pytest.raises(SettingsError, match="no week to score on"):
        experiment_of(task_of(table(tmp_path / "long.csv")), dataset, "envelope")


def test_nobody_trains_on_the_founders_weeks_and_every_owner_has_weeks_of_its_own(tmp_path):
    (tmp_path / "long.csv").write_bytes(example_table())
    dataset = table(tmp_path / "long.csv")
    experiment = experiment_of(task_of(dataset), dataset, "envelope")
    weeks = {
        station.owner: {(reading.timestamp - 1_767_225_600) // (7 * 86_400) + 1 for reading in station.readings}
        for station in (*experiment.owners, *experiment.reference)
    }
    assert weeks["founder at hill"] == weeks["founder at valley"] == {4, 9}
    assert weeks["hill-1"] | weeks["hill-2"] | weeks["hill-3"] == {1, 2, 3, 5, 6, 7, 8, 10, 11, 12}
    assert not weeks["hill-1"] & weeks["hill-2"]
