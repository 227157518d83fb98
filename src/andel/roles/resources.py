"""What of a machine a contributor's node may take: niceness, processor cores, memory.

Set once for the whole process, before it works. Gives what could not be set here, in words. On Linux all three hold for
every thread, also for those that libraries have started; elsewhere what the system offers is set.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from andel.errors import SettingsError

_TASKS = Path("/proc/self/task")


@dataclass(frozen=True, slots=True)
class Resources:
    """`nice` 0 to 19; `cores` 0 is all of them; `memory_bytes` 0 is no limit."""

    nice: int = 10
    cores: int = 0
    memory_bytes: int = 0


def limit_process(resources: Resources) -> list[str]:
    """Sets the limits; gives those that this system cannot hold. Raises SettingsError when one is refused."""
    missing = []
    try:
        os.setpriority(os.PRIO_PROCESS, 0, resources.nice)
        for thread in _threads():  # on Linux each thread has a niceness of its own
            os.setpriority(os.PRIO_PROCESS, thread, resources.nice)
        if resources.cores and sys.platform == "linux":
            allowed = sorted(os.sched_getaffinity(0))
            chosen = set(allowed[-resources.cores :])  # what everybody uses first stays free
            for thread in (0, *_threads()):
                os.sched_setaffinity(thread, chosen)
        elif resources.cores:
            missing.append("cores")
        if resources.memory_bytes:
            # RLIMIT_DATA counts private memory; RLIMIT_AS would count what is only mapped
            kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
            hard = resource.getrlimit(kind)[1]
            soft = resources.memory_bytes if hard == resource.RLIM_INFINITY else min(resources.memory_bytes, hard)
            resource.setrlimit(kind, (soft, hard))
    except (OSError, ValueError) as error:
        raise SettingsError(f"a limit cannot be set: {error}", "a smaller one, or none") from error
    return missing


def _threads() -> list[int]:
    return [int(entry.name) for entry in _TASKS.iterdir()] if _TASKS.is_dir() else []
