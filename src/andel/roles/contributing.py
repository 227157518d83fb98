"""What stands around a contributor's node: what its owner accepts, what a round will reveal, batches on chain.

Takes the owner's key, the model's contracts, the content store and the contributor beside its data. Gives the
acceptance that the node keeps to, and lines for people. Enters batches as days end. Never speaks to a SuperLink.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from andel.content import ContentStore
from andel.data.intake import DeviceRecord
from andel.data.store import EvidenceStore
from andel.encoding import canonical_json
from andel.errors import ContentError, PlanError, SettingsError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.ledger.contracts import Entry
from andel.ledger.deployment import ModelContracts
from andel.roles.contributor import Contributor
from andel.roles.held_out import HeldOut
from andel.roles.owner import accept_terms
from andel.roles.revealing import how_long, readers, readings_opened
from andel.training.acceptance import Acceptance
from andel.training.accountant import statement
from andel.training.federated_errors import MIN_ROWS
from andel.training.plan import DayRanges, RoundPlan, parse_plan
from andel.training.rules import DEFAULT_RULES, ValueRules
from andel.training.sent_log import Kind, SentLog
from andel.training.task import Task, parse_task
from andel.units import DAY_SECONDS, Address, day_of

ENTRIES_PER_CALL: Final = 50
LATE_SECONDS: Final = 3_600
"""How long after its end a day is entered: packets come late, and a day can be entered once."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """A model's task as it stands on chain, the newest plan if there was one, and what would be accepted."""

    task: Task
    plan: RoundPlan | None
    acceptance: Acceptance

    @property
    def rules(self) -> ValueRules | None:
        """The rules that the task names by their hash; None while no plan shows them."""
        known = (self.plan.rules if self.plan else DEFAULT_RULES, DEFAULT_RULES)
        return next((rules for rules in known if rules.hash.hex() == self.task.rules), None)


def offer_of(
    model: ModelContracts,
    store: ContentStore,
    owner: AccountKey,
    days: tuple[int, int] | None,
    held_out: DayRanges = (),
    tells_errors: bool = False,
) -> Offer:
    """What the model's chain and store say now. `days` narrow what may be used; else all that the task takes. Of these
    `held_out` stay home, and with `tells_errors` errors on them may be told.

    Raises ChainError, ContentError, PlanError.
    """
    manager = model.round_manager
    hashed = manager.founding().task_hash
    task = parse_task(store.get_digest(hashed))
    rules = model.alliance.rules_at(manager.chain.block_time() + 1)
    whole = day_of(task.accepted_time[0]), day_of(max(task.accepted_time[1] - 1, task.accepted_time[0]))
    named = manager.chain.chain_id, manager.address, owner.address, hashed, rules.terms, rules.policy
    accepted = Acceptance(*named, days or whole, held_out, tells_errors)
    if tells_errors:
        HeldOut(held_out, tell=True).check_told(task)
    return Offer(task, newest_plan(model, store), accepted)


def own_devices(packets: EvidenceStore, model: ModelContracts, owner: Address) -> dict[Address, DeviceRecord]:
    """The devices of which packets are kept here and which the chain names as this owner's. Raises ChainError."""
    known = packets.devices()
    statuses = model.device_registry.statuses_of(list(known))
    return {
        device: DeviceRecord(kept.public_key, owner, status.revoked, kept.epoch)
        for (device, kept), status in zip(known.items(), statuses, strict=True)
        if status.owner == owner
    }


def admitted_device(model: ModelContracts, devices: Sequence[Address]) -> Address:
    """The first of these devices that the alliance admits now, for which its owner may keep objects; else the first.

    Raises ChainError.
    """
    admitted = model.alliance.are_admitted(devices, model.round_manager.chain.block_time() + 1)
    return next((device for device, is_admitted in zip(devices, admitted, strict=True) if is_admitted), devices[0])


def newest_plan(model: ModelContracts, store: ContentStore) -> RoundPlan | None:
    """The plan of the newest round; None before the first, or where the store has it not. Raises ChainError."""
    newest = model.round_manager.newest_round()
    if newest is None:
        return None
    try:
        return parse_plan(store.get_digest(newest.plan_hash))
    except ContentError as error:
        log.warning("%s", error.message)
        return None


def check_accepted(accepted: Acceptance, model: ModelContracts, owner: AccountKey) -> None:
    """Raises PlanError or SettingsError unless chain and owner are those of the acceptance, and the terms stand."""
    manager = model.round_manager
    if (accepted.model, accepted.chain_id) != (manager.address, manager.chain.chain_id):
        raise SettingsError(f"this node has accepted a task of {accepted.model}", "use another --state folder")
    if accepted.owner != owner.address:
        raise SettingsError(f"this node acts for {accepted.owner}", "use that owner's key, or another --state folder")
    if manager.founding().task_hash != accepted.task:
        raise PlanError(f"the model's task on chain is not the accepted one, {accepted.task.hex()}")
    now = manager.chain.block_time() + 1
    rules = model.alliance.rules_at(now)
    if (rules.terms, rules.policy) != (accepted.terms, accepted.policy):
        raise PlanError(
            "the alliance has other terms or another policy than were accepted",
            "look at them without --accept-task, then accept again",
        )
    if not model.alliance.have_accepted([owner.address], accepted.terms, now)[0]:
        raise PlanError(
            f"{owner.address} has not accepted the terms {accepted.terms.hex()} on chain",
            "read them (`andel alliance show --store …`), then add --accept-terms with that hash",
        )


def consent(model: ModelContracts, owner: AccountKey, accepted: Acceptance, sent: SentLog) -> None:
    """Accepts the terms on chain where the owner has not yet. Raises ChainError."""
    now = model.round_manager.chain.block_time() + 1
    if not model.alliance.have_accepted([owner.address], accepted.terms, now)[0]:
        number = sent.leaving(Kind.CONSENT, f"chain {accepted.chain_id}", 32, accepted.terms, note="terms accepted")
        accept_terms(model.alliance, owner, accepted.terms, None)
        sent.arrived(number)


def enter_batches(
    model: ModelContracts, contributor: Contributor, accepted: Acceptance, plan: RoundPlan | None, sent: SentLog
) -> int:
    """Enters the batches of accepted days that are over and stand nowhere yet; gives how many. Raises ChainError.

    Rounds can use a day only when it was entered before they opened. Days of the founder's reference set are left out.
    """
    registry, (first, last) = model.batch_registry, accepted.days
    over = day_of(registry.chain.block_time() - LATE_SECONDS)
    kept_apart = [*plan.reference.score, *plan.reference.report] if plan else []

    def useful(entry: Entry) -> bool:
        inside = first <= entry.day <= last and entry.day < over
        return inside and not any(start <= entry.day <= end for start, end in kept_apart)

    entries = [entry for entry in contributor.missing_entries(registry) if useful(entry)]
    for start in range(0, len(entries), ENTRIES_PER_CALL):
        part = entries[start : start + ENTRIES_PER_CALL]
        named = [[entry.device, entry.day, entry.root.hex()] for entry in part]
        data = canonical_json(named)
        note = f"{len(part)} roots of days, with their devices"
        number = sent.leaving(Kind.ENTRIES, f"chain {accepted.chain_id}", len(data), sha256(data), note=note)
        receipt = registry.enter(contributor.key, part)
        sent.arrived(number)
        log.info("%d batches entered, gas %d", len(part), receipt.gas_used)
    return len(entries)


class Surroundings:
    """What a node does between rounds: sees new packets, enters days that ended, looks whether its terms stand."""

    def __init__(
        self,
        model: ModelContracts,
        store: ContentStore,
        contributor: Contributor,
        accepted: Acceptance,
        sent: SentLog,
    ) -> None:
        self._model = model
        self._store = store
        self._contributor = contributor
        self._accepted = accepted
        self._sent = sent

    def look(self) -> int:
        """One look; how many batches were entered. Raises ChainError."""
        self._contributor.take(())  # what other processes took in since counts from now on
        try:
            check_accepted(self._accepted, self._model, self._contributor.key)
        except PlanError as error:
            log.warning("no round will be answered: %s", error.message)
            return 0
        plan = newest_plan(self._model, self._store)
        return enter_batches(self._model, self._contributor, self._accepted, plan, self._sent)


def revealed(offer: Offer, contributor: Contributor) -> list[tuple[str, str]]:
    """What a round reveals, to whom and for how long, as (what, sentence): for the owner to read before joining."""
    task, rules, (first, last) = offer.task, offer.rules, offer.acceptance.days
    home = HeldOut(offer.acceptance.held_out)
    days = [batch for batch in contributor.all_batches() if first <= batch.day <= last]
    batches = [batch for batch in days if not home.covers(batch.day)]
    readings = sum(batch.header.count for batch in batches)
    privacy = task.privacy
    lines = [
        ("model", f"{offer.acceptance.model} on chain {offer.acceptance.chain_id}"),
        ("task", f"{task.name}; hash {offer.acceptance.task.hex()}"),
        ("your data", f"{readings:,} readings in {len(batches):,} batches of {_days(first)} to {_days(last)}"),
        ("every round", "which devices, days, how many readings and hours a day, and the days' roots"),
        ("readings", readings_opened(task, batches)),
        ("audits", _audits(rules)),
        ("update", f"{task.size:,} numbers that your training changed, signed"),
        *(("privacy", line) for line in statement(privacy)),
        ("to whom", readers(task, offer.plan)),
        ("how long", how_long(task)),
        ("held-out days", _held_out(len(days) - len(batches), offer.acceptance.tells_errors)),
        ("never leaves", "readings that were not drawn, rows for training, the wallet's key, the node's key"),
    ]  # fmt: skip
    return lines


def _audits(rules: ValueRules | None) -> str:
    if rules is None:
        return "unknown until a plan shows the rules; at worst all packets of a round are shown in the next"
    if not rules.audits:
        return "none: nobody has to show all that it trained on"
    return f"{rules.audits} contributors are drawn in a round, who show ALL packets they trained on in the next round"


def _held_out(batches: int, told: bool) -> str:
    kept = f"{batches:,} batches stay home: never entered, shown or trained on" if batches else "none"
    if not told:
        return f"{kept}; no errors are told"
    return (
        f"{kept}; whoever coordinates may ask after each round how the version does on them, and is told three signed "
        f"numbers: rows, sum of errors, sum of errors of 'no change'; nothing of fewer than {MIN_ROWS} rows"
    )


def entered_held_out(contributor: Contributor, held_out: DayRanges, model: ModelContracts) -> int:
    """How many days that are to stay home stand on chain already, so that versions may know them. Raises ChainError."""
    home = HeldOut(held_out)
    places = [(batch.device, batch.day) for batch in contributor.all_batches() if home.covers(batch.day)]
    return sum(any(root) for root in model.batch_registry.entries_of(places)) if places else 0


def _days(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_SECONDS, UTC).strftime("%Y-%m-%d")
