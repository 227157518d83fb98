"""Attack: readings that were opened for the check are read by others, or asked for again until a whole day is open.

Who: a stranger who reads the content store; a coordinator that asks under a seed it chose, or once more under each
seed; a contributor that seals to some validators only, so that they never agree. What stops it, in grouped mode:
openings are sealed to the validators whose keys stand on chain; a contributor opens under seeds of the chain alone, and
counts on disk what it has opened: where more than a fifth of a batch would be open it refuses, by name, and that costs
it no standing. A sealed object follows from what it holds, so a validator that opens it knows that all others do.

What stays: validators read what is opened, at most a fifth, and could pass it on.
"""

import base64
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import pytest

from andel.data.batch import parse_batches
from andel.data.openings import parse_openings
from andel.data.sealed_draws import Asked, asked_object, draw_apart, refused_by
from andel.data.shown_leaves import shown_in_all
from andel.data.store import EvidenceStore
from andel.errors import InputError, PlanError
from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.roles.contributor import Contributor
from andel.sealing import seal, sealing_public_key, unseal
from andel.training.grid import LocalGrid, LocalNode
from andel.training.privacy import Privacy
from tests.support.small_run import app_of, envelope_scenario

GROUPED = Privacy("grouped", 4, 3)
STRANGER = AccountKey(derive_secret(b"opened to strangers"))


def grouped_scenario(seed: int):
    scenario = envelope_scenario(seed, owners=4, dishonest=False)
    return replace(scenario, task=replace(scenario.task, privacy=GROUPED))


@pytest.fixture(scope="module")
def played(launch_world):
    """Two rounds; everything was opened in the first."""
    small = launch_world("opened to strangers", grouped_scenario(3))
    small.play()
    small.play()
    return small


def opened_of(small, contributor):
    """The openings as a validator finds them in the first round, by place."""
    result, task = small.results[0], small.world.scenario.task
    headers = parse_batches(next(c.batches for c in result.commitments if c.contributor == contributor))[1]
    seed = small.world.model.round_manager.round_of(1).first_seed
    drawn = draw_apart(contributor, headers, [Asked(1, seed, tuple(range(len(headers))))], task.openings)
    plain = unseal(result.openings[contributor], small.world.actors.validators[1])
    return headers, parse_openings(plain, contributor, headers, drawn)


def test_what_was_opened_stands_nowhere_in_the_store_and_opens_for_validators_alone(played):
    objects = [played.store.get(cid) for cid in played.store.cids()]
    strangers = (STRANGER, played.world.actors.coordinator, played.world.actors.consumer)
    assert len(played.results[0].openings) == 8
    for contributor, sealed in played.results[0].openings.items():
        assert sealed in objects, "validators and auditors hold the sealed object"
        _, shown = opened_of(played, contributor)
        texts = [form for item in shown.values() for form in (item.packet, base64.b64encode(item.packet))]
        assert texts and not any(text in data for text in texts for data in objects)
        assert len({unseal(sealed, validator) for validator in played.world.actors.validators}) == 1
        for key in strangers:
            with pytest.raises(InputError, match="not among the readers"):
                unseal(sealed, key)


def test_of_no_batch_more_than_a_fifth_is_opened_and_the_next_round_asks_nobody(played):
    for contributor in played.results[0].openings:
        headers, shown = opened_of(played, contributor)
        counted = Counter(item.batch for item in shown.values())
        assert set(counted) == set(range(len(headers)))
        assert all(1 < counted[index] <= header.count // 5 for index, header in enumerate(headers))
    assert dict(played.results[1].openings) == {}
    assert played.report(2).packets_checked == 0 and played.report(2).minted > 0


def test_a_coordinator_that_asks_under_other_seeds_gets_nothing(played):
    contributor = played.honest()[0].contributor
    task, manager = played.world.founded.definition, played.world.model.round_manager
    plan, state = played.results[1].plan, manager.round_of(2)
    contributor.accept(plan, task)
    batches = tuple(range(len(parse_batches(contributor.batches(plan))[1])))
    evidence = EvidenceStore(contributor.evidence_url)
    before = shown_in_all(evidence)
    for number, chosen in ((2, sha256(b"a seed of its own")), (2, state.second_seed), (9, state.first_seed)):
        with pytest.raises(PlanError, match="not one on chain"):
            contributor.sealed_openings(plan, task, state.first_seed, asked_object([Asked(number, chosen, batches)]))
    answer, readings = contributor.sealed_openings(plan, task, state.first_seed, b"")
    assert refused_by(answer, contributor.address) == "over-a-fifth" and readings == 0
    assert shown_in_all(evidence) == before
    first = Asked(1, manager.round_of(1).first_seed, batches)
    again, _ = contributor.sealed_openings(plan, task, state.first_seed, asked_object([first]))
    assert again == played.results[0].openings[contributor.address], "the same leaves may be asked for as often"
    evidence.close()


@dataclass
class Splitter:
    """Seals its openings so that one validator opens them and the others do not."""

    inner: Contributor
    validators: tuple[AccountKey, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def sealed_openings(self, *given):
        data, readings = self.inner.sealed_openings(*given)
        plain = unseal(data, self.validators[0])
        readers = [sealing_public_key(key) for key in (self.validators[0], STRANGER, STRANGER)]
        return seal(plain, readers, bytes(16)), readings


def test_who_seals_to_some_validators_only_weighs_nothing_for_all_and_the_round_is_final(launch_world):
    small = launch_world("sealed to one", grouped_scenario(4))
    culprit = small.honest()[1].contributor
    node = LocalNode(app_of(Splitter(culprit, small.world.actors.validators)), {})
    small.play(LocalGrid(small.nodes({culprit.address: node})))
    reports = [small.report(1)]
    lines = {line.contributor: line for line in reports[0].contributors}
    assert "malformed-openings" in lines[culprit.address].reason
    state = reports[0].history
    assert all(device in state.standing for device in {batch.device for batch in culprit.all_batches()})
    assert sum(not line.reason for line in lines.values()) == 4, "the other group is as it was"
    small.play()
    again = {line.contributor: line for line in small.report(2).contributors}
    assert "malformed" not in again[culprit.address].reason, "the same leaves, sealed to all, are proven then"
