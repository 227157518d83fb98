"""What a node must not forget of the updates that it posted: the newest one, and what all of them may have cost.

One file of the node's folder, written whole before anything that follows from it is sent.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from andel.encoding import parse_hex
from andel.errors import InputError, SettingsError
from andel.units import Digest
from andel.whole_files import write_whole

_FORMAT = "andel-postings/1"


class Stage(StrEnum):
    """How far a posting is: perhaps sent, on chain and not answered, or over."""

    SENDING = "sending"
    POSTED = "posted"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Posting:
    """One posting: `plan` and `update` are hashes, `number` is its entry in the log of what left, `nonce` that of its
    transaction, `block` one before it, `reserved` the wei that were counted for it.
    """

    round: int
    attempt: int
    plan: Digest
    update: Digest
    number: int
    nonce: int
    block: int
    reserved: int
    stage: Stage


class PostingMemory:
    """The file at a path; `spent` are wei, never less than all postings cost."""

    def __init__(self, path: Path) -> None:
        """Reads what is there. Raises SettingsError when it cannot be read."""
        self._path = path
        self.posting: Posting | None = None
        self.spent = 0
        if not path.exists():
            return
        try:
            values = json.loads(path.read_bytes())
            if values["format"] != _FORMAT:
                raise InputError(f"not postings ({_FORMAT})")
            kept, self.spent = values["posting"], int(values["spent"])
            hashes = {name: Digest(parse_hex(kept[name], 32)) for name in ("plan", "update")}
            self.posting = Posting(**{**kept, **hashes, "stage": Stage(kept["stage"])})
        except (OSError, InputError, KeyError, TypeError, ValueError) as error:
            # never started afresh in silence: a second budget would be spent
            raise SettingsError(f"{path} cannot be read", "restore it; it counts what postings have cost") from error

    def keep(self, posting: Posting, spent: int | None = None) -> Posting:
        """Replaces the newest posting and, where given, what was spent; durable when it returns. Gives the posting."""
        total = self.spent if spent is None else spent
        kept = {**asdict(posting), "plan": posting.plan.hex(), "update": posting.update.hex()}
        write_whole(self._path, json.dumps({"format": _FORMAT, "spent": total, "posting": kept}).encode())
        self.posting, self.spent = posting, total
        return posting
