"""A model's founder: measures the reference set, seals it to the validators, and describes the task.

The reference set is what scores every contributor, so its packets stay closed until the last round: validators
get them encrypted, everybody else sees their roots in each plan, and `publish` opens them at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from andel.content import ContentStore, cid_of_digest
from andel.data.batch import Batch, batches_object
from andel.data.bundle import pack_packets
from andel.device.epochs import Epoch
from andel.errors import PlanError
from andel.hashing import sha256
from andel.ledger.alliance import AllianceRules
from andel.sealing import seal
from andel.training.engine import genesis_parameters
from andel.training.plan import DayRanges, Reference, RoundPlan
from andel.training.privacy import check_rules
from andel.training.rules import DEFAULT_RULES, ValueRules
from andel.training.task import Task
from andel.training.updates import encode_version
from andel.units import Address, BaseUnits, Digest


@dataclass(frozen=True, slots=True)
class FoundedModel:
    """A model before its first round: its task and the task's CID, the first version's hash, the reference set."""

    definition: Task
    task: str
    genesis: Digest
    reference: Reference
    packets: bytes


def found_model(
    store: ContentStore,
    task: Task,
    owner: Address,
    batches: Sequence[Batch],
    days: Mapping[str, DayRanges],
    readers: Sequence[bytes],
    content_key: bytes,
    epoch: Epoch | None = None,
    rules: ValueRules = DEFAULT_RULES,
) -> FoundedModel:
    """Keeps task, first version and the sealed reference set in the store.

    The task that is kept names the reference set and the value rules, so that its hash on chain fixes what every round
    is scored by, and how. Both are kept too: whoever has the chain and the store can plan a round.

    Args: batches of the reference devices in the order of devices and days; `days` with keys "score" and
    "report"; `readers` the validators' 32-byte sealing keys; a fresh random 16-byte `content_key`; `epoch` of the
    reference devices' firmware, where it is known. Raises PlanError for rules that the task cannot have.
    """
    if task.floats is not None and rules.audits:
        raise PlanError(
            f"rule audits is {rules.audits}, but a float task's training cannot be done again", "set it to 0"
        )
    check_rules(task.privacy, rules)
    packets = pack_packets([packet for batch in batches for packet in batch.packets])
    reference = Reference(
        batches=store.put(batches_object(owner, [batch.header for batch in batches])),
        sealed=store.put(seal(packets, readers, content_key)),
        packets=cid_of_digest(sha256(packets)),
        score=days["score"],
        report=days["report"],
        epoch=str(epoch or ""),
    )
    genesis = store.put_digest(encode_version(genesis_parameters(task)))
    store.put(reference.to_bytes())
    store.put(rules.to_bytes())
    definition = replace(task, reference=reference.hash.hex(), rules=rules.hash.hex())
    return FoundedModel(definition, store.put(definition.to_bytes()), genesis, reference, packets)


def publish_reference(store: ContentStore, founded: FoundedModel) -> str:
    """Opens the reference set, after the last round closed; returns its CID, which every plan names."""
    return store.put(founded.packets)


def next_plan(
    template: RoundPlan,
    task: Task,
    *,
    number: int,
    version: Digest,
    state: Digest,
    budget: BaseUnits,
    deadline: int,
    rules: AllianceRules | None = None,
) -> RoundPlan:
    """The plan of round `number` of `task`, its first attempt, on the version and state that the last one left.

    `rules` are the alliance's as they stand; None keeps the template's.
    """
    kept = AllianceRules(template.policy, template.terms) if rules is None else rules
    pace = task.pace(number)
    return replace(
        template,
        round=number,
        attempt=0,
        steps=pace.steps,
        rate_shift=pace.rate_shift,
        version=version,
        state=state,
        budget=budget,
        deadline=deadline,
        policy=kept.policy,
        terms=kept.terms,
    )
