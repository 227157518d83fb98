"""The engine of float tasks: networks in PyTorch, integers at the door.

Takes parameters as integers at 2**24 and codes. Trains in float32, measures in float64, and rounds what it gives to the
integers that every task has, so that signing, aggregation, value and shares never meet a float. Two machines may differ
in the last bits: contributors' updates are what they signed, and what validators measured they agree on by their median
(`andel.value.judgement`). Never runs code that came with a task: networks are named, and must be installed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError, TrainingError
from andel.training.floats import FloatTraining
from andel.training.integer_bounds import INPUT_BITS, INPUT_ZERO, OUTPUT_BITS, PARAMETER_BITS
from andel.training.integer_mlp import MAX_PARAMETER, IntArray, Parameters, check_magnitudes
from andel.training.schedule import Pace
from andel.training.task import Task
from andel.training.updates import flatten, split_parameters

try:
    import torch
except ImportError as error:  # an extra
    raise InputError("this task needs PyTorch, which is not installed", "pip install 'andel[torch]'") from error

NETWORKS_GROUP: Final = "andel.networks"
_ONE: Final = float(1 << PARAMETER_BITS)
_UNIT: Final = float(1 << OUTPUT_BITS)
_LOSS: Final = float(1 << (2 * OUTPUT_BITS))
_MAX_OUTPUT: Final = float(1 << 20)
"""Where outputs are held (in units of the task's target scale), so that every loss fits int64."""
_MAX_SLOPE: Final = float(1 << 16)
_ROWS: Final = 4_096
"""Rows measured at once: memory stays flat in the number of rows."""

Build = Callable[[int, tuple[int, ...]], torch.nn.Module]


class TorchEngine:
    """See `andel.training.engine.Engine`. Raises InputError for a network that is not installed or not the task's."""

    def __init__(self, floats: FloatTraining, inputs: int, layers: tuple[int, ...]) -> None:
        """A network for rows of so many inputs."""
        self._floats = floats
        self._build = _builder(floats.network)
        self._form = inputs, layers
        self._measuring = self._network().double().eval()

    def initial(self, task: Task) -> list[IntArray]:
        """The module's own first parameters under a seed; who founds the model keeps them in the content store."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_seed(bytes.fromhex(task.initial_seed)))
            network = self._network()
        return [_integers(parameter, _ONE, MAX_PARAMETER) for parameter in network.parameters()]

    def train(
        self,
        task: Task,
        parameters: Parameters,
        codes: npt.NDArray[np.uint8],
        targets: IntArray,
        seed: bytes,
        pace: Pace,
    ) -> list[IntArray]:
        """Steps of the task's optimizer at rate 2**-rate_shift on Huber's loss. Raises TrainingError if it diverges."""
        if len(codes) == 0:
            raise InputError("training needs at least one row")
        inputs, answers = _inputs(codes, torch.float32), _answers(targets, torch.float32)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_seed(seed))  # minibatches, and what a network draws itself, as dropout does
            network = _filled(self._network(), parameters).train()
            optimizer = _optimizer(self._floats.optimizer, network, 2.0**-pace.rate_shift)
            picks = torch.randint(len(codes), (pace.steps, task.batch_rows))
            for pick in picks:
                optimizer.zero_grad()
                _huber(network(inputs[pick]), answers[pick], task.residual_limit).mean().backward()
                optimizer.step()
        if not all(bool(torch.isfinite(parameter).all()) for parameter in network.parameters()):
            raise TrainingError("the training diverged: a parameter is no number", "a larger rate_shift steps less far")
        # what a float cannot hold of the version's last bits must not look like training
        held = [_integers(_floats(array, torch.float32), _ONE, MAX_PARAMETER) for array in parameters]
        moved = [_integers(parameter, _ONE, MAX_PARAMETER) for parameter in network.parameters()]
        return [array + (then - first) for array, first, then in zip(parameters, held, moved, strict=True)]

    def gradients(
        self, task: Task, points: Sequence[IntArray], codes: npt.NDArray[np.uint8], targets: IntArray
    ) -> list[IntArray]:
        """In float64, rounded to the grid of 2**-24."""
        if len(codes) == 0:
            raise InputError("a gradient needs at least one row")
        return [flatten(self._gradient(task, split_parameters(point, task), codes, targets)) for point in points]

    def _gradient(
        self, task: Task, parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray
    ) -> list[IntArray]:
        network = self._measured(parameters)
        for rows in _blocks(len(codes)):
            outputs = network(_inputs(codes[rows], torch.float64))
            (_huber(outputs, _answers(targets[rows], torch.float64), task.score_limit).sum() / len(codes)).backward()
        slopes = [torch.zeros_like(p) if p.grad is None else p.grad for p in network.parameters()]
        return [_integers(slope, _ONE, _MAX_SLOPE * _ONE) for slope in slopes]

    def losses(
        self, task: Task, parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray
    ) -> npt.NDArray[Any]:
        """In float64, rounded at 2**32."""
        outputs = self._outputs(parameters, codes)
        losses = 2 * _huber(outputs, _answers(targets, torch.float64), task.score_limit)
        return _integers(losses, _LOSS, np.inf)

    def predict(self, task: Task, parameters: Parameters, codes: npt.NDArray[np.uint8]) -> IntArray:
        """In float64, rounded to the channel's unit."""
        return _integers(self._outputs(parameters, codes), float(task.target_scale), np.inf)

    def export(self, task: Task, parameters: Parameters) -> list[IntArray]:
        """Raises InputError: a network in PyTorch is not quantised."""
        raise InputError(
            f"the model {task.name} is one of PyTorch's: no integer model file follows from it",
            "serve its versions off chain",
        )

    def _network(self) -> torch.nn.Module:
        network = _built(self._build, *self._form)
        shapes = [tuple(parameter.shape) for parameter in network.parameters()]
        if shapes != list(self._floats.shapes):
            raise InputError(
                f"the network {self._floats.network} has other parameters here than the task says: {shapes}"[:300],
                "install the release of its package that the task was founded with",
            )
        if any(True for _ in network.buffers()):
            raise InputError(
                f"the network {self._floats.network} keeps a state beside its parameters, which no update carries",
                "layer or group normalisation keep none",
            )
        return network

    def _measured(self, parameters: Parameters) -> torch.nn.Module:
        """The network at these parameters, with no gradient yet."""
        check_magnitudes(parameters)
        self._measuring.zero_grad(set_to_none=True)
        return _filled(self._measuring, parameters)

    def _outputs(self, parameters: Parameters, codes: npt.NDArray[np.uint8]) -> torch.Tensor:
        network = self._measured(parameters)
        with torch.no_grad():
            found = [network(_inputs(codes[rows], torch.float64)).reshape(-1) for rows in _blocks(len(codes))]
        outputs = torch.cat(found) if found else torch.zeros(0, dtype=torch.float64)
        if not bool(torch.isfinite(outputs).all()):
            raise InputError("the network answers what is no number")
        return outputs.clamp(-_MAX_OUTPUT, _MAX_OUTPUT)


def network_shapes(network: str, inputs: int, layers: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """The shapes of a network's parameters, for the task that names it. Raises InputError when it is not installed."""
    return tuple(tuple(parameter.shape) for parameter in _built(_builder(network), inputs, layers).parameters())


def _built(build: Build, inputs: int, layers: tuple[int, ...]) -> torch.nn.Module:
    """A network with parameters drawn from where PyTorch's generator stands, which stays there."""
    with torch.random.fork_rng(devices=[]):
        return build(inputs, layers)


def _mlp(activation: type[torch.nn.Module], inputs: int, layers: tuple[int, ...]) -> torch.nn.Module:
    parts: list[torch.nn.Module] = []
    for taken, units in pairwise([inputs, *layers]):
        parts += [torch.nn.Linear(taken, units), activation()]
    return torch.nn.Sequential(*parts, torch.nn.Linear([inputs, *layers][-1], 1))


_BUILT_IN: Final[dict[str, type[torch.nn.Module]]] = {
    "mlp-relu": torch.nn.ReLU,
    "mlp-gelu": torch.nn.GELU,
    "mlp-silu": torch.nn.SiLU,
    "mlp-tanh": torch.nn.Tanh,
}


def _builder(network: str) -> Build:
    if network in _BUILT_IN:
        activation = _BUILT_IN[network]
        return lambda inputs, layers: _mlp(activation, inputs, layers)
    found = entry_points(group=NETWORKS_GROUP, name=network)
    if not found:
        raise InputError(
            f"no network {network[:60]!r} is installed", f"one of {', '.join(_BUILT_IN)}, or a package that brings it"
        )
    build: Build = next(iter(found)).load()
    return build


def _optimizer(name: str, network: torch.nn.Module, rate: float) -> torch.optim.Optimizer:
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    return kinds[name](network.parameters(), lr=rate)


def _huber(outputs: torch.Tensor, answers: torch.Tensor, limit: int) -> torch.Tensor:
    """Huber's loss of each row; `limit` at 2**16."""
    held = outputs.reshape(-1).clamp(-_MAX_OUTPUT, _MAX_OUTPUT)
    return torch.nn.functional.huber_loss(held, answers, reduction="none", delta=limit / _UNIT)


def _inputs(codes: npt.NDArray[np.uint8], kind: torch.dtype) -> torch.Tensor:
    return torch.from_numpy((codes.astype(np.int16) - INPUT_ZERO).astype(np.float64) / (1 << INPUT_BITS)).to(kind)


def _answers(targets: IntArray, kind: torch.dtype) -> torch.Tensor:
    return torch.from_numpy(np.asarray(targets, np.float64) / _UNIT).to(kind)


def _floats(array: IntArray, kind: torch.dtype) -> torch.Tensor:
    return torch.from_numpy(np.asarray(array, np.float64) / _ONE).to(kind)


def _filled(network: torch.nn.Module, parameters: Parameters) -> torch.nn.Module:
    with torch.no_grad():
        for place, array in zip(network.parameters(), parameters, strict=True):
            place.copy_(_floats(array, place.dtype))
    return network


def _integers(values: torch.Tensor, scale: float, limit: float) -> IntArray:
    """`values` at `scale`, rounded to nearest and held at ±limit. Raises InputError where one is no number."""
    scaled = np.rint(values.detach().to(torch.float64).numpy() * scale)
    if not np.isfinite(scaled).all():
        raise InputError("the network computes what is no number")
    whole: IntArray = scaled.clip(-limit, limit).astype(np.int64)
    return whole


def _blocks(count: int) -> list[slice]:
    return [slice(start, start + _ROWS) for start in range(0, count, _ROWS)]


def _seed(data: bytes) -> int:
    return int.from_bytes(data[:8], "big") >> 1
