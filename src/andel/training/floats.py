"""`FloatTraining`: what a task says when its network is trained and measured in floats, by PyTorch or a learner.

Takes and gives plain values: who has no PyTorch can still read such a task, decode its versions and updates, and settle
its rounds from what validators judged. No task carries code: `network` names a builder that is installed, the shapes
stand here, and an engine that builds others is refused (`andel.training.torch_engine`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from andel.errors import InputError, PlanError
from andel.keys import parse_address
from andel.units import Address

OPTIMIZERS: Final = ("sgd", "adam", "adamw")
ENGINES: Final = ("torch", "sklearn", "own")
MAX_ARRAYS: Final = 64
_MAX_DIMENSIONS: Final = 8
_MAX_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class FloatTraining:
    """How a float task trains, and where its validators' judgements are sealed.

    `network` is the name of a builder (`mlp-relu`, `mlp-gelu`, `mlp-silu`, `mlp-tanh`, or what a package brings under
    the entry points `andel.networks`); `optimizer` one of `OPTIMIZERS`, at the task's rate; `shapes` those of the
    network's parameters in the order of its module; `judgements` the contract `Judgements` of the model's chain.
    `engine` is who knows the name: PyTorch, scikit-learn (`andel.training.estimators`) or `own`, a learner that a
    package brings (`andel.training.learner`).
    """

    network: str
    optimizer: str
    shapes: tuple[tuple[int, ...], ...]
    judgements: Address
    engine: str = "torch"


def read_floats(values: Mapping[str, Any] | None) -> FloatTraining | None:
    """What stands in a task's field `floats`; None for an integer task. Raises PlanError naming the value."""
    if values is None:
        return None
    try:
        network, optimizer, shapes, judgements, engine = (values[field.name] for field in fields(FloatTraining))
        read = FloatTraining(network, optimizer, tuple(map(_shape, shapes)), parse_address(judgements), engine)
    except (KeyError, TypeError, AttributeError, InputError) as error:
        raise PlanError(f"task field floats cannot be read: {error}") from error
    if not isinstance(network, str) or not 0 < len(network) <= _MAX_NAME or len(values) != len(fields(read)):
        raise PlanError(f"task field floats names no network: {str(network)[:80]!r}")
    if optimizer not in OPTIMIZERS:
        raise PlanError(f"there is no optimizer {str(optimizer)[:40]!r}", f"one of {', '.join(OPTIMIZERS)}")
    if engine not in ENGINES or (engine == "sklearn" and optimizer != "sgd"):
        raise PlanError(
            f"there is no engine {str(engine)[:40]!r} with optimizer {optimizer}",
            f"one of {', '.join(ENGINES)}; scikit-learn's has sgd",
        )
    if not 1 <= len(read.shapes) <= MAX_ARRAYS:
        raise PlanError(f"task field floats lists {len(read.shapes)} arrays; 1 to {MAX_ARRAYS} are possible")
    return read


def _shape(sizes: Any) -> tuple[int, ...]:
    if not isinstance(sizes, list | tuple) or len(sizes) > _MAX_DIMENSIONS:
        raise PlanError(f"task field floats holds {str(sizes)[:60]!r} where a shape stands")
    if any(type(size) is not int or not 1 <= size < 1 << 32 for size in sizes):
        raise PlanError(f"task field floats holds a shape {str(sizes)[:60]!r} with a size out of bounds")
    return tuple(sizes)
