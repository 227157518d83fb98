"""The learner that docs/tasks.md shows, made from the page's own text, and installed for a test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from andel.training import learner_engine

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tasks.md"
_CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown_code() -> str:
    """The first Python of the page."""
    found = _CODE.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    return found.group(1)


def shown_learner() -> type:
    """The class in it."""
    made: dict[str, Any] = {}
    exec(compile(shown_code(), str(PAGE), "exec"), made)  # our own page, word for word
    kind: type = made["Linear"]
    return kind


class Installed:
    """What `entry_points` finds of a package that brings a learner under a name."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def load(self) -> type:
        """The class."""
        return self._kind


def install(patch: Any, name: str, kind: type) -> None:
    """Makes a learner installed while `patch` (a MonkeyPatch) holds."""
    patch.setattr(
        learner_engine,
        "entry_points",
        lambda group, name, own=name: [Installed(kind)] if (group, name) == ("andel.learners", own) else [],
    )
