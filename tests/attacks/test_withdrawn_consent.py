"""Attack: data is used without its owner's consent, or consent is used as a weapon.

Who: a coordinator or founder who wants the data of somebody who left, or of whom other terms were accepted; a relayer
who kept a signed acceptance; an owner who leaves in the middle of a round to spoil it, or to be paid without consent.
What stops it: every settling party asks the alliance about the second in which the round opened. Consent before it
counts, whatever happens later; no consent before it weighs nothing, whatever the coordinator collects.
"""

from dataclasses import replace

import pytest

from andel.errors import EvidenceError, PlanError, Reverted
from andel.hashing import sha256
from andel.ledger.round_state import Status
from andel.roles.chain_facts import check_plan, consenting_owners, read_round
from andel.simulation.world import terms_hash
from andel.training.grid import LocalGrid, LocalNode
from andel.typed_data import sign_typed
from tests.support.small_run import app_of

NEW_TERMS = b"All packets may be sold.\n"


def line_of(small, number, member):
    """What the round says of a member."""
    return next(value for value in small.report(number).contributors if value.contributor == member.contributor.address)


class Pliant:
    """A contributor whose software takes part in whatever it is asked to."""

    def __init__(self, contributor):
        self._contributor = contributor

    def __getattr__(self, name):
        return getattr(self._contributor, name)

    def accept(self, plan, task):
        """Accepts everything."""


def test_who_left_weighs_nothing_even_if_its_software_goes_on(launch_world):
    small = launch_world("left before the round")
    member, other = small.honest()[:2]
    small.play()
    assert line_of(small, 1, member).share > 0
    small.world.model.alliance.withdraw(member.contributor.key, terms_hash())
    small.local.mine()
    nodes = small.nodes({member.contributor.address: LocalNode(app_of(Pliant(member.contributor)), {})})
    result = small.play(LocalGrid(nodes))
    assert member.contributor.address in {item.contributor for item in result.commitments}, "it did commit"
    line = line_of(small, 2, member)
    assert (line.weight, line.share) == (0, 0) and "had not accepted the plan's terms" in line.reason
    assert line_of(small, 2, other).weight > 0


def test_honest_software_takes_no_part_without_consent(launch_world):
    small = launch_world("left, and its software knows")
    member = small.honest()[0]
    small.world.model.alliance.withdraw(member.contributor.key, terms_hash())
    small.local.mine()
    result = small.play()
    assert member.contributor.address not in {item.contributor for item in result.commitments}


@pytest.mark.full
def test_leaving_in_the_middle_of_a_round_changes_nothing_of_it(launch_world):
    small = launch_world("left in the middle")
    member = small.honest()[0]
    small.close_round()
    before = small.report(1).value_root
    small.world.model.alliance.withdraw(member.contributor.key, terms_hash())
    small.local.mine()
    assert small.report(1).value_root == before
    small.settle()
    assert small.world.model.round_manager.round_of(1).status == Status.FINALISED
    assert line_of(small, 1, member).share > 0


def test_an_old_signed_acceptance_does_not_bring_consent_back(launch_world):
    small = launch_world("old acceptance")
    alliance, owner = small.world.model.alliance, small.honest()[0].contributor.key
    deadline = small.world.chain.block_time() + 3_600
    message = {
        "owner": owner.address,
        "termsHash": terms_hash(),
        "nonce": alliance.nonce_of(owner.address),
        "deadline": deadline,
    }
    kept = sign_typed(owner, "TermsAcceptance", alliance.domain, message)
    alliance.withdraw(owner, terms_hash())
    with pytest.raises(Reverted, match="Alliance_BadSignature"):
        alliance.accept_for(small.world.actors.consumer, owner.address, terms_hash(), deadline, kept)
    other_terms = message | {"termsHash": sha256(NEW_TERMS), "nonce": alliance.nonce_of(owner.address)}
    signed = sign_typed(owner, "TermsAcceptance", alliance.domain, other_terms)
    with pytest.raises(Reverted, match="Alliance_BadSignature"):
        alliance.accept_for(small.world.actors.consumer, owner.address, terms_hash(), deadline, signed)


@pytest.mark.full
def test_new_terms_bind_nobody_who_has_not_accepted_them(launch_world):
    """The founder puts other terms in force: everybody's consent was to the former ones."""
    small = launch_world("new terms")
    world, everybody = small.world, {member.contributor.address for member in small.world.members}
    small.close_round()
    policy = world.model.alliance.rules_at(world.chain.block_time()).policy
    world.model.alliance.set_rules(world.actors.founder, policy, small.store.put_digest(NEW_TERMS))
    small.settle()  # the round under way keeps its terms
    assert line_of(small, 1, small.honest()[0]).share > 0
    now = world.chain.block_time()
    assert consenting_owners(world.model, sha256(NEW_TERMS), now, everybody) == frozenset()
    with pytest.raises(PlanError, match="names other terms"):
        small.close_round()  # the coordinator's own check; a plan with the former terms is refused by everybody else:
    plan = replace(small.plan(), policy=policy)
    manager = world.model.round_manager
    manager.open(world.actors.coordinator, plan.hash, plan.version, plan.budget, plan.deadline)
    with pytest.raises(EvidenceError, match="terms is .*, on chain "):
        check_plan(plan, world.model, 2, read_round(world.model, 2))


def test_a_plan_that_names_another_alliance_is_refused(launch_world):
    """A coordinator founds an alliance of its own in which everybody has accepted everything."""
    small = launch_world("another alliance")
    world = small.world
    plan = replace(small.plan(), alliance=world.actors.coordinator.address)
    manager = world.model.round_manager
    manager.open(world.actors.coordinator, plan.hash, plan.version, plan.budget, plan.deadline)
    with pytest.raises(EvidenceError, match="alliance is .*, on chain "):
        check_plan(plan, world.model, 1, read_round(world.model, 1))
