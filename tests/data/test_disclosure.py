"""A disclosure: all packets of committed batches; what is shown must be what was committed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.data.batch import batches_object, parse_batches
from andel.data.disclosure import disclosure_object, parse_disclosure, read_whole
from andel.device.epochs import Epoch
from andel.errors import AndelError, EvidenceError, InputError
from andel.hashing import sha256
from tests.device.actors import account
from tests.support.opened_batches import DAY, OWNER, SENSOR, hourly

BATCHES = sorted(
    [hourly(SENSOR), hourly(), hourly(day=DAY + 1, count=5)], key=lambda b: (bytes.fromhex(b.device[2:]), b.day)
)
LISTED = batches_object(OWNER, [batch.header for batch in BATCHES])
HEADERS = parse_batches(LISTED)[1]
EPOCHS = {BATCHES[0].device: Epoch.ZIGZAG, account("nobody"): Epoch.COARSE}
DATA = disclosure_object(OWNER, sha256(LISTED), BATCHES, EPOCHS)


def test_a_disclosure_gives_every_reading_in_the_order_of_the_list():
    found = parse_disclosure(DATA)
    readings = read_whole(HEADERS, found.packets, found.epochs.get)
    assert [reading.raw for reading in readings] == [packet for batch in BATCHES for packet in batch.packets]
    assert (found.contributor, found.batches) == (OWNER, sha256(LISTED))
    assert found.epochs == {BATCHES[0].device: Epoch.ZIGZAG}, "only devices of the list are named"


def test_a_packet_less_or_in_another_place_is_found():
    packets = parse_disclosure(DATA).packets
    swapped = (packets[1], packets[0], *packets[2:])
    for wrong in (packets[:-1], (*packets, packets[-1]), swapped, (packets[0], *packets[:1], *packets[2:])):
        with pytest.raises(EvidenceError):
            read_whole(HEADERS, wrong, lambda _: None)


def test_another_days_packets_are_named_by_their_batch():
    packets = list(parse_disclosure(DATA).packets)
    packets[0] = hourly(day=DAY + 3).packets[0]
    with pytest.raises(EvidenceError) as found:
        read_whole(HEADERS, packets, lambda _: None, "due ")
    assert found.value.place == f"due batch of {HEADERS[0].device}, day {HEADERS[0].day}"


@given(st.data())
def test_any_flipped_bit_is_found(data):
    place = data.draw(st.integers(0, len(DATA) - 1))
    flawed = DATA[:place] + bytes([DATA[place] ^ (1 << data.draw(st.integers(0, 7)))]) + DATA[place + 1 :]
    try:
        found = parse_disclosure(flawed)
        read_whole(HEADERS, found.packets, found.epochs.get)
    except AndelError:
        return
    # the packets are whole, so it is the head that says something else; the contributor signs it
    before = parse_disclosure(DATA)
    assert (found.contributor, found.batches, found.epochs) != (before.contributor, before.batches, before.epochs)


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_nothing_but_our_error_comes(data):
    for wrong in (data, b"andel-disclosure/1\x00" + data, DATA[: len(DATA) - 1 - len(data)]):
        with pytest.raises(InputError):
            parse_disclosure(wrong)
