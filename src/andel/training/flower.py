"""The one door to Flower: its public names, imported after what Flower would send or fetch is turned off.

Flower reads these variables when it is first imported: its telemetry, its command line's update check, and the
run-time installation of a run's dependencies. Everything else in Andel takes Flower's names from here.
"""

from __future__ import annotations

import os

from andel.training.flower_quiet import QUIET

os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})

# isort: split
from flwr.app import (
    Array,
    ArrayRecord,
    ConfigRecord,
    Context,
    Error,
    Message,
    MetricRecord,
    RecordDict,
)
from flwr.clientapp import ClientApp
from flwr.clientapp.typing import ClientAppCallable, Mod
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

try:  # newer releases name the running task in a module of their own, which Message() reads
    from flwr.supercore.task_identity import TaskIdentity
except ImportError:  # pragma: no cover
    TaskIdentity = None  # type: ignore[assignment, misc]  # absent before flwr 1.36

__all__ = [
    "Array",
    "ArrayRecord",
    "ClientApp",
    "ClientAppCallable",
    "ConfigRecord",
    "Context",
    "Error",
    "Grid",
    "Message",
    "MetricRecord",
    "Mod",
    "RecordDict",
    "Strategy",
    "TaskIdentity",
]
