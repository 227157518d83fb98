"""The door type of the room: one answer of one model version, signed by one operator.

Takes an answer, its question and its times; gives a `Prediction`, its signature, its JSON form, and the verdict
of a consumer. What is signed is EIP-712 `Prediction`: the hashes of question and answer, so a contract checks
the same signature. `unit` is for people and is not signed; the version's model file binds it. Never computes an
answer: whoever doubts one evaluates the model file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from andel.encoding import words_of
from andel.errors import EvidenceError, InputError
from andel.hashing import keccak
from andel.keys import AccountKey, parse_address
from andel.serving.file_fields import MAX_TEXT_BYTES
from andel.serving.slots import MAX_QUESTION_BYTES
from andel.typed_data import Domain, sign_typed, typed_signer
from andel.units import Address, Digest

CLOCK_TOLERANCE_SECONDS: Final = 60
"""How far an operator's and a consumer's view of the chain's clock may lie apart."""

_SIGNATURE_BYTES = 65
_WORD = 32
_MAX_TIME = 2**64 - 1
_MAX_ANSWER = 2**255 - 1
_EXACT_IN_JSON = 2**53
_FIELDS: Final = frozenset("model version question answer unit issued_at valid_until signer signature".split())


class Doubt(StrEnum):
    """Why a prediction is refused."""

    OTHER_MODEL = "other-model"
    FORGED = "forged"
    FOREIGN_SIGNER = "foreign-signer"
    NOT_YET = "not-yet"
    EXPIRED = "expired"
    TOO_OLD = "too-old"


class PredictionRefused(EvidenceError):
    """A prediction that must not be used; `reason` says why in a word, the message in a sentence."""

    def __init__(self, reason: Doubt, message: str, hint: str = "") -> None:
        super().__init__("prediction", message, hint)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Prediction:
    """A signed answer. Making one checks its form (InputError), not its signature."""

    model: Address
    """The model's RoundManager."""
    version: Digest
    """SHA-256 of the parameters that answered."""
    question: bytes
    """What was asked: 1 to 64 words of 32 bytes."""
    answer: int
    """The answer, an int256 in steps of `unit`."""
    unit: str
    """What one step of the answer is, for people: "0.01 degC"."""
    issued_at: int
    """Chain clock, unix seconds."""
    valid_until: int
    """Chain clock, unix seconds; the last second at which the answer counts."""
    signer: Address
    """The operator."""
    signature: bytes
    """The operator's 65 bytes r‖s‖v."""

    def __post_init__(self) -> None:
        for name, data, length in (("version", self.version, 32), ("signature", self.signature, _SIGNATURE_BYTES)):
            if len(data) != length:
                raise InputError(f"prediction's {name} has {len(data)} bytes, not {length}")
        if len(self.question) % _WORD or not _WORD <= len(self.question) <= MAX_QUESTION_BYTES:
            raise InputError(
                f"prediction's question has {len(self.question)} bytes, not whole words up to {MAX_QUESTION_BYTES}"
            )
        if not -_MAX_ANSWER - 1 <= self.answer <= _MAX_ANSWER:
            raise InputError("prediction's answer is outside int256")
        if not 0 <= self.issued_at <= self.valid_until <= _MAX_TIME:
            raise InputError(f"prediction's times {self.issued_at} to {self.valid_until} are no span of unix seconds")
        if not self.unit.isprintable() or not 1 <= len(self.unit.encode()) <= MAX_TEXT_BYTES:
            raise InputError(f"prediction's unit is not a printable text of 1 to {MAX_TEXT_BYTES} bytes")

    @property
    def input_hash(self) -> Digest:
        """keccak256(question)."""
        return keccak(self.question)

    @property
    def output_hash(self) -> Digest:
        """keccak256(abi.encode(int256 answer))."""
        return _output_hash(self.answer)

    def message(self) -> dict[str, object]:
        """The fields of EIP-712 `Prediction`."""
        return _message(self.model, self.version, self.question, self.answer, self.issued_at, self.valid_until)

    def to_json(self) -> dict[str, object]:
        """Plain values for JSON: bytes as lower-case hex with 0x, integers from 2**53 on as decimal text."""
        return {
            "model": self.model,
            "version": "0x" + self.version.hex(),
            "question": "0x" + self.question.hex(),
            "answer": json_integer(self.answer),
            "unit": self.unit,
            "issued_at": json_integer(self.issued_at),
            "valid_until": json_integer(self.valid_until),
            "signer": self.signer,
            "signature": "0x" + self.signature.hex(),
        }

    @classmethod
    def from_json(cls, record: object) -> Prediction:
        """The prediction that `to_json` wrote, from parsed JSON of unknown origin.

        Raises InputError, naming the field, for other fields, types, forms or bounds.
        """
        if not isinstance(record, dict) or record.keys() != _FIELDS:
            raise InputError("a prediction is an object of " + ", ".join(sorted(_FIELDS)))
        if not isinstance(record["unit"], str):
            raise InputError("prediction's unit is not a text")
        return cls(
            model=read_address(record, "model"),
            version=Digest(read_bytes(record, "version", 32)),
            question=_read_question(record),
            answer=read_integer(record, "answer"),
            unit=record["unit"],
            issued_at=read_integer(record, "issued_at"),
            valid_until=read_integer(record, "valid_until"),
            signer=read_address(record, "signer"),
            signature=read_bytes(record, "signature", _SIGNATURE_BYTES),
        )


def sign_prediction(
    key: AccountKey,
    domain: Domain,
    *,
    version: Digest,
    question: bytes,
    answer: int,
    unit: str,
    issued_at: int,
    valid_until: int,
) -> Prediction:
    """`key`'s prediction for the model whose RoundManager is `domain.contract`.

    Raises InputError when a value is outside its bounds.
    """
    message = _message(domain.contract, version, question, answer, issued_at, valid_until)
    return Prediction(
        model=domain.contract,
        version=version,
        question=question,
        answer=answer,
        unit=unit,
        issued_at=issued_at,
        valid_until=valid_until,
        signer=key.address,
        signature=sign_typed(key, "Prediction", domain, message),
    )


def verify_prediction(
    prediction: Prediction,
    domain: Domain,
    allowed_signers: Collection[Address],
    now: int | None = None,
    max_age: int | None = None,
) -> None:
    """Returns when one of `allowed_signers` signed exactly this answer for `domain`; raises PredictionRefused.

    With `now` (chain clock, unix seconds) the answer must also be valid then; with `max_age` (seconds) it must
    also be no older. Without `now` times are not judged, as in an audit of what was once answered.
    """
    judge_signed("Prediction", prediction, domain, allowed_signers, now, max_age)


class Signed(Protocol):
    """What was signed for one model and span of time: a `Prediction`, or many of them under one signature."""

    @property
    def model(self) -> Address: ...
    @property
    def issued_at(self) -> int: ...
    @property
    def valid_until(self) -> int: ...
    @property
    def signer(self) -> Address: ...
    @property
    def signature(self) -> bytes: ...
    def message(self) -> dict[str, object]: ...


def judge_signed(
    kind: str,
    signed: Signed,
    domain: Domain,
    allowed_signers: Collection[Address],
    now: int | None,
    max_age: int | None,
) -> None:
    """What `verify_prediction` says, of anything signed as the EIP-712 type `kind`."""
    if signed.model != domain.contract:
        raise PredictionRefused(Doubt.OTHER_MODEL, f"it is of model {signed.model}, not {domain.contract}")
    try:
        signer = typed_signer(kind, domain, signed.message(), signed.signature)
    except InputError as error:
        raise PredictionRefused(Doubt.FORGED, error.message) from error
    if signer != signed.signer:
        raise PredictionRefused(
            Doubt.FORGED,
            f"the signature is not {signed.signer}'s over this content for chain {domain.chain_id}",
            "something was altered, or it was signed for another chain",
        )
    if signer not in allowed_signers:
        raise PredictionRefused(Doubt.FOREIGN_SIGNER, f"{signer} is no operator of the model")
    if now is not None:
        _judge_times(signed, now, max_age)
    elif max_age is not None:
        raise InputError("an age is judged only with the time `now`")


def json_integer(value: int) -> int | str:
    """`value`, as decimal text from 2**53 on: JSON readers round larger numbers."""
    return value if -_EXACT_IN_JSON < value < _EXACT_IN_JSON else str(value)


def _judge_times(prediction: Signed, now: int, max_age: int | None) -> None:
    age = now - prediction.issued_at
    if age < -CLOCK_TOLERANCE_SECONDS:
        raise PredictionRefused(Doubt.NOT_YET, f"it is dated {-age} s ahead of the chain's clock")
    if now > prediction.valid_until:
        raise PredictionRefused(Doubt.EXPIRED, f"it expired {now - prediction.valid_until} s ago", "ask again")
    if max_age is not None and age > max_age:
        raise PredictionRefused(Doubt.TOO_OLD, f"it is {age} s old, over {max_age} s", "ask again")


def _message(
    model: Address, version: Digest, question: bytes, answer: int, issued_at: int, valid_until: int
) -> dict[str, object]:
    return {
        "model": model,
        "version": version,
        "inputHash": keccak(question),
        "outputHash": _output_hash(answer),
        "issuedAt": issued_at,
        "validUntil": valid_until,
    }


def _output_hash(answer: int) -> Digest:
    if not -_MAX_ANSWER - 1 <= answer <= _MAX_ANSWER:
        raise InputError("prediction's answer is outside int256")
    return keccak(words_of((answer,)))


def _read_question(record: Mapping[str, Any]) -> bytes:
    """As many bytes as there are, up to the longest question; making the prediction checks for whole words."""
    text = record["question"]
    length = min(len(text) // 2 - 1, MAX_QUESTION_BYTES) if isinstance(text, str) else 0
    return read_bytes(record, "question", length)


def read_bytes(record: Mapping[str, Any], field: str, length: int) -> bytes:
    """A field of so many bytes, from parsed JSON of unknown origin. Raises InputError for any other form."""
    text = record[field]
    digits = text.removeprefix("0x") if isinstance(text, str) and text.startswith("0x") else ""
    if len(digits) != 2 * length or not set(digits) <= set("0123456789abcdef"):
        raise InputError(f"prediction's {field} is not 0x and {2 * length} lower-case hex digits")
    return bytes.fromhex(digits)


def read_address(record: Mapping[str, Any], field: str) -> Address:
    """A field that is a checksummed address. Raises InputError for any other form."""
    text = record[field]
    if not isinstance(text, str) or len(text) != 42 or parse_address(text) != text:
        raise InputError(f"prediction's {field} is not a checksummed address")
    return Address(text)


def read_integer(record: Mapping[str, Any], field: str) -> int:
    """A field that `json_integer` wrote. Raises InputError for any other form."""
    value = record[field]
    if isinstance(value, str) and 16 <= len(value) <= 78 and value.removeprefix("-").isdecimal() and value.isascii():
        number = int(value)
        if json_integer(number) == value:
            return number
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < _EXACT_IN_JSON:
        return value
    raise InputError(f"prediction's {field} is not an integer (decimal text from 2**53 on)")
