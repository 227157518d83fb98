"""What turns off all that Flower would send or fetch of itself; imports nothing, so that it can stand before Flower."""

from __future__ import annotations

from typing import Final

QUIET: Final = {
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
}
"""Variables that Flower reads when it is first imported: its telemetry, its programs' update check, and the run-time
installation of what a run's bundle depends on.
"""
