"""An audit goes on where it stopped, in several processes, against two nodes, and trusts nothing that it kept."""

import os

import pytest

from andel.content import ContentStore
from andel.errors import ChainError, SettingsError
from andel.ledger.connection import Chain
from andel.ledger.rpc import Rpc
from andel.roles.auditing.checkpoint import Checkpoint
from andel.roles.auditing.findings import Rests
from andel.roles.auditing.rounds import RoundProof, RoundProver
from andel.roles.auditor import AuditOptions, Source, audit


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kept" / "rounds.jsonl"


def resumed(finished_run, path, store=None, **options):
    """An audit that keeps and uses what it has proven."""
    chosen = AuditOptions(checkpoint=Checkpoint(path), keep_reports=False, **options)
    return audit(finished_run.world.model, store or finished_run.small.store, finished_run.prediction, chosen)


def test_a_second_audit_proves_nothing_again_and_says_the_same(finished_run, path):
    first, second = resumed(finished_run, path), resumed(finished_run, path)
    assert (first.ok, first.resumed, second.ok, second.resumed) == (True, 0, True, 2)
    assert second.checked == first.checked == finished_run.audited.checked
    assert second.tally.rows() == first.tally.rows()
    assert path.stat().st_mode & 0o077 == 0


def test_fresh_forgets(finished_run, path):
    assert resumed(finished_run, path).ok and len(Checkpoint(path)) == 2
    assert len(Checkpoint(path, fresh=True)) == 0 and not path.exists()


def test_an_object_altered_after_its_round_was_proven_is_found_all_the_same(finished_run, path, tmp_path):
    assert resumed(finished_run, path).ok
    folder = finished_run.copied_store(tmp_path)
    record = Checkpoint(path).record_of(1)
    assert record is not None
    victim = folder / min(cid for _, cid in record.proof.objects if cid not in _named_by(finished_run, 2))
    victim.write_bytes(victim.read_bytes() + b"!")
    found = resumed(finished_run, path, ContentStore(str(folder)))
    assert not found.ok and "does not match its name" in found.failure
    victim.unlink()
    found = resumed(finished_run, path, ContentStore(str(folder)))
    assert not found.ok and "is not in the store" in found.failure and found.missing


def test_another_answer_of_the_node_makes_a_round_be_proven_again(finished_run, path, monkeypatch):
    assert resumed(finished_run, path).ok
    told = Rpc._outcome

    def otherwise(self, method, params, answer):
        if method == "eth_getBlockByNumber" and params[0] == hex(opened):
            later = hex(int(answer["result"]["timestamp"], 16) + 1)
            answer = {**answer, "result": {**answer["result"], "timestamp": later}}
        return told(self, method, params, answer)

    opened = finished_run.world.model.round_manager.round_of(1).opened_block
    monkeypatch.setattr(Rpc, "_outcome", otherwise)
    found = resumed(finished_run, path)
    assert found.resumed < 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line[:-10],
        lambda line: line.replace(b'"minted":"', b'"minted":"1'),
        lambda _: b"\xff\n",
        lambda _: b"",
    ],
    ids=["cut", "another amount", "no JSON", "empty"],
)
def test_a_spoiled_record_counts_for_nothing(finished_run, path, spoil):
    assert resumed(finished_run, path).ok
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(spoil(first) + second)
    found = resumed(finished_run, path)
    assert found.ok and found.resumed <= 1 and found.checked.rounds == 2


def test_other_code_another_model_or_other_settings_make_rounds_be_proven_again(finished_run, path, monkeypatch):
    assert resumed(finished_run, path).ok
    assert resumed(finished_run, path, from_block=1).resumed == 0
    monkeypatch.setattr("andel.roles.auditor._code", lambda: bytes(32))
    assert resumed(finished_run, path).resumed == 0


def test_a_checkpoint_that_others_can_write_or_that_leads_elsewhere_is_refused(finished_run, path, tmp_path):
    assert resumed(finished_run, path).ok
    path.chmod(0o666)
    with pytest.raises(SettingsError, match="is not a file that only this account can write"):
        Checkpoint(path)
    link = tmp_path / "link.jsonl"
    os.symlink(path, link)
    with pytest.raises(SettingsError, match="is not a file"):
        Checkpoint(link)


@pytest.mark.full
def test_processes_say_what_one_process_says_in_the_same_order(finished_run):
    told: list[str] = []
    model = finished_run.world.model
    source = Source(model.round_manager.chain.url, model.round_manager.address, finished_run.small.store.url)
    options = AuditOptions(processes=2, source=source, keep_reports=False, alone=0, worth_seconds=-1.0, say=told.append)
    found = audit(model, finished_run.small.store, finished_run.prediction, options)
    assert found.ok and found.checked == finished_run.audited.checked
    assert [line.partition(":")[0] for line in told] == ["round 1 of 2", "round 2 of 2"]


def test_one_round_alone(finished_run):
    found = audit(finished_run.world.model, finished_run.small.store, None, AuditOptions(only=2))
    assert found.ok and found.checked.rounds == 1 and [report.round for report in found.reports] == [2]
    assert found.rests_on == ["only round 2 was audited: what it builds on rests on the chain's word"]
    unknown = audit(finished_run.world.model, finished_run.small.store, None, AuditOptions(only=9))
    assert unknown.failure == "round 9: the chain knows no such round"


def test_two_nodes_that_say_the_same_are_counted_and_one_that_lies_is_named(finished_run, monkeypatch):
    second = Chain.connect(finished_run.world.chain.url)
    options = AuditOptions(second=second, sleep=lambda _: None)
    assert audit(finished_run.world.model, finished_run.small.store, None, options).ok
    ask = Chain.ask

    def lying(self, requests):
        answers = ask(self, requests)
        if self is second:
            answers = [{**each, "timestamp": "0x1"} if isinstance(each, dict) else each for each in answers]
        return answers

    monkeypatch.setattr(Chain, "ask", lying)
    found = audit(finished_run.world.model, finished_run.small.store, None, options)
    second.close()
    assert "second node: the two nodes answer differently: eth_getBlockByNumber" in found.failure


def test_a_round_whose_evidence_is_gone_rests_on_signatures_and_the_others_are_proven(finished_run, tmp_path):
    folder = finished_run.copied_store(tmp_path)
    openings = {cid for cid, what in _named_by(finished_run, 1).items() if ", openings of" in what}
    (folder / min(openings - _named_by(finished_run, 2).keys())).unlink()  # one of both rounds would be missing twice
    found = audit(finished_run.world.model, ContentStore(str(folder)))
    assert not found.ok and "openings of 0x" in found.failure
    assert [item.rests for item in found.missing] == [Rests.DELETED]
    assert found.checked.rounds == 2
    assert found.tally.of("results", Rests.SIGNATURES) == found.tally.of("results") == 1
    assert "round 1 rests on the signatures of 2 of 3 validators" in found.rests_on


def _named_by(finished_run, number):
    """The objects that a round names: where it does, by their names."""
    prover = RoundProver(finished_run.world.model, finished_run.small.store)
    proof = prover.prove(number, prover.state_of(number))
    assert isinstance(proof, RoundProof)
    return {cid: what for what, cid in proof.objects}


def test_every_signature_claim_and_entry_of_a_run_is_recomputed(finished_run):
    rows = dict(finished_run.audited.tally.rows())
    for kind in (
        "devices",
        "entries",
        "steps",
        "commitments",
        "openings",
        "updates",
        "attestations",
        "credits",
        "answers",
    ):
        assert rows[kind][Rests.RECOMPUTED] > 0, kind
        assert sum(rows[kind][rests] for rests in Rests if rests != Rests.RECOMPUTED) == 0, kind
    assert rows["blocks"][Rests.NODE] > 50 and rows["admissions"][Rests.NODE] > 0


def test_a_node_that_fails_in_the_middle_says_nothing_about_the_evidence(finished_run, monkeypatch):
    def silent(*_args, **_options):
        raise ChainError("no answer")

    monkeypatch.setattr(Chain, "sent_to", silent)
    with pytest.raises(ChainError, match="no answer"):
        audit(finished_run.world.model, finished_run.small.store)
