"""A validator's word in a hearing: committed, revealed, and the money that follows.

Takes the validator's key and its settled verdict. Sends the digest that the validator finds when it settles the attempt
again, whatever it attested before: the sender is the word, and correcting oneself is no equivocation. The salt comes
from the key, so a restart between commit and reveal loses nothing. Never says a digest that it did not compute.
"""

from __future__ import annotations

import logging

from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.disputes import Hearing, Outcome
from andel.ledger.round_hashes import word_commitment
from andel.ledger.round_state import RoundState
from andel.roles.sent import sent
from andel.roles.settling import Settler

log = logging.getLogger(__name__)


class Speaker:
    """What one validator does in hearings of one model."""

    def __init__(self, key: AccountKey, model: ModelContracts, settler: Settler) -> None:
        self._key = key
        self._model = model
        self._settler = settler
        self._collect = True  # what a hearing left before a restart

    def step(self, state: RoundState) -> bool:
        """What the hearing of a challenged attempt asks for now; whether anything was done. Raises ChainError."""
        disputes = self._model.disputes
        hearing = disputes.hearing_of(state.round, state.attempt)
        if hearing.outcome != Outcome.PENDING:
            return False
        self._collect = True
        now = disputes.chain.block_time()
        word = disputes.word_of(state.round, state.attempt, self._key.address)
        if not any(word.commitment):
            if now < hearing.commit_until and self._commit(state):
                return True
        elif not any(word.digest) and may_reveal(hearing, now):
            return self._reveal(state)
        if is_over(hearing, now):
            return sent(disputes.conclude, self._key, state.round)
        return False

    def collect(self) -> bool:
        """Takes what a hearing left for this validator, once; whether there was anything."""
        if not self._collect:
            return False
        self._collect = False
        return collect_owed(self._key, self._model) > 0

    def _commit(self, state: RoundState) -> bool:
        verdict = self._settler.verdict(state)
        if verdict is None:
            return False
        if verdict.digest != state.agreed:
            log.warning("round %d: the agreed result is not what this validator finds; it says so", state.round)
        disputes, me = self._model.disputes, self._key.address
        commitment = word_commitment(
            disputes.chain.chain_id,
            disputes.address,
            state.round,
            state.attempt,
            verdict.digest,
            me,
            self._salt(state),
        )
        return sent(disputes.commit_word, self._key, state.round, commitment)

    def _reveal(self, state: RoundState) -> bool:
        verdict = self._settler.verdict(state)
        if verdict is None:
            return False
        disputes = self._model.disputes
        return sent(disputes.reveal_word, self._key, state.round, verdict.digest, self._salt(state))

    def _salt(self, state: RoundState) -> bytes:
        """Secret until the reveal, the same after a restart, different for each hearing."""
        place = f"{self._model.disputes.address}/{state.round}/{state.attempt}"
        return self._key.secret_for(b"andel.word.salt.1", place)


def may_reveal(hearing: Hearing, now: int) -> bool:
    """Whether words are revealed at the chain's second `now`."""
    return (hearing.commits == hearing.n or now > hearing.commit_until) and now <= hearing.reveal_until


def is_over(hearing: Hearing, now: int) -> bool:
    """Whether anybody can conclude a pending hearing at the chain's second `now`."""
    return hearing.reveals == hearing.n or now > hearing.reveal_until


def collect_owed(key: AccountKey, model: ModelContracts) -> int:
    """Takes what hearings and reports owe to `key`; wei taken. Raises Reverted, ChainError."""
    owed, reward = model.disputes.owed_to(key.address), model.operators.reward_of(key.address)
    if owed:
        model.disputes.withdraw(key)
    if reward:
        model.operators.withdraw_reward(key)
    return owed + reward
