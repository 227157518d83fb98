"""From a model's file to what is launched: amounts and times as contracts take them, texts and objects by their hashes.

Takes a `FoundingFile`, the files and the content store that it names, and the launch's second. Gives a `Founding`. The
file's own rules are kept by then; what its texts break is told here. Never asks a chain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from andel.content import ContentStore
from andel.data.policy import policy_of_text
from andel.errors import AndelError, InputError
from andel.hashing import sha256
from andel.ledger.launching import Allocation, GovernanceConfig, ModelConfig, OfferingConfig
from andel.ledger.policy import Access
from andel.ledger.round_state import ValidatorRecord
from andel.roles.founding_file.ownership import Governance
from andel.roles.founding_file.sections import FoundingFile
from andel.roles.launching.founding import SHARED, Founding, Published
from andel.training.engine import genesis_parameters
from andel.training.plan import parse_reference, parse_rules
from andel.training.task import Task, parse_task
from andel.training.training_policy import TrainingPolicy
from andel.training.updates import encode_version
from andel.units import Digest

ReadFile = Callable[[str], bytes]
"""The bytes of a file that model.toml names, by that name. Raises InputError."""

_NONE: Final = bytes(32)


@dataclass(slots=True)
class _Objects:
    """What will be published, in the order in which it is found."""

    found: dict[str, bytes] = field(default_factory=dict)

    def add(self, name: str, data: bytes) -> Digest:
        """Keeps an object; its hash."""
        self.found[name] = data
        return sha256(data)


def founding_of(
    file: FoundingFile, read: ReadFile, store: ContentStore, launch: int, *, file_hash: str, pays_bonds: bool = True
) -> Founding:
    """What `file` says, launched at second `launch`. `store` is the one that `model.objects` names.

    Raises InputError, PlanError, ContentError for what the file names and is not there, or not what it should be.
    """
    objects = _Objects()
    task = _task(file, read, store, objects)
    genesis = objects.add("first version", encode_version(genesis_parameters(task)))
    task_hash = objects.add("task", task.to_bytes())
    policy_hash = terms_hash = _NONE
    if file.alliance.existing is None:
        policy_hash = objects.add("policy", _policy(file.alliance.policy, read))
        terms_hash = objects.add("terms", read(file.alliance.terms))
    governance = None if file.governance is None else _governance(file, file.governance, read, objects)
    config = _config(file, launch, governance, (genesis, task_hash, policy_hash, terms_hash))
    named = {name: address for name in SHARED if (address := getattr(file.network.contracts, name)) is not None}
    published = tuple(Published(name, data) for name, data in objects.found.items())
    return Founding(config, published, file_hash, named, pays_bonds, file.network.chain_id)


def _task(file: FoundingFile, read: ReadFile, store: ContentStore, objects: _Objects) -> Task:
    """The task, once everything that it names was found."""
    try:
        task = parse_task(read(file.model.task).strip())
        rules = store.get_digest(bytes.fromhex(task.rules))
        parse_rules(rules)
        reference = store.get_digest(bytes.fromhex(task.reference))
        named = parse_reference(reference)
        objects.add("value rules", rules)
        objects.add("reference set", reference)
        objects.add("reference batches", store.get(named.batches))
        objects.add("sealed reference packets", store.get(named.sealed))
    except AndelError as error:
        raise InputError(
            f"model.task {file.model.task}: {error.message}",
            error.hint or "write task and objects anew, as `andel new` experiments do",
        ) from error
    return task


def _policy(name: str, read: ReadFile) -> bytes:
    """The canonical bytes of the alliance's policy."""
    try:
        return policy_of_text(read(name)).to_bytes()
    except InputError as error:
        hint = error.hint or 'as in {"boxes":[],"channels":[],"format":"andel-policy/1"}'
        raise InputError(f"alliance.policy {name}: {error.message}", hint) from error


def _config(
    file: FoundingFile,
    launch: int,
    governance: GovernanceConfig | None,
    hashes: tuple[bytes, bytes, bytes, bytes],
) -> ModelConfig:
    model, plan, operators, alliance = file.model, file.plan, file.operators, file.alliance
    genesis, task_hash, policy_hash, terms_hash = hashes
    return ModelConfig(
        name=model.name,
        symbol=model.symbol,
        contract_uri=model.contract_uri or "",
        cap=file.supply.cap,
        rate=file.rate,
        ceiling=file.ceiling,
        halving_period=file.emission.halving,
        tail_rate=file.tail_rate,
        operator_share_bps=file.emission.operator_share_bps,
        owner=file.owner,
        coordinator=operators.coordinator,
        standbys=operators.standbys,
        validators=tuple(ValidatorRecord(each.account, each.sealing_key) for each in operators.validators),
        k=operators.k,
        bond=operators.bond,
        coin_per_token=_token_worth(file),
        challenge_floor=file.challenge_floor,
        unbonding_period=operators.unbonding,
        idle_period=operators.idle,
        genesis_version=genesis,
        task_hash=task_hash,
        policy_hash=policy_hash,
        terms_hash=terms_hash,
        listers=alliance.listers,
        devices=alliance.devices,
        alliance=alliance.existing,
        seed_delay=plan.seed_delay,
        commit_period=plan.commit_period,
        challenge_window=plan.challenge_window,
        hearing_period=plan.hearing_period,
        epoch_length=file.revenue.epoch,
        redeemable_bps=file.revenue.redeemable_bps,
        offering=_offering(file, launch),
        allocations=_allocations(file),
        governance=governance,
    )


def _token_worth(file: FoundingFile) -> int:
    """Wei for a whole token: said, or the offering's price in coin."""
    if file.token_worth is not None:
        return file.token_worth
    raise InputError("operators.token_worth is missing, and no price in coin stands for it", "add token_worth")


def _offering(file: FoundingFile, launch: int) -> OfferingConfig | None:
    sold = file.offering
    if sold is None:
        return None
    opens = sold.opens.given(launch)
    closes = opens + sold.window
    rounds = sold.milestone_rounds
    return OfferingConfig(
        offered=file.part(file.supply.sale_bps),
        price=sold.units(sold.price),
        minimum=sold.units(file.minimum),
        opens=opens,
        closes=closes,
        payment=sold.payment,
        cap_per_buyer=sold.units(sold.cap_per_buyer),
        allow_root=sold.allow_root or _NONE,
        only_alliance=sold.only_alliance,
        first_bps=sold.first_bps,
        milestone_rounds=rounds,
        milestone_deadline=closes + sold.milestone_within if rounds else 0,
    )


def _allocations(file: FoundingFile) -> tuple[Allocation, ...]:
    supply = file.supply
    found = [Allocation(each.account, file.part(each.bps), each.vesting, each.cliff) for each in supply.founders]
    if supply.treasury_bps:
        found.append(Allocation(None, file.part(supply.treasury_bps), supply.treasury_vesting))
    return tuple(found)


def _governance(file: FoundingFile, rules: Governance, read: ReadFile, objects: _Objects) -> GovernanceConfig:
    plan, access, promotion = file.plan, file.access, file.promotion
    training = TrainingPolicy(plan.steps, plan.rate_shift, (), plan.privacy, plan.least_k)

    def text(name: str, path: str | None) -> bytes:
        return _NONE if path is None else objects.add(name, read(path))

    return GovernanceConfig(
        voting_delay=rules.voting_delay,
        voting_period=rules.voting_period,
        extension=rules.extension,
        proposal_threshold=file.proposal_threshold,
        timelock_delay=rules.timelock,
        shortest=rules.shortest,
        quorum_bps=rules.quorum_bps,
        veto_bps=rules.veto_bps,
        training_policy=objects.add("training policy", training.to_bytes()),
        data_policy=text("data policy", rules.data_policy),
        validation_policy=text("validation policy", rules.validation_policy),
        licence=text("licence", access.licence),
        access=int(Access[access.mode.upper()]),
        prices=tuple(
            {
                "route": each.route.encode("ascii").ljust(32, b"\0"),
                "token": each.payment or "0x" + 40 * "0",
                "period": each.period,
                "ratePerDay": each.rate_per_day,
                "transferable": each.transferable,
                "amount": each.units(),
            }
            for each in access.prices
        ),
        bar=promotion.evaluation,
        lower_is_better=promotion.lower_is_better,
        promotes_by_itself=promotion.automatic,
    )
