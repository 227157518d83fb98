"""Many answers of one model version under one signature, for who asks many questions at once.

Takes questions, their answers and their times; gives a `PredictionBatch`, its signature, its JSON form, and the verdict
of a consumer. What is signed is EIP-712 `PredictionBatch`: the hash of all questions one after another and of all
answers, so a contract that holds them checks the same signature. Never computes an answer, and never splits: a single
answer of a batch proves nothing without the others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from andel.encoding import WORD_BYTES, words_of
from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import AccountKey
from andel.serving.file_fields import MAX_TEXT_BYTES
from andel.serving.prediction import json_integer, judge_signed, read_address, read_bytes, read_integer
from andel.typed_data import Domain, sign_typed
from andel.units import Address, Digest

MAX_QUESTIONS: Final = 1_024
"""Questions under one signature."""
MAX_QUESTION_BYTES: Final = 2_048
MAX_WORDS: Final = 32
"""int256 words that answer one question."""

_SIGNATURE_BYTES = 65
_MAX_TIME = 2**64 - 1
_MAX_ANSWER = 2**255 - 1
_FIELDS: Final = frozenset("model version questions answers unit issued_at valid_until signer signature".split())


@dataclass(frozen=True, slots=True)
class PredictionBatch:
    """Signed answers. Making one checks its form (InputError), not its signature.

    Every question has as many bytes, whole words, and is answered by as many words: those of question i are
    `answers_of(i)`. The lengths are the version's and are not signed; whoever knows the version knows them.
    """

    model: Address
    """The model's RoundManager."""
    version: Digest
    """SHA-256 of the parameters that answered."""
    questions: tuple[bytes, ...]
    """What was asked, in the order of asking."""
    answers: tuple[int, ...]
    """int256 words in the order of the questions, in steps of `unit`."""
    unit: str
    """What one step of an answer is, for people: "0.01 degC"."""
    issued_at: int
    """Chain clock, unix seconds."""
    valid_until: int
    """Chain clock, unix seconds; the last second at which the answers count."""
    signer: Address
    """The operator."""
    signature: bytes
    """The operator's 65 bytes r‖s‖v."""

    def __post_init__(self) -> None:
        _check_batch(self.questions, self.answers)
        for name, data, length in (("version", self.version, 32), ("signature", self.signature, _SIGNATURE_BYTES)):
            if len(data) != length:
                raise InputError(f"the batch's {name} has {len(data)} bytes, not {length}")
        if not -_MAX_ANSWER - 1 <= min(self.answers) <= max(self.answers) <= _MAX_ANSWER:
            raise InputError("an answer of the batch is outside int256")
        if not 0 <= self.issued_at <= self.valid_until <= _MAX_TIME:
            raise InputError(f"the batch's times {self.issued_at} to {self.valid_until} are no span of unix seconds")
        if not self.unit.isprintable() or not 1 <= len(self.unit.encode()) <= MAX_TEXT_BYTES:
            raise InputError(f"the batch's unit is not a printable text of 1 to {MAX_TEXT_BYTES} bytes")

    def answers_of(self, index: int) -> tuple[int, ...]:
        """The words that answer question `index`."""
        words = len(self.answers) // len(self.questions)
        return self.answers[index * words : (index + 1) * words]

    def message(self) -> dict[str, object]:
        """The fields of EIP-712 `PredictionBatch`."""
        return _message(self.model, self.version, self.questions, self.answers, self.issued_at, self.valid_until)

    def to_json(self) -> dict[str, object]:
        """Plain values for JSON: bytes as lower-case hex with 0x, integers from 2**53 on as decimal text."""
        return {
            "model": self.model,
            "version": "0x" + self.version.hex(),
            "questions": ["0x" + question.hex() for question in self.questions],
            "answers": [json_integer(answer) for answer in self.answers],
            "unit": self.unit,
            "issued_at": json_integer(self.issued_at),
            "valid_until": json_integer(self.valid_until),
            "signer": self.signer,
            "signature": "0x" + self.signature.hex(),
        }


def batch_from_json(record: object) -> PredictionBatch:
    """The batch that `to_json` wrote, from parsed JSON of unknown origin.

    Raises InputError, naming the field, for other fields, types, forms or bounds.
    """
    if not isinstance(record, dict) or record.keys() != _FIELDS:
        raise InputError("a batch is an object of " + ", ".join(sorted(_FIELDS)))
    if not isinstance(record["unit"], str):
        raise InputError("the batch's unit is not a text")
    asked, answered = record["questions"], record["answers"]
    if not isinstance(asked, list) or not 1 <= len(asked) <= MAX_QUESTIONS:
        raise InputError(f"the batch's questions are not a list of 1 to {MAX_QUESTIONS}")
    if not isinstance(answered, list) or len(answered) > MAX_QUESTIONS * MAX_WORDS:
        raise InputError("the batch's answers are not a list, or too many")
    # each is read as long as the first; what the first may be, making the batch checks
    length = min(len(asked[0]) // 2 - 1, MAX_QUESTION_BYTES) if isinstance(asked[0], str) else 0
    return PredictionBatch(
        model=read_address(record, "model"),
        version=Digest(read_bytes(record, "version", 32)),
        questions=tuple([read_bytes({"questions": each}, "questions", length) for each in asked]),
        answers=tuple([read_integer({"answers": each}, "answers") for each in answered]),
        unit=record["unit"],
        issued_at=read_integer(record, "issued_at"),
        valid_until=read_integer(record, "valid_until"),
        signer=read_address(record, "signer"),
        signature=read_bytes(record, "signature", _SIGNATURE_BYTES),
    )


def sign_batch(
    key: AccountKey,
    domain: Domain,
    *,
    version: Digest,
    questions: Sequence[bytes],
    answers: Sequence[int],
    unit: str,
    issued_at: int,
    valid_until: int,
) -> PredictionBatch:
    """`key`'s answers for the model whose RoundManager is `domain.contract`.

    `answers` are int256 words, as many for each question, one question's after the other's. Raises InputError when
    a value is outside its bounds.
    """
    asked, answered = tuple(questions), tuple(answers)
    _check_batch(asked, answered)
    message = _message(domain.contract, version, asked, answered, issued_at, valid_until)
    return PredictionBatch(
        model=domain.contract,
        version=version,
        questions=asked,
        answers=answered,
        unit=unit,
        issued_at=issued_at,
        valid_until=valid_until,
        signer=key.address,
        signature=sign_typed(key, "PredictionBatch", domain, message),
    )


def verify_batch(
    batch: PredictionBatch,
    domain: Domain,
    allowed_signers: Collection[Address],
    now: int | None = None,
    max_age: int | None = None,
) -> None:
    """Returns when one of `allowed_signers` signed exactly these answers for `domain`; raises PredictionRefused.

    Times are judged as by `verify_prediction`, and the reasons are the same.
    """
    judge_signed("PredictionBatch", batch, domain, allowed_signers, now, max_age)


def _check_batch(questions: tuple[bytes, ...], answers: tuple[int, ...]) -> None:
    """Raises InputError unless all questions are of one admissible length and get as many words each."""
    if not 1 <= len(questions) <= MAX_QUESTIONS:
        raise InputError(f"{len(questions)} questions, 1 to {MAX_QUESTIONS} go under one signature", "ask in parts")
    lengths = {len(question) for question in questions}
    length = lengths.pop()
    if lengths or length % WORD_BYTES or not WORD_BYTES <= length <= MAX_QUESTION_BYTES:
        raise InputError(
            f"the batch's questions are not all of one length, whole words up to {MAX_QUESTION_BYTES} bytes"
        )
    words, left = divmod(len(answers), len(questions))
    if left or not 1 <= words <= MAX_WORDS:
        raise InputError(f"{len(answers)} answers do not belong to {len(questions)} questions")


def _message(
    model: Address,
    version: Digest,
    questions: tuple[bytes, ...],
    answers: tuple[int, ...],
    issued_at: int,
    valid_until: int,
) -> dict[str, object]:
    try:
        words = words_of(answers)
    except OverflowError as error:
        raise InputError("an answer of the batch is outside int256") from error
    return {
        "model": model,
        "version": version,
        "inputsHash": keccak(b"".join(questions)),
        "outputsHash": keccak(words),
        "issuedAt": issued_at,
        "validUntil": valid_until,
    }
