"""The small run on anvil, shared with the other folders that use it."""

from tests.support.judged import launch_judged
from tests.support.small_run import finished_run, launch_world, shared_node

__all__ = ["finished_run", "launch_judged", "launch_world", "shared_node"]
