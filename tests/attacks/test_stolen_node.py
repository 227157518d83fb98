"""Attack: somebody's node speaks for an owner who never chose it, or no longer does.

Who: anybody who may register a node key, or who stole one; whoever kept an old delegation, or has one for another
model. What stops it: every reply carries the wallet's EIP-712 delegation to the P-256 key that the SuperLink knows the
node by; a coordinator that is told that key checks wallet, key, model, chain and time (`check_node`).
"""

from dataclasses import replace

import pytest

from andel.errors import InputError
from andel.keys import AccountKey, derive_secret
from andel.training import wire
from andel.training.certificates import make_node_key
from andel.training.delegation import attach, check_node, delegate, keep_delegation, parse_delegation
from andel.training.flower import ConfigRecord, Error, Message, RecordDict
from andel.training.grid import LocalGrid
from andel.training.rounds import FederatedRound, RoundSettings
from andel.typed_data import Domain
from tests.support.federations import Clock, RecordingGrid, honest_node, run_all
from tests.support.worlds import build_world, small_plan, small_task

OWNER = AccountKey(derive_secret(b"tests: delegating owner"))
THIEF = AccountKey(derive_secret(b"tests: thief"))
KEY, STOLEN = make_node_key().public, make_node_key().public
HERE = Domain(31_337, AccountKey(derive_secret(b"tests: model")).address)
NOW, UNTIL = 1_700_000_000, 1_700_086_400
GOOD = delegate(OWNER, HERE, KEY, UNTIL)


def reply_with(delegation):
    LocalGrid([])  # names the running task, which Flower's messages ask for
    question = Message(wire.instruction(small_plan(small_task()), b"", b""), 7, wire.BATCHES)
    reply = Message(RecordDict({"answer": ConfigRecord({"batches": b""})}), reply_to=question)
    return attach(reply, delegation) if delegation else reply


def test_the_node_that_the_wallet_chose_is_taken_until_its_last_second():
    check_node(reply_with(GOOD), OWNER.address, HERE, KEY, UNTIL)
    with pytest.raises(InputError, match="ended"):
        check_node(reply_with(GOOD), OWNER.address, HERE, KEY, UNTIL + 1)


def test_the_owners_delegation_says_nothing_for_another_nodes_key():
    with pytest.raises(InputError, match="another node key"):
        check_node(reply_with(GOOD), OWNER.address, HERE, STOLEN, NOW)


@pytest.mark.parametrize(
    "forged",
    [
        delegate(THIEF, HERE, STOLEN, UNTIL),
        replace(delegate(THIEF, HERE, STOLEN, UNTIL), owner=OWNER.address),
        replace(GOOD, key_x=delegate(OWNER, HERE, STOLEN, 1).key_x, key_y=delegate(OWNER, HERE, STOLEN, 1).key_y),
        replace(delegate(OWNER, HERE, STOLEN, NOW - 1), until=UNTIL),
        delegate(OWNER, replace(HERE, chain_id=4_689), STOLEN, UNTIL),
        replace(delegate(OWNER, replace(HERE, chain_id=4_689), STOLEN, UNTIL), domain=HERE),
        delegate(OWNER, replace(HERE, contract=THIEF.address), STOLEN, UNTIL),
        replace(delegate(OWNER, HERE, STOLEN, UNTIL), signature=bytes(65)),
        None,
    ],
    ids=["thief's", "renamed", "other key", "prolonged", "chain", "moved chain", "model", "unsigned", "none"],
)
def test_a_delegation_that_the_owner_did_not_give_for_this_is_refused(forged):
    with pytest.raises(InputError):
        check_node(reply_with(forged), OWNER.address, HERE, STOLEN, NOW)


@pytest.mark.parametrize("key", [b"", b"no pem", make_node_key().private], ids=["empty", "text", "private"])
def test_a_superlink_that_tells_no_usable_key_gets_no_yes(key):
    with pytest.raises(InputError):
        check_node(reply_with(GOOD), OWNER.address, HERE, key, NOW)


def test_hostile_bytes_in_place_of_a_delegation_are_refused():
    for data in (b"", b"{}", b"[]", GOOD.to_bytes() + b" ", GOOD.to_bytes()[:-2], b"x" * 5_000):
        reply = reply_with(None)
        reply.content["delegation"] = ConfigRecord({"signed": data})
        with pytest.raises(InputError):
            check_node(reply, OWNER.address, HERE, KEY, NOW)


def test_an_error_carries_no_delegation():
    question = Message(wire.instruction(small_plan(small_task()), b"", b""), 7, wire.BATCHES)
    assert attach(Message(Error(2, "no"), reply_to=question), GOOD).has_error()


def test_a_kept_delegation_is_renewed_in_time_and_for_a_new_key(tmp_path):
    path, day = tmp_path / "delegation.json", 86_400
    first = keep_delegation(path, OWNER, HERE, KEY, NOW, 90 * day)
    assert parse_delegation(path.read_bytes()) == first
    assert keep_delegation(path, OWNER, HERE, KEY, NOW + 50 * day, 90 * day) == first
    later = keep_delegation(path, OWNER, HERE, KEY, NOW + 61 * day, 90 * day)
    assert later.until == NOW + 151 * day
    for wallet, domain, key in ((THIEF, HERE, KEY), (OWNER, replace(HERE, chain_id=1), KEY), (OWNER, HERE, STOLEN)):
        other = keep_delegation(path, wallet, domain, key, NOW, 90 * day)
        check_node(reply_with(other), wallet.address, domain, key, NOW)


def test_a_round_takes_no_commitment_of_a_node_that_its_owner_did_not_choose():
    world = build_world(3)
    victim = world.owners[1].address

    def vouched(reply, node, owner):
        if owner == victim:
            raise InputError(f"{owner} delegated to another node key")

    grid = RecordingGrid([honest_node(world, number) for number in range(3)])
    settings = RoundSettings(phase_seconds=10.0, poll_seconds=1.0)
    federated = FederatedRound(grid, world.plan, world.task.to_bytes(), Clock().waiting(), settings, vouched=vouched)
    result = run_all(world, federated).result()
    for taken in ([item.contributor for item in result.commitments], [item.contributor for item in result.updates]):
        assert victim not in taken
    assert len(result.updates) == 2
    assert [(refused.sender, refused.phase) for refused in result.refused] == [("node 1001", wire.BATCHES)]
