"""Attack: somebody who can write to the content store alters evidence after the fact, or lets it disappear.

Who: whoever runs a copy of the store, a coordinator that regrets, a thief of the machine. What stops it: an object's
name is its hash and every name follows from what is on chain, so an audit reads each object under its own name and
stops at the first that is not whole, and names the place. Played for every object of a finished run.
"""

import random
import shutil

import pytest

from andel.content import ContentStore, cid_of_digest
from andel.errors import ContentCorrupt
from andel.hashing import sha256
from andel.roles.auditor import audit

PLACES = ("first byte", "middle", "last byte", "random")
NAMED = (
    "manifest",
    "plan",
    "task",
    "policy",
    "terms",
    "commitments",
    "batches of 0x",
    "openings of 0x",
    "update of 0x",
    "parent version",
    "round 2, version",
    "round 2, state",
    "state after it",
    "rules",
    "reference description",
    "reference batches",
    "reference packets",
    "sealed reference packets",
    "model file",
)


def position(data, place, generator):
    """Where a byte is changed."""
    return {"first byte": 0, "middle": len(data) // 2, "last byte": len(data) - 1}.get(
        place, generator.randrange(len(data))
    )


def flipped(data, place, generator):
    """The data with one bit of one byte turned."""
    changed = bytearray(data)
    changed[position(data, place, generator)] ^= 1 << generator.randrange(8)
    return bytes(changed)


@pytest.fixture
def altered(finished_run, tmp_path):
    """A copy of the store and a way to audit it."""
    folder = finished_run.copied_store(tmp_path)
    store = ContentStore(str(folder))

    def failure():
        return audit(finished_run.world.model, store, finished_run.prediction).failure

    assert failure() == ""
    return folder, failure


def play(altered, change):
    """What the audit says to `change(path, data, number)` made to each object in turn; then all is as it was."""
    folder, failure = altered
    said = {}
    for number, path in enumerate(sorted(folder.iterdir())):
        data = path.read_bytes()
        change(path, data, number)
        said[path.name] = failure()
        path.write_bytes(data)
    return said


def assert_all_named(said):
    """No object passed, each place is told, and all kinds of evidence have been told of."""
    assert [cid for cid, text in said.items() if not text] == []
    for cid, text in said.items():
        place, _, rest = text.partition(": ")
        assert place and cid in rest, text
        assert place not in ("content store", "object that no round refers to"), text
    assert [name for name in NAMED if not any(name in text.partition(": ")[0] for text in said.values())] == []


def test_a_changed_byte_in_any_object_fails_the_audit_and_names_the_place(altered):
    generator = random.Random(7)

    def change(path, data, number):
        path.write_bytes(flipped(data, PLACES[number % len(PLACES)], generator))

    said = play(altered, change)
    assert len(said) > 30
    assert_all_named(said)
    assert all("does not match its name" in text for text in said.values())


@pytest.mark.full
def test_any_object_that_is_gone_fails_the_audit_and_names_the_place(altered):
    said = play(altered, lambda path, data, number: path.unlink())
    assert_all_named(said)
    assert all("is not in the store" in text for text in said.values())


@pytest.mark.full
@pytest.mark.parametrize("place", PLACES)
def test_a_changed_byte_anywhere_in_any_object_fails_the_audit(altered, place):
    generator = random.Random(place)
    assert_all_named(play(altered, lambda path, data, _: path.write_bytes(flipped(data, place, generator))))


def test_no_changed_byte_leaves_the_store_unnoticed(finished_run, tmp_path):
    """Without the rest of an audit: every byte of the small objects, many of the large ones."""
    folder = finished_run.copied_store(tmp_path)
    store = ContentStore(str(folder))
    generator = random.Random(11)
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        places = range(len(data)) if len(data) <= 200 else [0, len(data) - 1, *generator.sample(range(len(data)), 20)]
        for place in places:
            path.write_bytes(data[:place] + bytes([data[place] ^ 1 << generator.randrange(8)]) + data[place + 1 :])
            with pytest.raises(ContentCorrupt):
                store.get(path.name)
        path.write_bytes(data)
        store.get(path.name)


@pytest.mark.parametrize(
    "change",
    [lambda data: data[:-1], lambda data: data + b"\0", lambda data: b"", lambda data: data[::-1]],
    ids=["cut", "longer", "empty", "reversed"],
)
def test_an_object_of_another_length_or_order_fails_too(altered, finished_run, change):
    folder, failure = altered
    state = finished_run.world.model.round_manager.round_of(1)
    manifest = folder / cid_of_digest(state.evidence_hash)
    manifest.write_bytes(change(manifest.read_bytes()))
    assert failure().startswith("round 1, manifest: ")


def test_two_whole_objects_exchanged_fail_too(altered, finished_run):
    folder, failure = altered
    first, second = (folder / cid_of_digest(item.update_hash) for item in finished_run.small.results[0].updates[:2])
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    assert failure().startswith("round 1, update of 0x")


def test_evidence_of_another_run_in_its_place_does_not_pass(finished_run, launch_world, tmp_path):
    """A whole store, every object under its right name, but of another model."""
    other = launch_world("another run")
    other.play()
    folder = tmp_path / "other"
    shutil.copytree(other.folder / "content", folder)
    found = audit(finished_run.world.model, ContentStore(str(folder)), finished_run.prediction)
    assert found.failure.startswith("round 1, manifest: ")


def test_a_stranger_among_the_objects_is_told_of_and_checked(altered):
    folder, failure = altered
    extra = b"something that somebody put here"
    path = folder / cid_of_digest(sha256(extra))
    path.write_bytes(extra)
    assert failure() == ""
    path.write_bytes(extra + b"!")
    assert failure().startswith("object that no round refers to: ")


def test_a_file_that_is_no_object_is_told_of(altered):
    folder, failure = altered
    (folder / "notes.txt").write_bytes(b"no object at all")
    assert "notes.txt" in failure()


def test_an_audit_changes_nothing_in_the_store(finished_run, tmp_path):
    folder = finished_run.copied_store(tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert audit(finished_run.world.model, ContentStore(str(folder)), finished_run.prediction).ok
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
