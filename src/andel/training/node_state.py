"""What a node must not forget: the update it signed and keeps back, the newest plan it signed under, an open question.

One folder of one node, written whole before anything that follows from it leaves the machine. So a node that was killed
and starts again answers what it was asked, shows the update it signed, and never signs a second one under a plan.
"""

from __future__ import annotations

import fcntl
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from andel.errors import PlanError, SettingsError
from andel.training.fleet_link import message_bytes, message_of, record_bytes, record_of
from andel.training.flower import Message, RecordDict
from andel.training.plan import RoundPlan
from andel.whole_files import write_whole


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the node stands: the round it takes part in and until when (unix seconds), the newest plan it signed under,
    its id at the SuperLink, the most bytes a round took, the bytes of a day (days since 1970), and the plan under which
    a SuperLink last took the hash of its update.
    """

    engaged: str = ""
    engaged_until: int = 0
    signed_round: int = 0
    signed_attempt: int = 0
    signed_plan: str = ""
    node_id: int = 0
    largest_round: int = 0
    day: int = 0
    day_bytes: int = 0
    asked_plan: str = ""


class NodeState:
    """The folder of one node; `open_state` makes it, one process at a time holds it."""

    def __init__(self, folder: Path) -> None:
        """Raises SettingsError when another process holds the folder, or it cannot be used."""
        self.folder = folder
        self._lock = _held(folder)
        try:
            self.standing = self._read_standing()
            self.context = self._read_context()
        except SettingsError:
            self._lock.close()
            raise
        self._kept = record_bytes(self.context)

    def keep(self, standing: Standing) -> None:
        """Replaces the standing; durable when it returns."""
        if standing != self.standing:
            write_whole(self._path("standing.json"), json.dumps(asdict(standing)).encode())
            self.standing = standing

    def keep_context(self) -> None:
        """Makes durable what the app left in its state, which holds the update kept back."""
        data = record_bytes(self.context)
        if data != self._kept:
            write_whole(self._path("context"), data)
            self._kept = data

    def check_order(self, plan: RoundPlan) -> None:
        """Raises PlanError for a plan older than the newest that this node signed an update under, or beside it."""
        newest, place = self.standing, (plan.round, plan.attempt)
        signed = newest.signed_round, newest.signed_attempt
        if newest.signed_plan and (place < signed or (place == signed and plan.hash.hex() != newest.signed_plan)):
            raise PlanError(f"an update was signed under a later plan than that of round {plan.round}")

    def signing(self, plan: RoundPlan) -> Standing:
        """The standing in which the plan is the newest that was signed under."""
        return replace(self.standing, signed_round=plan.round, signed_attempt=plan.attempt, signed_plan=plan.hash.hex())

    @property
    def question(self) -> Message | None:
        """The instruction that is not answered yet."""
        return self._message("question")

    @property
    def reply(self) -> Message | None:
        """The reply that is not handed in yet."""
        return self._message("reply")

    def ask(self, message: Message) -> None:
        """Keeps an instruction until `settle`; durable when it returns."""
        self._path("reply").unlink(missing_ok=True)
        write_whole(self._path("question"), message_bytes(message))

    def answer(self, reply: Message) -> None:
        """Keeps the reply to the instruction; durable when it returns."""
        write_whole(self._path("reply"), message_bytes(reply))

    def settle(self) -> None:
        """Forgets the instruction and its reply: it was handed in, or nobody wants it any more."""
        self._path("question").unlink(missing_ok=True)
        self._path("reply").unlink(missing_ok=True)

    def close(self) -> None:
        """Lets the folder go."""
        self._lock.close()

    def _path(self, name: str) -> Path:
        return self.folder / name

    def _message(self, name: str) -> Message | None:
        path = self._path(name)
        return message_of(path.read_bytes()) if path.exists() else None

    def _read_context(self) -> RecordDict:
        path = self._path("context")
        try:
            return record_of(path.read_bytes()) if path.exists() else RecordDict()
        except Exception as error:  # protobuf's and Flower's readers fail on damaged bytes in many ways
            raise SettingsError(f"{path} cannot be read", "restore it; it holds the update that was signed") from error

    def _read_standing(self) -> Standing:
        path = self._path("standing.json")
        if not path.exists():
            return Standing()
        try:
            values: dict[str, Any] = json.loads(path.read_bytes())
            return Standing(**values)
        except (OSError, ValueError, TypeError) as error:
            # never started afresh in silence: what was signed would be forgotten
            raise SettingsError(
                f"{path} cannot be read", "restore it; without it a second update could be signed"
            ) from error


def _held(folder: Path) -> IO[bytes]:
    """The folder's lock, which ends with the process however that ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "lock").open("wb")
    except OSError as error:
        raise SettingsError(f"{folder} cannot be used: {error.strerror}", "name a folder for the node") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise SettingsError(f"another node runs in {folder}", "one node, one folder") from error
    return lock
