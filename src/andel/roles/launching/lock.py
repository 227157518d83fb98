"""The lock file of a launch: what was sent, what came of it, and where everything is.

Takes and gives canonical JSON. It is written whole and atomically before a transaction is sent and after its receipt,
so that at any moment it names every transaction that may be on its way. It holds no secret: nothing in it is unknown to
whoever reads the chain. Never asks a chain.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from andel.encoding import canonical_json, parse_json
from andel.errors import InputError, SettingsError
from andel.keys import parse_address
from andel.ledger.deployment import Deployment
from andel.ledger.factory import IMPLEMENTATIONS
from andel.ledger.interface import CONTRACTS
from andel.units import Address
from andel.whole_files import write_whole

LOCK_FORMAT: Final = "andel-lock/1"
_MAX_BYTES: Final = 1024 * 1024
_MAX_TRIES: Final = 1_000
_MODEL_PARTS: Final = tuple(name for _, (name, _) in IMPLEMENTATIONS.items())
_HINT: Final = "move the file away to launch anew, or give back the file that `andel launch` wrote"


@dataclass(frozen=True, slots=True)
class Try:
    """One signed transaction for a step. `block` is 0 until its receipt was seen; `failed` if the chain says so."""

    step: str
    nonce: int
    hash: str
    block: int = 0
    gas_used: int = 0
    failed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody knows yet what came of it."""
        return self.block == 0 and not self.failed


@dataclass(frozen=True, slots=True)
class Lock:
    """A launch, as far as it has come.

    `sender` pays and signs; `model_file` is the hash (hex) of what the file said when the launch was sent. Addresses go
    by the contract's name: `shared` (registries, factory), `implementations`, `model`; `vestings` in the order of the
    file's allocations. `factory` is where the factory will be, which some implementations are told. `terms` is the
    launch's calldata, `objects` what was put into the content store, by name and CID.
    """

    chain_id: int
    sender: Address
    model_file: str = ""
    factory: Address | None = None
    shared: Mapping[str, Address] = field(default_factory=dict)
    implementations: Mapping[str, Address] = field(default_factory=dict)
    model: Mapping[str, Address] = field(default_factory=dict)
    vestings: tuple[Address, ...] = ()
    terms: bytes = b""
    objects: Mapping[str, str] = field(default_factory=dict)
    tries: tuple[Try, ...] = ()

    @property
    def is_launched(self) -> bool:
        """Whether the model is on the chain."""
        return bool(self.model)

    def tries_of(self, step: str) -> tuple[Try, ...]:
        """The transactions that were signed for a step, oldest first."""
        return tuple(each for each in self.tries if each.step == step)

    def done(self, step: str) -> Try | None:
        """The transaction that did a step, if it is done."""
        return next((each for each in self.tries_of(step) if each.block and not each.failed), None)

    def with_try(self, new: Try) -> Self:
        """With a transaction added, or put in place of what was known of it."""
        kept = tuple(each for each in self.tries if each.hash != new.hash)
        return replace(self, tries=(*kept, new))

    def deployment(self) -> Deployment:
        """Where the model and all it rests on are. Raises InputError when it is not launched."""
        if not self.is_launched:
            raise InputError("the launch is not complete: the model is on no chain", "run `andel launch` again")
        known = {name: address for name, address in self.model.items() if name in CONTRACTS}
        return Deployment(self.chain_id, {**self.shared, **known})

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(
            {
                "format": LOCK_FORMAT,
                "chain_id": self.chain_id,
                "sender": self.sender,
                "model_file": self.model_file,
                "factory": self.factory,
                "shared": dict(self.shared),
                "implementations": dict(self.implementations),
                "model": dict(self.model),
                "vestings": list(self.vestings),
                "terms": "0x" + self.terms.hex(),
                "objects": dict(self.objects),
                "transactions": [_try_fields(each) for each in self.tries],
            }
        )


def read_lock(path: Path) -> Lock | None:
    """The lock file there; None where there is none. Raises InputError for anything but a lock file."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", "name a lock file") from error
    try:
        return _parse(data)
    except (InputError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = error.message if isinstance(error, InputError) else f"{type(error).__name__} {str(error)[:80]}"
        raise InputError(f"{path} is no lock file ({LOCK_FORMAT}): {reason}", _HINT) from error


def is_lock(data: bytes) -> bool:
    """Whether these are the bytes of a lock file, sound or not."""
    return f'"format":"{LOCK_FORMAT}"'.encode() in data[:_MAX_BYTES]


def write_lock(path: Path, lock: Lock) -> None:
    """Writes it so that a crash leaves the former file or this one, on the disk when this returns. Raises OSError."""
    write_whole(path, lock.to_bytes(), 0o666)  # it holds no secret: who may read it is the umask's


def _parse(data: bytes) -> Lock:
    value = parse_json(data, _MAX_BYTES)
    if not isinstance(value, dict) or value.pop("format", None) != LOCK_FORMAT:
        raise InputError("another format")
    tries = tuple(_try(each) for each in value.pop("transactions"))
    if len(tries) > _MAX_TRIES or type(value["chain_id"]) is not int:
        raise InputError("too many transactions, or no chain id")
    factory = value["factory"]
    lock = Lock(
        chain_id=value["chain_id"],
        sender=parse_address(value["sender"]),
        model_file=str(value["model_file"]),
        factory=None if factory is None else parse_address(factory),
        shared=_addresses(value["shared"], CONTRACTS),
        implementations=_addresses(value["implementations"], _MODEL_PARTS),
        model=_addresses(value["model"], _MODEL_PARTS),
        vestings=tuple(parse_address(each) for each in value["vestings"]),
        terms=bytes.fromhex(value["terms"].removeprefix("0x")),
        objects={str(name): str(cid) for name, cid in value["objects"].items()},
        tries=tries,
    )
    if lock.to_bytes() != data:
        raise InputError("fields that do not belong there")
    return lock


def _addresses(value: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Address]:
    unknown = set(value) - set(names)
    if unknown:
        raise InputError(f"no contract is called {sorted(unknown)[0][:40]!r}")
    return {name: parse_address(address) for name, address in value.items()}


def _try_fields(each: Try) -> dict[str, object]:
    return {
        "step": each.step,
        "nonce": each.nonce,
        "hash": each.hash,
        "block": each.block,
        "gas_used": each.gas_used,
        "failed": each.failed,
    }


def _try(value: Mapping[str, Any]) -> Try:
    numbers = [value[name] for name in ("nonce", "block", "gas_used")]
    if any(type(number) is not int or number < 0 for number in numbers) or type(value["failed"]) is not bool:
        raise InputError("a transaction's numbers are none")
    if len(bytes.fromhex(value["hash"].removeprefix("0x"))) != 32:
        raise InputError("a transaction's hash is none")
    return Try(str(value["step"]), numbers[0], value["hash"], numbers[1], numbers[2], value["failed"])


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keeps other processes from launching by this lock file meanwhile. Raises SettingsError when one does."""
    beside = path.with_name(f".{path.name}.held")
    try:
        file = beside.open("wb")
    except OSError as error:
        raise SettingsError(f"{path.parent} cannot be written: {error.strerror}", "name another --lock") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(f"another process launches by {path}", "wait for it to end") from error
        yield
