"""A second model in the alliance of a first: the same owners and devices, the same evidence, another question.

Takes a `World` and the new model's scenario. Gives the new model's `World`; nothing is listed, claimed, taken in or
entered again, nor are terms accepted, as all that is there for every model of the alliance. Never changes the first.
"""

from __future__ import annotations

from andel.content import ContentStore
from andel.data.intake import DeviceRecord, IntakeSettings
from andel.data.policy import EVERYWHERE
from andel.data.store import EvidenceStore
from andel.device.epochs import CURRENT
from andel.hashing import sha256
from andel.ledger.deployment import ModelContracts
from andel.roles.contributor import Contributor
from andel.roles.held_out import HeldOut
from andel.roles.obeying import Obedience
from andel.simulation.participants import Participant
from andel.simulation.scenario import Scenario
from andel.simulation.world import (
    TERMS,
    Member,
    Operation,
    Say,
    World,
    deploy_founded,
    found_in,
    terms_hash,
)


def found_beside(
    world: World, scenario: Scenario, store: ContentStore, seed: bytes, say: Say, operation: Operation | None = None
) -> World:
    """Another model of the same alliance: its devices, their packets and what is entered of them are there already.

    The scenario's participants are some of the world's, by their numbers. `store` is the new model's own; the world's
    content keys follow from `seed`, which is another than the first model's.
    """
    actors, chain = world.actors, world.chain
    store.put(TERMS)
    store.put(EVERYWHERE.to_bytes())
    founded = found_in(scenario, actors, world.founder, store, sha256(seed, b"content key")[:16])
    alliance = world.model.alliance.address
    model = deploy_founded(chain, world.shared, actors, founded, operation or Operation(), alliance)
    model.operators.deposit_bonds(actors.founder)
    say(f"{scenario.task.name}: launched in the same alliance; no packet was taken in again")
    there = {member.participant.number: member for member in world.members}
    members = tuple(
        _member_of(there[participant.number], participant, scenario, model, store)
        for participant in scenario.participants
    )
    return World(scenario, actors, chain, model, store, founded, members, world.shared, world.founder)


def _member_of(
    member: Member, participant: Participant, scenario: Scenario, model: ModelContracts, store: ContentStore
) -> Member:
    """The same owner with the same evidence, in another model."""
    former = member.contributor
    record = DeviceRecord(member.device.key.public_key, former.address, epoch=CURRENT)
    contributor = Contributor(
        former.key,
        {member.device.key.address: record},
        EvidenceStore(former.evidence_url),
        IntakeSettings(scenario.task.accepted_time),
        terms_hash(),
        HeldOut(scenario.held_days(participant), tell=True),
    )
    contributor.join(model.round_manager, model.batch_registry, Obedience(store))
    return Member(participant, contributor, member.device, member.intake, (0, 0), member.refusal)
