"""The two hashes against their published values, and the calendar of windows and slots."""

from hypothesis import given
from hypothesis import strategies as st

from andel.hashing import counter_blocks, keccak, sha256
from andel.units import DAY_SECONDS, SLOT_SECONDS, day_of, slot_of


def test_hashes_of_nothing_are_the_published_ones():
    assert sha256().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert keccak().hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_parts_are_hashed_as_one(parts):
    assert sha256(*parts) == sha256(b"".join(parts))
    assert keccak(*parts) == keccak(b"".join(parts))


@given(st.binary(max_size=60), st.integers(0, 300))
def test_a_block_is_the_hash_of_the_seed_and_its_number(seed, count):
    assert counter_blocks(seed, count) == [sha256(seed, number.to_bytes(8, "big")) for number in range(count)]


@given(st.integers(0, 2**48))
def test_a_time_lies_in_its_slot_and_a_slot_in_its_day(timestamp):
    assert 0 <= timestamp - slot_of(timestamp) * SLOT_SECONDS < SLOT_SECONDS
    assert slot_of(timestamp) // 24 == day_of(timestamp) == timestamp // DAY_SECONDS
