"""Pebble packets in JSON (July 2020 to July 2021): reading them, and signing them as those firmwares did.

A device signs SHA-256 of the text of its message object as it stands, or of the whole object before the signature was
added. Nothing is parsed and written again: the message of 2020 names "temperature" twice. What stands around the
message has exactly the texts that firmware wrote, so that no unsigned bytes ride along. What the message means is told
in `pebble_json_values`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from andel.device.epochs import Epoch
from andel.device.known_keys import FIRMWARE_PUBLIC_KEY_2020
from andel.device.pebble_json_values import Dialect, Message, measure, open_epochs, parse_message
from andel.device.reading import PacketRefused, Refusal, SignedReading, device_address
from andel.hashing import sha256
from andel.keys import Curve, DeviceKey, curve_of, verify_signature
from andel.units import Digest

_MESSAGE = rb'\{"message":(\{[^\x00-\x1f\x7f-\xff]*\})'
_HEX = rb"([0-9A-F]{2,64}|[0-9a-f]{64})"
_FORMS: Final = (
    re.compile(_MESSAGE + rb',"signature":\{"r":"' + _HEX + rb'","s":"' + _HEX + rb'"\}\}'),
    re.compile(_MESSAGE + rb',"signature":"([0-9A-F]{64})([0-9A-F]{2,64})"\}'),
    re.compile(_MESSAGE + rb',"signature_r":"([0-9A-F]{2,64})","signature_s":"([0-9A-F]{2,64})"\}'),
)
_SHORTEST: Final = 60
"""Bytes of r and s together below which nothing is tried: firmware drops leading zeros, one in 2**32 loses more."""


class Form(StrEnum):
    """What was signed, and how."""

    MESSAGE_2020 = "json-2020"
    MESSAGE_2021 = "json-2021-message"
    ROOT_2021 = "json-2021-root"


class JsonPacket(NamedTuple):
    """A packet's parts: the signed texts, the 64-byte signatures that its hex can mean, and the message's fields."""

    message: Message
    text: bytes
    signatures: tuple[bytes, ...]
    simulated: bool

    @property
    def root(self) -> bytes:
        """The whole object before the signature was added."""
        return b'{"message":' + self.text + b"}"


def parse_json_packet(raw: bytes) -> JsonPacket:
    """The parts of a JSON packet. Raises PacketRefused: malformed."""
    for form in _FORMS:
        if match := form.fullmatch(raw):
            text, r, s = match.groups()
            # the simulator writes lower case and does not swap nibbles; no firmware writes lower case
            simulated = r.islower() or s.islower()
            if simulated and any(part.isupper() or len(part) != 64 for part in (r, s)):
                break
            signatures = (bytes.fromhex((r + s).decode()),) if simulated else _signatures(r.decode(), s.decode())
            return JsonPacket(parse_message(text), text, signatures, simulated)
    raise PacketRefused(Refusal.MALFORMED, "not a JSON packet in the form that a Pebble wrote")


def signed_forms(packet: JsonPacket, curve: Curve) -> tuple[tuple[Form, Digest], ...]:
    """What a key of `curve` can have signed in this packet, with the digests."""
    if curve == Curve.P256:
        return () if packet.simulated else ((Form.MESSAGE_2020, sha256(packet.text)),)
    root = (Form.ROOT_2021, sha256(packet.root))
    return (root,) if packet.simulated else ((Form.MESSAGE_2021, sha256(packet.text)), root)


def find_signed(packet: JsonPacket, public_key: bytes) -> tuple[Form, Digest] | None:
    """The form and digest under which `public_key` signed the packet; None when it did not (at most 10 tries)."""
    for form, digest in signed_forms(packet, curve_of(public_key)):
        if any(verify_signature(digest, signature, public_key) for signature in packet.signatures):
            return form, digest
    return None


def dialect_of(packet: JsonPacket, curve: Curve) -> Dialect:
    """Whose numbers the message holds."""
    if packet.simulated:
        return Dialect.SIMULATOR
    return Dialect.FIRMWARE_2020 if curve == Curve.P256 else Dialect.FIRMWARE_2021


def read_json_packet(
    raw: bytes, public_key: bytes, epoch: Epoch | None = None, *, decide: bool = True
) -> SignedReading:
    """The reading in a JSON packet, verified against the device's `public_key` (P-256: 2020; secp256k1: 2021).

    With `decide=False`, values that depend on an undecided epoch are left out. Raises PacketRefused: malformed,
    unsupported, ambiguous-epoch, bad-signature, or publicly-known-key when the one key of 2020 made the signature.
    """
    packet = parse_json_packet(raw)
    found = find_signed(packet, public_key)
    if found is None:
        if find_signed(packet, FIRMWARE_PUBLIC_KEY_2020):
            raise PacketRefused(
                Refusal.PUBLICLY_KNOWN_KEY, "signed with the key that stands in the firmware published in 2020"
            )
        raise PacketRefused(Refusal.BAD_SIGNATURE, "the signature is not the device's over this message")
    left = open_epochs(packet.message, dialect_of(packet, curve_of(public_key)), epoch)
    measurements = measure(packet.message, left, dialect_of(packet, curve_of(public_key)), decide=decide)
    return SignedReading(
        device_address(public_key), packet.message.timestamp, measurements, raw, found[1], "pebble-json"
    )


def sign_json_packet(key: DeviceKey, message: bytes, form: Form) -> bytes:
    """The packet that firmware of `form` with `key` publishes for the text of a message object."""
    root = b'{"message":' + message + b"}"
    signature = key.sign_sha256(root if form == Form.ROOT_2021 else message)
    parts = signature[:32].lstrip(b"\x00") + signature[32:].lstrip(b"\x00")
    text = swap_nibbles(parts).hex().upper()
    # as the firmware cuts it: the first 64 digits, then the rest, wherever r ends
    return root[:-1] + f',"signature":{{"r":"{text[:64]}","s":"{text[64:]}"}}}}'.encode()


def swap_nibbles(data: bytes) -> bytes:
    """Each byte with its halves exchanged: firmware wrote the low digit first."""
    return bytes((byte & 15) << 4 | byte >> 4 for byte in data)


def _signatures(r: str, s: str) -> tuple[bytes, ...]:
    """The r‖s of 64 bytes that upper-case, swapped hex without leading zeros can mean."""
    if len(r) % 2 or len(s) % 2:
        raise PacketRefused(Refusal.MALFORMED, "half a byte in the hex of a signature")
    data = swap_nibbles(bytes.fromhex(r + s))
    if len(data) < _SHORTEST:
        return ()
    # 64 digits may be r, or a shorter r with the first digits of s
    cuts = range(len(data) - 32, 33) if len(r) == 64 else (len(r) // 2,)
    parts = [(data[:cut], data[cut:]) for cut in cuts if len(data) - cut <= 32]
    return tuple(a.rjust(32, b"\x00") + b.rjust(32, b"\x00") for a, b in parts if a[0] and b[0])
