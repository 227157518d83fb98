"""What one packet is, told without a registry: its format, its signer as far as that can be known, its values.

Takes bytes of any kind and what the person who asks knows (public keys, addresses, the epoch). Gives an `Inspection`
and never raises for what the bytes are. For people and support, never for intake: a signer that is only recovered or
carried in the packet proves nothing until a registry names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from andel import p256
from andel.device.envelope import TAG, read_envelope
from andel.device.epochs import Epoch
from andel.device.known_keys import FIRMWARE_PUBLIC_KEY_2020, is_publicly_known
from andel.device.pebble import DATA, TYPE_NAMES, parse_confirmation, parse_package
from andel.device.pebble_json import Form, JsonPacket, dialect_of, find_signed, parse_json_packet, signed_forms
from andel.device.pebble_json import swap_nibbles as swap_nibbles
from andel.device.pebble_json_values import measure as measure_json
from andel.device.pebble_json_values import open_epochs as open_json_epochs
from andel.device.pebble_values import check_decided, epochs_in, measure, open_epochs, parse_sensor_data
from andel.device.reading import MAX_PACKET_BYTES, PacketRefused, Refusal, Values, device_address
from andel.errors import InputError
from andel.keys import CURVE_ORDER, Curve, curve_of, recover_device, verify_signature
from andel.units import Address, Digest

CURVE_NAMES: Final = {Curve.SECP256K1: "secp256k1", Curve.P256: "secp256r1"}
"""The names of SEC 2; secp256r1 is P-256."""


class SignatureState(StrEnum):
    """Whether the signature is that of `Inspection.device`; undecidable without any key to check it with."""

    VALID = "valid"
    INVALID = "invalid"
    UNDECIDABLE = "undecidable"


class Origin(StrEnum):
    """What the signature says of where the packet came from."""

    PROVEN = "proven"
    PUBLIC_KEY_KNOWN = "public-key-known"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Known:
    """What the person who asks knows: public keys (as `andel.keys` takes them), addresses, the firmware's epoch."""

    public_keys: tuple[bytes, ...] = ()
    devices: tuple[Address, ...] = ()
    epoch: Epoch | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a packet is. `reason` is None for what intake would take from a registered `device`.

    `kind` is a word for what it holds; `signed` says over what; `candidates` are the only addresses that can have
    signed, where none is known; `epochs` those left open; `values` what all of these agree on, `undecided` what each of
    them says otherwise.
    """

    format: str = "unknown"
    kind: str = "unknown"
    curve: str | None = None
    signature: SignatureState = SignatureState.UNDECIDABLE
    device: Address | None = None
    origin: Origin = Origin.UNKNOWN
    values: Values = ()
    reason: Refusal | None = None
    detail: str = ""
    timestamp: int | None = None
    signed: str = ""
    owner: Address | None = None
    candidates: tuple[Address, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    undecided: tuple[tuple[Epoch, Values], ...] = ()


def inspect_packet(raw: bytes, known: Known = Known()) -> Inspection:
    """What `raw` is, and by whom. Never raises for what the bytes are."""
    if not 0 < len(raw) <= MAX_PACKET_BYTES:
        return _refused(Inspection(), Refusal.MALFORMED, f"a packet has 1 to {MAX_PACKET_BYTES} bytes, not {len(raw)}")
    try:
        if raw.startswith(TAG):
            return _inspect_envelope(raw, known)
        if raw.startswith(b"{"):
            return _inspect_json(parse_json_packet(raw), known)
        return _inspect_protobuf(raw, known)
    except PacketRefused as refusal:
        names = {ord("{"): "json", TAG[0]: "envelope" if raw.startswith(TAG) else "unknown"}
        return _refused(Inspection(format=names.get(raw[0], "unknown")), refusal.reason, refusal.message)


def embedded_keys(packet: JsonPacket) -> tuple[bytes, ...]:
    """The public keys that the X and Y in a JSON packet's message can be, one a curve."""
    text = packet.message.key_text
    if not text:
        return ()
    point = bytes.fromhex(text) if text.islower() else swap_nibbles(bytes.fromhex(text))
    found = []
    for make in (_secp256k1_key, p256.public_key_of_point):
        try:
            found.append(make(point))
        except InputError:
            continue
    return tuple(found)


def _inspect_protobuf(raw: bytes, known: Known) -> Inspection:
    try:
        package = parse_package(raw)
    except PacketRefused as refusal:
        if refusal.reason == Refusal.AMBIGUOUS:
            return _refused(Inspection(format="protobuf", curve="secp256k1"), refusal.reason, refusal.message)
        return _inspect_claim(raw, known, refusal)
    name = TYPE_NAMES.get(package.kind, f"type {package.kind}")
    plain = Inspection(
        format="protobuf",
        kind="reading" if package.kind == DATA else f"{name} package",
        timestamp=package.timestamp,
        signed=f"SHA-256 of type, data and time{_height(package.signature)}",
    )
    found = _with_signer(plain, known, [(package.digest, package.signature)])
    if package.kind != DATA:
        reason = Refusal.NOT_A_READING if package.kind in TYPE_NAMES else Refusal.UNSUPPORTED
        return _refused(found, reason, f"a package of {name} holds no reading")
    try:
        message = parse_sensor_data(package.data)
        for epoch in (None, known.epoch):  # a wrong epoch hides nothing that can be told without
            left = open_epochs(message, epoch)
            found = replace(found, epochs=epochs_in(left), values=measure(message, left))
        each = tuple((one, measure(message, open_epochs(message, one))) for one in found.epochs)
        found = replace(found, undecided=_differing(each, found.values))
        check_decided(message, left)
    except PacketRefused as refusal:
        return _refused(found, refusal.reason, refusal.message)
    return found


def _inspect_claim(raw: bytes, known: Known, former: PacketRefused) -> Inspection:
    try:
        claim = parse_confirmation(raw)
    except PacketRefused as refusal:
        if refusal.reason == Refusal.MALFORMED:
            refusal = former  # the usual package is what the bytes were likelier meant to be
        return _refused(Inspection(), refusal.reason, refusal.message)
    plain = Inspection(
        format="protobuf-confirm",
        kind="claim",
        timestamp=claim.timestamp,
        owner=claim.owner,
        signed=f"SHA-256 of owner and time{_height(claim.signature)}",
    )
    found = _with_signer(plain, known, [(claim.digest, claim.signature)])
    return _refused(found, Refusal.NOT_A_READING, f"a claim for owner {claim.owner}, for the registry and not intake")


def _inspect_envelope(raw: bytes, known: Known) -> Inspection:
    try:
        reading = read_envelope(raw)
    except PacketRefused as refusal:
        state = SignatureState.INVALID if refusal.reason == Refusal.BAD_SIGNATURE else SignatureState.UNDECIDABLE
        return _refused(Inspection(format="envelope", signature=state), refusal.reason, refusal.message)
    plain = Inspection(
        format="envelope",
        kind="reading",
        curve="secp256r1" if raw[len(TAG)] == 2 else "secp256k1",
        timestamp=reading.timestamp,
        values=reading.measurements,
        signed="SHA-256 of all bytes before the signature",
    )
    return _signed_by(plain, reading.device, known)


def _inspect_json(packet: JsonPacket, known: Known) -> Inspection:
    found, curve = _json_signer(packet, known)
    dialect = dialect_of(packet, curve)
    try:
        for epoch in (None, known.epoch):  # a wrong epoch hides nothing that can be told without
            left = open_json_epochs(packet.message, dialect, epoch)
            found = replace(found, epochs=left, values=measure_json(packet.message, left, dialect, decide=False))
        each = tuple((one, measure_json(packet.message, (one,), dialect)) for one in left)
        found = replace(found, undecided=_differing(each, found.values))
        measure_json(packet.message, left, dialect)
    except PacketRefused as refusal:
        return _refused(found, refusal.reason, refusal.message)
    return found


def _json_signer(packet: JsonPacket, known: Known) -> tuple[Inspection, Curve]:
    names = packet.message.numbers
    of_2020 = "gas_resistance" in names and not packet.simulated  # from 2021 on it is gasResistance
    plain = Inspection(
        format=Form.ROOT_2021 if packet.simulated else "json-2020" if of_2020 else "json-2021",
        kind="reading",
        timestamp=packet.message.timestamp,
    )
    inside = embedded_keys(packet)
    for key in (*known.public_keys, *inside, FIRMWARE_PUBLIC_KEY_2020):
        if signed := find_signed(packet, key):
            curve = curve_of(key)
            return _signed_by(_json_form(plain, signed[0], curve), device_address(key), known), curve
    made = [(form, d, s) for form, d in signed_forms(packet, Curve.SECP256K1) for s in packet.signatures]
    found = _with_signer(plain, known, [(digest, signature) for _, digest, signature in made])
    if found.device is not None:
        form = next(form for form, digest, signature in made if found.device in recover_device(digest, signature))
        return _json_form(found, form, Curve.SECP256K1), Curve.SECP256K1
    curve = Curve.P256 if of_2020 else Curve.SECP256K1
    found = replace(found, curve=CURVE_NAMES[curve])
    if inside or of_2020:
        text = "the key in the message did not make the signature" if inside else "not signed by the one key of 2020"
        invalid = replace(found, signature=SignatureState.INVALID, reason=None, candidates=())
        return _refused(invalid, Refusal.BAD_SIGNATURE, text), curve
    return found, curve


def _json_form(plain: Inspection, form: Form, curve: Curve) -> Inspection:
    over = "the whole object without its signature" if form == Form.ROOT_2021 else "the text of the message object"
    return replace(plain, format=form.value, curve=CURVE_NAMES[curve], signed=f"SHA-256 of {over}")


def _differing(each: tuple[tuple[Epoch, Values], ...], agreed: Values) -> tuple[tuple[Epoch, Values], ...]:
    if len(each) < 2:
        return ()
    return tuple((epoch, tuple(m for m in values if m not in agreed)) for epoch, values in each)


def _with_signer(plain: Inspection, known: Known, made: Iterable[tuple[Digest, bytes]]) -> Inspection:
    """With the device whose signature one of `made` (secp256k1) is, or the candidates."""
    plain = replace(plain, curve="secp256k1")
    candidates: list[Address] = []
    for digest, signature in made:
        for key in known.public_keys:
            if curve_of(key) == Curve.SECP256K1 and verify_signature(digest, signature, key):
                return _signed_by(plain, device_address(key), known)
        candidates += recover_device(digest, signature)
    for device in known.devices:
        if device in candidates:
            return _signed_by(plain, device, known)
    if not candidates:
        invalid = replace(plain, signature=SignatureState.INVALID)
        return _refused(invalid, Refusal.BAD_SIGNATURE, "no key at all can have made the signature")
    if known.devices or known.public_keys:
        invalid = replace(plain, signature=SignatureState.INVALID, candidates=tuple(candidates))
        return _refused(invalid, Refusal.BAD_SIGNATURE, "no device that was given made the signature")
    unknown = replace(plain, candidates=tuple(candidates))
    return _refused(unknown, Refusal.UNKNOWN_DEVICE, "no key to check the signature with is in the packet or given")


def _signed_by(plain: Inspection, device: Address, known: Known) -> Inspection:
    if is_publicly_known(device):
        shared = replace(
            plain, signature=SignatureState.VALID, device=device, origin=Origin.PUBLIC_KEY_KNOWN, candidates=()
        )
        return _refused(
            shared,
            Refusal.PUBLICLY_KNOWN_KEY,
            "the private key stands in the firmware published in 2020: anybody may have signed",
        )
    found = replace(plain, signature=SignatureState.VALID, device=device, origin=Origin.PROVEN)
    given = {*known.devices, *(device_address(key) for key in known.public_keys)}
    if given and device not in given:
        return _refused(found, Refusal.UNKNOWN_DEVICE, "well signed, but by none of the devices that were given")
    return found


def _refused(found: Inspection, reason: Refusal, detail: str) -> Inspection:
    if found.reason not in (None, Refusal.UNKNOWN_DEVICE):
        return found  # the first fault stands
    return replace(found, reason=reason, detail=detail)


def _secp256k1_key(point: bytes) -> bytes:
    key = b"\x04" + point
    device_address(key)
    return key


def _height(signature: bytes) -> str:
    return ", high s" if int.from_bytes(signature[32:], "big") > CURVE_ORDER // 2 else ""
