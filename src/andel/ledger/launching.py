"""What a model is launched with, as plain values, and as the factory takes it.

Takes what a founder chooses. Gives the words of one `ModelFactory.launch`; `LaunchTypes.sol`, `IModelOffering.sol`,
`IModelPolicy.sol` and `IModelGovernor.sol` hold the bounds, and the contracts refuse what is out of them. Never sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from andel import founding_defaults as defaults
from andel.errors import InputError
from andel.ledger.round_state import ValidatorRecord
from andel.units import NOBODY, Address


@dataclass(frozen=True, slots=True)
class OfferingConfig:
    """What is sold at the launch: base units, units of `payment` (None: the chain's coin) for a whole token, seconds.

    `first_bps` of the proceeds go to the treasury at once, the rest by `milestone_rounds` rounds until the deadline.
    """

    offered: int
    price: int
    minimum: int
    opens: int
    closes: int
    payment: Address | None = None
    cap_per_buyer: int = 0
    allow_root: bytes = bytes(32)
    only_alliance: bool = False
    first_bps: int = 10_000
    milestone_rounds: int = 0
    milestone_deadline: int = 0


@dataclass(frozen=True, slots=True)
class Allocation:
    """Base units of somebody who founds the model (None: of its treasury), released in equal parts of time.

    `start` 0: from the launch on.
    """

    account: Address | None
    amount: int
    duration: int
    cliff: int = 0
    start: int = 0


@dataclass(frozen=True, slots=True)
class GovernanceConfig:
    """How holders govern: seconds, base units, ten-thousandths, and what the model's policy says at first.

    Hashes are sha2-256 digests of the policies' objects; `prices` are `Price` structs by field.
    """

    voting_delay: int
    voting_period: int
    extension: int
    proposal_threshold: int
    timelock_delay: int
    shortest: int
    quorum_bps: int
    veto_bps: int = 0
    training_policy: bytes = bytes(32)
    data_policy: bytes = bytes(32)
    validation_policy: bytes = bytes(32)
    licence: bytes = bytes(32)
    access: int = 0
    prices: tuple[Mapping[str, object], ...] = ()
    bar: int = 0
    lower_is_better: bool = False
    promotes_by_itself: bool = False


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What a model is founded with; `RoundTypes.sol` and `IRewardPool.sol` hold the bounds.

    Amounts are base units, `rate` and `tail_rate` base units a second, periods seconds, `seed_delay` blocks. `bond`,
    `challenge_floor` and `coin_per_token` are wei of the chain's coin, the last for 1e18 base units: no round opens
    whose budget is worth over k bonds. `start` None lets emission begin with the launch; `halving_period` (0: never)
    halves the rate again and again, down to `tail_rate`. `owner` names operators, lowers emission and rules the
    alliance. Hashes are sha2-256 digests, `genesis_version` that of the first parameters.
    The alliance is founded with `listers` and `devices` admitted, `policy_hash` and `terms_hash`, under `owner`; with
    `alliance`, one that is there is taken as it is. Revenue is shared by epochs of `epoch_length`, after
    `redeemable_bps` were put aside for burning. With `governance`, `owner` is None and holders rule by votes.
    """

    name: str
    symbol: str
    cap: int
    rate: int
    ceiling: int
    owner: Address | None
    coordinator: Address
    validators: tuple[ValidatorRecord, ...]
    k: int
    genesis_version: bytes
    task_hash: bytes
    policy_hash: bytes
    terms_hash: bytes
    listers: tuple[Address, ...] = ()
    devices: tuple[Address, ...] = ()
    start: int | None = None
    halving_period: int = 0
    tail_rate: int = 0
    contract_uri: str = ""
    seed_delay: int = 3
    commit_period: int = defaults.COMMIT_PERIOD
    operator_share_bps: int = defaults.OPERATOR_SHARE_BPS
    challenge_window: int = defaults.CHALLENGE_WINDOW
    standbys: tuple[Address, ...] = ()
    alliance: Address | None = None
    epoch_length: int = defaults.EPOCH_LENGTH
    redeemable_bps: int = defaults.REDEEMABLE_BPS
    offering: OfferingConfig | None = None
    allocations: tuple[Allocation, ...] = ()
    governance: GovernanceConfig | None = None
    bond: int = defaults.EXAMPLE_BOND
    coin_per_token: int = defaults.WORTH_OF_PRICE * defaults.EXAMPLE_PRICE
    challenge_floor: int = defaults.CHALLENGE_FLOOR
    hearing_period: int = defaults.HEARING_PERIOD
    unbonding_period: int = defaults.UNBONDING_PERIOD
    idle_period: int = defaults.IDLE_PERIOD


def launch_terms(config: ModelConfig, devices: Address, batches: Address, registry: Address) -> dict[str, object]:
    """The factory's `Launch`, over these registries of devices, batches and compiled models. Raises InputError."""
    if (config.owner is None) == (config.governance is None):
        raise InputError("a model has an owner or is governed, not both", "give owner, or governance and owner None")
    sold = config.offering
    return {
        **_training_terms(config, devices, batches),
        "owner": config.owner or NOBODY,
        "registry": registry,
        "token": {
            "name": config.name,
            "symbol": config.symbol,
            "contractURI": config.contract_uri,
            "cap": config.cap,
        },
        "schedule": {
            "start": config.start or 0,
            "ratePerSecond": config.rate,
            "ceiling": config.ceiling,
            "halvingPeriod": config.halving_period,
            "tailRatePerSecond": config.tail_rate,
        },
        "revenue": {"epochLength": config.epoch_length, "redeemableBps": config.redeemable_bps},
        "offering": _offering_terms(sold or OfferingConfig(0, 0, 0, 0, 0)),
        "onlyAlliance": sold is not None and sold.only_alliance,
        "allocations": [
            (each.account or NOBODY, each.amount, each.start, each.duration, each.cliff) for each in config.allocations
        ],
        "governance": _governance_terms(config.governance or GovernanceConfig(0, 0, 0, 0, 0, 0, 0)),
    }


def _training_terms(config: ModelConfig, devices: Address, batches: Address) -> dict[str, object]:
    return {
        "rounds": {
            "deviceRegistry": devices,
            "batchRegistry": batches,
            "coinPerToken": config.coin_per_token,
            "challengeWindow": config.challenge_window,
            "seedDelay": config.seed_delay,
            "commitPeriod": config.commit_period,
            "operatorShareBps": config.operator_share_bps,
            "genesisVersion": config.genesis_version,
            "taskHash": config.task_hash,
        },
        "operators": {
            "coordinator": config.coordinator,
            "standbys": list(config.standbys),
            "validators": [(record.account, record.sealing_key) for record in config.validators],
            "k": config.k,
            "bond": config.bond,
            "unbondingPeriod": config.unbonding_period,
            "idlePeriod": config.idle_period,
        },
        "disputes": {"hearingPeriod": config.hearing_period, "floor": config.challenge_floor},
        "alliance": {
            "existing": config.alliance or NOBODY,
            "listers": list(config.listers),
            "devices": list(config.devices),
            "policyHash": config.policy_hash,
            "termsHash": config.terms_hash,
        },
    }


def _offering_terms(sold: OfferingConfig) -> dict[str, object]:
    return {
        "token": NOBODY,
        "payment": sold.payment or NOBODY,
        "treasury": NOBODY,
        "manager": NOBODY,
        "alliance": NOBODY,
        "allowRoot": sold.allow_root,
        "offered": sold.offered,
        "price": sold.price,
        "minimum": sold.minimum,
        "capPerBuyer": sold.cap_per_buyer,
        "opens": sold.opens,
        "closes": sold.closes,
        "milestoneDeadline": sold.milestone_deadline,
        "milestoneRounds": sold.milestone_rounds,
        "firstBps": sold.first_bps,
    }


def _governance_terms(rules: GovernanceConfig) -> dict[str, object]:
    return {
        "votingDelay": rules.voting_delay,
        "votingPeriod": rules.voting_period,
        "extension": rules.extension,
        "proposalThreshold": rules.proposal_threshold,
        "timelockDelay": rules.timelock_delay,
        "shortest": rules.shortest,
        "quorumBps": rules.quorum_bps,
        "vetoBps": rules.veto_bps,
        "policy": {
            "training": rules.training_policy,
            "data": rules.data_policy,
            "validation": rules.validation_policy,
            "licence": rules.licence,
            "access": rules.access,
            "prices": [dict(each) for each in rules.prices],
            "bar": {
                "evaluation": rules.bar,
                "lowerIsBetter": rules.lower_is_better,
                "automatic": rules.promotes_by_itself,
            },
        },
    }
