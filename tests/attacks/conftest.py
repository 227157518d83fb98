"""The small run on anvil and the run of the whole command, shared with the other folders that use them."""

from tests.support.judged import launch_judged
from tests.support.own_data_run import own_data_run
from tests.support.small_run import finished_run, launch_world, shared_node

__all__ = ["finished_run", "launch_judged", "launch_world", "own_data_run", "shared_node"]
