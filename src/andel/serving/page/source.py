"""Where the page's facts come from, as the routes see it: one method for each resource.

Takes what a route read from a request, already bounded and parsed. Gives objects of JSON's own types (texts, whole
numbers and floats, booleans, None, lists and objects of them): amounts, ids and wei are decimal texts, hashes and bytes
`0x` hex, times seconds of the chain's clock. What is not known is None. `docs/rooms/serving-page.md` has the fields.
Every method may be called from any thread, may ask a node, and raises AndelError: InputError for what was asked,
ChainError for a node that does not answer, ContentUnreachable for a store that does not. An object that the store does
not hold is no error: its fields are None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from andel.units import Address

Facts = Mapping[str, Any]
"""One JSON object."""

Told = tuple[str, Facts]
"""An event's name and what it tells."""

PAGE_MOST: Final = 200
"""Items in one answer at most."""

POINTS_MOST: Final = 2_000
"""Points of a series at most."""


class PageSource(Protocol):
    """What the page shows of one model and of those beside it."""

    def network(self) -> Facts:
        """The chain, its contracts and this gateway."""
        ...

    def models(self, first: int, count: int) -> Facts:
        """A page of the catalogue: `{total, first, items}`."""
        ...

    def model(self) -> Facts:
        """The served model: version, lineage, alliance, owners, revenue."""
        ...

    def rounds(self, before: int | None, count: int) -> Facts:
        """Rounds below `before` (None: from the newest on), newest first: `{total, items}`."""
        ...

    def series(self, points: int) -> Facts:
        """Error, baseline and emission by round, oldest first, thinned to at most `points`."""
        ...

    def shares(self, first: int, count: int) -> Facts:
        """A page of contributors by what they earned, falling."""
        ...

    def explain(self, account: Address, round_number: int | None) -> Facts:
        """Why an account earned what it earned in a final round (None: the newest that it earned in).

        Settles the round again, so it takes seconds where nobody has asked before.
        """
        ...

    def devices(self, first: int, count: int) -> Facts:
        """A page of devices that brought batches."""
        ...

    def account(self, account: Address) -> Facts:
        """What an account holds, may claim and has agreed to."""
        ...

    def offering(self, account: Address | None) -> Facts:
        """The model's offering, and what an account has in it."""
        ...

    def proposals(self, first: int, count: int, account: Address | None) -> Facts:
        """A page of proposals, newest first."""
        ...

    def proposal(self, proposal: int, account: Address | None) -> Facts:
        """One of them. Raises InputError for an unknown one."""
        ...

    def operator(self) -> Facts:
        """The round under way, the operators, the market. Its `health` is None: the route has it from the service."""
        ...

    def refusal(self, contract: str | None, data: bytes) -> Facts:
        """The words for what a call was reverted with, and a hint: `{sentence, hint}`."""
        ...

    def words(self, to: Address, data: bytes, value: int) -> Facts:
        """What a transaction would do, in plain words, and decoded: `{words, call}`."""
        ...

    def proposal_of(self, file: bytes) -> Facts:
        """What a proposal's file (canonical JSON) means: `{why, calls: [{target, name, value, data, words, call}]}`."""
        ...

    def head(self) -> tuple[int, int]:
        """The newest block and its time; what a route makes `ETag` of. Asked of the node at most once a second."""
        ...

    def changes(self, since_block: int) -> tuple[int, Sequence[Told]]:
        """What happened after a block, oldest first, and the block up to which that is all.

        Looks back a bounded number of blocks; who asks for more is told what is newer.
        """
        ...
