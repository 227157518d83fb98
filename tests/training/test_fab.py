"""The bundle for stock SuperNodes: the same bytes each time, no code and no dependency of its own."""

import io
import tomllib
import zipfile

import pytest

from andel import __version__
from andel.errors import InputError
from andel.training.fab import build_fab

REFERENCE = "andel.roles.node_app:app"


def test_the_same_reference_gives_the_same_bytes():
    assert build_fab(REFERENCE) == build_fab(REFERENCE) != build_fab("andel.simulation.node_app:app")


def test_it_names_an_installed_app_and_asks_for_nothing_to_be_installed():
    with zipfile.ZipFile(io.BytesIO(build_fab(REFERENCE))) as bundle:
        project = tomllib.loads(bundle.read("pyproject.toml").decode())
        client = bundle.read("andel_node/client.py").decode()
        names = set(bundle.namelist())
    assert project["project"]["dependencies"] == [] and project["project"]["version"] == __version__
    assert client.splitlines()[0] == "from andel.roles.node_app import app as app"
    assert names == {
        "pyproject.toml",
        "andel_node/__init__.py",
        "andel_node/client.py",
        "andel_node/server.py",
        ".info/CONTENT",
    }


@pytest.mark.parametrize("reference", ["", "os", "os:", "os.system:a b", "os:system\nimport os", "a..b:c", "a:b.c"])
def test_what_is_no_reference_is_refused(reference):
    with pytest.raises(InputError, match="not a reference"):
        build_fab(reference)
