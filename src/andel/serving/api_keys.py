"""Keys that an operator hands out to who may ask its server, kept as hashes in a file of its own.

Takes the file's place. Gives new keys once, a list without secrets, and for a header whose key it is. A key is 32
random bytes, so its SHA-256 tells nothing of it. Never writes, logs or shows a key after it was made. The file is
read again when it changes, so a removed key is refused from the next second on, without a restart.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from andel.errors import InputError, SettingsError
from andel.hashing import sha256
from andel.whole_files import write_whole

PREFIX: Final = "andel_k_"
KEYS_MAX: Final = 10_000

_FORMAT: Final = "andel-keys/1"
_FILE_BYTES: Final = 4 * 1024 * 1024
_LABEL_BYTES: Final = 64
_LOOK_SECONDS: Final = 1.0
_KEY: Final = re.compile(PREFIX + r"([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_FIELDS: Final = frozenset({"id", "hash", "label", "per_day", "made"})


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the file keeps it: `hash` of its secret, a label for people, questions a day (0: as the model says)."""

    id: str
    hash: str
    label: str
    per_day: int
    made: int

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{12}", self.id) or not re.fullmatch("[0-9a-f]{64}", self.hash):
            raise InputError("a key in the file has no id or no hash")
        if not self.label.isprintable() or len(self.label.encode()) > _LABEL_BYTES:
            raise InputError(f"a key's label is not a printable text of at most {_LABEL_BYTES} bytes")
        if not 0 <= self.per_day < 2**40 or not 0 <= self.made < 2**40:
            raise InputError("a key's rate or date is out of range")


def add_key(path: Path, label: str, per_day: int, now: int) -> tuple[str, ApiKey]:
    """A new key, which is told here and nowhere else again, and how the file keeps it.

    Raises InputError, SettingsError.
    """
    kept = read_keys(path) if path.exists() else ()
    if len(kept) >= KEYS_MAX:
        raise SettingsError(f"{path} holds {KEYS_MAX} keys", "remove some")
    secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    made = ApiKey(secrets.token_hex(6), sha256(secret.encode()).hex(), label, per_day, now)
    _write(path, (*kept, made))
    return f"{PREFIX}{made.id}_{secret}", made


def remove_key(path: Path, key_id: str) -> ApiKey:
    """Takes a key out of the file. Raises InputError where it is not in there, SettingsError."""
    kept = read_keys(path)
    found = next((key for key in kept if key.id == key_id), None)
    if found is None:
        raise InputError(f"no key {key_id[:40]!r} in {path}", "`andel keys list` shows them")
    _write(path, tuple(key for key in kept if key.id != key_id))
    return found


def read_keys(path: Path) -> tuple[ApiKey, ...]:
    """The keys in a file. Raises SettingsError where it cannot be read or is none; what it holds is never shown."""
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_BYTES + 1)
        record = json.loads(data) if len(data) <= _FILE_BYTES else None
        if not isinstance(record, dict) or record.keys() != {"format", "keys"} or record["format"] != _FORMAT:
            raise InputError("it is no file of keys")
        keys = tuple(_key(each) for each in record["keys"])
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", "make it with `andel keys add`") from error
    except (ValueError, TypeError, RecursionError, InputError):
        raise SettingsError(f"{path} is no file of keys", "make one with `andel keys add`") from None
    if len({key.id for key in keys}) != len(keys) or len(keys) > KEYS_MAX:
        raise SettingsError(f"{path} names a key twice, or holds more than {KEYS_MAX}")
    return keys


class ApiKeys:
    """The keys of a running server."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """`clock` gives seconds, which never go back. Raises SettingsError."""
        self._path, self._clock, self._lock = path, clock, threading.Lock()
        self._keys = {key.id: key for key in read_keys(path)}
        self._mark, self._looked = _mark(path), clock()

    def find(self, text: str) -> ApiKey | None:
        """Whose key `text` is; None where it is nobody's, or was removed."""
        match = _KEY.fullmatch(text)
        key = self._present().get(match[1]) if match is not None else None
        if match is None or key is None:
            return None
        same = hmac.compare_digest(sha256(match[2].encode()).hex(), key.hash)
        return replace(key, hash="0" * 64) if same else None

    def _present(self) -> dict[str, ApiKey]:
        with self._lock:
            now = self._clock()
            if now - self._looked >= _LOOK_SECONDS:
                self._looked, mark = now, _mark(self._path)
                if mark != self._mark:
                    try:
                        self._keys = {key.id: key for key in read_keys(self._path)}
                    except SettingsError:
                        self._keys = {}  # a file that is gone or spoilt lets nobody in
                    self._mark = mark
            return self._keys


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _key(record: object) -> ApiKey:
    if not isinstance(record, dict) or record.keys() != _FIELDS:
        raise InputError("a key has other fields")
    if not all(isinstance(record[name], str) for name in ("id", "hash", "label")):
        raise InputError("a key's field is no text")
    if not all(type(record[name]) is int for name in ("per_day", "made")):
        raise InputError("a key's field is no integer")
    return ApiKey(**record)


def _write(path: Path, keys: tuple[ApiKey, ...]) -> None:
    record = {"format": _FORMAT, "keys": [asdict(key) for key in keys]}
    try:
        write_whole(path, (json.dumps(record, indent=1) + "\n").encode())
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}", "name another file") from error
