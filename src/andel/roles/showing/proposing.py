"""A proposal's file as it is being written: the calls that it means, with the words that voters will read.

Takes a file of `andel-proposal/1` as JSON; gives its calls encoded, so that the page sends what `andel vote propose`
would send. Never keeps anything: texts that a file names need somebody who may write to the store.
"""

from __future__ import annotations

from typing import NoReturn

from andel.errors import InputError
from andel.ledger.proposed_calls import in_words
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts, hex_of
from andel.roles.showing.refusals import naming_of
from andel.roles.telling.naming import TREASURY
from andel.roles.telling.plain_calls import plain_words
from andel.roles.voter import names_known, read_proposal


def proposal_of(memory: Memory, file: bytes) -> Facts:
    """The file's reason and its calls. Raises InputError, SettingsError where nobody votes on the model, ChainError."""
    names = memory.head.get("proposed names", lambda: names_known(memory.model, memory.model.successors))
    calls, why = read_proposal(file, names, memory.store, _no_text)
    naming = naming_of(memory, TREASURY)
    told = [
        {
            "target": call.target,
            "value": str(call.value),
            "data": hex_of(call.data),
            "name": naming.contracts.get(call.target),
            "words": plain_words(call, naming),
            "call": in_words(call, naming.contracts),
        }
        for call in calls
    ]
    return {"why": why, "calls": told}


def _no_text(name: str) -> NoReturn:
    raise InputError(
        f"the call names the text {ascii(name[:60])}, which the page cannot keep",
        "propose it by `andel vote propose`, which puts it into the store",
    )
