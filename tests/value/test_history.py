"""The state of a model's value: one canonical form, order-free, and nothing else is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.encoding import canonical_json
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import checksummed
from andel.units import BaseUnits, Digest
from andel.value.history import EMPTY_HISTORY, History, ProvenSet, parse_history
from andel.value.standing import MAX_FAILURES, Standing

accounts = st.binary(min_size=20, max_size=20).map(checksummed)
histories = st.builds(
    History,
    st.integers(0, 10**6),
    st.dictionaries(accounts, st.integers(-(2**80), 2**80), max_size=5),
    st.dictionaries(accounts, st.integers(0, 10**30).map(BaseUnits), max_size=5),
    st.dictionaries(
        st.binary(min_size=32, max_size=32).map(Digest),
        st.builds(ProvenSet, st.integers(0, 10**6), st.dictionaries(accounts, st.integers(1, 240_000), max_size=3)),
        max_size=3,
    ),
    st.dictionaries(
        accounts,
        st.builds(Standing, st.integers(0, MAX_FAILURES), st.integers(0, 10**6), st.integers(0, 10**6)),
        max_size=3,
    ),
    st.integers(0, 2**80),
    st.lists(st.binary(min_size=32, max_size=32).map(Digest), max_size=8).map(tuple),
)
FULL = History(
    3,
    {checksummed(bytes([i]) * 20): (-1) ** i * 2**70 for i in range(4)},
    {checksummed(bytes([i]) * 20): BaseUnits(10**20 + i) for i in range(3)},
    {Digest(sha256(bytes([i]))): ProvenSet(2, {checksummed(bytes([i]) * 20): 96}) for i in range(3)},
    {checksummed(bytes([i]) * 20): Standing(1, 10 + i, 0) for i in range(3)},
    2**70,
    (Digest(sha256(b"first")), Digest(sha256(b"second"))),
)


@given(histories)
def test_a_state_comes_back_from_its_bytes(history):
    assert parse_history(history.to_bytes()) == history
    assert history.hash == sha256(history.to_bytes())
    assert history.earned_total == sum(history.earned.values())


@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_entries_cannot_matter(history, random):
    def shuffled(mapping):
        items = list(mapping.items())
        random.shuffle(items)
        return dict(items)

    other = History(
        history.round,
        shuffled(history.scores),
        shuffled(history.earned),
        shuffled(history.proven),
        shuffled(history.standing),
        history.best_gain,
        history.versions,
    )
    assert other.hash == history.hash


def test_the_first_state_is_empty():
    assert parse_history(EMPTY_HISTORY.to_bytes()) == EMPTY_HISTORY == History(0, {}, {}, {})


FIELDS = json.loads(FULL.to_bytes())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("round", "3"),
        ("round", None),
        ("round", True),
        ("round", [3]),
        ("scores", FIELDS["scores"][::-1]),
        ("scores", FIELDS["scores"] + FIELDS["scores"][-1:]),
        ("scores", [[FIELDS["scores"][3][0], "+5"]]),
        ("scores", [[FIELDS["scores"][3][0], "05"]]),
        ("scores", [[FIELDS["scores"][3][0], " 5"]]),
        ("scores", [[FIELDS["scores"][3][0], 5]]),
        ("scores", [[FIELDS["scores"][3][0], "9" * 5_000]]),
        ("scores", [[FIELDS["scores"][3][0]]]),
        ("scores", [["0x" + "aB" * 20, "5"]]),
        ("scores", [["0x00", "5"]]),
        ("scores", [[7, "5"]]),
        ("scores", 7),
        ("earned", None),
        ("earned", [[FIELDS["scores"][3][0], 5]]),
        ("proven", FIELDS["proven"][::-1]),
        ("proven", [["00", 1, []]]),
        ("proven", [[FIELDS["proven"][0][0], 1, [[FIELDS["scores"][3][0], "96"]]]]),
        ("proven", [[FIELDS["proven"][0][0], -1, []]]),
        ("proven", [[FIELDS["proven"][0][0], True, []]]),
        ("proven", [[FIELDS["proven"][0][0], []]]),
        ("proven", [[FIELDS["proven"][0][0].upper(), 1, []]]),
        ("proven", [[7, 1, []]]),
        ("standing", FIELDS["standing"][::-1]),
        ("standing", [[FIELDS["scores"][3][0], 1, 2]]),
        ("standing", [[FIELDS["scores"][3][0], 1, 2, 3, 4]]),
        ("standing", [[FIELDS["scores"][3][0], 1, 2, -3]]),
        ("standing", [[FIELDS["scores"][3][0], 1, 2, "3"]]),
        ("standing", [[FIELDS["scores"][3][0], MAX_FAILURES + 1, 2, 3]]),
        ("standing", [[]]),
        ("best_gain", "-1"),
        ("best_gain", 5),
        ("best_gain", "05"),
        ("best_gain", None),
        ("versions", ["00"]),
        ("versions", [FIELDS["proven"][0][0]] * 9),
        ("versions", [FIELDS["versions"][0].upper()]),
        ("versions", [7]),
        ("versions", None),
        ("format", "andel-state/2"),
    ],
)
def test_a_state_in_another_form_is_refused(name, value):
    with pytest.raises(InputError):
        parse_history(canonical_json(FIELDS | {name: value}))


@pytest.mark.parametrize("name", list(FIELDS))
def test_a_state_that_lacks_a_field_is_refused(name):
    with pytest.raises(InputError):
        parse_history(canonical_json({key: value for key, value in FIELDS.items() if key != name}))


def test_a_state_with_another_field_is_refused():
    with pytest.raises(InputError):
        parse_history(canonical_json(FIELDS | {"extra": 1}))


@given(st.data())
def test_a_flipped_bit_is_refused_or_gives_another_state(data):
    good = FULL.to_bytes()
    place = data.draw(st.integers(0, len(good) - 1))
    flawed = good[:place] + bytes([good[place] ^ (1 << data.draw(st.integers(0, 7)))]) + good[place + 1 :]
    try:
        history = parse_history(flawed)
    except InputError:
        return
    assert history.hash == sha256(flawed) != FULL.hash


@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(data):
    with pytest.raises(InputError):
        parse_history(data)
