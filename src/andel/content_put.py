"""The right to keep an object at a content service: one EIP-712 signature, in one header.

Takes a key, the model's domain and what is to be kept. Gives the `Authorization` header, and from such a header who
signed it. A signature names the object by its digest, its size and the second until which it counts (unix, the wall
clock's): brought again before then it can only keep the same bytes again. Never asks who may write.

    Authorization: ContentPut deadline=1767225600 signature=0x<130 hex digits> device=0x<40 hex digits>

`device` says for which device of an alliance the signer speaks; whether it is the signer's, the chain says. Operators
leave it out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from andel.content import digest_of_cid
from andel.errors import InputError
from andel.keys import AccountKey, parse_address
from andel.typed_data import Domain, sign_typed, typed_signer
from andel.units import Address

MAX_AHEAD_SECONDS: Final = 3_600
"""Furthest deadline that a service takes."""

_HEADER: Final = re.compile(
    r"ContentPut deadline=([0-9]{1,12}) signature=0x([0-9a-f]{130})(?: device=(0x[0-9a-fA-F]{40}))?"
)


@dataclass(frozen=True, slots=True)
class Writer:
    """Who keeps objects at a service of one model: the key, the model's domain, the device it speaks for, if any."""

    key: AccountKey
    domain: Domain
    device: Address | None = None

    def authorization(self, cid: str, size: int, deadline: int) -> str:
        """The header for an object of `size` bytes; `deadline` in seconds (unix)."""
        message = _message(self.domain, cid, size, deadline)
        signature = sign_typed(self.key, "ContentPut", self.domain, message)
        device = f" device={self.device}" if self.device else ""
        return f"ContentPut deadline={deadline} signature=0x{signature.hex()}{device}"


@dataclass(frozen=True, slots=True)
class Request:
    """A header as it was read: who signed it, until when it counts, for which device."""

    signer: Address
    deadline: int
    device: Address | None


def read_authorization(header: str, domain: Domain, cid: str, size: int) -> Request:
    """Who signed the header for this object. Raises InputError for another form and for a signature of nobody."""
    match = _HEADER.fullmatch(header)
    if match is None:
        raise InputError("the request is not signed", "send Authorization: ContentPut deadline=… signature=0x…")
    deadline = int(match[1])
    signer = typed_signer("ContentPut", domain, _message(domain, cid, size, deadline), bytes.fromhex(match[2]))
    return Request(signer, deadline, parse_address(match[3]) if match[3] else None)


def _message(domain: Domain, cid: str, size: int, deadline: int) -> dict[str, object]:
    return {"model": domain.contract, "digest": digest_of_cid(cid), "size": size, "deadline": deadline}
