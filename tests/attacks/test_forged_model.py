"""A model that looks like one of ours and does not keep the rules: it is not found.

The attacker founds contracts that name one another as ours do: from our own code, initialised by a factory of its own
without any bounds; or with code of its own behind the clones.
"""

import pytest

from andel.errors import ChainError, NodeMissing
from andel.hashing import sha256
from andel.keys import AccountKey, address_bytes, derive_secret
from andel.ledger.abi import encode_call, encode_creation
from andel.ledger.connection import Chain
from andel.ledger.deployment import deploy_shared, find_model
from andel.ledger.interface import Contract, interface_of
from andel.simulation.local_chain import LocalChain
from andel.units import Address
from tests.support.governed import Impersonator

ATTACKER = AccountKey(derive_secret(b"forged model", "attacker"))


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    try:
        running = LocalChain(tmp_path_factory.mktemp("chain"))
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")
    with running:
        running.fund([ATTACKER.address])
        yield running


@pytest.fixture
def chain(local):
    connected = local.connect()
    yield connected
    connected.close()


def word(value):
    return bytes(12) + address_bytes(value) if isinstance(value, str) else int(value).to_bytes(32, "big")


def forge_model(local: LocalChain, chain: Chain, codes: dict[str, Address], owner: str) -> Address:
    """Clones of `codes` that name one another, with operators that may leave at once; the RoundManager's address."""
    act, own = Impersonator(local), ATTACKER.address
    nonce = chain.next_nonce(own)
    token, pool, operators, disputes, manager, vault = (chain.created_address(own, nonce + i) for i in range(6))
    words = {
        "ModelToken": [pool, own, vault, 10**30, 1, 604_800, own],
        "RewardPool": [token, manager, own, 1, 10**18, 10**30, 0, 0],
        "Operators": [manager, disputes, 1, 0, 0],
        "Disputes": [manager, operators, 1, 1, 60],
        "RoundManager": [own, own, pool, operators, disputes, own, 1, 1, 0, 1, 0, 1_000, 1, 1, 0],
        "RevenueVault": [token, 1, 604_800, 0],
    }
    for name, values in words.items():
        act.clone(own, codes[name], [word(value) for value in values])
    validators = [(AccountKey(derive_secret(b"forged", "validator", 0)).address, sha256(b"sealing"))]
    if owner:
        data = encode_call(Contract("Operators", operators), "initialize", (owner, own, [], validators, 1))
        act.send(own, operators, data)
    return manager


def own_codes(local: LocalChain) -> dict[str, Address]:
    """Our implementations, deployed for a factory that is the attacker's account."""
    act, own = Impersonator(local), ATTACKER.address
    names = ("ModelToken", "RewardPool", "Operators", "Disputes", "RoundManager", "RevenueVault")
    return {
        name: act.create(own, encode_creation(interface_of(name), [own] if name == "Operators" else []))
        for name in names
    }


def test_our_code_launched_by_another_factory_is_no_model(local, chain):
    manager = forge_model(local, chain, own_codes(local), ATTACKER.address)
    with pytest.raises(ChainError, match="no factory of this release"):
        find_model(chain, manager)


def test_other_code_behind_a_clone_is_no_model(local, chain):
    codes = own_codes(local)
    altered = bytearray(chain.code(codes["RewardPool"]))
    altered[-1] ^= 1
    # creation code that leaves the altered code: PUSH2 length DUP1 PUSH1 11 PUSH0 CODECOPY PUSH0 RETURN
    head = bytes.fromhex("61") + len(altered).to_bytes(2, "big") + bytes.fromhex("80600a5f395ff3")
    codes["RewardPool"] = Impersonator(local).create(ATTACKER.address, head + bytes(altered))
    manager = forge_model(local, chain, codes, ATTACKER.address)
    with pytest.raises(ChainError, match="code that this release does not know"):
        find_model(chain, manager)


def test_clones_of_a_true_factory_that_it_never_launched_are_no_model(local, chain):
    shared = deploy_shared(chain, ATTACKER)
    made = shared.factory.implementations()
    fields = {"token": "ModelToken", "pool": "RewardPool", "operators": "Operators"}
    fields |= {"disputes": "Disputes", "manager": "RoundManager", "vault": "RevenueVault"}
    manager = forge_model(local, chain, {name: made[field] for field, name in fields.items()}, "")
    with pytest.raises(ChainError, match="never founded"):
        find_model(chain, manager)
