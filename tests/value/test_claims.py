"""The claims tree: what OpenZeppelin's MerkleProof accepts, with running sums that leave nothing hidden."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import address_bytes, checksummed
from andel.units import TOKEN, BaseUnits
from andel.value.claims import EMPTY_CLAIMS_ROOT, ClaimTree, claim_leaf, value_root

accounts = st.binary(min_size=20, max_size=20).map(checksummed)
earnings = st.dictionaries(accounts, st.integers(1, 10**27).map(BaseUnits), min_size=1, max_size=40)


def word(number):
    """An abi word."""
    return number.to_bytes(32, "big")


def leaf_of(account, cumulative, running_sum):
    """keccak256(bytes.concat(keccak256(abi.encode(account, cumulative, runningSum)))), word by word."""
    encoded = bytes(12) + address_bytes(account) + word(cumulative) + word(running_sum)
    return keccak(keccak(encoded))


def verify(proof, root, leaf):
    """OpenZeppelin's MerkleProof.verify: siblings hashed in sorted pairs."""
    node = leaf
    for sibling in proof:
        node = keccak(node, sibling) if node < sibling else keccak(sibling, node)
    return node == root


@given(earnings)
def test_every_claim_verifies_and_running_sums_rise_to_the_total(earned):
    tree = ClaimTree(earned)
    running = 0
    for account in sorted(earned, key=address_bytes):
        claim = tree.claim(account)
        running += earned[account]
        assert (claim.account, claim.cumulative, claim.running_sum) == (account, earned[account], running)
        assert verify(claim.proof, tree.root, leaf_of(account, earned[account], running))
        assert claim_leaf(account, earned[account], running) == leaf_of(account, earned[account], running)
    assert tree.total == running == sum(earned.values()) and len(tree) == len(earned)


@given(earnings, st.data())
def test_no_claim_verifies_for_more_or_for_another(earned, data):
    tree = ClaimTree(earned)
    account = data.draw(st.sampled_from(sorted(earned)))
    claim = tree.claim(account)
    stranger = checksummed(keccak(address_bytes(account))[:20])
    for forged in (
        (account, claim.cumulative + 1, claim.running_sum),
        (account, claim.cumulative + 1, claim.running_sum + 1),
        (account, claim.cumulative, claim.running_sum + 1),
        (stranger, claim.cumulative, claim.running_sum),
    ):
        assert not verify(claim.proof, tree.root, leaf_of(*forged))


@given(earnings, st.randoms(use_true_random=False))
def test_the_order_of_earnings_cannot_matter(earned, random):
    shuffled = list(earned.items())
    random.shuffle(shuffled)
    assert ClaimTree(dict(shuffled)).root == ClaimTree(earned).root


@given(earnings)
def test_who_earned_nothing_has_no_leaf(earned):
    nobody = checksummed(bytes(20))
    tree = ClaimTree({**earned, nobody: BaseUnits(0)})
    if nobody not in earned:
        assert tree.root == ClaimTree(earned).root
        with pytest.raises(InputError, match="earned nothing"):
            tree.claim(nobody)


def test_before_anybody_earned_the_root_is_zero():
    assert ClaimTree({}).root == EMPTY_CLAIMS_ROOT == bytes(32)
    assert ClaimTree({}).total == 0 and len(ClaimTree({})) == 0


def test_the_only_account_has_an_empty_proof():
    account = checksummed(bytes(range(20)))
    tree = ClaimTree({account: BaseUnits(TOKEN)})
    assert tree.claim(account).proof == () and tree.root == leaf_of(account, TOKEN, TOKEN)


def test_the_value_root_binds_all_four_numbers():
    root = keccak(b"root")
    found = value_root(root, 5, 3, -7)
    assert found == keccak(root + word(5) + word(3) + word(2**256 - 7))
    others = [value_root(keccak(b"x"), 5, 3, -7), value_root(root, 6, 3, -7), value_root(root, 5, 4, -7)]
    assert found not in [*others, value_root(root, 5, 3, 7)]


def test_the_shared_vector_file_verifies(repo_root):
    vector = json.loads((repo_root / "vectors" / "claims.json").read_text(encoding="utf-8"))
    root = bytes.fromhex(vector["root"][2:])
    running = 0
    assert len(vector["leaves"]) == 20
    for leaf in vector["leaves"]:
        running += int(leaf["cumulative"])
        assert int(leaf["runningSum"]) == running
        hashed = leaf_of(leaf["account"], int(leaf["cumulative"]), running)
        assert verify([bytes.fromhex(sibling[2:]) for sibling in leaf["proof"]], root, hashed)
    assert int(vector["total"]) == running
