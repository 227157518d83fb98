"""An operator's answering machine: measured values or a packed question in, a signed prediction out.

Takes a proven model file, its task, the operator's key and the chain's clock; gives `Prediction`s and a
description of what can be asked. Physical values become integers by exact decimal arithmetic, rounded half to
even where a value is finer than the feature's step. Never guesses a missing value, never keeps a question,
never asks what a question is for. Holds no state: threads may share one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

import numpy as np

from andel.data.feature_spec import FeatureSpec, read_value_name, values_of
from andel.data.features import MAX_TARGET, CodeArray, codes_of
from andel.device.reading import MAX_TIMESTAMP
from andel.errors import InputError, SettingsError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.serving.any_file import VersionFile, format_of, pack_any, question_bytes
from andel.serving.held_clock import HeldClock
from andel.serving.model_file import ModelFile
from andel.serving.prediction import CLOCK_TOLERANCE_SECONDS, Prediction, json_integer
from andel.serving.prediction_batch import MAX_QUESTIONS, PredictionBatch
from andel.serving.prepared import PreparedModel
from andel.serving.prepared_layers import PreparedLayers
from andel.serving.signer import Signer
from andel.serving.slots import Slots
from andel.training.task import Task
from andel.typed_data import Domain

MINUTE_SECONDS: Final = 60
"""Answers are dated by whole minutes, so that operators asked together sign the same message."""

MAX_VALID_SECONDS: Final = 366 * 86_400

_MAX_STEPS = 2**53
_MAX_DIGITS = 18
_MAX_NUMBER_TEXT = 48
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Predictor:
    """Answers for one version. Making one raises InputError when model file and task do not belong together.

    `clock` gives the chain's time (unix seconds); `units` tells people the units of channels besides the
    target's, which the task names.
    """

    model_file: VersionFile
    task: Task
    key: AccountKey
    domain: Domain
    clock: Callable[[], int]
    valid_seconds: int
    units: Mapping[str, str] = field(default_factory=dict)
    _prepared: PreparedModel | PreparedLayers = field(init=False, repr=False, compare=False)
    _signer: Signer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.model_file.task != sha256(self.task.to_bytes()):
            raise InputError(f"the model file is not of task {self.task.name!r}", "give the task that it names")
        _check_inputs(self.model_file, self.task)
        if not MINUTE_SECONDS < self.valid_seconds <= MAX_VALID_SECONDS:
            raise SettingsError(f"valid_seconds {self.valid_seconds} is not in 61..{MAX_VALID_SECONDS}")
        signer = Signer(self.key, self.domain, self.model_file.version, self.model_file.unit)
        object.__setattr__(self, "_prepared", _prepared(self.model_file))
        object.__setattr__(self, "_signer", signer)

    @property
    def holds_clock(self) -> bool:
        """Whether the clock, once it was asked, can be told for a while without waiting for anybody."""
        return isinstance(self.clock, HeldClock)

    @property
    def answers_at_once(self) -> bool:
        """Whether the clock can be told now without waiting for anybody; where not, ask it from a thread."""
        return isinstance(self.clock, HeldClock) and self.clock.is_ready()

    def ask_values(
        self, values: Mapping[str, Decimal | int | str], time: int, issued_at: int | None = None
    ) -> Prediction:
        """The answer to what was measured at `time` (unix seconds): physical values by name, in the
        channel's unit: `temperature` for the one at `time`, `temperature@-3600` for the one an hour before.

        Text is read as a decimal number. Raises InputError for a channel that is missing or unknown, a value
        that is no number or out of range, and as `ask_question` does.
        """
        return self.ask_question(self.question_of(values, time), issued_at)

    def question_of(self, values: Mapping[str, Decimal | int | str], time: int) -> bytes:
        """The packed question that `ask_values` asks. Raises InputError as it does."""
        self._check_channels(values)
        if not 0 <= time <= MAX_TIMESTAMP:
            raise InputError(f"time {_shown(time)} is not in 0..{MAX_TIMESTAMP} unix seconds")
        numbers = {channel: _decimal_of(channel, value) for channel, value in values.items()}
        base = steps_half_even(numbers[self.task.target], self.task.exponent)
        if abs(base) > MAX_TARGET:
            raise InputError(f"{self.task.target} is out of range", f"give it in {self.task.unit}")
        return pack_any(self.model_file, self._codes(numbers, time), base)

    def ask_question(self, question: bytes, issued_at: int | None = None) -> Prediction:
        """The answer to a packed question, in steps of 10**task.exponent of task.unit.

        `issued_at` is the caller's date for the answer, within a minute of the chain's clock; without it the
        answer is dated by the clock, rounded down to a whole minute. Raises InputError for a date further off
        and a question that is not canonical; whatever the clock raises passes through.
        """
        answer = self._prepared.answer(question)
        issued = self._issued_at(issued_at)
        return self._signer.sign(question, answer, issued, issued + self.valid_seconds)

    def ask_questions(self, questions: Sequence[bytes], issued_at: int | None = None) -> PredictionBatch:
        """The answers to packed questions, under one signature; as `ask_question` besides.

        Raises InputError also for no question, or more than a batch takes.
        """
        if not 1 <= len(questions) <= MAX_QUESTIONS:
            raise InputError(f"{len(questions)} questions, 1 to {MAX_QUESTIONS} can be asked at once", "ask in parts")
        answers = self._prepared.answers(questions)
        issued = self._issued_at(issued_at)
        return self._signer.sign_many(questions, answers, issued, issued + self.valid_seconds)

    def describe(self) -> dict[str, object]:
        """What can be asked and who answers, as plain values for JSON; ranges are physical, as decimal text."""
        channels = self._channels()
        return {
            "name": self.task.name,
            "target": self.task.target,
            "unit": self.task.unit,
            "step": f"{Decimal(1).scaleb(self.task.exponent):f}",
            "horizon_seconds": self.task.horizon_seconds,
            "channels": {channel: self._unit(channel) for channel in channels},
            "features": [self._describe_feature(feature) for feature in self.task.features],
            "model": self.domain.contract,
            "chain_id": json_integer(self.domain.chain_id),
            "version": "0x" + self.model_file.version.hex(),
            "format": format_of(self.model_file),
            "question_bytes": question_bytes(self.model_file),
            "file_hash": "0x" + self.model_file.file_hash.hex(),
            "task_hash": "0x" + self.model_file.task.hex(),
            "signer": self.key.address,
            "valid_seconds": self.valid_seconds,
        }

    def _channels(self) -> tuple[str, ...]:
        """The names of what a question by values gives: what features look at and the target, sorted."""
        return tuple(sorted({*values_of(self.task.features), self.task.target}))

    def _unit(self, name: str) -> str | None:
        channel, _ = read_value_name(name)
        return self.task.unit if channel == self.task.target else self.units.get(channel)

    def _check_channels(self, values: Mapping[str, object]) -> None:
        needed = self._channels()
        described = ", ".join(self._with_unit(channel) for channel in needed)
        if missing := [self._with_unit(channel) for channel in needed if channel not in values]:
            raise InputError(f"the question lacks {', '.join(missing)}", f"needed are {described}")
        if len(values) > len(needed):
            unknown = next(channel for channel in values if channel not in needed)
            raise InputError(f"channel {_shown(unknown)} is unknown to the model", f"needed are {described}")

    def _with_unit(self, channel: str) -> str:
        unit = self._unit(channel)
        return f"{channel} ({unit})" if unit else channel

    def _codes(self, numbers: Mapping[str, Decimal], time: int) -> CodeArray:
        codes = np.empty(len(self.task.features), dtype=np.uint8)
        # codes_of takes one integer per value; features may see one channel in different steps
        by_exponent: dict[int, list[int]] = {}
        for index, feature in enumerate(self.task.features):
            by_exponent.setdefault(feature.exponent, []).append(index)
        for exponent, indices in by_exponent.items():
            features = [self.task.features[index] for index in indices]
            steps = {name: steps_half_even(numbers[name], exponent) for name in values_of(features)}
            codes[indices] = codes_of(steps, time, features)
        return codes

    def _issued_at(self, asked: int | None) -> int:
        now = self.clock()
        if asked is None:
            return now - now % MINUTE_SECONDS
        if abs(asked - now) > CLOCK_TOLERANCE_SECONDS:
            raise InputError(
                f"issued_at {_shown(asked)} is over {CLOCK_TOLERANCE_SECONDS} s from the chain's time {now}",
                "leave it out, or take the time from the chain",
            )
        return asked

    def _describe_feature(self, feature: FeatureSpec) -> dict[str, object]:
        if not feature.is_measured:
            clock = {"harmonic": feature.harmonic, "amplitude": feature.high}
            return {"name": feature.name, "kind": feature.kind, **clock}
        looked_back = {"seconds": feature.seconds} if feature.seconds else {}
        return {
            "name": feature.name,
            "kind": feature.kind,
            "channel": feature.channel,
            "low": f"{Decimal(feature.low).scaleb(feature.exponent):f}",
            "high": f"{Decimal(feature.high).scaleb(feature.exponent):f}",
            "step": f"{Decimal(1).scaleb(feature.exponent):f}",
            "unit": self._unit(feature.channel),
            **looked_back,
            **({"samples": feature.samples} if feature.samples else {}),
        }


def steps_half_even(value: Decimal, exponent: int) -> int:
    """`value` in steps of 10**`exponent`, rounded to nearest, halves to even; exact in any precision.

    Raises InputError for a value that is not finite or beyond 2**53 steps.
    """
    # the exponent is judged first: "1e999999" as an integer would be a megabyte
    if value.is_finite() and (value.is_zero() or value.adjusted() <= _MAX_DIGITS):
        context = Context(prec=80, rounding=ROUND_HALF_EVEN)
        steps = int(context.scaleb(context.quantize(value, Decimal((0, (1,), exponent))), -exponent))
        if abs(steps) <= _MAX_STEPS:
            return steps
    raise InputError(f"value {_shown(value)} is out of range", "give it in the channel's unit")


def _check_inputs(file: VersionFile, task: Task) -> None:
    """A question by values has a code of one byte for each feature, and the target's value as base."""
    names = tuple(feature.name for feature in task.features)
    if isinstance(file, ModelFile):
        if file.features != names:
            raise InputError("the model file's features are not the task's")
    elif (file.slots, file.answers) != (Slots(len(names), 8, 8, base=True), 1):
        raise InputError("the model file is not one that follows from a version of a task")


def _prepared(file: VersionFile) -> PreparedModel | PreparedLayers:
    return PreparedModel(file) if isinstance(file, ModelFile) else PreparedLayers(file)


def _decimal_of(channel: str, value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10 ** (_MAX_DIGITS + 1):
        return Decimal(value)
    if isinstance(value, str) and len(value) <= _MAX_NUMBER_TEXT and _NUMBER.fullmatch(value):
        return Decimal(value)
    raise InputError(
        f"{channel} is {_shown(value)}, not a number in range", "give a decimal number, in the channel's unit"
    )


def _shown(value: object) -> str:
    """What somebody sent, short and in ASCII: it goes into messages."""
    if isinstance(value, int) and value.bit_length() > 128:
        return f"an integer of {value.bit_length()} bits"
    text = ascii(value) if isinstance(value, str) else ascii(str(value)).strip("'")
    return text if len(text) <= 40 else text[:37] + "..."
