"""`andel vote` as people type it: a proposal in a file, votes with and without gas, and what is refused."""

import json

import pytest

from andel.ledger.policy import Rule
from andel.training.training_policy import TrainingPolicy
from tests.support.governed import SECONDS, govern
from tests.support.own_data_run import call_main


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("vote commands")


@pytest.fixture(scope="module")
def governed(small, shared_node):
    return govern(shared_node, small.world.model, small.world.actors.founder, "vote commands", bytes(32))


@pytest.fixture
def andel(small, tmp_path, monkeypatch, capsys):
    """`andel vote …` on the small world's model, with a key of one of its actors."""

    def call(*words, key=None, payer=None, store=False):
        where = ["--rpc", small.world.chain.url, "--model", small.world.model.round_manager.address]
        for option, account in (("--key-file", key), ("--payer-key-file", payer)):
            if account is not None:
                path = tmp_path / f"{option}.key"
                path.write_text(account.secret_bytes().hex())
                where += [option, str(path)]
        if store:
            where += ["--store", str(small.folder / "content")]
        ended = call_main(["vote", *words, *where], monkeypatch, capsys)
        return ended.returncode, ended.stdout, ended.stderr

    return call


def written(folder, calls, why="train gently"):
    path = folder / "proposal.json"
    path.write_text(json.dumps({"format": "andel-proposal/1", "why": why, "calls": calls}, indent=2))
    return str(path)


def test_from_a_file_to_its_effect(small, governed, andel, tmp_path):
    anne, bert = governed.holders
    code, out, _ = andel("list")
    assert (code, out.strip()) == (0, "there is no proposal yet")
    policy = TrainingPolicy(steps=(1, 500))
    (tmp_path / "training.json").write_text(json.dumps(json.loads(policy.to_bytes()), indent=4))
    calls = [
        {"contract": "ModelPolicy", "function": "setTrainingPolicy", "text": "training.json"},
        {"contract": "ModelPolicy", "function": "setBar", "arguments": [["-250", True, False]]},
        {"pay": anne.address, "wei": "1500000000000000000"},
    ]
    small.local.fund([governed.timelock.address])
    file = written(tmp_path, calls)
    code, out, err = andel("propose", file, "--dry-run", key=anne, store=True)
    assert code == 0, err
    assert f"1. Make the text 0x{policy.hash.hex()[:10]}" in out and "the training policy, for rounds opened" in out
    assert f"     ModelPolicy.setTrainingPolicy(hash 0x{policy.hash.hex()})" in out
    assert "2. Let a version become current by a vote alone\n     ModelPolicy.setBar(next [-250, True, False])" in out
    assert f"3. Pay 1.5 ETH from the treasury to {anne.address}" in out
    assert f"pay 1.5 of the chain's coin (1500000000000000000 wei) to {anne.address}" in out
    assert governed.governor.proposals_count() == 0

    code, out, err = andel("propose", file, key=anne, store=True)
    assert code == 0 and "proposal 1 (" in out, err
    code, out, _ = andel("show", "1")
    assert "train gently" in out and "pending" in out and "ModelPolicy.setBar" in out and "veto" in out
    code, _, err = andel("cast", "1", "for", key=anne)
    assert code == 1 and "is not open for votes yet" in err
    small.local.advance(SECONDS + 1)
    code, out, _ = andel("cast", "1", "for", key=anne)
    assert code == 0 and "votes for with 10.00 tokens" in out
    code, out, _ = andel("cast", "1", "abstain", key=bert, payer=anne)
    assert code == 0 and bert.address in out
    code, _, err = andel("queue", "1", key=anne)
    assert code == 1 and "is open for votes" in err
    small.local.advance(2 * SECONDS)
    assert andel("queue", "1", key=bert)[0] == 0
    code, _, err = andel("execute", "1", key=bert)
    assert code == 1 and "delay is not over" in err
    small.local.advance(SECONDS)
    assert andel("execute", "1", key=bert)[0] == 0
    code, out, _ = andel("list")
    assert "1  executed  10.00 for, 0.00 against, 10.00 abstain" in out
    assert governed.policy.rule_of(Rule.TRAINING).hash == policy.hash
    assert small.store.get_digest(policy.hash) == policy.to_bytes()
    assert governed.policy.bar().evaluation == -250


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        ([], "1 to 20"),
        ([{"contract": "Treasury", "function": "pay"}], "no contract 'Treasury'"),
        ([{"contract": "ModelPolicy", "function": "setBart", "arguments": []}], "no function 'setBart'"),
        ([{"contract": "ModelPolicy", "function": "setLicence", "arguments": ["0x12"]}], "setLicence"),
        ([{"contract": "ModelPolicy", "function": "setLicence", "text": "a", "arguments": []}], "not a call"),
        ([{"contract": "ModelPolicy", "function": "setLicence", "text": "gone.txt"}], "cannot be read"),
        ([{"pay": "0x12"}], "0x12"),
        ([{"pay": "0x" + "11" * 20, "wei": "-1"}], "not an amount"),
        ([{"pay": "0x" + "11" * 20, "wei": 5}], "not an amount"),
        (["pay"], "not a call"),
    ],
)
def test_what_is_no_proposal_is_refused_before_anything_is_sent(governed, andel, tmp_path, calls, said):
    before = governed.governor.proposals_count()
    code, _, err = andel("propose", written(tmp_path, calls), key=governed.holders[0], store=True)
    assert code == 1 and said in err and "Traceback" not in err
    assert governed.governor.proposals_count() == before


def test_who_has_too_few_votes_is_told_how_many_are_needed(small, governed, andel, tmp_path):
    file = written(tmp_path, [{"pay": governed.holders[0].address}], "a beggar's")
    code, _, err = andel("propose", file, key=small.world.actors.consumer, store=True)
    assert code == 1 and "a proposer needs" in err and "delegate" in err


def test_a_model_without_a_policy_says_so(launch_world, monkeypatch, capsys):
    alone = launch_world("nobody governs")
    where = ["--rpc", alone.world.chain.url, "--model", alone.world.model.round_manager.address]
    ended = call_main(["vote", "list", *where], monkeypatch, capsys)
    assert ended.returncode == 1 and "no policy" in ended.stderr
