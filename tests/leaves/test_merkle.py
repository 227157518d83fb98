"""Evidence trees: a proof shows a leaf at its place, and at no other."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.merkle import MerkleTree, merkle_root, verify_merkle

leaf_lists = st.lists(st.binary(max_size=40), min_size=1, max_size=40)


def by_definition(leaves):
    def top(nodes):
        if len(nodes) == 1:
            return nodes[0]
        pairs = [nodes[i : i + 2] for i in range(0, len(nodes), 2)]
        return top([hashlib.sha256(b"\x01" + p[0] + p[1]).digest() if len(p) == 2 else p[0] for p in pairs])

    node = top([hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]) if leaves else bytes(32)
    return hashlib.sha256(b"\x02" + len(leaves).to_bytes(8, "big") + node).digest()


@given(st.lists(st.binary(max_size=40), max_size=40))
def test_the_root_is_the_documented_one(leaves):
    assert merkle_root(leaves) == by_definition(leaves)


@pytest.mark.parametrize("count", [*range(1, 34), 63, 64, 65, 127, 128, 129])
def test_every_leaf_of_every_count_is_proven_at_its_place_only(count):
    leaves = [bytes([i]) for i in range(count)]
    tree = MerkleTree(leaves)
    for index in range(count):
        proof = tree.proof(index)
        assert verify_merkle(leaves[index], index, count, proof, tree.root)
        assert not any(
            verify_merkle(leaves[index], other, count, proof, tree.root) for other in range(count) if other != index
        )


@given(leaf_lists, st.data())
def test_equal_leaves_are_still_bound_to_their_places(leaves, data):
    leaves = [b"same"] * len(leaves)
    tree = MerkleTree(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    assert verify_merkle(b"same", index, len(leaves), tree.proof(index), tree.root)
    assert not verify_merkle(b"same", index, len(leaves) + 1, tree.proof(index), tree.root)


@given(leaf_lists, st.integers(1, 80), st.data())
def test_a_proof_under_another_count_fails(leaves, count, data):
    tree = MerkleTree(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    assert verify_merkle(leaves[index], index, count, tree.proof(index), tree.root) == (count == len(leaves))


@settings(max_examples=200)
@given(leaf_lists, st.data())
def test_a_flipped_bit_anywhere_in_a_proof_fails(leaves, data):
    tree = MerkleTree(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = list(tree.proof(index))
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        damaged = bytearray(proof[place])
        damaged[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
        changed = [*proof[:place], bytes(damaged), *proof[place + 1 :]]
        assert not verify_merkle(leaves[index], index, len(leaves), changed, tree.root)
        assert not verify_merkle(leaves[index], index, len(leaves), proof[:-1], tree.root)
    assert not verify_merkle(leaves[index], index, len(leaves), [*proof, bytes(32)], tree.root)
    assert not verify_merkle(leaves[index] + b"\x00", index, len(leaves), proof, tree.root)


@given(leaf_lists)
def test_repeating_the_last_leaf_changes_the_root(leaves):
    assert merkle_root(leaves) != merkle_root([*leaves, leaves[-1]])


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=12, unique=True), st.data())
def test_order_changes_the_root(leaves, data):
    shuffled = data.draw(st.permutations(leaves))
    assert (merkle_root(leaves) == merkle_root(shuffled)) == (leaves == shuffled)


def test_an_inner_node_is_no_leaf():
    left, right = (hashlib.sha256(b"\x00" + leaf).digest() for leaf in (b"a", b"b"))
    assert merkle_root([left + right]) != merkle_root([b"a", b"b"])
    assert merkle_root([b"\x01" + left + right]) != merkle_root([b"a", b"b"])


@given(st.integers(-3, 3), st.integers(-1, 2), st.lists(st.binary(max_size=40), max_size=3))
def test_senseless_proofs_are_false_and_never_raise(index, count, proof):
    assert not verify_merkle(b"leaf", index, count, proof, bytes(32))


def test_a_proof_outside_the_tree_is_an_index_error():
    tree = MerkleTree([b"a"])
    for index in (-1, 1):
        with pytest.raises(IndexError):
            tree.proof(index)
