"""How long tests wait for another program: so long that only what never comes is missed."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 300.0
"""Seconds until a wait for another process is given up. Each ends as soon as what it waits for is there; on a machine
with more to do than it has cores, a node takes minutes where it otherwise takes two seconds."""
