"""The pictures of docs/figures are what their sources give now; what is new in a source is not drawn over."""

import shutil
import xml.etree.ElementTree as ElementTree

import pytest

from scripts.draw_figures import PICTURES, old_pictures
from scripts.figures import results, rooms, rounds
from scripts.figures.strokes import DrawingError

SOURCES = ("pyproject.toml", "docs/architecture.md", "docs/results.md", "contracts/src/training")


@pytest.fixture
def copied(repo_root, tmp_path):
    """What the pictures are drawn from, for a test to spoil."""
    for name in SOURCES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (repo_root / name).is_dir() else shutil.copy
        copy(repo_root / name, tmp_path / name)
    return tmp_path


def change(path, old, new):
    """One place of a file, changed."""
    found = path.read_text(encoding="utf-8")
    assert found.count(old) == 1, old
    path.write_text(found.replace(old, new), encoding="utf-8")


def test_every_picture_is_what_its_source_gives_now(repo_root):
    assert old_pictures(repo_root, repo_root / "docs" / "figures") == [], "run python scripts/draw_figures.py"


def test_an_old_picture_and_a_missing_one_are_told(repo_root, tmp_path):
    for name in PICTURES:
        shutil.copy(repo_root / "docs" / "figures" / name, tmp_path)
    (tmp_path / "round.svg").unlink()
    change(tmp_path / "results.svg", "New York", "Old York")
    assert old_pictures(repo_root, tmp_path) == ["round.svg", "results.svg"]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_whole_is_read_out_and_loads_nothing(repo_root, name):
    drawn = (repo_root / "docs" / "figures" / name).read_text(encoding="utf-8")
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == "img" and len(root.get("aria-label") or "") > 30
    assert "prefers-color-scheme:dark" in drawn
    assert drawn.count("://") == 1, "the namespace alone"


def test_a_step_that_the_contracts_gain_is_not_left_out(copied):
    manager = copied / "contracts" / "src" / "training" / "Votes.sol"
    change(
        manager,
        "    function halt(",
        "    function skip(uint64 round) external { _round(round).status = Status.Finalised; }\n\n    function halt(",
    )
    with pytest.raises(DrawingError, match="Step\\(function='skip', before='any', after=\\('Finalised',\\)\\)"):
        rounds.draw(copied)


def test_a_step_that_asks_for_another_state_is_told(copied):
    change(
        copied / "contracts/src/training/Votes.sol",
        "_inStatus(round, Status.Challenged)",
        "_inStatus(round, Status.Void)",
    )
    with pytest.raises(DrawingError, match="function='resume', before='Void'"):
        rounds.draw(copied)


def test_a_state_or_reason_that_is_new_is_told(copied):
    change(copied / "contracts/src/training/RoundTypes.sol", "    Finalised,", "    Finalised,\n    Archived,")
    with pytest.raises(DrawingError, match="states.*Archived"):
        rounds.draw(copied)


def test_rooms_in_another_order_are_told(copied):
    change(copied / "pyproject.toml", '  "ledger",\n  "value",\n', '  "value",\n  "ledger",\n')
    with pytest.raises(DrawingError, match="import contract"):
        rooms.draw(copied)


def test_measured_errors_are_drawn_as_the_page_says_them(copied):
    (york, beijing) = results.panels_of((copied / "docs" / "results.md").read_text(encoding="utf-8"))
    assert (york.unit, len(york.errors[0]), beijing.unit, len(beijing.errors[0])) == ("°C", 6, "µg/m³", 5)
    assert york.errors[0][0] == 1.711 and york.errors[3][0] == 0.935
    with pytest.raises(DrawingError):
        results.panels_of("# Results\n\n## Nothing\n")
