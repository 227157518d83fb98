"""The sections of model.toml about learning, people and the chain, and the file as a whole.

Takes nothing. Bounds are those of `LaunchTypes.sol` or narrower. Amounts are integers of 1e-18 of a token or coin,
times seconds. What must hold between keys stands in `rules`. Never reads a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from andel import founding_defaults as defaults
from andel.roles.founding_file.keys import Table, Tables, key
from andel.roles.founding_file.kinds import (
    BPS,
    MAX_UNITS,
    WHOLE,
    Account,
    Accounts,
    Amount,
    Choice,
    Hex,
    Range,
    Seconds,
    Text,
    Whole,
    Words,
    file_named,
    in_words,
    power_of_ten,
)
from andel.roles.founding_file.ownership import (
    Access,
    Emission,
    Governance,
    Offering,
    Promotion,
    Revenue,
    Supply,
)
from andel.training.privacy import MODES
from andel.training.schedule import MAX_RATE_SHIFT, MAX_STEPS
from andel.units import DAY_SECONDS, TOKEN, Address

FORMAT: Final = "andel-model/1"
_MOST: Final = MAX_UNITS
_DAY: Final = DAY_SECONDS
_URL: Final = r"^https?://[^\s@\u0000-\u001f]+$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """[model]: what it predicts."""

    name: str = key(Text(64, '"Air of Oslo"'), "The model's name, and its token's.")
    symbol: str = key(Text(11, '"OSLO"', "^[A-Z0-9]+$", "capital letters and digits"), "The token's symbol in wallets.")
    predicts: str = key(Text(200, '"PM2.5 three hours ahead"'), "What it predicts, for people.")
    unit: str = key(Text(32, '"µg/m³"'), "The unit of a prediction, for people; the task's own unit counts.")
    task: str = key(
        file_named("founded/task.json"),
        "The task, `andel-task/4`: its hash is fixed on chain for ever.",
        "founded/task.json",
        "where the experiments of `andel new` write it",
    )
    objects: str = key(
        file_named("founded/objects"),
        "A content store with what the task names: first version, reference set, value rules.",
        "founded/objects",
        "where the experiments of `andel new` write it",
    )
    contract_uri: str | None = key(
        Text(200, '"ipfs://…"', "^[a-z][a-z0-9+.-]*:[^ ]+$", "a URI"),
        "The token's description for wallets (ERC-7572).",
        optional=True,
        otherwise="none",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """[plan]: what a round's plan must obey, and how long its steps take."""

    round_length: int = key(
        Seconds(60, 30 * _DAY), "From opening a round to its deadline.", "1 day", "a batch is one day"
    )
    steps: tuple[int, int] = key(
        Range(1, MAX_STEPS, "[1, 500]"),
        "Training policy: local steps of a round.",
        [1, MAX_STEPS],
        "the task's schedule bounds them already",
    )
    rate_shift: tuple[int, int] = key(
        Range(0, MAX_RATE_SHIFT, "[4, 24]"),
        "Training policy: the rate is 2 to the minus this.",
        [0, MAX_RATE_SHIFT],
        "the task's schedule bounds it already",
    )
    privacy: tuple[str, ...] = key(
        Words(tuple(MODES)), "Training policy: privacy modes of the task; none listed: any.", [], "the task fixes one"
    )
    least_k: int = key(
        Whole(1, 32), "Training policy: the fewest validators that decide.", 1, "k has a bound of its own"
    )
    seed_delay: int = key(
        Whole(1, 128),
        "Blocks from a root to the block that makes its seed.",
        3,
        "nobody knows the hash of that block yet",
    )
    commit_period: int = key(
        Seconds(1, 7 * _DAY),
        "For validators to commit, and again to reveal.",
        in_words(defaults.COMMIT_PERIOD),
        "a replay takes minutes",
    )
    challenge_window: int = key(
        Seconds(0, 30 * _DAY),
        "From agreement to payment, in which anybody may challenge.",
        in_words(defaults.CHALLENGE_WINDOW),
        "a replay in another time zone; longer keeps every claim waiting",
    )
    hearing_period: int = key(
        Seconds(60, 7 * _DAY),
        "In a dispute: to commit, and again to reveal.",
        in_words(defaults.HEARING_PERIOD),
        "half a window",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alliance:
    """[alliance]: who may contribute: one that is there, or a new one."""

    existing: Address | None = key(
        Account(), "An alliance that is there; the other keys are then left out.", optional=True, otherwise="a new one"
    )
    listers: tuple[Address, ...] = key(Accounts(64), "Whom a new one trusts to vouch for devices.", [], "nobody yet")
    devices: tuple[Address, ...] = key(Accounts(64), "Devices it admits whoever lists them.", [], "none yet")
    policy: str = key(
        file_named("policy.json"),
        "Where devices stand and what they measure, `andel-policy/1`.",
        "policy.json",
        "where the experiments of `andel new` write it",
    )
    terms: str = key(file_named("TERMS.md"), "What an owner agrees to.", "TERMS.md", "beside model.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """[[operators.validators]]: somebody who recomputes every round."""

    account: Address = key(Account(), "Who signs attestations.")
    sealing_key: bytes = key(Hex(32), "The public key (X25519) that evidence is encrypted to.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operators:
    """[operators]: who runs rounds at first, and what holds for all who ever do. n is how many validators there are."""

    coordinator: Address = key(Account(), "Opens and closes rounds; no validator.")
    standbys: tuple[Address, ...] = key(Accounts(8), "Who coordinates next, in this order.", [], "a vote names them")
    k: int = key(Whole(1, 32), "How many equal attestations decide; more than half of the validators.")
    bond: int = key(Amount(1, _MOST, '"100"'), "What each puts down, in the chain's coin.")
    token_worth: int | None = key(
        Amount(1, 1 << 96, '"0.01"'),
        "What a whole token is held to be worth, in the chain's coin: k bonds cover what a round mints.",
        optional=True,
        otherwise="five times the offering's price, where that is in coin",
    )
    challenge_floor: int | None = key(
        Amount(1, _MOST, '"1"'),
        "The least bond of a challenge.",
        optional=True,
        otherwise="one coin, or a hundredth of `bond` where that is less",
    )
    unbonding: int = key(
        Seconds(0, 365 * _DAY, '"45 days"'),
        "From asking for a bond to getting it.",
        in_words(defaults.UNBONDING_PERIOD),
        "longer than anything that can still be shown",
    )
    idle: int = key(
        Seconds(0, 365 * _DAY, '"2 days"'),
        "Without a move, after which a standby takes over.",
        in_words(defaults.IDLE_PERIOD),
        "longer than validators, a window and a hearing take",
    )
    validators: tuple[Validator, ...] = key(Tables(Validator, 32), "One table for each validator.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracts:
    """[network.contracts]: what the models of the chain share, where it is there already."""

    ModelFactory: Address | None = key(Account(), "Launches models.", optional=True, otherwise="a new one")
    DeviceRegistry: Address | None = key(Account(), "Who owns which device.", optional=True, otherwise="a new one")
    BatchRegistry: Address | None = key(
        Account(), "What was entered for which day.", optional=True, otherwise="a new one"
    )
    OnchainModels: Address | None = key(Account(), "Where versions answer.", optional=True, otherwise="a new one")
    AccessPass: Address | None = key(Account(), "Where access is bought.", optional=True, otherwise="a new one")
    Successors: Address | None = key(
        Account(), "Where a model names who follows it.", optional=True, otherwise="a new one"
    )
    FeeSplitters: Address | None = key(
        Account(), "Where a server's earnings are split.", optional=True, otherwise="a new one"
    )
    InferenceMarket: Address | None = key(
        Account(), "Where models are asked for pay.", optional=True, otherwise="a new one"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """[network]: the chain."""

    name: str = key(
        Choice(("local", "iotex-testnet", "iotex", "other")),
        "Which chain.",
        "local",
        "an anvil of one's own costs nothing",
    )
    rpc: str | None = key(
        Text(300, '"http://127.0.0.1:8545"', _URL, "an http(s) address without a password"),
        "Its JSON-RPC.",
        optional=True,
        otherwise="the network's public one; needed for `other`",
    )
    chain_id: int | None = key(
        Whole(1, (1 << 53) - 1), "Its chain id.", optional=True, otherwise="the network's; needed for `other`"
    )
    contracts: Contracts = key(Table(Contracts), "What is there already.", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundingFile:
    """All of model.toml. `offering` is None where nothing is sold, `governance` where one owner rules (`owner`)."""

    format: str = key(Choice((FORMAT,)), "The form of this file.", FORMAT, "the only one so far")
    owner: Address | None = key(
        Account(),
        "One account that rules alone, for tests; instead of [governance].",
        optional=True,
        otherwise="holders rule",
    )
    model: Model = key(Table(Model), "What it predicts.")
    plan: Plan = key(Table(Plan), "What plans obey, and how long a round's steps take.", optional=True)
    alliance: Alliance = key(Table(Alliance), "Who may contribute.", optional=True)
    supply: Supply = key(Table(Supply), "The cap and its parts.", optional=True)
    emission: Emission = key(Table(Emission), "How fast what is mined accrues.", optional=True)
    offering: Offering | None = key(Table(Offering), "The sale.", optional=True, otherwise="nothing is sold")
    revenue: Revenue = key(Table(Revenue), "How revenue is shared.", optional=True)
    access: Access = key(Table(Access), "Who may ask off chain.", optional=True)
    promotion: Promotion = key(Table(Promotion), "When a version becomes current.", optional=True)
    governance: Governance | None = key(Table(Governance), "How holders vote.", optional=True)
    operators: Operators = key(Table(Operators), "Who runs rounds.")
    network: Network = key(Table(Network), "The chain.", optional=True)

    @property
    def n(self) -> int:
        """How many validators there are."""
        return len(self.operators.validators)

    def part(self, bps: int) -> int:
        """Base units of a part of the cap in 1/10000, rounded down: no part takes from another."""
        return self.supply.cap * bps // BPS

    @property
    def mined(self) -> int:
        """Base units that may be mined."""
        return self.part(self.supply.mined_bps)

    @property
    def offered(self) -> int:
        """Base units that are sold."""
        return self.part(self.supply.sale_bps)

    @property
    def ceiling(self) -> int:
        """Base units that may ever accrue."""
        return self.mined if self.emission.ceiling is None else self.emission.ceiling

    @property
    def rate(self) -> int:
        """Base units that accrue in the first second. Rounded down: what is mined never passes the ceiling."""
        if self.emission.per_day is not None:
            return self.emission.per_day // DAY_SECONDS
        return self.ceiling // (2 * self.emission.halving) if self.emission.halving else 0

    @property
    def tail_rate(self) -> int:
        """Base units a second at which halving stops."""
        return self.emission.tail_per_day // DAY_SECONDS

    @property
    def proposal_threshold(self) -> int:
        """Base units whose votes a proposer needs; 0 where nobody votes."""
        if self.governance is None:
            return 0
        stated = self.governance.proposal_threshold
        return self.part(defaults.THRESHOLD_BPS) if stated is None else stated

    @property
    def challenge_floor(self) -> int:
        """Wei that a challenge puts down at least."""
        stated = self.operators.challenge_floor
        return defaults.challenge_floor(self.operators.bond) if stated is None else stated

    @property
    def token_worth(self) -> int | None:
        """Wei that a whole token is held to be worth; None where neither the file nor a price in coin says so."""
        if self.operators.token_worth is not None or self.offering is None or self.offering.payment is not None:
            return self.operators.token_worth
        return defaults.WORTH_OF_PRICE * self.offering.price

    @property
    def minimum(self) -> int:
        """The least that must be paid in all, in 1e-18 of what is paid with; 0 where nothing is sold."""
        if self.offering is None:
            return 0
        stated = self.offering.minimum
        if stated is not None:
            return stated
        target = self.offered * self.offering.price // TOKEN
        least = power_of_ten(WHOLE - self.offering.decimals)
        return max(least, target * defaults.MINIMUM_BPS // BPS // least * least)

    @property
    def settling(self) -> int:
        """Seconds that commits, a window and two hearing periods take: what `Operators` waits for."""
        plan = self.plan
        return plan.commit_period + plan.challenge_window + 2 * plan.hearing_period
