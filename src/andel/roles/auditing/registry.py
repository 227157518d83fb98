"""Batch entries and the registration of their devices, replayed from events and from what devices signed.

Takes the entries that a round's commitments rest on. Each must be told of by one event, in a block of the time that the
entry holds, by whoever owned the device then; and whoever claimed the device must have its signature for it. What lies
before the first block searched rests on the registry's word and is counted so. Remembers what it has checked: entries
are for ever. Raises EvidenceError naming batch or device. Never reads the content store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from andel.data.batch import BatchHeader
from andel.errors import ChainError, EvidenceError, InputError
from andel.hashing import keccak, sha256
from andel.keys import address_bytes, address_of_public_key, checksummed, recover_address, verify_signature
from andel.ledger.abi import decode_call
from andel.ledger.deployment import ModelContracts
from andel.ledger.receipt import Event
from andel.roles.auditing.findings import Rests, Tally
from andel.roles.auditing.record import blocks_of, is_direct
from andel.typed_data import Domain, typed_signer
from andel.units import Address
from andel.value.proof import registry_entry

_DEVICES_AT_ONCE: Final = 100
_DAYS_AT_ONCE: Final = 200
_OWNING: Final = ("DeviceClaimed", "DeviceTransferred", "DeviceReleased")
_TIME_BYTES: Final = 8
_ACCOUNT_SIGNATURE_BYTES: Final = 65

Key = tuple[Address, int]


class RegistryAudit:
    """Checks each entry and each device once, whatever rounds use them."""

    def __init__(self, model: ModelContracts, from_block: int) -> None:
        """Asks nothing yet; events before `from_block` are not searched."""
        self._model = model
        self._from = from_block
        self._checked: dict[Key, tuple[bytes, Address]] = {}
        self._rests: dict[Key | Address, Rests] = {}
        self._owned: dict[Address, tuple[list[Event], int]] = {}

    def check(
        self,
        headers: Sequence[tuple[Address, BatchHeader]],
        entries: Mapping[Key, bytes],
        to_block: int,
        tally: Tally,
    ) -> None:
        """The entries behind committed (owner, header) pairs, as they stood in block `to_block`.

        Only what an entry binds to its owner and root is looked at: anything else has no weight in the round. The
        tally counts all that the round rests on, whenever it was checked.
        """
        wanted = {}
        for owner, header in headers:
            key = (header.device, header.day)
            entry = bytes(entries.get(key, b""))
            entered_at = int.from_bytes(entry[-_TIME_BYTES:], "big")
            if any(entry) and entry == registry_entry(header.root, owner, entered_at):
                wanted[key] = (entry, owner, header)
        for key, (entry, owner, _) in wanted.items():
            if self._checked.get(key, (entry, owner)) != (entry, owner):
                raise EvidenceError(_place(*key), "the node gave another entry before")
        missing = {key: wanted[key] for key in wanted if key not in self._checked}
        if missing:
            self._check_entries(missing, to_block)
        for key in wanted:
            tally.add("entries", self._rests[key])
        for device in {key[0] for key in wanted}:
            tally.add("devices", self._rests[device])

    def _check_entries(self, wanted: Mapping[Key, tuple[bytes, Address, BatchHeader]], to_block: int) -> None:
        events = self._entered(wanted, to_block)
        blocks = blocks_of(self._model.batch_registry.chain, "batch entries", list(events.values()))
        self._learn_owners({key[0] for key in wanted} - set(self._owned), to_block)
        claims: dict[Address, bytes] = {}
        for key, (entry, owner, header) in wanted.items():
            event = events.get(key)
            if event is None:
                if not self._from:
                    raise EvidenceError(_place(*key), "the registry holds an entry that no event tells of")
                self._rests[key] = Rests.NODE
            else:
                told = event.arguments
                if entry != registry_entry(told["root"], told["owner"], blocks[event.block].time):
                    raise EvidenceError(_place(*key), "its event tells another root, owner or time than the registry")
                self._check_owner(key, owner, event)
                self._rests[key] = Rests.RECOMPUTED
            if key[0] not in self._rests:
                claims[key[0]] = header.public_key
            self._checked[key] = (entry, owner)
        self._check_claims(claims)

    def _entered(self, wanted: Mapping[Key, object], to_block: int) -> dict[Key, Event]:
        devices, days = sorted({key[0] for key in wanted}), sorted({key[1] for key in wanted})
        found: dict[Key, Event] = {}
        for first in range(0, len(devices), _DEVICES_AT_ONCE):
            for start in range(0, len(days), _DAYS_AT_ONCE):
                some, when = devices[first : first + _DEVICES_AT_ONCE], days[start : start + _DAYS_AT_ONCE]
                registry = self._model.batch_registry
                for event in registry.logs("BatchEntered", self._from, to_block, device=some, day=when):
                    key = (event.arguments["device"], int(event.arguments["day"]))
                    if key in found:
                        raise EvidenceError(_place(*key), "the node tells of two entries")
                    found[key] = event
        return {key: event for key, event in found.items() if key in wanted}

    def _learn_owners(self, devices: set[Address], to_block: int) -> None:
        ordered = sorted(devices)
        for start in range(0, len(ordered), _DEVICES_AT_ONCE):
            some = ordered[start : start + _DEVICES_AT_ONCE]
            events = self._model.device_registry.logs(_OWNING, self._from, to_block, device=some)
            blocks_of(self._model.device_registry.chain, "devices", events)
            for device in some:
                own = [event for event in events if event.arguments["device"] == device]
                self._owned[device] = (own, to_block)

    def _check_owner(self, key: Key, owner: Address, entered: Event) -> None:
        """Whoever entered a batch owned the device in that block; what happened in the same block is in its order."""
        events, known_to = self._owned[key[0]]
        if known_to < entered.block:
            self._learn_owners({key[0]}, entered.block)
            events, _ = self._owned[key[0]]
        owners = {_owner_after(event) for event in events if event.block == entered.block}
        before = [event for event in events if event.block < entered.block]
        if before:
            owners.add(_owner_after(before[-1]))
        if not owners and self._from:
            return  # registered before the first block searched
        if owner not in owners:
            raise EvidenceError(_place(*key), f"{owner} did not own the device when it entered the batch")

    def _check_claims(self, devices: Mapping[Address, bytes]) -> None:
        """Each device's newest claim must carry its signature over owner and time."""
        chosen = {}
        for device in devices:
            claims = [event for event in self._owned[device][0] if event.name == "DeviceClaimed"]
            if claims:
                chosen[device] = claims[-1]
            else:
                self._rests[device] = Rests.NODE
        registry = self._model.device_registry
        sent = registry.chain.sent_to([event.transaction for event in chosen.values()])
        for (device, event), (to, data) in zip(chosen.items(), sent, strict=True):
            direct = is_direct(registry.chain, f"device {device}", registry.address, to)
            if direct and not _is_signed(registry.domain, devices[device], event, data):
                raise EvidenceError(f"device {device}", "its claim does not carry its signature over owner and time")
            self._rests[device] = Rests.RECOMPUTED if direct else Rests.NODE


def _is_signed(domain: Domain, public_key: bytes, event: Event, data: bytes) -> bool:
    """Whether a claim's calldata names what its event tells, signed by the device, and by an owner who did not pay."""
    told = event.arguments
    device, owner, timestamp = told["device"], told["owner"], int(told["timestamp"])
    try:
        name, values = decode_call("DeviceRegistry", data)
        if not name.startswith("claim") or (values["timestamp"], values.get("owner", owner)) != (timestamp, owner):
            return False
        if "ownerSignature" in values:
            message = {"device": device, "owner": owner, "timestamp": timestamp, "deadline": values["deadline"]}
            if not _signed_by_owner(domain, message, values["ownerSignature"]):
                return False
        digest = sha256(address_bytes(owner) + timestamp.to_bytes(4, "big"))
        if "signature" in values:
            return bool(values["device"] == device == recover_address(digest, values["signature"]))
        x, y = values["key"]
        of_key = checksummed(keccak(x + y)[12:]) == device == address_of_public_key(public_key)
        return of_key and verify_signature(digest, values["r"] + values["s"], public_key)
    except (ChainError, InputError, KeyError):
        return False


def _signed_by_owner(domain: Domain, message: Mapping[str, object], signature: bytes) -> bool:
    """A contract's word (ERC-1271) has another length and is not judged here: the registry asked it."""
    return (
        len(signature) != _ACCOUNT_SIGNATURE_BYTES
        or typed_signer("DeviceClaim", domain, message, signature) == (message["owner"])
    )


def _owner_after(event: Event) -> Address | None:
    return {
        "DeviceClaimed": event.arguments.get("owner"),
        "DeviceTransferred": event.arguments.get("to"),
        "DeviceReleased": None,
    }[event.name]


def _place(device: Address, day: int) -> str:
    return f"batch entry of {device}, day {day}"
