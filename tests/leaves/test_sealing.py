"""Sealed objects: their readers open them; nobody else does, and no altered byte passes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.errors import InputError
from andel.keys import AccountKey, derive_secret
from andel.sealing import is_sealed, seal, sealing_public_key, unseal, unseal_as_sealed_to

READERS = [AccountKey(derive_secret(b"reader", i)) for i in range(3)]
STRANGER = AccountKey(derive_secret(b"stranger"))
PUBLIC = [sealing_public_key(reader) for reader in READERS]
CONTENT_KEY = bytes(range(16))


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=500))
def test_every_reader_opens_it_and_a_stranger_does_not(plaintext):
    sealed = seal(plaintext, PUBLIC, CONTENT_KEY)
    assert all(unseal(sealed, reader) == plaintext for reader in READERS)
    with pytest.raises(InputError, match="not among the readers"):
        unseal(sealed, STRANGER)
    assert len(plaintext) < 8 or plaintext not in sealed


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_altered_object_is_refused_or_still_the_same_to_another_reader(data):
    sealed = seal(b"the packets", PUBLIC, CONTENT_KEY)
    damaged = bytearray(sealed)
    damaged[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    for reader in READERS:
        try:
            assert unseal(bytes(damaged), reader) == b"the packets"
        except InputError:
            pass


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 120))
def test_random_and_cut_bytes_are_refused(data, cut):
    sealed = seal(b"x", PUBLIC[:1], CONTENT_KEY)
    for hostile in (data, sealed[: min(cut, len(sealed) - 1)], sealed[:16] + data):
        with pytest.raises(InputError):
            unseal(hostile, READERS[0])


@pytest.mark.parametrize("offset", [16, 16 + 32])
def test_a_senseless_encapsulated_key_is_refused(offset):
    sealed = seal(b"x", PUBLIC[:1], CONTENT_KEY)
    with pytest.raises(InputError):
        unseal(sealed[:offset] + bytes(32) + sealed[offset + 32 :], READERS[0])


@pytest.mark.parametrize("readers", [[], [b"short"], [bytes(32)], [PUBLIC[0]] * 256], ids=len)
def test_readers_that_cannot_be_sealed_to_are_refused(readers):
    with pytest.raises(InputError):
        seal(b"x", readers, CONTENT_KEY)


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_content_key_has_16_bytes(size):
    with pytest.raises(InputError):
        seal(b"x", PUBLIC, bytes(size))


def test_sealing_keys_are_fixed_by_the_account_and_differ_between_accounts():
    assert sealing_public_key(AccountKey(derive_secret(b"reader", 0))) == PUBLIC[0]
    assert len(set(PUBLIC)) == 3
    assert all(len(key) == 32 for key in PUBLIC)


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=300), st.binary(min_size=16, max_size=16))
def test_the_same_object_comes_of_the_same_plaintext_readers_and_key(plaintext, content_key):
    sealed = seal(plaintext, PUBLIC, content_key)
    assert sealed == seal(plaintext, PUBLIC, content_key) and is_sealed(sealed)
    assert all(unseal_as_sealed_to(sealed, reader, PUBLIC) == plaintext for reader in READERS)


def test_what_is_sealed_to_others_or_in_another_order_is_refused_by_every_reader():
    for readers in (PUBLIC[:2], PUBLIC[::-1], [*PUBLIC, sealing_public_key(STRANGER)]):
        sealed = seal(b"x", readers, CONTENT_KEY)
        for reader in READERS:
            with pytest.raises(InputError):
                unseal_as_sealed_to(sealed, reader, PUBLIC)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_of_an_altered_object_all_readers_get_the_same_or_none_gets_anything(data):
    sealed = seal(b"the packets", PUBLIC, CONTENT_KEY)
    damaged = bytearray(sealed)
    damaged[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    for reader in READERS:
        with pytest.raises(InputError):
            unseal_as_sealed_to(bytes(damaged), reader, PUBLIC)


def test_a_reader_whose_wrapped_key_is_another_objects_makes_nobody_believe_it():
    """Who could send one reader something else than the others could keep them from ever agreeing."""
    whole, other = seal(b"one", PUBLIC, CONTENT_KEY), seal(b"two", PUBLIC, bytes(16))
    start = len(b"andel-sealed/1\x00") + 1
    mixed = whole[:start] + other[start : start + 64] + whole[start + 64 :]
    for reader in READERS:
        with pytest.raises(InputError):
            unseal_as_sealed_to(mixed, reader, PUBLIC)
