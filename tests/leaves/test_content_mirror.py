"""Copies in front of a store: what was read is held, what could not be kept is not given out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.content import ContentStore, cid_of_digest
from andel.content_mirror import MirroredStore
from andel.errors import ContentCorrupt, ContentError, ContentMissing
from andel.hashing import sha256


def cid_of(data):
    return cid_of_digest(sha256(data))


@pytest.fixture
def behind(tmp_path):
    return ContentStore(str(tmp_path / "behind"))


@pytest.fixture
def mirror(tmp_path, behind):
    return MirroredStore(str(tmp_path / "copies"), behind)


def test_what_was_read_once_is_held_when_the_store_behind_has_lost_it(tmp_path, behind, mirror):
    cid = behind.put(b"evidence")
    assert mirror.get(cid) == b"evidence"
    (tmp_path / "behind" / cid).unlink()
    assert mirror.get(cid) == b"evidence" and mirror.has(cid) and list(mirror.cids()) == [cid]
    mirror.drop(cid)
    with pytest.raises(ContentMissing):
        mirror.get(cid)
    mirror.drop(cid)


def test_what_is_put_is_behind_and_among_the_copies(behind, mirror):
    cid = mirror.put(b"new")
    assert behind.get(cid) == mirror.copies.get(cid) == b"new"


def test_who_may_not_write_keeps_what_is_new_to_itself(tmp_path, behind):
    mirror = MirroredStore(str(tmp_path / "copies"), behind, writes=False)
    cid = mirror.put(b"mine")
    assert mirror.get(cid) == b"mine" and not behind.has(cid)


def test_a_damaged_copy_is_fetched_anew_and_a_damaged_origin_is_never_copied(tmp_path, behind, mirror):
    cid = mirror.put(b"whole")
    (tmp_path / "copies" / cid).write_bytes(b"wholf")
    assert mirror.get(cid) == b"whole" and mirror.copies.get(cid) == b"whole"
    other = behind.put(b"other")
    (tmp_path / "behind" / other).write_bytes(b"othes")
    with pytest.raises(ContentCorrupt):
        mirror.get(other)
    assert not mirror.copies.has(other)


def test_what_cannot_be_kept_is_not_given_out(tmp_path, behind, mirror):
    cid = behind.put(b"evidence")
    (tmp_path / "copies").rmdir()
    (tmp_path / "copies").write_bytes(b"no folder any more")
    with pytest.raises(ContentError, match="cannot be kept"):
        mirror.get(cid)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(["put", "behind", "get", "drop", "lose"]), st.binary(max_size=3))))
def test_a_mirror_gives_what_either_has_and_forgets_nothing_by_itself(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("mirror")
    behind = ContentStore(str(folder / "behind"))
    mirror = MirroredStore(str(folder / "copies"), behind)
    far, near = set(), set()
    for step, data in steps:
        cid = cid_of(data)
        if step == "put":
            mirror.put(data)
            far.add(data)
            near.add(data)
        elif step == "behind":
            behind.put(data)
            far.add(data)
        elif step == "drop":
            mirror.drop(cid)
            near.discard(data)
        elif step == "lose":
            (folder / "behind" / cid).unlink(missing_ok=True)
            far.discard(data)
        elif data in far | near:
            assert mirror.get(cid) == data
            near.add(data)
        else:
            with pytest.raises(ContentMissing):
                mirror.get(cid)
        assert {*mirror.copies.cids()} == {*map(cid_of, near)}
        assert {*mirror.cids()} == {*map(cid_of, far | near)}
