"""What operators leave behind on chain: reveals, proposals, plants, and signed results in transactions.

Takes a model; reads its events block by block, and the transactions of the blocks in which results are revealed, also
those that failed. Gives them to whoever judges. What is remembered is bounded. Never judges and never sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from andel.ledger.deployment import ModelContracts
from andel.ledger.receipt import Event
from andel.ledger.round_state import RoundState, Status
from andel.roles.signed_results import SignedResult, attestation_of, results_in
from andel.units import Address

Place = tuple[int, int]
"""A round and an attempt."""

_EVENTS: Final = ("AttestationRevealed", "AttestationProposed", "AttemptPlanted", "PlantOpened")
_REVEALING: Final = (Status.CLOSED, Status.ATTESTED, Status.CHALLENGED)
_BLOCKS_AT_ONCE: Final = 50
_ATTEMPTS_KEPT: Final = 16


class Traces:
    """The traces of one model, from a block on."""

    def __init__(self, model: ModelContracts, from_block: int | None) -> None:
        """`from_block` None begins with the newest round's first attempt."""
        self._model = model
        self._next = from_block
        self._scanned = -1
        self._results: list[SignedResult] = []
        self._said: dict[Place, dict[bytes, Mapping[str, Any]]] = {}
        self._reveals: dict[Place, dict[Address, bytes]] = {}
        self._tests: dict[Place, bytes] = {}
        self._plants: dict[Place, int] = {}

    def read(self, state: RoundState) -> None:
        """Everything up to the newest block. Raises ChainError."""
        manager = self._model.round_manager
        tip = manager.chain.block_number()
        start = state.opened_block if self._next is None else self._next
        if tip >= start:
            events = manager.logs(_EVENTS, start, tip)
            for event in events:
                self._take(event)
            revealed = [event.transaction for event in events if event.name == "AttestationRevealed"]
            self._keep(results_in(self._model, revealed))
            self._next = tip + 1
        self._scan(state, tip)

    def new_results(self) -> list[SignedResult]:
        """The signed results found since the last call."""
        found, self._results = self._results, []
        return found

    def agreed(self, state: RoundState) -> Mapping[str, Any] | None:
        """The attestation that was agreed on, where it has been read."""
        return self._said.get((state.round, state.attempt), {}).get(state.agreed)

    def opened_tests(self) -> Iterator[tuple[Place, bytes]]:
        """Attempts that turned out to be tests, with their salts; each once."""
        while self._tests:
            yield self._tests.popitem()

    def revealed(self, place: Place) -> list[tuple[Address, Mapping[str, Any]]]:
        """Who revealed what in an attempt, as far as the attestation was seen."""
        said = self._said.get(place, {})
        reveals = self._reveals.get(place, {})
        return [(validator, said[digest]) for validator, digest in reveals.items() if digest in said]

    def overdue_plants(self, now: int) -> list[Place]:
        """Attempts whose plant was to be opened before the chain's second `now`, and was not seen opened."""
        return [place for place, due_at in self._plants.items() if now > due_at]

    def forget_plant(self, place: Place) -> None:
        """Says that an attempt's plant was judged."""
        self._plants.pop(place, None)

    def _take(self, event: Event) -> None:
        values = event.arguments
        place = (int(values["round"]), int(values["attempt"]))
        if event.name == "AttestationRevealed":
            self._reveals.setdefault(place, {})[values["validator"]] = values["attestationHash"]
        elif event.name == "AttestationProposed":
            message, digest = attestation_of(self._model.round_manager.domain, values["attestation"])
            self._said.setdefault(place, {})[digest] = message
        elif event.name == "AttemptPlanted":
            self._plants[place] = int(values["dueAt"])
        else:
            self._plants.pop(place, None)
            if values["isTest"]:
                self._tests[place] = values["salt"]
        while len(self._reveals) > _ATTEMPTS_KEPT:
            del self._reveals[next(iter(self._reveals))]
        while len(self._said) > _ATTEMPTS_KEPT:
            del self._said[next(iter(self._said))]

    def _scan(self, state: RoundState, tip: int) -> None:
        """Reads all transactions of the blocks in which results are revealed: one that failed leaves no event, but what
        it says is signed all the same.
        """
        if state.status not in _REVEALING:
            tip = min(tip, state.settled_block)
        if self._scanned < 0 or state.status in (Status.OPEN, Status.DATA_COMMITTED):
            self._scanned = max(self._scanned, min(tip, state.opened_block) - 1)
        last = min(tip, self._scanned + _BLOCKS_AT_ONCE)
        if last <= self._scanned:
            return
        chain = self._model.round_manager.chain
        blocks = chain.blocks(range(self._scanned + 1, last + 1))
        names = [name for block in blocks for name in sorted(block.transactions)]
        self._keep(results_in(self._model, names))
        self._scanned = last

    def _keep(self, results: list[SignedResult]) -> None:
        for result in results:
            place = (int(str(result.attestation["round"])), int(str(result.attestation["attempt"])))
            self._said.setdefault(place, {})[result.digest] = result.attestation
        self._results += results
