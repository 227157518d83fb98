"""Bundles: packets come back as they went in, and a damaged bundle is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.data.bundle import pack_packets, unpack_packets
from andel.device.reading import MAX_PACKET_BYTES
from andel.errors import InputError

packet_lists = st.lists(st.binary(min_size=1, max_size=50), max_size=8)


@given(packet_lists)
def test_packets_come_back_in_order(packets):
    assert unpack_packets(pack_packets(packets)) == packets


@given(packet_lists, st.data())
def test_a_cut_or_longer_bundle_is_refused(packets, data):
    whole = pack_packets(packets)
    cut = data.draw(st.integers(0, len(whole) - 1))
    for damaged in (whole[:cut], whole + b"\x00"):
        with pytest.raises(InputError):
            unpack_packets(damaged)


@given(st.binary(max_size=60))
def test_random_bytes_are_refused_or_read(data):
    for hostile in (data, b"andel-packets/1\x00" + data):
        try:
            assert pack_packets(unpack_packets(hostile)) == hostile
        except InputError:
            pass


def test_a_bundle_that_announces_more_than_the_limit_is_refused_at_once():
    with pytest.raises(InputError, match="over the limit"):
        unpack_packets(b"andel-packets/1\x00" + b"\xff" * 4)


@pytest.mark.parametrize("size", [0, MAX_PACKET_BYTES + 1])
def test_what_is_no_packet_is_not_bundled(size):
    with pytest.raises(InputError):
        pack_packets([bytes(size)])
