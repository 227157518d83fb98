"""The texts of `andel intake`'s options, and how they become what roles take."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from andel.data.bounds import RANGE_EXPONENT
from andel.data.mqtt import Broker, parse_broker
from andel.errors import SettingsError

_SECRET_BYTES = 1_024
_RANGE = re.compile(r"([^=:]{1,32})=(-?[0-9.]{1,20}):(-?[0-9.]{1,20})")


def evidence_url(store: str) -> str:
    """The SQLAlchemy URL that `--store` means: itself, or that of an SQLite file, which need not exist yet."""
    return store if "://" in store else f"sqlite:///{Path(store).resolve()}"


def parse_time(text: str) -> int | None:
    """Unix seconds of a number or an ISO 8601 time (a day is its midnight; without an offset, UTC); "" is None."""
    if not text:
        return None
    if text.isdecimal() and len(text) <= 15:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise SettingsError(
            f"not a time: {text[:60]!r}", "unix seconds, or as 2026-01-31 or 2026-01-31T12:00Z"
        ) from error


def parse_ranges(texts: Iterable[str]) -> Mapping[str, tuple[int, int]]:
    """The accepted ranges, in hundredths, of texts such as temperature=-40:85. Raises SettingsError."""
    ranges = {}
    for text in texts:
        match = _RANGE.fullmatch(text)
        try:
            if match is None or match[1] in ranges:
                raise ValueError("not of the form, or a channel twice")
            low, high = (Decimal(value).scaleb(-RANGE_EXPONENT) for value in match.groups()[1:])
            if low != int(low) or high != int(high):
                raise ValueError("finer than hundredths")
        except (ValueError, InvalidOperation) as error:
            hint = "as temperature=-40:85, in the channel's unit, at most two decimals, each channel once"
            raise SettingsError(f"not a range: {text[:80]!r}", hint) from error
        ranges[match[1]] = (int(low), int(high))
    return ranges


def parse_listen(text: str) -> tuple[str, int]:
    """Host and port of HOST:PORT, or of a port alone (on loopback). Raises SettingsError."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < len(port) <= 5:
        raise SettingsError(f"not an address to listen on: {text[:80]!r}", "as 127.0.0.1:8470")
    return host.strip("[]") or "127.0.0.1", int(port)


def read_secret(path: Path | None) -> str:
    """The one line in a file, or "" for no file. Raises SettingsError; the line is never shown."""
    if path is None:
        return ""
    try:
        text = path.read_bytes()[:_SECRET_BYTES].decode("ascii").strip()
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read", "give a file of one line in ASCII") from error
    if not text or not text.isprintable():
        raise SettingsError(f"{path} does not hold one line of text", "give a file of one line in ASCII")
    return text


def read_broker(
    url: str, client_id: str, ca: Path | None, cert: Path | None, cert_key: Path | None, password_file: Path | None
) -> Broker:
    """The broker that the options name. Raises SettingsError naming the option or file that cannot be used."""
    tls = None
    if ca or cert or cert_key:
        if not url.startswith("mqtts:"):
            raise SettingsError("certificates are for a broker over TLS", "write mqtts:// instead of mqtt://")
        try:
            tls = ssl.create_default_context(cafile=ca)
            if cert is not None:
                tls.load_cert_chain(cert, cert_key)
            elif cert_key is not None:
                raise SettingsError("--cert-key is there without --cert", "name the certificate too")
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            files = ", ".join(str(path) for path in (ca, cert, cert_key) if path)
            raise SettingsError(f"certificate or key cannot be used: {files}", "PEM files are needed") from error
    return parse_broker(url, client_id, read_secret(password_file), tls)
