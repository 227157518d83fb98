"""What validators have signed: attestations found in transactions, or handed over in a file.

Takes transactions' calldata, also of those that failed, and files. Gives attestations whose signature is their
validator's, and two of them that contradict each other. A validator that is a contract (ERC-1271) is not judged here.
Never sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from andel.encoding import canonical_json, parse_json
from andel.errors import ChainError, InputError
from andel.keys import parse_address, recover_address
from andel.ledger.abi import decode_call
from andel.ledger.deployment import ModelContracts
from andel.typed_data import Domain, typed_digest, typed_fields
from andel.units import Address, Digest

_FORMAT: Final = "andel-attestation/1"
_MAX_FILE_BYTES: Final = 16 * 1024
_KEPT_MAX: Final = 4_096


@dataclass(frozen=True, slots=True)
class SignedResult:
    """An attestation with its validator's signature over it; `digest` is what was signed."""

    validator: Address
    attestation: dict[str, object]
    signature: bytes
    digest: Digest

    @property
    def subject(self) -> tuple[object, ...]:
        """Who says it about what: two results of one subject with different digests are equivocation."""
        said = self.attestation
        return self.validator, said["round"], said["attempt"], said["updatesRoot"]


class SeenResults:
    """The results seen of one model, each subject's first; the oldest are forgotten beyond a bound."""

    def __init__(self) -> None:
        self._first: dict[tuple[object, ...], SignedResult] = {}

    def see(self, result: SignedResult) -> SignedResult | None:
        """An earlier result that contradicts this one, if there is."""
        first = self._first.setdefault(result.subject, result)
        if len(self._first) > _KEPT_MAX:
            del self._first[next(iter(self._first))]
        return first if first.digest != result.digest else None


def results_in(model: ModelContracts, transactions: Sequence[str]) -> list[SignedResult]:
    """The signed attestations in reveals among these transactions, whether they passed or not. Raises ChainError."""
    manager, found = model.round_manager, []
    for to, data in manager.chain.sent_to(transactions):
        if to != manager.address:
            continue
        try:
            name, values = decode_call("RoundManager", data)
            if name == "reveal":
                message, digest = attestation_of(manager.domain, values["attestation"])
                found.append(_checked(values["validator"], message, digest, values["signature"]))
        except (ChainError, InputError):
            continue  # calldata of nobody's: a contract would refuse it too
    return found


def attestation_of(domain: Domain, values: Sequence[Any]) -> tuple[dict[str, object], Digest]:
    """An attestation by field from a contract's struct, and its EIP-712 digest. Raises InputError."""
    message: dict[str, object] = dict(zip((field for _, field in typed_fields("Attestation")), values, strict=True))
    return message, typed_digest("Attestation", domain, message)


def write_result(result: SignedResult, chain_id: int) -> bytes:
    """A signed attestation as a file, for whoever can report it."""
    said = {name: _text(value) for name, value in result.attestation.items()}
    return canonical_json(
        {
            "format": _FORMAT,
            "chain_id": chain_id,
            "validator": result.validator,
            "attestation": said,
            "signature": result.signature.hex(),
        }
    )


def read_result(data: bytes, domain: Domain) -> SignedResult:
    """What `write_result` wrote. Raises InputError: another format or chain, or another's signature."""
    value = parse_json(data, _MAX_FILE_BYTES)
    if not isinstance(value, dict) or value.get("format") != _FORMAT:
        raise InputError(f"not a signed attestation ({_FORMAT})")
    said = value.get("attestation")
    if value.get("chain_id") != domain.chain_id or not isinstance(said, dict):
        raise InputError(f"the attestation is not of chain {domain.chain_id}")
    try:
        message = {name: _value(kind, said[name]) for kind, name in typed_fields("Attestation")}
        signature = bytes.fromhex(str(value["signature"]))
        validator = parse_address(str(value["validator"]))
    except (KeyError, ValueError) as error:
        raise InputError(f"the attestation cannot be read: {str(error)[:100]}") from error
    if message["model"] != domain.contract:
        raise InputError(f"the attestation is of another model than {domain.contract}")
    return _checked(validator, message, typed_digest("Attestation", domain, message), signature)


def _checked(validator: Address, message: dict[str, object], digest: Digest, signature: bytes) -> SignedResult:
    if recover_address(digest, signature) != validator:
        raise InputError(f"the attestation is not signed by {validator}")
    return SignedResult(validator, message, signature, digest)


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _value(kind: str, text: Any) -> object:
    if kind == "bytes32":
        return bytes.fromhex(str(text))
    return parse_address(str(text)) if kind == "address" else int(str(text)[:80])
