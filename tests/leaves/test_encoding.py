"""Canonical bytes: one object has one hash, and nothing that comes back from outside does harm."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from andel.encoding import canonical_json, decode_arrays, encode_arrays, parse_json, words_in, words_of, words_of_array
from andel.errors import AndelError, InputError
from andel.typed_data import abi_word

SAFE = 2**53 - 1
texts = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.text(st.characters(codec="ascii"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | texts,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(names, children, max_size=4),
    max_leaves=20,
)


@given(values)
def test_canonical_json_comes_back_equal(value):
    assert parse_json(canonical_json(value)) == value


@given(st.dictionaries(names, st.integers(-SAFE, SAFE), max_size=6))
def test_key_order_does_not_change_the_bytes(value):
    backwards = dict(reversed(value.items()))
    assert canonical_json(value) == canonical_json(backwards)


@given(values)
def test_the_bytes_are_those_of_a_general_implementation_of_rfc_8785(value):
    assert canonical_json(value) == rfc8785.dumps(value)


def test_a_key_whose_order_would_depend_on_utf_16_is_refused():
    with pytest.raises(InputError, match="no canonical form"):
        canonical_json({"\U0001f600": 1, "ﬁ": 2})


@pytest.mark.parametrize("value", [1.0, float("nan"), [{"x": 0.5}], b"bytes", {1: 2}, {1, 2}, 2**53, -(2**53)])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(InputError):
        canonical_json(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b"1.0",
        b"1e3",
        b"NaN",
        b"Infinity",
        b"-0",
        b"9007199254740992",
        b"1" * 5_000,
        b'"\\u0041"',
        b"\xff\xfe",
        b"\xef\xbb\xbf1",
        "1".encode("utf-16"),
        b'"\\ud800"',
        b'{"\\ud800":1}',
    ],
    ids=lambda data: repr(data[:20]),
)
def test_json_in_any_other_form_is_refused(data):
    with pytest.raises(InputError):
        parse_json(data)


def test_deep_nesting_is_refused_even_where_a_library_lifted_the_recursion_limit():
    # py_ecc, which eth-account and web3 import, sets the limit to 100,000; a parser that trusts it ends the process
    program = (
        "import sys; sys.setrecursionlimit(100_000)\n"
        "from andel.encoding import parse_json\n"
        "from andel.errors import InputError\n"
        "for depth in (1_500, 20_000, 90_000, 1_000_000):\n"
        "    for data in (b'[' * depth + b']' * depth, b'{\"a\":' * depth + b'1' + b'}' * depth):\n"
        "        try: parse_json(data)\n"
        "        except InputError: continue\n"
        "        raise SystemExit(f'read {depth} levels')\n"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")


@pytest.mark.parametrize("depth", range(900, 1_010, 2))
def test_nesting_of_any_depth_is_read_or_refused(depth):
    try:
        parse_json(b"[" * depth + b"]" * depth)
    except InputError:
        pass


def test_an_object_over_the_limit_is_refused_before_it_is_parsed():
    with pytest.raises(InputError, match="over the limit of 3"):
        parse_json(b'"aa"', max_bytes=3)


@given(st.binary(max_size=200))
def test_random_bytes_never_raise_another_error(data):
    try:
        assert canonical_json(parse_json(data)) == data
    except AndelError:
        pass


@given(values)
def test_json_from_another_writer_is_read_only_when_canonical(value):
    data = json.dumps(value).encode()
    try:
        assert parse_json(data) == value
        assert data == canonical_json(value)
    except InputError:
        assert data != canonical_json(value)


int_arrays = st.sampled_from([32, 64]).flatmap(
    lambda bits: st.tuples(
        st.just(bits),
        st.lists(
            hnp.arrays(np.int64, hnp.array_shapes(max_dims=3, max_side=4), elements=_within(bits)),
            min_size=1,
            max_size=4,
        ),
    )
)


def _within(bits):
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@given(int_arrays)
def test_arrays_come_back_equal(case):
    bits, arrays = case
    data = encode_arrays(b"tag", arrays, bits)
    back = decode_arrays(b"tag", data, [array.shape for array in arrays])
    assert all(np.array_equal(a, b) and b.dtype == np.int64 for a, b in zip(arrays, back, strict=True))


def test_memory_order_does_not_change_the_bytes_of_arrays():
    array = np.arange(6).reshape(2, 3)
    assert encode_arrays(b"t", [array], 32) == encode_arrays(b"t", [np.asfortranarray(array)], 32)


def test_equal_values_in_another_shape_have_other_bytes():
    array = np.arange(6)
    assert encode_arrays(b"t", [array.reshape(2, 3)], 32) != encode_arrays(b"t", [array.reshape(3, 2)], 32)


def test_a_value_that_does_not_fit_is_refused():
    with pytest.raises(InputError):
        encode_arrays(b"t", [np.array([2**31])], 32)
    with pytest.raises(InputError):
        encode_arrays(b"t", [np.array([2**63], dtype=np.uint64)], 64)


def test_no_arrays_at_all_come_back():
    assert decode_arrays(b"t", encode_arrays(b"t", [], 32), []) == []


@settings(max_examples=200)
@given(st.data())
def test_damaged_arrays_are_refused_or_have_the_expected_shapes(data):
    whole = encode_arrays(b"tag", [np.arange(3), np.ones((2, 2), dtype=np.int64)], 32)
    position = data.draw(st.integers(0, len(whole) - 1))
    cut = data.draw(st.integers(0, len(whole)))
    flipped = bytearray(whole)
    flipped[position] ^= 1 << data.draw(st.integers(0, 7))
    for damaged in (bytes(flipped), whole[:cut], whole + b"\x00", data.draw(st.binary(max_size=60))):
        try:
            first, second = decode_arrays(b"tag", damaged, [(3,), (2, 2)])
        except InputError:
            continue
        assert first.shape == (3,) and second.shape == (2, 2)


def test_arrays_under_another_tag_or_of_other_shapes_are_refused():
    data = encode_arrays(b"tag", [np.arange(4)], 64)
    for tag, shapes in ((b"tug", [(4,)]), (b"tag", [(2, 2)]), (b"tag", [(4,), (1,)]), (b"ta", [(4,)])):
        with pytest.raises(InputError):
            decode_arrays(tag, data, shapes)


@given(st.lists(st.integers(-(2**255), 2**255 - 1), max_size=5))
def test_integers_come_back_from_their_words_as_solidity_encodes_them(integers):
    words = words_of(integers)
    assert words == b"".join(abi_word("answer", "int256", each) for each in integers)
    assert words_in(words) == integers


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=9))
def test_an_array_has_the_words_of_its_integers(integers):
    values = np.array(integers, dtype=np.int64)
    assert words_of_array(values) == words_of(integers)
    assert values.tolist() == integers, "what was given is left as it was"


@pytest.mark.parametrize("integer", [2**255, -(2**255) - 1])
def test_an_integer_outside_int256_has_no_word(integer):
    with pytest.raises(OverflowError):
        words_of([integer])
