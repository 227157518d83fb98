"""Every EIP-712 type of the protocol, in one table; its digest, its signing and its signer.

The types hold only fixed-width fields, so a digest is two hashes over abi-encoded words. The table is frozen:
`vectors/typed_data.json` holds a digest and a signature of each type, which the contracts' tests read too.
Changing a line here breaks every signature made before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from eth_abi.abi import encode

from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import AccountKey, address_bytes, recover_address
from andel.units import Address, Digest

TYPES: Final[Mapping[str, str]] = {
    "DataCommitment": (
        "DataCommitment(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 batchesHash)"
    ),
    "Update": (
        "Update(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 updateHash,"
        "bytes32 batchesHash,uint32 weight)"
    ),
    "GroupKeys": (
        "GroupKeys(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 maskKey,bytes32 shareKey,"
        "bytes32 seedHash)"
    ),
    "GroupSurvivors": (
        "GroupSurvivors(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 rosterHash,"
        "bytes32 survivorsHash)"
    ),
    "Disclosure": (
        "Disclosure(address model,uint64 round,bytes32 updateHash,bytes32 batchesHash,bytes32 disclosureHash)"
    ),
    "Attestation": (
        "Attestation(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 updatesRoot,"
        "bytes32 versionHash,bytes32 valueRoot,bytes32 stateHash,int64 evaluation,bytes32 evidenceHash)"
    ),
    "Evaluation": (
        "Evaluation(address model,uint64 round,uint32 attempt,bytes32 planHash,bytes32 versionHash,uint32 rows,"
        "uint64 missed,uint64 moved)"
    ),
    "Prediction": (
        "Prediction(address model,bytes32 version,bytes32 inputHash,bytes32 outputHash,uint64 issuedAt,"
        "uint64 validUntil)"
    ),
    "PredictionBatch": (
        "PredictionBatch(address model,bytes32 version,bytes32 inputsHash,bytes32 outputsHash,uint64 issuedAt,"
        "uint64 validUntil)"
    ),
    "ContentPut": "ContentPut(address model,bytes32 digest,uint64 size,uint64 deadline)",
    "BatchEntries": "BatchEntries(address owner,bytes32 entriesHash,uint64 deadline)",
    "DeviceClaim": "DeviceClaim(address device,address owner,uint32 timestamp,uint64 deadline)",
    "DeviceTransfer": "DeviceTransfer(address device,address owner,address to,uint256 nonce,uint64 deadline)",
    "DeviceRelease": "DeviceRelease(address device,address owner,uint256 nonce,uint64 deadline)",
    "DeviceRevocation": "DeviceRevocation(address device,address owner,uint256 nonce,uint64 deadline)",
    "TermsAcceptance": "TermsAcceptance(address owner,bytes32 termsHash,uint256 nonce,uint64 deadline)",
    "TermsWithdrawal": ("TermsWithdrawal(address owner,bytes32 termsHash,uint64 until,uint256 nonce,uint64 deadline)"),
    "OfferingPurchase": "OfferingPurchase(address buyer,uint256 amount,uint256 nonce,uint64 deadline)",
    "PassPurchase": (
        "PassPurchase(address model,bytes32 plan,address holder,bytes32 termsHash,address token,uint256 most,"
        "uint256 nonce,uint64 deadline)"
    ),
    "PassTransfer": "PassTransfer(address model,address holder,address to,uint256 nonce,uint64 deadline)",
    "PassUse": "PassUse(address model,address holder,address server,uint64 until)",
    "NodeDelegation": "NodeDelegation(address model,address owner,bytes32 keyX,bytes32 keyY,uint64 until)",
    "Publication": "Publication(address model,bytes32 version,bytes32 modelFileHash,bytes32 codeHash)",
    "Ballot": "Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)",
}
"""EIP-712 `encodeType` of each type."""

_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature counts: one contract on one chain (name "Andel", version "1")."""

    chain_id: int
    contract: Address

    @property
    def separator(self) -> Digest:
        """The EIP-712 domain separator."""
        return _separator(self.chain_id, self.contract)


def type_hash(name: str) -> Digest:
    """keccak256 of the type's `encodeType`. Raises InputError for a type that is not in the table."""
    if name not in TYPES:
        raise InputError(f"unknown typed data {name!r}")
    return _type_hash(name)


@lru_cache(maxsize=64)
def typed_fields(name: str) -> tuple[tuple[str, str], ...]:
    """(type, name) of each field of a type, in its order. Raises InputError for a type that is not in the table."""
    type_hash(name)
    inner = TYPES[name].split("(", 1)[1].rstrip(")")
    return tuple((part.split(" ")[0], part.split(" ")[1]) for part in inner.split(","))


def typed_digest(name: str, domain: Domain, message: Mapping[str, object]) -> Digest:
    """The EIP-712 digest of `message` (field → int, bytes or address) as type `name` in `domain`.

    Raises InputError when fields are missing, unknown or out of their type's range.
    """
    fields, places = typed_fields(name), _places(name)
    if message.keys() != places.keys():
        raise InputError(f"{name} takes {[field for _, field in fields]}, not {sorted(message)}")
    values = b"".join([abi_word(places[field], kind, message[field]) for kind, field in fields])
    try:
        separator = domain.separator
    except Exception as error:  # eth_abi has a family of encoding errors without a public base
        raise InputError(f"{name} cannot be encoded: {error}") from error
    return words_digest(type_hash(name), separator, values)


def abi_word(place: str, kind: str, value: object) -> bytes:
    """A bytes32, an address or an integer as its ABI word; eth_abi takes ten times as long over it.

    Raises InputError naming `place`.
    """
    if kind == "bytes32":
        if isinstance(value, bytes) and len(value) == 32:
            return value
        raise InputError(f"{place} is not 32 bytes")
    if kind == "address":
        if isinstance(value, str):
            return bytes(12) + address_bytes(value)
        raise InputError(f"{place} cannot be encoded: {str(value)[:80]!r} is no address")
    low, high, signed = integer_range(kind)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value < high:
        raise InputError(f"{place} cannot be encoded: {str(value)[:80]!r} is no {kind}")
    return value.to_bytes(32, "big", signed=signed)


@lru_cache(maxsize=256)
def integer_range(kind: str) -> tuple[int, int, bool]:
    """Lowest value, first above the highest, and whether it is signed, of an integer type such as uint64."""
    signed = kind.startswith("int")
    bits = int(kind.removeprefix("u").removeprefix("int"))
    return (-(1 << bits - 1), 1 << bits - 1, True) if signed else (0, 1 << bits, False)


def digest_after(name: str, domain: Domain, first: Mapping[str, object]) -> Callable[..., Digest]:
    """What makes the digest of messages of type `name` that begin with the fields `first`, given the words of the rest.

    For who signs many such messages: the constant part is put together once, and nothing of them is kept. The words
    given are not checked. Raises InputError unless `first` holds the type's first fields, in their ranges.
    """
    fields = typed_fields(name)[: len(first)]
    if first.keys() != {field for _, field in fields}:
        raise InputError(f"{name} begins with {[field for _, field in fields]}, not {sorted(first)}")
    places = _places(name)
    words = [abi_word(places[field], kind, first[field]) for kind, field in fields]
    begin, envelope = b"".join([type_hash(name), *words]), b"\x19\x01" + domain.separator
    return lambda *rest: keccak(envelope, keccak(begin, *rest))


def sign_typed(key: AccountKey, name: str, domain: Domain, message: Mapping[str, object]) -> bytes:
    """`key`'s 65-byte signature over the typed message."""
    return key.sign_digest(typed_digest(name, domain, message))


def typed_signer(name: str, domain: Domain, message: Mapping[str, object], signature: bytes) -> Address:
    """Who signed the typed message. Raises InputError when the signature has no signer."""
    return recover_address(typed_digest(name, domain, message), signature)


@lru_cache(maxsize=1 << 15)  # who takes a message, lists it under a root and settles the round hashes it each time
def words_digest(kind: Digest, separator: bytes, values: bytes) -> Digest:
    """The EIP-712 digest of a type's hash, a domain's separator, also of a contract that is not ours, and words."""
    return keccak(b"\x19\x01", separator, keccak(kind, values))


@lru_cache(maxsize=64)
def _places(name: str) -> dict[str, str]:
    """How errors name each field of a type."""
    return {field: f"{name}.{field}" for _, field in typed_fields(name)}


@lru_cache(maxsize=64)
def _type_hash(name: str) -> Digest:
    return keccak(TYPES[name].encode())


@lru_cache(maxsize=1_024)
def _separator(chain_id: int, contract: Address) -> Digest:
    words = encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        [keccak(_DOMAIN_TYPE.encode()), keccak(b"Andel"), keccak(b"1"), chain_id, contract],
    )
    return keccak(words)
