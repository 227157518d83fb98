"""Sealed openings on a chain: attempts that became void, the audit without and with a validator's key, and refusals."""

from dataclasses import replace

import pytest

from andel.data.batch import parse_batches
from andel.data.sealed_draws import OVER_A_FIFTH, refusal_object
from andel.data.shown_leaves import note_shown
from andel.data.store import EvidenceStore
from andel.errors import EvidenceError
from andel.roles.auditing.findings import Rests
from andel.roles.auditor import AuditOptions, audit
from andel.roles.founder import publish_reference
from andel.roles.replay import ReferenceOpener, replay_round
from andel.roles.unsealing import opening_seeds
from andel.sealing import unseal
from andel.training.privacy import Privacy
from tests.support.small_run import envelope_scenario

GROUPED = Privacy("grouped", 4, 3)


def grouped_scenario(seed):
    scenario = envelope_scenario(seed, owners=4, dishonest=False)
    return replace(scenario, task=replace(scenario.task, privacy=GROUPED))


@pytest.fixture(scope="module")
def retried(launch_world):
    """A round whose first attempt was closed and then became void, and whose second is final."""
    small = launch_world("sealed openings", grouped_scenario(5))
    manager = small.world.model.round_manager
    small.close_round()
    small.local.advance(manager.voidable_at(1) - small.world.chain.block_time() + 1)
    manager.void(small.world.actors.consumer, 1)
    small.results.append(small.coordinator().run_round(small.retry_plan()))
    unseen = ReferenceOpener(small.store, lambda _: small.world.founded.packets)
    with pytest.raises(EvidenceError, match="sealed to its validators, and it is not final"):
        replay_round(small.world.model, small.store, 1, unseen)
    small.settle()
    publish_reference(small.store, small.world.founded)
    return small


def test_an_attempt_that_became_void_opens_nothing_more(retried):
    first, second = retried.results
    validator, state = retried.world.actors.validators[2], retried.world.model.round_manager.round_of(1)
    ((_, origin),) = opening_seeds(retried.world.model.round_manager, state)
    assert origin.seed != state.first_seed and state.attempt == 1
    assert set(first.openings) == set(second.openings) and len(first.openings) == 8
    for contributor, sealed in second.openings.items():
        assert unseal(sealed, validator) == unseal(first.openings[contributor], validator)
    report = retried.report(1)
    assert all(not line.reason for line in report.contributors) and report.packets_checked > 0
    assert not report.history.pending and len(report.history.opened) == 8


def test_an_audit_counts_what_it_cannot_open_as_resting_on_signatures(retried):
    found = audit(retried.world.model, retried.store)
    assert found.ok, found.failure
    assert found.tally.of("asked", Rests.SIGNATURES) == 8 and found.tally.of("asked") == 0
    assert found.tally.of("openings") == 0 and found.tally.of("results") == 1
    assert "openings of 8 contributors, sealed to its validators, rest on the signatures of 2 of 3" in "\n".join(
        found.rests_on
    )


def test_an_audit_with_a_validators_key_replays_them(retried):
    options = AuditOptions(reader=retried.world.actors.validators[0])
    found = audit(retried.world.model, retried.store, None, options)
    assert found.ok, found.failure
    assert found.tally.of("asked") == 8 and found.tally.of("asked", Rests.SIGNATURES) == 0
    assert found.tally.of("openings") == retried.report(1).packets_checked > 8
    assert not any("sealed" in line for line in found.rests_on)
    stranger = audit(retried.world.model, retried.store, None, AuditOptions(reader=retried.world.actors.consumer))
    assert stranger.tally.of("asked", Rests.SIGNATURES) == 8


@pytest.mark.full
def test_who_has_shown_a_fifth_already_refuses_weighs_nothing_and_keeps_its_standing(launch_world):
    small = launch_world("refused openings", grouped_scenario(6))
    contributor, task = small.honest()[0].contributor, small.world.founded.definition
    spent = contributor.all_batches()[3]
    evidence = EvidenceStore(contributor.evidence_url)
    for leaf in range(4):
        note_shown(evidence, {(spent.device, spent.day): [leaf]}, {(spent.device, spent.day): spent.header.count})
    evidence.close()
    result = small.play()
    headers = parse_batches(next(c.batches for c in result.commitments if c.contributor == contributor.address))[1]
    if (spent.device, spent.day) not in {(header.device, header.day) for header in headers}:
        pytest.fail("the spent day is not in the plan's windows")
    assert result.openings[contributor.address] == refusal_object(contributor.address)
    report = small.report(1)
    (line,) = [line for line in report.contributors if line.contributor == contributor.address]
    assert OVER_A_FIFTH in line.reason and line.weight == 0
    assert spent.device not in report.history.standing and (spent.device, spent.day) in report.history.pending
    others = [line for line in report.contributors if line.contributor != contributor.address]
    assert all(not line.reason for line in others), "a refusal is seen before groups are summed"
    publish_reference(small.store, small.world.founded)
    found = audit(small.world.model, small.store)
    assert found.ok and found.tally.of("asked", Rests.WITHHELD) == 1
    assert task.privacy == GROUPED
