"""The content store: an object is what its name says, or it is not given out."""

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andel.content import ContentStore, cid_of_digest, digest_of_cid
from andel.errors import ContentCorrupt, ContentMissing, InputError
from andel.hashing import sha256

EMPTY_CID = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
"""The CID of no bytes, as IPFS tools print it (`ipfs add --cid-version 1 --raw-leaves` of an empty file)."""


@pytest.fixture
def store(tmp_path):
    return ContentStore(str(tmp_path / "objects"))


def test_the_empty_object_has_the_name_that_ipfs_gives_it(store):
    assert store.put(b"") == EMPTY_CID == cid_of_digest(hashlib.sha256(b"").digest())


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300))
def test_an_object_comes_back_under_name_and_digest(store, data):
    cid = store.put(data)
    assert store.get(cid) == store.get_digest(sha256(data)) == data
    assert store.has(cid) and cid in set(store.cids())
    assert digest_of_cid(cid) == sha256(data)


def test_the_same_object_is_kept_once(store):
    assert store.put(b"one") == store.put(b"one")
    assert list(store.cids()) == [cid_of_digest(sha256(b"one"))]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_flipped_bit_is_never_given_out(store, data):
    original = data.draw(st.binary(min_size=1, max_size=60))
    cid = store.put(original)
    path = Path(store.url) / cid
    damaged = bytearray(original)
    damaged[data.draw(st.integers(0, len(original) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(damaged)
    with pytest.raises(ContentCorrupt) as caught:
        store.get(cid)
    path.unlink()
    assert caught.value.cid == cid


def test_a_missing_object_names_itself(store):
    cid = cid_of_digest(bytes(32))
    assert not store.has(cid)
    with pytest.raises(ContentMissing) as caught:
        store.get(cid)
    assert caught.value.cid == cid


def test_a_half_written_object_is_not_listed(store):
    store.put(b"whole")
    (Path(store.url) / (cid_of_digest(bytes(32)) + ".partial")).write_bytes(b"ha")
    assert list(store.cids()) == [cid_of_digest(sha256(b"whole"))]


def test_objects_over_the_limit_are_neither_written_nor_read(tmp_path):
    large, small = ContentStore(str(tmp_path), 100), ContentStore(str(tmp_path), 10)
    cid = large.put(b"x" * 50)
    with pytest.raises(ContentCorrupt):
        small.get(cid)
    with pytest.raises(InputError):
        small.put(b"x" * 11)


@pytest.mark.parametrize("size", [256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 1024 * 1024])
def test_an_object_that_is_read_in_two_pieces_is_whole_and_within_the_limit(tmp_path, size):
    exact, short = (ContentStore(str(tmp_path), limit) for limit in (size, size - 1))
    cid = exact.put(b"x" * size)
    assert exact.get(cid) == b"x" * size
    with pytest.raises(ContentCorrupt):
        short.get(cid)


def test_memory_is_a_store_too():
    store = ContentStore("memory://andel-test")
    assert store.get(store.put(b"data")) == b"data"


def _other_forms():
    digest = hashlib.sha256(b"").digest()
    for prefix in (b"\x01\x70\x12\x20", b"\x01\x55\x13\x20", b"\x12\x20", b"\x02\x55\x12\x20"):
        yield "b" + base64.b32encode(prefix + digest).decode().lower().rstrip("=")
    yield from (EMPTY_CID.upper(), EMPTY_CID + "a", EMPTY_CID[:-1], EMPTY_CID + "=", "z" + EMPTY_CID[1:])
    yield from (
        "",
        "b",
        "../../etc/passwd",
        "b../../../x",
        "bé",
        "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH",
    )


@pytest.mark.parametrize("cid", list(_other_forms()))
def test_a_name_of_another_form_is_refused_before_any_file_is_touched(store, cid):
    with pytest.raises(InputError):
        store.get(cid)
    with pytest.raises(InputError):
        digest_of_cid(cid)


@given(st.text(max_size=70))
def test_random_text_is_no_name(text):
    with pytest.raises(InputError):
        digest_of_cid(text)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_digest_has_32_bytes(size):
    with pytest.raises(InputError):
        cid_of_digest(bytes(size))
