"""Sending where another may be first: a refusal by a contract is an answer, not a failure.

Takes a method that sends, and its values. Gives whether it went through. Whoever is refused reads the state again and
decides anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec

from andel.errors import Reverted

_P = ParamSpec("_P")

log = logging.getLogger(__name__)


def sent(send: Callable[_P, object], *values: _P.args, **named: _P.kwargs) -> bool:
    """Whether the transaction that `send` makes of these values went through. Raises ChainError."""
    try:
        send(*values, **named)
    except Reverted as refusal:
        log.info("%s", refusal)
        return False
    return True
