"""What differs from one coordinator's machine to another: names, ports, certificates. Everything else is fixed.

Takes what an operator says. Gives a `Site` whose every part may stand in a configuration file. Writes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from andel.errors import SettingsError

_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_NAMES_MAX: Final = 16
_PORT_MAX: Final = 65_535

STATE: Final = Path("/var/lib")
CONFIG: Final = Path("/etc/andel")


@dataclass(frozen=True, slots=True)
class Site:
    """A machine that publishes a fleet.

    `names` are those under which strangers reach it, DNS names or IPv4 addresses. `public_port` is nginx's with TLS.
    `plain_port` is where the content service is published without TLS, 0: nowhere. The other ports are on loopback.
    `programs` is the folder of `andel` and `flower-superlink`.
    """

    names: tuple[str, ...]
    public_port: int = 443
    plain_port: int = 80
    superlink_port: int = 9092
    content_port: int = 8490
    metrics_port: int = 9464
    programs: Path = Path("/opt/andel/bin")

    def __post_init__(self) -> None:
        """Raises SettingsError: what stands here goes into files that programs with rights read."""
        if not 1 <= len(self.names) <= _NAMES_MAX:
            raise SettingsError(f"{len(self.names)} public names", f"give 1 to {_NAMES_MAX} with --public-name")
        for name in self.names:
            if not _NAME.fullmatch(name):
                raise SettingsError(
                    f"not a public name: {name[:80]!r}", "a DNS name or an IPv4 address, without a port"
                )
        ports = [self.public_port, self.superlink_port, self.content_port, self.metrics_port]
        ports += [self.plain_port] if self.plain_port else []
        for port in ports:
            if not 1 <= port <= _PORT_MAX:
                raise SettingsError(f"not a port: {port}", f"1 to {_PORT_MAX}")
        if len(set(ports)) != len(ports):
            raise SettingsError(f"a port is named twice: {', '.join(map(str, ports))}", "give each its own")

    @property
    def address(self) -> str:
        """What contributors give as `--superlink`."""
        return f"{self.names[0]}:{self.public_port}"

    @property
    def content_url(self) -> str:
        """What contributors and validators give as `--store`."""
        scheme, port, usual = ("http", self.plain_port, 80) if self.plain_port else ("https", self.public_port, 443)
        return f"{scheme}://{self.names[0]}" + ("" if port == usual else f":{port}")
