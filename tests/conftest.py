"""What every test may ask for: where the project lies, what lies beside it, and one Hypothesis profile."""

import gc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No deadline: on two busy cores the first example of a test that imports much is slow; that is no finding.
settings.register_profile("andel", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("andel")

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection() -> None:
    """What is imported and collected stays to the end: looking for garbage among it takes seconds and finds none."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on garbage is looked for among what tests make."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a whole demo in them come first: begun last, one would leave the other cores with nothing to do."""
    long = {item.path for item in items if item.get_closest_marker("demo")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of published vectors and data sets beside the checkout; without it the test is skipped."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder `shared` beside the checkout: published vectors and data sets are not at hand")
    return folder
