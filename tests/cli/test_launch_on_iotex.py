"""From a file to the first settled round, through a gateway with IoTeX's habits and gas."""

import json

import pytest

from andel.ledger.round_state import Status
from andel.roles.launching.lock import read_lock
from andel.simulation.local_chain import LocalChain
from tests.ledger.iotex_gateway import IotexGateway
from tests.support.launched_files import BehindGateway, launch_by_file
from tests.support.own_data_run import run_andel

TESTNET = 4690


@pytest.fixture(scope="module")
def gateway(shared_node, tmp_path_factory):
    """IoTeX testnet, as far as a gateway shows it: receipts late, no batches, each transaction paid as there."""
    with LocalChain(tmp_path_factory.mktemp("iotex"), chain_id=TESTNET) as node:
        running = IotexGateway(node.url)
        running.receipts_late, running.takes_batches, running.charges = 1, False, True
        yield node, running
        running.stop()


@pytest.mark.full
def test_from_a_file_to_the_first_settled_round_on_iotex(gateway, tmp_path, andel):
    node, iotex = gateway
    printed: list[str] = []

    def command(words):
        ended = run_andel([*words, "--json"])
        assert ended.returncode == 0, ended.stderr
        printed.append(ended.stdout)

    by_file = launch_by_file(BehindGateway(node, iotex.url), tmp_path, "on iotex", command)
    by_file.small.play()
    assert by_file.small.world.model.round_manager.round_of(1).status == Status.FINALISED
    lock = read_lock(by_file.lock_file)
    assert lock is not None and json.loads(printed[0])["chain_id"] == lock.chain_id == TESTNET
    launch = lock.done("launch")
    assert launch is not None and 2_500_000 < launch.gas_used < 4_000_000
    ended = andel("check", by_file.lock_file, "--rpc", iotex.url)
    assert ended.returncode == 0, ended.stdout
    assert max(end - start for start, end in iotex.log_ranges) < 2_000
