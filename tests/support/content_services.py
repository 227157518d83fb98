"""A content service on a socket over a store of a test's own, and who may write to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from andel.content import ContentStore, FileObjects
from andel.content_put import Writer
from andel.content_remote import RemoteObjects
from andel.keys import AccountKey, derive_secret
from andel.serving.content_api import Allowance, Limits, build_content_app
from andel.serving.http_edge import RunningServer, serve_in_thread
from andel.typed_data import Domain
from andel.units import Address

OPERATOR = AccountKey(derive_secret(b"content service", "operator"))
CONTRIBUTOR = AccountKey(derive_secret(b"content service", "contributor"))
STRANGER = AccountKey(derive_secret(b"content service", "stranger"))
DEVICE = AccountKey(derive_secret(b"content service", "device")).address
DOMAIN = Domain(31_337, AccountKey(derive_secret(b"content service", "model")).address)
NOON = 1_700_000_000 // 86_400 * 86_400 + 43_200


@dataclass(slots=True)
class Clock:
    """A wall clock that stands until it is moved."""

    seconds: float = NOON

    def __call__(self) -> float:
        return self.seconds


@dataclass(slots=True)
class Service:
    """A running service: its folder, its clock, what accounts may keep, and stores as clients see it."""

    folder: Path
    clock: Clock
    server: RunningServer
    allowances: dict[Address, Allowance] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Its address."""
        return self.server.url

    @property
    def store(self) -> ContentStore:
        """What lies behind it."""
        return ContentStore(str(self.folder))

    def client(self, key: AccountKey | None = OPERATOR, device: Address | None = None) -> ContentStore:
        """The service as a store, with a key that signs or without one."""
        writer = Writer(key, DOMAIN, device) if key else None
        return ContentStore(self.url, objects=RemoteObjects(self.url, writer, now=self.clock, sleep=lambda _: None))


@contextmanager
def content_service(
    folder: Path, limits: Limits | None = None, send_seconds: float = 30.0, port: int = 0
) -> Iterator[Service]:
    """A service where `OPERATOR` may write, and `CONTRIBUTOR` for `DEVICE`."""
    clock = Clock()
    allowances = {OPERATOR.address: Allowance(1 << 30, 1_000), CONTRIBUTOR.address: Allowance(10_000, 3)}

    def may_write(account: Address, device: Address | None) -> Allowance | None:
        if account == CONTRIBUTOR.address and device != DEVICE:
            return None
        return allowances.get(account)

    store = ContentStore(str(folder), objects=FileObjects(str(folder)))
    app = build_content_app(store, DOMAIN, may_write, now=clock, limits=limits or Limits())
    with serve_in_thread(app, port=port, head_seconds=2.0, send_seconds=send_seconds) as server:
        yield Service(folder, clock, server, allowances)
