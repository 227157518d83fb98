"""What a body of POST /predict asks: one question or many, by measured values or packed.

Takes a body's bytes and the predictor that is to answer; gives an `Asked`: how many questions, and the call that
answers them. Never asks by itself, never fills in what is missing. Fields: docs/rooms/serving-http.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from andel.errors import InputError
from andel.serving.prediction import Prediction
from andel.serving.prediction_batch import PredictionBatch
from andel.serving.predictor import Predictor
from andel.serving.strict_json import names_of, read_object, read_time

MAX_BATCH: Final = 256
"""Questions in one request."""

MAX_BRACKETS: Final = 64 + 2 * MAX_BATCH
"""Brackets in a request's body; a question by values has two."""

_QUESTION: Final = re.compile(r"0x([0-9a-fA-F]{64}){1,64}")
_BY_VALUES: Final = frozenset({"values", "time"})
_BY_QUESTION: Final = frozenset({"question"})
_BATCH_BY_VALUES: Final = frozenset({"batch"})
_BATCH_BY_QUESTIONS: Final = frozenset({"questions"})
_FORMS: Final = (
    'give {"values": {...}, "time": ...} or {"question": "0x..."}, many as {"batch": [...]} or '
    '{"questions": [...]}; "issued_at" may be added'
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions that were read: their number, and what answers them; it raises as `Predictor.ask_question` does."""

    count: int
    answer: Callable[[], Prediction | PredictionBatch]


def read_question(body: bytes, predictor: Predictor) -> Asked:
    """What `body` asks of `predictor`. Raises InputError when the body is no question."""
    record = read_object(body, MAX_BRACKETS, 'give {"values": {...}, "time": ...}')
    given = record.keys() - {"issued_at"}
    issued_at = read_time(record["issued_at"], "issued_at") if "issued_at" in record else None
    if given == _BY_QUESTION:
        return Asked(1, partial(predictor.ask_question, read_packed(record["question"]), issued_at))
    if given == _BY_VALUES:
        values, time = _values_of({name: record[name] for name in _BY_VALUES})
        return Asked(1, partial(predictor.ask_values, values, time, issued_at))
    if given == _BATCH_BY_QUESTIONS:
        questions = [read_packed(each) for each in _listed(record["questions"], "questions")]
        return Asked(len(questions), partial(predictor.ask_questions, questions, issued_at))
    if given == _BATCH_BY_VALUES:
        asked = [_values_of(each) for each in _listed(record["batch"], "batch")]
        return Asked(len(asked), partial(_ask_all, predictor, asked, issued_at))
    raise InputError(f"a question has other fields than these: {names_of(record)}", _FORMS)


def read_packed(value: object) -> bytes:
    """The bytes of a packed question in hex, whole words of 32. Raises InputError."""
    if not isinstance(value, str) or not _QUESTION.fullmatch(value):
        raise InputError("question is not 0x and 64 hex digits a word")
    return bytes.fromhex(value[2:])


def _ask_all(predictor: Predictor, asked: list[tuple[dict[str, Any], int]], issued_at: int | None) -> PredictionBatch:
    return predictor.ask_questions([predictor.question_of(values, time) for values, time in asked], issued_at)


def _listed(value: object, field: str) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_BATCH:
        raise InputError(f"{field} is not a list of 1 to {MAX_BATCH}", "ask in parts")
    return value


def _values_of(record: object) -> tuple[dict[str, Any], int]:
    if not isinstance(record, dict) or record.keys() != _BY_VALUES:
        raise InputError("a question of the batch has other fields than values and time", _FORMS)
    if not isinstance(record["values"], dict):
        raise InputError("values is not an object", 'give {"channel": number, ...}')
    return record["values"], read_time(record["time"], "time")
