"""`andel value explain` on a real chain and store: the audited figures, in words and as JSON, and plain refusals."""

import json

import pytest

from andel.content import cid_of_digest
from andel.simulation.participants import Kind
from andel.units import TOKEN
from tests.support.own_data_run import call_main


@pytest.fixture
def explained(monkeypatch, capsys, finished_run):
    """`andel value explain` of a round for an account."""

    def explain(number, account, *options, store=None):
        where = ["--rpc", finished_run.world.chain.url, "--store", str(store or finished_run.store_folder)]
        arguments = ["value", "explain", str(finished_run.deployment), str(number), account, *where, *options]
        return call_main(arguments, monkeypatch, capsys)

    return explain


def test_every_share_of_every_round_is_explained_with_the_audits_own_figures(explained, finished_run):
    for report in finished_run.audited.reports:
        for line in report.contributors:
            told = explained(report.round, line.contributor, "--json")
            assert told.returncode == 0
            found = json.loads(told.stdout)
            assert (found["round"], found["contributor"]) == (report.round, line.contributor)
            assert int(found["share"]) == line.share and int(found["score"]["counts"]) == line.score
            assert int(found["budget"]["minted"]) == report.minted and int(found["gain"]) == report.gain


def test_an_honest_owner_reads_why_it_earned_what_it_earned(explained, finished_run):
    account = finished_run.small.honest()[0].contributor.address
    line = finished_run.values_of(finished_run.small.honest()[0])[0]
    told = explained(1, account)
    assert told.returncode == 0
    lines = told.stdout.splitlines()
    assert lines[0].startswith(f"Round 1: {account} earned {line.share / TOKEN:,.2f} tokens, rank ")
    for start in ("Weight: ", "Gate: ", "Length: ", "Score: ", "Record: ", "Budget: "):
        assert any(text.startswith(start) for text in lines)
    assert any(text.startswith("What would change it: ") for text in lines)


def test_a_rider_reads_that_only_a_score_above_zero_is_paid(explained, finished_run):
    told = explained(1, finished_run.small.member(Kind.RIDER).contributor.address)
    assert told.returncode == 0 and "a score above zero" in told.stdout


@pytest.mark.parametrize(
    ("number", "account", "message"),
    [
        (1, "0x" + "11" * 20, "committed nothing to round 1"),
        (99, "0x" + "11" * 20, "round 99"),
        (1, "nobody", "nobody"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_one_line(explained, number, account, message):
    told = explained(number, account)
    assert told.returncode == 1 and told.stdout == ""
    assert told.stderr.startswith("andel: ") and message in told.stderr and "Traceback" not in told.stderr


def test_altered_evidence_is_named_and_explains_nothing(explained, finished_run, tmp_path):
    folder = finished_run.copied_store(tmp_path)
    path = folder / cid_of_digest(finished_run.small.results[0].updates[0].update_hash)
    data = bytearray(path.read_bytes())
    data[77] ^= 4
    path.write_bytes(bytes(data))
    told = explained(1, finished_run.small.honest()[0].contributor.address, store=folder)
    assert told.returncode == 1 and told.stdout == "" and "round 1, update of 0x" in told.stderr
