"""`andel demo --rpc`: the same run on a chain that the program did not start, with nothing that only anvil knows."""

import json

import pytest

from andel.errors import NodeMissing
from andel.keys import AccountKey, derive_secret
from andel.simulation.local_chain import LocalChain, find_anvil
from andel.units import TOKEN
from tests.support.counting_proxy import counting
from tests.support.own_data_run import ROUNDS, run_andel, small_table, table_options

FUNDER = AccountKey(derive_secret(b"own chain", "funder"))
SPECIAL = ("anvil_", "evm_", "hardhat_", "debug_", "trace_", "personal_")


@pytest.fixture(scope="module")
def anvil():
    try:
        return find_anvil()
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")


def demo_through(url, folder):
    """The whole command against a chain, without anvil on the search path."""
    table = small_table(folder / "roof.csv")
    arguments = ["demo", *table_options(table), "--rpc", url, "--json", "--folder", str(folder / "run")]
    environment = {"ANDEL_FUNDER_KEY": FUNDER.secret_bytes().hex(), "PATH": str(folder)}
    ended = run_andel(arguments, environment=environment, folder=folder, seconds=300)
    assert ended.returncode == 0, ended.stderr
    assert FUNDER.secret_bytes().hex() not in ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def assert_whole(outcome):
    """It is the run that the embedded chain gives."""
    assert outcome["audit"]["ok"] and outcome["rounds"] == ROUNDS
    assert len(set(outcome["predictions"].values())) == 1
    shares = {item["name"]: item["share"] for item in outcome["participants"]}
    assert shares["rider"] == shares["poisoner"] == shares["replayer"] == 0
    assert all(share > 0 for name, share in shares.items() if name.startswith("roof"))


@pytest.mark.full
@pytest.mark.demo
def test_on_a_chain_that_mines_on_demand_no_special_method_is_called(anvil, tmp_path):
    """Plain `anvil`, as somebody starts it: no block comes without a transaction."""
    with LocalChain(tmp_path / "chain", anvil=anvil) as local, counting(local.url) as proxy:
        local.fund([FUNDER.address])
        chain = local.connect()
        before = chain.balance(FUNDER.address)
        outcome = demo_through(proxy.url, tmp_path)
        spent = before - chain.balance(FUNDER.address)
        chain.close()
    assert_whole(outcome)
    assert [method for method in proxy.methods if method.startswith(SPECIAL)] == []
    assert {method.split("_")[0] for method in proxy.methods} <= {"eth", "net", "web3"}
    assert proxy.methods["eth_sendRawTransaction"] > 20
    assert 0 < spent < 10 * TOKEN


@pytest.mark.full
def test_on_a_chain_with_a_clock_of_its_own(anvil, tmp_path):
    with LocalChain(tmp_path / "chain", anvil=anvil, block_seconds=1) as local, counting(local.url) as proxy:
        local.fund([FUNDER.address])
        assert_whole(demo_through(proxy.url, tmp_path))
    assert [method for method in proxy.methods if method.startswith(SPECIAL)] == []


def test_a_funder_without_coins_is_told_what_is_needed(anvil, tmp_path):
    table = small_table(tmp_path / "roof.csv")
    with LocalChain(tmp_path / "chain", anvil=anvil) as local:
        arguments = ["demo", *table_options(table), "--rpc", local.url, "--folder", str(tmp_path / "run")]
        ended = run_andel(arguments, environment={"ANDEL_FUNDER_KEY": FUNDER.secret_bytes().hex()})
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    told = [line for line in ended.stderr.splitlines() if line.startswith(("andel: ", "hint: "))]
    assert told[0].startswith(f"andel: {FUNDER.address} has 0 wei, the run needs up to")
    assert told[1] == "hint: fund it, or leave --rpc out"
