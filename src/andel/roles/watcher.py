"""A watcher: anybody who settles a model's rounds again and holds operators to what they did.

It challenges an agreed result that differs from its own, with a bond it was allowed to put down; shows the contract
what that can judge by itself; reports equivocation, laziness, silence and sealed plants; and keeps rounds going when
somebody has vanished: seeds, hearings, dead attempts, the coordinator. Everything is a transaction of its own key; half
of what an offence costs is its reward. Never attests, and never puts down more than `bond_limit` for a challenge.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final

from andel.content import ContentStore
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.disputes import Outcome
from andel.ledger.round_hashes import planted_version
from andel.ledger.round_state import PlantState, RoundState, Status, VoidReason
from andel.ledger.standstill import Standstill
from andel.roles.frauds import forged_update, fraud_of
from andel.roles.looking import look_on
from andel.roles.sent import sent
from andel.roles.settling import Settler, references_for
from andel.roles.signed_results import SeenResults, SignedResult
from andel.roles.speaking import collect_owed, is_over
from andel.roles.traces import Traces

log = logging.getLogger(__name__)

SEED_PATIENCE_BLOCKS: Final = 20
"""How long a coordinator may take to record its seed; 256 blocks later the seed is lost."""

_LIVE: Final = (Status.OPEN, Status.DATA_COMMITTED, Status.CLOSED, Status.ATTESTED)


class Watcher:
    """One watcher of one model. `step` does the first thing that the chain's state asks for."""

    def __init__(
        self,
        key: AccountKey,
        model: ModelContracts,
        store: ContentStore,
        *,
        bond_limit: int = 0,
        settler: Settler | None = None,
        from_block: int | None = None,
        seen: Iterable[SignedResult] = (),
    ) -> None:
        """`bond_limit` is the most a challenge may put down, wei; 0 never challenges. `settler` shares the verdicts of
        a validator in the same process. Offences are looked for from `from_block` on (None: the newest round's first).
        `seen` are signed results that the watcher was given.
        """
        self._key = key
        self._model = model
        self._store = store
        self._bond_limit = bond_limit
        self._settler = settler or Settler(model, store, references_for(store, key))
        self._traces = Traces(model, from_block)
        self._seen = SeenResults()
        self._given = list(seen)
        self._judged: set[tuple[str, int, int]] = set()
        self._collect = True
        self._awaits_time = False
        self._now = 0

    def run(self, sleep: Callable[[float], None], clock: Callable[[], float], poll_seconds: float) -> None:
        """Watches for ever. Raises ChainError when the node fails a minute on end."""
        standstill = Standstill(self._model.round_manager.chain, self._key, clock)
        look_on(self.step, lambda: False, lambda: self._awaits_time, standstill, sleep, poll_seconds)

    def step(self) -> bool:
        """One look; whether anything was done. Raises ChainError."""
        self._awaits_time = False
        manager = self._model.round_manager
        if (state := manager.newest_round()) is None:
            return False
        self._now = manager.chain.block_time()  # for all of this look: what has just come due can wait for the next
        self._traces.read(state)
        duties = (
            self._report_equivocation,
            self._report_lazy,
            self._report_silent,
            self._report_sealed,
            self._show_fraud,
            self._challenge,
            self._conclude,
            self._keep_going,
        )
        return any(duty(state) for duty in duties) or self._take_owed()

    def _report_equivocation(self, _: RoundState) -> bool:
        given, self._given = self._given, []
        for result in (*given, *self._traces.new_results()):
            other = self._seen.see(result)
            if other is None:
                continue
            log.warning("%s signed two results of round %s", result.validator, result.attestation["round"])
            report = self._model.disputes.report_equivocation
            pair = (other.attestation, other.signature, result.attestation, result.signature)
            if sent(report, self._key, *pair, result.validator):
                self._collect = True
                return True
        return False

    def _report_lazy(self, _: RoundState) -> bool:
        chain, address = self._model.round_manager.chain, self._model.round_manager.address
        done = False
        for place, salt in self._traces.opened_tests():
            version = planted_version(chain.chain_id, address, *place, salt)
            for validator, attestation in self._traces.revealed(place):
                if attestation["versionHash"] != version:
                    continue
                log.warning("%s attested what only the test of round %d proposed", validator, place[0])
                done |= sent(self._model.disputes.slash_lazy, self._key, attestation, validator, salt)
        self._collect |= done
        return done

    def _report_silent(self, state: RoundState) -> bool:
        place = ("silent", state.round, state.attempt)
        if place in self._judged or not self._had_time_to_reveal(state):
            return False
        self._judged.add(place)
        manager, done = self._model.round_manager, False
        for validator in self._model.operators.of_epoch(state.operators_epoch).validators:
            ballot = manager.ballot_of(state.round, state.attempt, validator.account)
            if any(ballot.commitment) and not any(ballot.revealed):
                log.warning("%s committed in round %d and never revealed", validator.account, state.round)
                done |= sent(self._model.disputes.slash_silent, self._key, state.round, validator.account)
        self._collect |= done
        return done

    def _had_time_to_reveal(self, state: RoundState) -> bool:
        """As `Offences._hadTimeToReveal` counts it."""
        founding = self._model.round_manager.founding()
        lapsed = state.status == Status.VOID and state.void_reason == VoidReason.DEADLINE
        if not any(state.agreed):
            return lapsed and state.reveal_count > 0 and state.deadline >= state.moved_at + founding.commit_period
        until = state.moved_at if state.status == Status.VOID and not lapsed else self._now
        return until >= state.finalisable_at - founding.challenge_window

    def _report_sealed(self, _: RoundState) -> bool:
        manager = self._model.round_manager
        for number, attempt in self._traces.overdue_plants(self._now):
            self._traces.forget_plant((number, attempt))
            if manager.plant_of(number, attempt).state == PlantState.SEALED:
                log.warning("the plant of round %d, attempt %d, stayed sealed", number, attempt)
                if sent(self._model.disputes.slash_sealed, self._key, number, attempt):
                    self._collect = True
                    return True
        return False

    def _show_fraud(self, state: RoundState) -> bool:
        place = ("fraud", state.round, state.attempt)
        if state.status != Status.ATTESTED or place in self._judged:
            return False
        self._judged.add(place)
        proof = forged_update(self._model, self._store, state)
        if proof is None and (agreed := self._traces.agreed(state)) is not None:
            proof = fraud_of(self._model, self._store, state, agreed, None)
        if proof is None:
            return False
        log.warning("round %d breaks a rule that its contract can check", state.round)
        done = sent(proof, self._key)
        self._collect |= done
        return done

    def _challenge(self, state: RoundState) -> bool:
        place, disputes = ("challenge", state.round, state.attempt), self._model.disputes
        if state.status != Status.ATTESTED or place in self._judged:
            return False
        if self._now >= state.finalisable_at:
            return False  # without a window nothing can be challenged, and settling again would help nobody
        verdict = self._settler.verdict(state)
        if verdict is None:
            return False
        self._judged.add(place)
        if verdict.digest == state.agreed:
            return False
        if (said := self._traces.agreed(state)) is not None:  # what could not be opened without a verdict, or came late
            proof = fraud_of(self._model, self._store, state, said, verdict.report)
            if proof is not None and sent(proof, self._key):
                self._collect = True
                return True
        bond = disputes.challenge_bond_of(state.round)
        log.error("round %d: %d validators agreed on another result than is found here", state.round, state.k)
        if bond > self._bond_limit:
            log.error("round %d is not challenged: it takes a bond of %d wei", state.round, bond)
            return False
        return sent(disputes.challenge, self._key, state.round, verdict.digest)

    def _conclude(self, state: RoundState) -> bool:
        disputes = self._model.disputes
        place = ("heard", state.round, state.attempt)
        if place in self._judged or state.status not in (Status.CHALLENGED, Status.VOID):
            return False
        hearing = disputes.hearing_of(state.round, state.attempt)
        if hearing.outcome != Outcome.PENDING:
            if state.status == Status.VOID:
                self._judged.add(place)
            return False
        self._collect = True
        # an attempt that something else voided meanwhile has nothing left to hear
        if state.status == Status.VOID or is_over(hearing, self._now):
            return sent(disputes.conclude, self._key, state.round)
        self._awaits_time = True
        return False

    def _keep_going(self, state: RoundState) -> bool:
        manager, operators = self._model.round_manager, self._model.operators
        if state.seed_awaited and manager.chain.block_number() > state.seed_block + SEED_PATIENCE_BLOCKS:
            return sent(manager.record_seed, self._key, state.round)
        if state.status in _LIVE and self._now >= manager.voidable_at(state.round):
            log.warning("round %d, attempt %d, is dead: it is voided", state.round, state.attempt)
            return sent(manager.void, self._key, state.round)
        if self._now < operators.idle_at():
            return False
        standbys = operators.of_epoch().standbys
        waiting = next((account for account in standbys if operators.is_bonded(account)), None)
        # between rounds a coordinator may rest; whoever stands by says itself that it wants to go on
        if waiting is None or (state.status == Status.FINALISED and waiting != self._key.address):
            return False
        log.warning("the coordinator has done nothing: %s takes its place", waiting)
        return sent(operators.replace_coordinator, self._key)

    def _take_owed(self) -> bool:
        if not self._collect:
            return False
        self._collect = False
        return collect_owed(self._key, self._model) > 0
