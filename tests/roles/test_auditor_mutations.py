"""One turned bit anywhere in the evidence, or in what the node says of the chain, fails the audit and names the place.

Four attackers. Who can write to the store turns bits under the old names. Who can also make the node lie gives altered
objects their true names, relinks everything up to the manifest, and has the node tell the new hashes in states, events
and calldata. The third has k validators who sign anything as well. The fourth leaves the store alone and turns bits in
the node's answers. Some hundred places are tried here, more than a thousand among the tests marked `full`.
"""

import json
from dataclasses import replace
from functools import lru_cache

import orjson
import pytest

from andel.errors import ChainError
from andel.keys import verify_signature
from andel.roles.auditing import record as record_of_round
from andel.roles.auditing import rounds
from andel.serving.quantise import quantise
from tests.support.audit_alterations import answer_alterations, plain_flips, relinked
from tests.support.recorded_audit import record

EACH, EACH_IN_FULL = 2, 22
ANSWERS, ANSWERS_IN_FULL = 30, 450
SIZES = [pytest.param(EACH, id="some"), pytest.param(EACH_IN_FULL, id="many", marks=pytest.mark.full)]
UNREAD = ("timestamp", "transactions", '"latest"', '"0x0"')
"""Of a block: times and transactions that nothing rests on; of the newest all but its time, of the first, which only
names a checkpoint, everything."""

ROUND_KINDS = {
    "manifest",
    "plan",
    "task",
    "policy",
    "terms",
    "commitments",
    "batches",
    "openings",
    "update",
    "parent version",
    "version",
    "state after it",
    "reference batches",
    "reference packets",
    "sealed reference packets",
}


@pytest.fixture(scope="module")
def material(finished_run):
    """What an audit of the finished run reads; two pure functions keep their results, as they see few new inputs."""
    kept = {}

    def quantised(parameters, plan):
        key = (repr(parameters), plan)
        if key not in kept:
            kept[key] = quantise(parameters, plan)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("andel.device.envelope.verify_signature", lru_cache(maxsize=None)(verify_signature))
        patch.setattr("andel.roles.gateway.quantise", quantised)
        recorded = record(finished_run)
        assert recorded.audit().failure == ""
        yield recorded
        recorded.close()


@pytest.fixture
def signing_anything(monkeypatch):
    """k validators who sign whatever the altered evidence gives: their signatures catch nothing."""
    compare = rounds.compare

    def agreeing(number, state, replay):
        compare(number, replace(state, agreed=replay.digest), replay)

    monkeypatch.setattr(record_of_round, "_check_attestations", lambda *_: ())
    monkeypatch.setattr(rounds, "compare", agreeing)


def said(material, alteration):
    """What the audit says, or that it cannot believe the node."""
    try:
        return material.audit(objects=alteration.objects, altered=alteration.altered, only=alteration.only).failure
    except ChainError as error:
        return f"node: {error.message}"


def play(material, alterations):
    """(what was altered, what the audit says) of each; all kinds of evidence were among them."""
    found = [(alteration, said(material, alteration)) for alteration in alterations]
    assert {alteration.kind for alteration, _ in found} >= ROUND_KINDS
    return found


def assert_all_named(found):
    """No place passed, and each is told as evidence: a round's or a kind's name, then what is wrong."""
    assert [(alteration.kind, alteration.what) for alteration, text in found if not text] == []
    for _, text in found:
        place, _, rest = text.partition(": ")
        assert place and rest, text
        assert place not in ("content store", "object that no round refers to", "evidence cannot be read"), text


@pytest.mark.parametrize("each", SIZES)
def test_a_turned_bit_in_any_kind_of_object_is_found_under_its_name(material, each):
    found = play(material, plain_flips(material, each, "plain"))
    assert len(found) >= each * (len(ROUND_KINDS) + 1)
    assert_all_named(found)
    assert all(alteration.what in text for alteration, text in found)


@pytest.mark.parametrize("each", SIZES)
def test_relinked_evidence_and_a_node_that_lies_to_suit_it_fail_by_what_was_signed(material, each):
    found = play(material, relinked(material, each, "relinked"))
    assert_all_named(found)
    assert {text.partition(", ")[2].partition(":")[0] for _, text in found} == {"attestations", "commitments"}


@pytest.mark.parametrize("each", SIZES)
def test_with_k_validators_who_sign_anything_relinked_evidence_fails_by_its_replay(material, each, signing_anything):
    """Then only these pass: the coordinator's own list of what it refused, and the openings of who committed to no
    batch; neither changes what the round decided, which is compared.
    """
    found = play(material, relinked(material, each, "colluding"))
    passed = [alteration for alteration, text in found if not text]
    for alteration in passed:
        before = material.objects[alteration.what]
        assert b'"openings":[]' in before or says_the_same(before, alteration, material), alteration
    assert len(passed) <= each
    assert_all_named([item for item in found if item[1]])
    assert len({text.partition(": ")[0] for _, text in found}) > 8


def says_the_same(before, alteration, material):
    """Whether a manifest differs only in what the coordinator lists as refused, or in whose empty openings it lists."""
    known = {_meaning(data, material) for data in alteration.objects.values() if b"refused" in data}
    return _meaning(before, material) in known


def _meaning(data, material):
    value = json.loads(data)
    value.pop("refused", None)
    listed = value.get("openings", [])
    value["openings"] = [item for item in listed if b'"openings":[]' not in material.objects.get(item[1], b"")]
    return json.dumps(value, sort_keys=True)


CLONE, CLONE_DIGITS = "0x363d3d373d3d3d363d73", 2 + 2 * 45
"""How a clone begins (ERC-1167), and how much of it is the proxy."""

PADDING_DIGITS = 2 * 31
"""Behind the 65 bytes of a signature that a call ends with."""

BALANCE_OF, CAP, SCHEDULE = '"data":"0x70a08231', '"data":"0x355274ea', '"data":"0xb0604a26'


@pytest.mark.parametrize(
    "count", [pytest.param(ANSWERS, id="some"), pytest.param(ANSWERS_IN_FULL, id="many", marks=pytest.mark.full)]
)
def test_a_turned_bit_in_what_the_node_says_is_found_by_the_audit_or_by_a_second_node(material, count):
    """Calls, logs, blocks, transactions. Nothing rests on some blocks' times and transactions: a second node tells."""
    unread = []
    for alteration in answer_alterations(material, count, "answers"):
        text = said(material, alteration)
        assert text == "" or ": " in text
        if not text:
            unread.append(alteration)
    assert len(unread) <= count // 20
    for alteration in unread:
        # anybody may send the pool more than it owes, and what was minted may lie far below another cap or schedule too
        bounds = any(call in alteration.what for call in (BALANCE_OF, CAP, SCHEDULE))
        if not bounds and not says_no_more(material, alteration):
            assert alteration.kind == "eth_getBlockByNumber", alteration.what
            assert any(name in alteration.what for name in UNREAD), alteration.what
        doubted = material.audit(altered=alteration.altered, second=True).failure
        assert ", second node: " in doubted or "latest" in alteration.what or not _asked(material, alteration), doubted


def says_no_more(material, alteration):
    """Whether nothing is read there: a clone's arguments, which are asked for by calls, and a call's last padding."""
    ((question, told),) = alteration.altered.items()
    before = material.answers[question]
    if alteration.kind == "eth_getCode":
        return before.startswith(CLONE) and told.startswith(before[:CLONE_DIGITS])
    if alteration.kind != "eth_getTransactionByHash" or told["input"] == before["input"]:
        return False
    shown, padding = before["input"][:-PADDING_DIGITS], before["input"][-PADDING_DIGITS:]
    return told["input"].startswith(shown) and not int(padding, 16)


def _asked(material, alteration):
    """Whether the audit itself reads the block; `find_model` and the like ask outside it."""
    return all(question in material.asked for question in alteration.altered)


def test_every_answer_of_the_node_is_among_the_places(material):
    methods = {orjson.loads(question)[0] for question in material.asked}
    assert methods >= {"eth_call", "eth_getLogs", "eth_getBlockByNumber", "eth_getTransactionByHash", "eth_getCode"}
