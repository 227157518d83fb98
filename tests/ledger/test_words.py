"""What is encoded and read as plain words is what eth-abi makes of it, and what is unusual is left to eth-abi."""

import pytest
from eth_abi.abi import decode, encode
from hypothesis import given
from hypothesis import strategies as st

from andel.keys import checksummed
from andel.ledger.words import decode_words, encode_words

VALUES = {
    "address": st.binary(min_size=20, max_size=20).map(checksummed),
    "bytes32": st.binary(min_size=32, max_size=32),
    "bool": st.booleans(),
    "uint256": st.integers(0, 2**256 - 1),
    "uint32": st.integers(0, 2**32 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
}
kinds = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4)
plain = kinds.flatmap(lambda found: st.tuples(st.just(found), st.tuples(*(VALUES[kind] for kind in found))))
structs = kinds.flatmap(
    lambda found: st.tuples(st.just(found), st.lists(st.tuples(*(VALUES[kind] for kind in found)), max_size=5))
)


def components(found):
    """Values of these kinds."""
    return [{"name": f"v{i}", "type": kind} for i, kind in enumerate(found)]


@given(plain)
def test_words_are_encoded_and_read_as_eth_abi_does(pair):
    found, values = pair
    data = encode_words(components(found), values)
    assert data == encode(found, values)
    assert decode_words(components(found), data) == values


@given(plain, structs)
def test_structs_and_their_arrays_are_encoded_as_eth_abi_does(pair, items):
    found, values = pair
    inner, listed = items
    given_components = [
        {"name": "one", "type": "tuple", "components": components(found)},
        {"name": "many", "type": "tuple[]", "components": components(inner)},
        *components(found),
    ]
    types = [f"({','.join(found)})", f"({','.join(inner)})[]", *found]
    assert encode_words(given_components, [values, listed, *values]) == encode(types, [values, listed, *values])


@given(st.sampled_from(sorted(VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), st.lists(VALUES[kind]))))
def test_arrays_of_words_are_encoded_and_read_as_eth_abi_does(pair):
    kind, values = pair
    listed = [{"name": "all", "type": f"{kind}[]"}]
    data = encode_words(listed, [values])
    assert data == encode([f"{kind}[]"], [values])
    assert decode_words(listed, data) == (tuple(values),)


@given(st.sampled_from(sorted(VALUES)), st.binary(min_size=32, max_size=32))
def test_a_word_that_eth_abi_refuses_is_not_read(kind, word):
    found = decode_words(components([kind]), word)
    try:
        (expected,) = decode([kind], word)
    except Exception:
        assert found is None
    else:
        assert found == (checksummed(bytes.fromhex(expected[2:])) if kind == "address" else expected,)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint32", 2**32),
        ("uint32", -1),
        ("uint32", True),
        ("int64", 2**63),
        ("bool", 1),
        ("address", "0x12"),
        ("address", None),
        ("bytes32", b"short"),
        ("string", "text"),
        ("bytes", b"any"),
        ("uint32[2]", [1, 2]),
        ("uint32[]", 7),
    ],
)
def test_what_does_not_fit_or_is_unusual_is_left_to_eth_abi(kind, value):
    assert encode_words(components([kind]), [value]) is None


def test_answers_of_other_lengths_are_left_to_eth_abi():
    assert decode_words(components(["uint32"]), bytes(64)) is None
    assert decode_words([{"name": "all", "type": "uint32[]"}], bytes(64)) is None
    assert decode_words([{"name": "all", "type": "uint32[]"}], encode(["uint32[]"], [[1]])[:-1]) is None
