"""Attack: a coordinator tries to see one update: a group of its own choice, keys in between, two lists of survivors.

Who: the coordinator, alone or with members of its own. What stops it: each member draws its group itself from the
commitments on chain and seed 1, takes keys under their accounts' signatures only, masks for no fewer than a quorum, and
signs one list of survivors in a round, over which a quorum must agree before it shows any share.
"""

import pytest

from andel.encoding import canonical_json, parse_json
from andel.keys import AccountKey, derive_secret
from andel.training import wire
from andel.training.group_member import write_keys
from andel.training.groups import GroupKeys, sign_keys
from andel.training.result import commitments_leaves, sign_commitment
from andel.training.strategy import EvidenceStrategy
from tests.support.federations import RecordingGrid, honest_node
from tests.support.grouped import grouped_world, groups_of, run_grouped
from tests.support.worlds import FIRST_SEED

WORLD = grouped_world()
GROUP, OTHERS = groups_of(WORLD)
VICTIM = GROUP[0]
WEIGHT = WORLD.owner(VICTIM).weight(WORLD.plan)
LEAVES = b"".join(
    commitments_leaves(WORLD.plan, [sign_commitment(o.key, WORLD.plan, o.batches(WORLD.plan)) for o in WORLD.owners])
)
INTRUDER = AccountKey(derive_secret(b"tests: intruder"))


def strategy():
    made = EvidenceStrategy(WORLD.plan, WORLD.task.to_bytes(), FIRST_SEED)
    made.nodes = {owner.address: 1_000 + number for number, owner in enumerate(WORLD.owners)}
    return made


def asked(grid, kind, who=VICTIM, group=None, leaves=LEAVES):
    """(why a node refuses an instruction, its answer)."""
    message = strategy().instruct(kind, who, {"group": canonical_json(group or {}), "leaves": leaves})
    (reply,) = grid.send_and_receive([message])
    return (str(reply.error.reason), None) if reply.has_error() else ("", wire.read_answer(reply))


@pytest.fixture
def keyed():
    """(a grid, the signed keys of all its nodes)."""
    grid = RecordingGrid([honest_node(WORLD, number) for number in range(len(WORLD.owners))])
    keys = {}
    for owner in WORLD.owners:
        _, record = asked(grid, wire.KEYS, owner.address)
        named = (record[name] for name in ("mask_key", "share_key", "seed_hash", "signature"))
        keys[owner.address] = GroupKeys(owner.address, *named)
    return grid, keys


def offered(keys, members, weight=WEIGHT):
    return {"members": [write_keys(keys[who]) for who in members], "weight": weight}


def test_the_true_group_is_taken(keyed):
    grid, keys = keyed
    assert asked(grid, wire.SHARES, group=offered(keys, GROUP))[0] == ""


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ((VICTIM, *OTHERS[:3]), "not the one that seed 1 draws"),
        (GROUP[1:], "not the one that seed 1 draws"),
        (GROUP[:2], "2 of 4 drawn members"),
        ((VICTIM, VICTIM, VICTIM), "not the one that seed 1 draws"),
    ],
    ids=["others", "without it", "too few", "itself"],
)
def test_a_group_of_the_coordinators_choice_is_refused(keyed, members, named):
    grid, keys = keyed
    assert named in asked(grid, wire.SHARES, group=offered(keys, members))[0]


def test_a_draw_from_other_commitments_is_another_root(keyed, monkeypatch):
    grid, keys = keyed
    asked_for = []
    monkeypatch.setattr(WORLD.owner(VICTIM), "check_commitments", lambda plan, root: asked_for.append(root))
    asked(grid, wire.SHARES, group=offered(keys, GROUP))
    asked(grid, wire.SHARES, group=offered(keys, GROUP), leaves=LEAVES[: 4 * 52])
    assert len(set(asked_for)) == 2, "the node asks the chain for the root of what it was told"


def test_keys_put_in_between_carry_no_members_signature(keyed):
    grid, keys = keyed
    other = GROUP[1]
    theirs = sign_keys(INTRUDER, WORLD.plan, keys[OTHERS[0]].mask_key, keys[OTHERS[0]].share_key, keys[other].seed_hash)
    forged = GroupKeys(other, theirs.mask_key, theirs.share_key, theirs.seed_hash, theirs.signature)
    reason, _ = asked(grid, wire.SHARES, group=offered({**keys, other: forged}, GROUP))
    assert f"do not carry {other}'s signature" in reason


@pytest.mark.parametrize("weight", [0, -1, WEIGHT + 1, 1 << 40, True, "7"])
def test_a_weight_that_is_not_its_own_is_refused(keyed, weight):
    grid, keys = keyed
    assert "is no weight of" in asked(grid, wire.SHARES, group=offered(keys, GROUP, weight))[0]


def test_a_second_list_of_survivors_and_shares_without_a_quorum_are_refused():
    _, grid = run_grouped(WORLD)
    assert "another list" in asked(grid, wire.SURVIVORS, group={"survivors": list(GROUP[:3])})[0]
    assert "not enough" in asked(grid, wire.SURVIVORS, group={"survivors": [VICTIM]})[0]
    assert "0 survivors have confirmed" in asked(grid, wire.UNMASK, group={"signatures": {}})[0]


def test_a_member_shows_of_each_other_one_share_and_never_both():
    result, grid = run_grouped(WORLD)
    answers = [wire.read_answer(reply) for kind, _, reply in grid.carried if kind == wire.UNMASK and reply is not None]
    assert len(answers) == 8
    for answer in answers:
        shares = parse_json(wire.bytes_of(answer, "shares", 1 << 20), 1 << 20)
        assert set(shares) in (set(GROUP), set(OTHERS))
        assert all(len(share) == 2 and len(share[1]) == 32 for share in shares.values()), "one share of 16 bytes each"
    assert all(mask.survived for mask in result.masks), "so nobody's mask seed was opened"
