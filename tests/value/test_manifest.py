"""A manifest names all evidence of a round; whoever reads it again gets the same round, or is told what is wrong."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.content import ContentStore, cid_of_digest, digest_of_cid
from andel.encoding import canonical_json
from andel.errors import AndelError, EvidenceError
from andel.hashing import sha256
from andel.training.result import Refused, RoundResult
from andel.value.manifest import read_evidence, write_commitments, write_manifest
from tests.support.reports import report_bytes
from tests.support.worlds import Round, build_world, play

PLACE = "round 1"
WORLD = build_world(2)
PLAYED = play(WORLD)
RESULT = RoundResult(
    WORLD.plan,
    tuple(PLAYED.commitments),
    PLAYED.openings,
    tuple(PLAYED.updates),
    (Refused("node 1003", "train", "node failed"),),
)


@pytest.fixture
def store(tmp_path):
    """A store that holds the round and its manifest."""
    kept = ContentStore(str(tmp_path / "content"))
    kept.put(WORLD.task.to_bytes())
    write_manifest(kept, RESULT)
    return kept


@pytest.fixture
def evidence_hash(store):
    """The digest of the round's manifest."""
    return digest_of_cid(write_manifest(store, RESULT))


@pytest.fixture
def manifest(store, evidence_hash):
    """The manifest's fields."""
    return json.loads(store.get_digest(evidence_hash))


def rewritten(store, fields):
    """The digest of another manifest."""
    return store.put_digest(canonical_json(fields))


def test_a_round_read_again_is_settled_to_the_same_verdict(store, evidence_hash):
    found = read_evidence(store, evidence_hash, PLACE)
    assert (found.plan, found.task) == (WORLD.plan, WORLD.task)
    again = Round(WORLD, list(found.commitments), found.openings, list(found.updates))
    assert report_bytes(again.settle()) == report_bytes(PLAYED.settle())


def test_every_object_that_was_read_is_listed_the_manifest_first(store, evidence_hash):
    found = read_evidence(store, evidence_hash, PLACE)
    assert found.cids[0] == ("manifest", cid_of_digest(evidence_hash))
    kinds = [what.split(" of ")[0] for what, _ in found.cids]
    assert kinds == ["manifest", "plan", "task", "batches", "batches", "openings", "openings", "update", "update"]
    assert {cid for _, cid in found.cids} == set(store.cids())


def test_the_order_of_what_was_collected_cannot_matter(store, evidence_hash):
    turned = RoundResult(
        RESULT.plan,
        RESULT.commitments[::-1],
        dict(reversed(list(RESULT.openings.items()))),
        RESULT.updates[::-1],
        RESULT.refused,
    )
    assert digest_of_cid(write_manifest(store, turned)) == evidence_hash
    assert write_commitments(store, turned.commitments) == write_commitments(store, RESULT.commitments)


def test_the_list_of_commitments_is_that_of_the_manifest(store, manifest):
    listed = json.loads(store.get(write_commitments(store, RESULT.commitments)))
    assert listed == manifest["commitments"]


@pytest.mark.parametrize("number", range(9))
def test_a_missing_object_is_named(store, evidence_hash, tmp_path, number):
    what, cid = read_evidence(store, evidence_hash, PLACE).cids[number]
    (tmp_path / "content" / cid).unlink()
    with pytest.raises(EvidenceError, match="is not in the store") as missing:
        read_evidence(store, evidence_hash, PLACE)
    assert missing.value.place == f"{PLACE}, {what}"


@pytest.mark.parametrize("number", range(9))
def test_an_altered_object_is_named(store, evidence_hash, tmp_path, number):
    what, cid = read_evidence(store, evidence_hash, PLACE).cids[number]
    path = tmp_path / "content" / cid
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(EvidenceError, match="does not match its name") as altered:
        read_evidence(store, evidence_hash, PLACE)
    assert altered.value.place == f"{PLACE}, {what}"


def test_a_manifest_with_too_many_entries_is_refused(store, manifest):
    with pytest.raises(EvidenceError, match="at most 100000"):
        read_evidence(store, rewritten(store, manifest | {"openings": [[]] * 100_001}), PLACE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("plan", 7),
        ("plan", "no CID"),
        ("plan", None),
        ("commitments", {}),
        ("commitments", [7]),
        ("commitments", [{}]),
        ("openings", [["0x00", "b"]]),
        ("openings", [[7, 7]]),
        ("openings", "text"),
        ("updates", [None]),
        ("updates", [{"contributor": 7}]),
        ("format", "andel-manifest/1"),
    ],
)
def test_a_manifest_in_another_form_is_refused(store, manifest, name, value):
    with pytest.raises(EvidenceError):
        read_evidence(store, rewritten(store, manifest | {name: value}), PLACE)


def test_a_manifest_that_lacks_a_part_is_refused(store, manifest):
    for name in ("plan", "commitments", "openings", "updates"):
        with pytest.raises(EvidenceError):
            read_evidence(
                store, rewritten(store, {key: value for key, value in manifest.items() if key != name}), PLACE
            )


def test_an_update_with_another_weight_no_longer_gives_the_root_on_chain(store, manifest):
    manifest["updates"][0]["weight"] += 1
    found = read_evidence(store, rewritten(store, manifest), PLACE)
    altered = Round(WORLD, list(found.commitments), found.openings, list(found.updates))
    with pytest.raises(AndelError, match="updates: they do not give the root on chain"):
        altered.settle(PLAYED.facts())


json_values: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=30) | st.just([]) | st.just({})
)


@given(st.sampled_from(["commitments", "updates"]), st.data(), json_values)
@settings(max_examples=60)
def test_whatever_stands_in_an_entry_is_read_or_refused(tmp_path_factory, name, data, value):
    store = ContentStore("memory://manifests")
    store.put(WORLD.task.to_bytes())
    fields = json.loads(store.get(write_manifest(store, RESULT)))
    entry = fields[name][0]
    entry[data.draw(st.sampled_from(sorted(entry)))] = value
    try:
        read_evidence(store, rewritten(store, fields), PLACE)
    except EvidenceError:
        return


def test_foreign_bytes_are_no_manifest(store):
    for data in (b"", b"{}", b"[]", b"\xff" * 40, sha256(b"x")):
        with pytest.raises(EvidenceError):
            read_evidence(store, store.put_digest(data), PLACE)
