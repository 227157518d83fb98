"""`Breach`: what a contract would have refused, or an invariant that does not hold; the message has the figures."""

from __future__ import annotations

from andel.errors import AndelError


class Breach(AndelError):
    """A rule of the economy was broken, by an agent that was refused or by the books themselves."""
