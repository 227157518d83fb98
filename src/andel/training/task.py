"""What a model learns and how: the task, fixed when the model is founded.

A task is a canonical JSON object in the content store; every plan names it by its CID, so its digest is bound
into each signed commitment. All constants that training, value, quantisation and serving share stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property, lru_cache
from math import prod
from typing import Any, Final

from andel.data.feature_spec import MAX_VALUES, FeatureSpec, values_of
from andel.device.reading import MAX_TIMESTAMP
from andel.encoding import canonical_json, parse_json
from andel.errors import InputError, PlanError
from andel.training.floats import FloatTraining, read_floats
from andel.training.integer_bounds import int64_rows
from andel.training.integer_mlp import parameter_shapes
from andel.training.privacy import IN_THE_OPEN, Privacy, read_privacy
from andel.training.rules import DEFAULT_RULES
from andel.training.schedule import MAX_RATE_SHIFT, MAX_STEPS, Change, Pace, pace_of, read_schedule

TASK_FORMAT: Final = "andel-task/4"
MAX_FEATURES: Final = 24
MAX_LAYERS: Final = 8
MAX_PARAMETERS: Final = 1 << 17
"""Parameters of a model; an update of so many takes half a mebibyte."""
_MAX_TASK_BYTES = 64 * 1024


@dataclass(frozen=True)  # not slotted: it keeps its bytes, which everybody asks for in each round
class Task:
    """Everything about a model that no round changes.

    `target` is the channel that is predicted `horizon_seconds` ahead; `unit` and `exponent` are that channel's;
    the model learns its change in units of `target_scale`. `layers` are the units of each hidden layer, from the inputs
    on; a linear model has none. `steps` and `rate_shift` hold from round 1 until `schedule` changes them.
    `residual_limit` is where the loss that trains
    turns from squared to linear (Huber), `score_limit` where the loss that steers and scores does, both at
    2**16. `openings`: draws of leaves and slots from each contributor's batches.
    `reference` and `rules` are the hashes (hex) of the founder's reference set and of the value rules as plans name
    them: since the task's own hash stands on chain, no later plan can score by another set or by other rules.
    `privacy` says what others get to see of an update.
    """

    name: str
    target: str
    unit: str
    exponent: int
    horizon_seconds: int
    target_scale: int
    features: tuple[FeatureSpec, ...]
    layers: tuple[int, ...]
    steps: int
    batch_rows: int
    rate_shift: int
    residual_limit: int
    score_limit: int
    openings: int
    accepted_time: tuple[int, int]
    initial_seed: str
    reference: str
    rules: str = DEFAULT_RULES.hash.hex()
    floats: FloatTraining | None = None
    schedule: tuple[Change, ...] = ()
    privacy: Privacy = IN_THE_OPEN

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the parameters, and of every update."""
        return list(self.floats.shapes) if self.floats else parameter_shapes(len(self.features), self.layers)

    @property
    def size(self) -> int:
        """How many parameters the network has."""
        return sum(prod(shape) for shape in self.shapes)

    def pace(self, number: int) -> Pace:
        """The local steps and the rate of round `number`."""
        return pace_of(Pace(self.steps, self.rate_shift), self.schedule, number)

    def to_bytes(self) -> bytes:
        """Canonical bytes; the task's hash is their SHA-256."""
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        values = asdict(self)
        values["features"] = [asdict(feature) for feature in self.features]
        return canonical_json({"format": TASK_FORMAT, **values})


@lru_cache(maxsize=64)
def parse_task(data: bytes) -> Task:
    """The task in canonical bytes. Raises PlanError naming the field that is missing or out of bounds."""
    values = parse_object(data, TASK_FORMAT, _MAX_TASK_BYTES)
    expected = {field.name for field in fields(Task)}
    if set(values) != expected:
        raise PlanError(f"task fields differ: {sorted(set(values) ^ expected)}")
    try:
        check_plain_fields("task", Task, values)
        for feature in values["features"]:
            check_plain_fields("feature", FeatureSpec, feature)
        bytes.fromhex(values["initial_seed"])
        values["features"] = tuple(FeatureSpec(**feature) for feature in values["features"])
        values["layers"] = tuple(_units(units) for units in values["layers"])
        values["floats"] = read_floats(values["floats"])
        values["schedule"] = read_schedule(values["schedule"])
        values["privacy"] = read_privacy(values["privacy"])
        low, high = values["accepted_time"]
        task = Task(**{**values, "accepted_time": (int(low), int(high))})
    except (TypeError, ValueError, AttributeError) as error:
        raise PlanError(f"task cannot be read: {error}") from error
    _check_bounds(task)
    if task.to_bytes() != data:
        raise PlanError("task's fields are not in their canonical form")
    return task


def parse_object(data: bytes, expected_format: str, max_bytes: int) -> dict[str, Any]:
    """The fields of a canonical JSON object of one format, without `format`. Raises PlanError."""
    value = parse_json(data, max_bytes)
    if not isinstance(value, dict) or value.pop("format", None) != expected_format:
        raise PlanError(f"object is not of format {expected_format}")
    return value


def check_plain_fields(what: str, kind: type[Any], values: Mapping[str, object]) -> None:
    """Raises PlanError unless each field that `kind` declares as int or str holds exactly that."""
    for field in fields(kind):
        expected = {"int": int, "str": str}.get(str(field.type))
        if expected and type(values.get(field.name)) is not expected:
            raise PlanError(f"{what} field {field.name} is no {field.type}: {str(values.get(field.name))[:60]!r}")


def _check_bounds(task: Task) -> None:
    bounds: Mapping[str, tuple[int, int, int]] = {
        "features": (len(task.features), 1, MAX_FEATURES),
        "features' values": (len(values_of(task.features)), 0, MAX_VALUES),
        "layers": (len(task.layers), 0, MAX_LAYERS),
        "steps": (task.steps, 1, MAX_STEPS),
        "batch_rows": (task.batch_rows, 1, 4_096),
        "rate_shift": (task.rate_shift, 0, MAX_RATE_SHIFT),
        "residual_limit": (task.residual_limit, 1, 1 << 20),
        "score_limit": (task.score_limit, 1, 1 << 20),
        "openings": (task.openings, 2, 100_000),
        "horizon_seconds": (task.horizon_seconds, 1, 366 * 86_400),
        "target_scale": (task.target_scale, 1, 1 << 31),
        "exponent": (task.exponent, -18, 18),
        "accepted_time's start": (task.accepted_time[0], 0, task.accepted_time[1] - 1),
        "accepted_time's end": (task.accepted_time[1], 1, MAX_TIMESTAMP + 1),
    }
    for name, (value, low, high) in bounds.items():
        if not low <= value <= high:
            raise PlanError(f"task field {name} is {value}, outside {low} to {high}")
    if not task.target or "@" in task.target:
        raise PlanError(f"task field target is no channel: {task.target[:60]!r}")
    _check_layers(task)
    for name, named in (("reference", task.reference), ("rules", task.rules)):
        if len(named) != 64 or named.strip("0123456789abcdef"):
            raise PlanError(f"task field {name} is no hash: {named[:80]!r}")


def _units(value: object) -> int:
    if type(value) is not int or value < 1:
        raise PlanError(f"task field layers holds {str(value)[:60]!r} where a layer's number of units stands")
    return value


def _check_layers(task: Task) -> None:
    """Refuses what is too large, or could not be trained exactly, before anybody trains it."""
    if task.size > MAX_PARAMETERS:
        raise PlanError(
            f"task field layers {list(task.layers)} gives {task.size} parameters; {MAX_PARAMETERS} are possible"
        )
    if task.floats is not None:
        return
    try:
        int64_rows(len(task.features), task.layers)
    except InputError as error:
        raise PlanError(f"task field layers: {error.message}", error.hint) from error
