"""`Showing`: where the page's facts come from, as the routes ask for them (`andel.serving.page.source`).

Takes a model, its content store, a clock, and what the gateway says of itself. Gives one method for each resource,
which only hands on to the file of that resource. Holds what was read; safe for threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from andel.content import ContentStore
from andel.ledger.deployment import ModelContracts
from andel.roles.showing.accounts import OwnDevices, account_facts
from andel.roles.showing.catalogue import Catalogue
from andel.roles.showing.changes import Told, changes_since
from andel.roles.showing.devices import devices_page
from andel.roles.showing.explaining import Verdicts, explained
from andel.roles.showing.followed import Followed
from andel.roles.showing.measured import Baselines
from andel.roles.showing.memory import Memory, Start
from andel.roles.showing.model_page import model_facts
from andel.roles.showing.network import Gateway, network_facts
from andel.roles.showing.offering import offering_facts
from andel.roles.showing.opened import Opened
from andel.roles.showing.operating import operator_facts
from andel.roles.showing.plain import Facts
from andel.roles.showing.proposals import Ballots, one_proposal, proposals_page
from andel.roles.showing.proposing import proposal_of
from andel.roles.showing.refusals import refusal, words
from andel.roles.showing.rounds import rounds_page, series
from andel.roles.showing.shares import Participation, shares_page
from andel.units import Address


def in_thread(work: Callable[[], None]) -> None:
    """Begins work that nobody waits for."""
    threading.Thread(target=work, name="andel-showing", daemon=True).start()


class Showing:
    """A `PageSource` over one model. Methods raise ChainError, ContentUnreachable, InputError."""

    def __init__(
        self,
        model: ModelContracts,
        store: ContentStore,
        gateway: Gateway | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        start: Start = in_thread,
    ) -> None:
        """Asks nothing. `start` begins work in the background."""
        self._memory = memory = Memory(model, store, clock, start)
        self._gateway = gateway or Gateway()
        self._baselines = Baselines(memory)
        self._participation = Participation(memory)
        self._verdicts, self._devices, self._ballots = Verdicts(memory), OwnDevices(memory), Ballots(memory)
        self._opened = Opened(memory)
        self._catalogue = Catalogue(memory, self._baselines)
        self._bought: Followed | None = None

    def network(self) -> Facts:
        """See `PageSource`, here and below."""
        return network_facts(self._memory, self._gateway)

    def models(self, first: int, count: int) -> Facts:
        """The catalogue."""
        return self._catalogue.page(first, count)

    def model(self) -> Facts:
        """The served model."""
        return model_facts(self._memory, self._baselines, self._opened)

    def rounds(self, before: int | None, count: int) -> Facts:
        """A page of rounds."""
        return rounds_page(self._memory, self._baselines, before, count)

    def series(self, points: int) -> Facts:
        """All rounds, thinned."""
        return series(self._memory, self._baselines, points)

    def shares(self, first: int, count: int) -> Facts:
        """A page of contributors."""
        return shares_page(self._memory, self._participation, first, count)

    def explain(self, account: Address, round_number: int | None) -> Facts:
        """Why an account earned what it earned; raises EvidenceError and ContentError as well."""
        return explained(self._memory, self._verdicts, account, round_number)

    def devices(self, first: int, count: int) -> Facts:
        """A page of devices."""
        return devices_page(self._memory, self._opened, first, count)

    def account(self, account: Address) -> Facts:
        """One account."""
        return account_facts(self._memory, self._devices, account)

    def offering(self, account: Address | None) -> Facts:
        """The offering."""
        memory = self._memory
        if self._bought is None and memory.offering is not None:
            self._bought = Followed(memory.offering, ["Bought"], memory.first_block)
        return offering_facts(memory, self._bought, account)

    def proposals(self, first: int, count: int, account: Address | None) -> Facts:
        """A page of proposals."""
        return proposals_page(self._memory, self._ballots, first, count, account)

    def proposal(self, proposal: int, account: Address | None) -> Facts:
        """One proposal."""
        return one_proposal(self._memory, self._ballots, proposal, account)

    def operator(self) -> Facts:
        """How the model is run."""
        return operator_facts(self._memory, self._baselines)

    def refusal(self, contract: str | None, data: bytes) -> Facts:
        """Words for a revert."""
        return refusal(contract, data)

    def words(self, to: Address, data: bytes, value: int) -> Facts:
        """Words for a transaction."""
        return words(self._memory, to, data, value)

    def proposal_of(self, file: bytes) -> Facts:
        """What a proposal's file means."""
        return proposal_of(self._memory, file)

    def head(self) -> tuple[int, int]:
        """The newest block and its time."""
        block = self._memory.head.block()
        return block.number, block.time

    def changes(self, since_block: int) -> tuple[int, Sequence[Told]]:
        """What happened since a block."""
        return changes_since(self._memory, since_block)
