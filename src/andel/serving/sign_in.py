"""Sign-In with Ethereum (ERC-4361): an account proves itself once, and asks for an hour by a session.

Takes the server's key, its model's domain, the origin that people reach it at, and a clock. Gives the one text that
an account signs in its wallet (EIP-191), a session for that signature, and the account of a session. Text and session
are checked by this server's secret, so no worker keeps any; a text counts once (`limits.Counts.use_once`). Never
takes another text than its own, to the byte: whatever a parser could be led to misread is refused. Contract wallets
cannot sign in.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from andel.errors import InputError, SettingsError
from andel.hashing import keccak
from andel.keys import AccountKey, address_bytes, checksummed, parse_address, recover_address
from andel.serving.http_edge import RefusedRequest
from andel.typed_data import Domain
from andel.units import Address

PREFIX: Final = "andel_s_"
TEXT_SECONDS: Final = 600
"""How long a text may be signed."""
SESSION_SECONDS: Final = 3_600
MAX_TEXT_BYTES: Final = 1_024

_RANDOM_HEX: Final = 16
_SEAL_HEX: Final = 32
_NONCE: Final = re.compile(rf"[0-9a-f]{{{10 + _RANDOM_HEX + _SEAL_HEX}}}")
_LINES: Final = re.compile(r"\n(0x[0-9a-fA-F]{40})\n.*\nNonce: ([0-9a-f]{1,80})\n", re.DOTALL)
_AUTHORITY: Final = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,253}")
_SESSION: Final = re.compile(PREFIX + r"([A-Za-z0-9_-]{80})")


@dataclass(frozen=True, slots=True)
class SignIn:
    """Sign-in to one model at one server. `use_once` tells whether a nonce was not used before (nonce, until)."""

    key: AccountKey
    domain: Domain
    origin: str
    clock: Callable[[], int]
    use_once: Callable[[str, int], bool]

    def __post_init__(self) -> None:
        parts = urlsplit(self.origin)
        whole = self.origin == f"{parts.scheme}://{parts.netloc}" and parts.scheme in ("http", "https")
        if not whole or not _AUTHORITY.fullmatch(parts.netloc):
            raise SettingsError(f"no origin: {self.origin[:80]!r}", "as people reach it: https://weather.example")

    def text_for(self, account: str) -> str:
        """A new text for an account to sign, within `TEXT_SECONDS`. Raises InputError where it is no account."""
        address, now = parse_address(account), self.clock()
        start = f"{now:010x}{secrets.token_hex(_RANDOM_HEX // 2)}"
        return self._text(address, now, start + self._seal("text", f"{address} {start}")[:_SEAL_HEX])

    def session_for(self, text: str, signature: bytes) -> tuple[str, int]:
        """A session and its last second, for a text of this server that its account signed.

        Raises RefusedRequest (401): another text, over, used before, or signed by another account.
        """
        address, issued, nonce = self._read(text)
        if not issued <= self.clock() <= issued + TEXT_SECONDS:
            raise _refused("the text to sign is over", "ask for a new one")
        wrapped = b"\x19Ethereum Signed Message:\n" + str(len(text.encode())).encode() + text.encode()
        try:
            signer = recover_address(keccak(wrapped), signature)
        except InputError as error:
            raise _refused(f"the signature cannot be read: {error.message}", "65 bytes, personal_sign") from error
        if signer != address:
            raise _refused("the text is not signed by its account", "sign exactly the text that was given")
        # last, so that nobody can use up another's text
        if not self.use_once(nonce, issued + TEXT_SECONDS):
            raise _refused("the text was used before", "ask for a new one")
        until = self.clock() + SESSION_SECONDS
        content = address_bytes(address) + until.to_bytes(8, "big")
        sealed = content + bytes.fromhex(self._seal("session", content.hex()))
        return PREFIX + base64.urlsafe_b64encode(sealed).decode(), until

    def account_of(self, session: str) -> Address | None:
        """Whose session it is; None where it is none of this server's, or over."""
        match = _SESSION.fullmatch(session)
        if match is None:
            return None
        sealed = base64.urlsafe_b64decode(match[1])
        content, seal = sealed[:28], sealed[28:]
        if not hmac.compare_digest(bytes.fromhex(self._seal("session", content.hex())), seal):
            return None
        if self.clock() > int.from_bytes(content[20:], "big"):
            return None
        return checksummed(content[:20])

    def _read(self, text: str) -> tuple[Address, int, str]:
        """The account, date and nonce of a text that this server wrote."""
        match = _LINES.search(text) if len(text) <= MAX_TEXT_BYTES else None
        if match is not None and _NONCE.fullmatch(match[2]):
            address, nonce = parse_address(match[1]), match[2]
            start, seal = nonce[: 10 + _RANDOM_HEX], nonce[10 + _RANDOM_HEX :]
            issued = int(start[:10], 16)
            known = hmac.compare_digest(self._seal("text", f"{address} {start}")[:_SEAL_HEX], seal)
            if known and text == self._text(address, issued, nonce):
                return address, issued, nonce
        raise _refused("this is no text of this server", "sign what POST /sign-in/text gives, unchanged")

    def _text(self, address: Address, issued: int, nonce: str) -> str:
        authority = urlsplit(self.origin).netloc
        return (
            f"{authority} wants you to sign in with your Ethereum account:\n{address}\n\n"
            f"Ask the model {self.domain.contract} as this account, for an hour.\n\n"
            f"URI: {self.origin}\nVersion: 1\nChain ID: {self.domain.chain_id}\nNonce: {nonce}\n"
            f"Issued At: {_moment(issued)}\nExpiration Time: {_moment(issued + TEXT_SECONDS)}"
        )

    def _seal(self, kind: str, content: str) -> str:
        place = f"{self.domain.chain_id} {self.domain.contract} {self.origin}"
        secret = self.key.secret_for(b"andel sign-in", place)
        return hmac.new(secret, f"{kind} {content}".encode(), "sha256").hexdigest()


def _refused(error: str, hint: str) -> RefusedRequest:
    return RefusedRequest(401, error, hint)


def _moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
