"""Looking at a chain again and again: what validators and watchers do until they are done.

Takes a step, which does what the chain's state asks for and says whether it did anything, and the sleep between
looks. A node that hiccups costs a look, not the process. While only the chain's time must pass, a chain that makes no
blocks of its own is moved. Never decides what is done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from andel.errors import ChainError, ContentUnreachable
from andel.ledger.standstill import Standstill

log = logging.getLogger(__name__)

_FAILED_LOOKS_MAX: Final = 60


def look_on(
    step: Callable[[], bool],
    is_done: Callable[[], bool],
    awaits_time: Callable[[], bool],
    standstill: Standstill,
    sleep: Callable[[float], None],
    poll_seconds: float,
) -> None:
    """Steps until it is done, resting after looks that did nothing. Raises ChainError when the node fails a minute."""
    failed = 0
    while True:
        try:
            if is_done():
                return
            busy = step()
            if awaits_time() and not busy:
                busy = standstill.look()
            else:
                standstill.forget()
            failed = 0
        except ChainError as error:
            busy, failed = False, failed + 1
            log.warning("the chain could not be read or written: %s", error)
            if failed >= _FAILED_LOOKS_MAX:
                raise
        except ContentUnreachable as error:
            busy = False  # without evidence nothing is lost but time: it is looked for again, for ever
            log.warning("the content store could not be read or written: %s", error)
        if not busy:
            sleep(max(poll_seconds, 1.0) if failed else poll_seconds)
