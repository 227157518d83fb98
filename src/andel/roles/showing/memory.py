"""All that the resources read, with what is kept of it: a model's contracts, its content store, and the newest block.

Takes contracts, a store, a clock and a way to begin work in the background. Gives rounds, the running state, the task,
the rules, tokens. What is final is kept by its round or its hash, what rests on the newest block as long as that is the
newest. An object that the store does not hold is None. Never writes, never sends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from andel.content import ContentStore
from andel.data.policy import Policy, parse_policy
from andel.errors import ContentError, InputError, SettingsError
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts
from andel.ledger.factory import LaunchedModel
from andel.ledger.governance import ModelGovernorContract, find_governor
from andel.ledger.offering import ModelOfferingContract
from andel.ledger.payment import COIN, money_of
from andel.ledger.policy import ModelPolicyContract, find_policy
from andel.ledger.round_manager import RoundManagerContract
from andel.ledger.round_state import RoundState, Status
from andel.roles.explainer import published_references
from andel.roles.replay import ReferenceOpener
from andel.roles.showing.followed import LOOK_BACK_BLOCKS
from andel.roles.showing.kept import Head, Kept
from andel.roles.showing.plain import CHAINS, Facts
from andel.training.task import Task, parse_task
from andel.units import Address, Digest
from andel.value.claims import ClaimTree
from andel.value.history import EMPTY_HISTORY, History, parse_history
from andel.value.manifest import commitment_names

Start = Callable[[Callable[[], None]], None]
"""Begins work that nobody waits for, in a thread; or does it at once."""

COUNTED_AT_ONCE = 50_000
"""Contributors to rounds that one request counts: half a second's work."""

_ROUNDS_KEPT = 20_000
_TIMES_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Earned:
    """A running state as the page reads it: accounts by what they earned, falling; devices in the order of their
    addresses, with the slots that they proved last and the round in which they did, where that is kept.
    """

    history: History
    accounts: tuple[Address, ...]
    devices: tuple[Address, ...]
    slots: Mapping[Address, int]
    proven: Mapping[Address, int]


@dataclass(frozen=True)  # not slotted: it keeps what never changes
class Memory:
    """What is read of one model, and kept. `clock` counts seconds from anywhere."""

    model: ModelContracts
    store: ContentStore
    clock: Callable[[], float]
    start: Start
    _rounds: Kept[int, RoundState] = field(default_factory=lambda: Kept(_ROUNDS_KEPT))
    _times: Kept[int, int] = field(default_factory=lambda: Kept(_TIMES_KEPT))
    _tokens: Kept[Address, Facts] = field(default_factory=lambda: Kept(256))
    _earned: Kept[bytes, Earned] = field(default_factory=lambda: Kept(2, alone=True))
    _histories: Kept[bytes, History] = field(default_factory=lambda: Kept(4, alone=True))
    _trees: Kept[bytes, ClaimTree] = field(default_factory=lambda: Kept(1, alone=True))
    _counts: Kept[bytes, int] = field(default_factory=lambda: Kept(_ROUNDS_KEPT))
    _named: Kept[bytes, Mapping[Address, str]] = field(default_factory=lambda: Kept(4, alone=True))

    @property
    def manager(self) -> RoundManagerContract:
        """The model's rounds."""
        return self.model.round_manager

    @property
    def chain(self) -> Chain:
        """The chain that all is read from."""
        return self.manager.chain

    @cached_property
    def head(self) -> Head:
        """The newest block."""
        return Head(self.chain, self.clock)

    @cached_property
    def policy(self) -> ModelPolicyContract | None:
        """The model's policy; None where nobody votes. Raises ChainError."""
        return find_policy(self.manager)

    @cached_property
    def governor(self) -> ModelGovernorContract | None:
        """The model's governor; None where nobody votes. Raises ChainError."""
        return None if self.policy is None else find_governor(self.policy)

    @cached_property
    def launch(self) -> tuple[int, LaunchedModel] | None:
        """The block of the model's launch, and what was launched; None where that lies too far back. Raises ChainError.

        Events of the model are looked for from there on, so that nobody asks for blocks that hold none.
        """
        newest = self.head.block().number
        return self.model.factory.launch_of(self.manager.address, max(0, newest - LOOK_BACK_BLOCKS), newest)

    @property
    def first_block(self) -> int:
        """A block before which nothing of the model happened. Raises ChainError."""
        return self.launch[0] if self.launch else 0

    @property
    def launched(self) -> LaunchedModel | None:
        """All that was launched with the model; None where that is not known. Raises ChainError."""
        return self.model.launched or (self.launch[1] if self.launch else None)

    @cached_property
    def offering(self) -> ModelOfferingContract | None:
        """The model's offering; None where it has none, or none is known. Raises ChainError."""
        named = self.launched.parts.get("offering") if self.launched else None
        if named is None and self.governor is not None:
            named = self.governor.offering()
        return None if named is None else ModelOfferingContract(self.chain, named)

    @cached_property
    def references(self) -> ReferenceOpener:
        """Opens the reference set, once it is published."""
        return published_references(self.store)

    @cached_property
    def symbol(self) -> str:
        """The model's token's symbol. Raises ChainError."""
        return self.model.token.symbol()

    def token(self, address: Address) -> Facts:
        """A payment token, or the coin. Raises ChainError."""

        def read() -> Facts:
            decimals, symbol = money_of(self.chain, address)
            if address == COIN:
                symbol = CHAINS.get(self.chain.chain_id, ("", symbol))[1]
            return {"address": address, "symbol": symbol, "decimals": decimals}

        return self._tokens.get(address, read)

    def rounds_count(self) -> int:
        """The newest round's number. Raises ChainError."""
        return self.head.get("rounds count", self.manager.rounds_count)

    def rounds(self, numbers: Sequence[int]) -> list[RoundState]:
        """These rounds, in their order; only those that are not final are asked for again. Raises ChainError."""
        known: dict[int, RoundState] = {}
        for number in numbers:
            found, state = self._rounds.find(number)
            if found and state is not None:
                known[number] = state
        missing = tuple(number for number in numbers if number not in known)
        if missing:
            for state in self.head.get(("rounds", missing), lambda: self.manager.rounds_of(missing)):
                known[state.round] = state
                if state.status == Status.FINALISED:
                    self._rounds.keep(state.round, state)
        return [known[number] for number in numbers]

    def newest_final(self) -> RoundState | None:
        """The newest final round; None before the first. Raises ChainError."""

        def find() -> RoundState | None:
            last = self.model.pool.last_round()
            return self.rounds([last])[0] if last else None

        return self.head.get("newest final", find)

    def times_of(self, blocks: Sequence[int]) -> dict[int, int]:
        """The time of each block (seconds), asked once. Raises ChainError."""
        times, missing = {}, []
        for number in dict.fromkeys(blocks):
            found, time = self._times.find(number)
            if found and time is not None:
                times[number] = time
            else:
                missing.append(number)
        for block in self.chain.blocks(missing) if missing else []:
            times[block.number] = block.time
            self._times.keep(block.number, block.time)
        return times

    def object(self, digest: bytes) -> bytes | None:
        """The object behind a digest; None where the store does not hold it. Raises ContentUnreachable."""
        try:
            return self.store.get_digest(digest)
        except ContentError:
            return None

    def task(self) -> Task | None:
        """The model's task; None where the store does not hold it. Raises ChainError, ContentUnreachable."""
        data = self.head.get("task", lambda: self.object(self.manager.founding().task_hash))
        try:
            return None if data is None else parse_task(data)
        except InputError:
            return None

    def rules_text(self) -> tuple[bytes, bytes, Policy | None, str | None]:
        """For a round opened now: hashes of policy and terms, and both objects where the store holds them."""

        def read() -> tuple[bytes, bytes, Policy | None, str | None]:
            rules = self.model.alliance.rules_at(self.head.block().time + 1)
            policy, terms = self.object(rules.policy), self.object(rules.terms)
            try:
                parsed = None if policy is None else parse_policy(policy)
            except InputError:
                parsed = None
            return rules.policy, rules.terms, parsed, None if terms is None else terms.decode("utf-8", "replace")

        return self.head.get("rules", read)

    def state_hash(self) -> Digest:
        """The running state's hash. Raises ChainError."""
        return self.head.get("state hash", self.manager.state_hash)

    def earned(self) -> Earned | None:
        """The running state after the last final round; None where the store does not hold it."""
        digest = self.state_hash()
        try:
            return self._earned.get(bytes(digest), lambda: _earned(self._parsed(digest)))
        except (ContentError, InputError):
            return None

    def history(self, digest: Digest) -> History | None:
        """A running state by its hash; None where the store does not hold it. Raises ContentUnreachable."""
        try:
            return self._histories.get(bytes(digest), lambda: self._parsed(digest))
        except (ContentError, InputError):
            return None

    def _parsed(self, digest: Digest) -> History:
        if digest in (bytes(32), EMPTY_HISTORY.hash):
            return EMPTY_HISTORY
        return parse_history(self.store.get_digest(digest))

    def claims(self) -> ClaimTree | None:
        """The tree that the pool pays by; None where the store does not hold its state, or holds another."""
        earned = self.earned()
        if earned is None:
            return None
        tree = self._trees.get(bytes(self.state_hash()), lambda: ClaimTree(earned.history.earned))
        return tree if tree.root == self.head.get("claims root", self.model.pool.claims_root) else None

    def contributors_of(self, states: Sequence[RoundState]) -> list[int | None]:
        """How many committed data to each round; None before that, and where the store does not hold the list.

        At most `COUNTED_AT_ONCE` contributors are counted at once, None beyond: the next question goes on from there.
        """
        counts: list[int | None] = []
        counted = 0
        for state in states:
            found, count = self._counts.find(bytes(state.commitments_hash))
            if not found and counted < COUNTED_AT_ONCE:
                named = self.commitments_of(state)
                count = None if named is None else len(named)
                counted += count or 0
            counts.append(count)
        return counts

    def commitments_of(self, state: RoundState) -> Mapping[Address, str] | None:
        """Who committed data to a round, and the CID of its list of batches; None as above."""
        digest = bytes(state.commitments_hash)
        if not any(digest):
            return None
        try:
            named = self._named.get(digest, lambda: commitment_names(self.store.get_digest(digest)))
        except (ContentError, InputError):
            return None
        self._counts.keep(digest, len(named))
        return named

    def governed(self) -> ModelGovernorContract:
        """The governor. Raises SettingsError where nobody votes, ChainError."""
        if self.governor is None:
            raise SettingsError("nobody votes on this model", "its publisher is an account, not a policy")
        return self.governor


def _earned(history: History) -> Earned:
    slots: dict[Address, int] = {}
    rounds: dict[Address, int] = {}
    for proof in sorted(history.proven.values(), key=lambda item: item.round):
        slots |= proof.slots
        rounds |= dict.fromkeys(proof.slots, proof.round)
    devices = {*history.scores, *slots, *history.standing, *history.opened}
    return Earned(
        history,
        tuple(sorted(history.earned, key=lambda account: (-history.earned[account], account))),
        tuple(sorted(devices)),
        slots,
        rounds,
    )
