"""The Open Inference Protocol, version 2, over REST: the model as tensors, for clients that speak to any server.

Takes the `Service`; gives endpoints under /v2, by kserve/open-inference-protocol (`specification/protocol`). The
model's name is its RoundManager's address, its version the hash of its parameters. Never speaks the binary-data
extension, never answers a version that is not served. Tensors and parameters: docs/rooms/serving-http.md.

A request asks in one of three forms, n questions in each: `codes` [n, d] with `base` [n]; `question` [n], packed, in
hex; one tensor [n] for each measured value with `time` [n]. It gets `answer` [n] and `question` [n]. All answers are
under one signature, whose words stand in the response's parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final

import numpy as np

from andel import __version__
from andel.errors import InputError
from andel.keys import parse_address
from andel.serving.any_file import VersionFile, inputs_of, pack_any
from andel.serving.http_edge import RefusedRequest
from andel.serving.prediction import json_integer, read_bytes, read_integer
from andel.serving.prediction_batch import PredictionBatch
from andel.serving.predictor import Predictor
from andel.serving.questions import MAX_BATCH, read_packed
from andel.serving.strict_json import names_of, read_object, read_time
from andel.units import Digest

PLATFORM: Final = "andel_integer"
MAX_INFER_BRACKETS: Final = 8 + 2 * MAX_BATCH + 400

_MAX_ID: Final = 200
_MAX_INPUTS: Final = 128
_MAX_PARAMETERS: Final = 32
_REQUEST: Final = frozenset({"id", "parameters", "inputs", "outputs"})
_INPUT: Final = frozenset({"name", "shape", "datatype", "parameters", "data"})
_OUTPUTS: Final = ("answer", "question")
_BINARY: Final = frozenset({"binary_data_size", "binary_data", "binary_data_output"})
_INTEGERS: Final = {"UINT8": (0, 255), "INT32": (-(2**31), 2**31 - 1), "INT64": (-(2**63), 2**63 - 1)}
_BINARY_HINT: Final = "send tensors as JSON, without the binary-data extension"


@dataclass(frozen=True, slots=True)
class Inference:
    """A request that was read: how many questions it asks, and the call that gives the response's object."""

    count: int
    answer: Callable[[], dict[str, object]]


def describe_server() -> dict[str, object]:
    """`$metadata_server_response`."""
    return {"name": "andel", "version": __version__, "extensions": []}


def describe_model(predictor: Predictor) -> dict[str, object]:
    """`$metadata_model_response`: the tensors of the first form; the other two are told by docs and /model."""
    return {
        "name": predictor.domain.contract,
        "versions": [version_name(predictor)],
        "platform": PLATFORM,
        "inputs": [
            {"name": "codes", "datatype": "UINT8", "shape": [-1, inputs_of(predictor.model_file)]},
            {"name": "base", "datatype": "INT32", "shape": [-1]},
        ],
        "outputs": [
            {"name": "answer", "datatype": "INT64", "shape": [-1]},
            {"name": "question", "datatype": "BYTES", "shape": [-1]},
        ],
    }


def version_name(predictor: Predictor) -> str:
    """The served version as a path names it."""
    return "0x" + predictor.model_file.version.hex()


def check_served(predictor: Predictor, name: str, version: str | None) -> None:
    """Raises RefusedRequest (404) unless `predictor` answers as this model and, where one is named, this version."""
    if name != predictor.domain.contract:
        raise RefusedRequest(404, "there is no such model here", f"this server answers as {predictor.domain.contract}")
    if version is not None and version != version_name(predictor):
        raise RefusedRequest(404, "this version is not served", f"the current one is {version_name(predictor)}")


def read_inference(body: bytes, predictor: Predictor) -> Inference:
    """What a `$inference_request` asks of `predictor`. Raises InputError for anything else, and over `MAX_BATCH`."""
    record = read_object(body, MAX_INFER_BRACKETS, 'give {"inputs": [...]}')
    if unknown := record.keys() - _REQUEST:
        raise InputError(f"an inference request has no fields {names_of(unknown)}")
    identity = record.get("id")
    if "id" in record and not (isinstance(identity, str) and len(identity) <= _MAX_ID):
        raise InputError(f"id is not a text of at most {_MAX_ID} characters")
    parameters = _parameters(record.get("parameters", {}))
    issued_at = read_time(parameters["issued_at"], "issued_at") if "issued_at" in parameters else None
    wanted = _wanted_outputs(record.get("outputs", []))
    questions = _questions(_tensors(record.get("inputs")), predictor)
    return Inference(len(questions), partial(_respond, predictor, questions, issued_at, identity, wanted))


def batch_from_response(record: object) -> PredictionBatch:
    """The signed batch in a response that has both outputs, so that `verify_batch` can judge it.

    Raises InputError for a response of another form.
    """
    try:
        if not isinstance(record, dict):
            raise TypeError
        said, outputs = record["parameters"], {each["name"]: each["data"] for each in record["outputs"]}
        return PredictionBatch(
            model=parse_address(record["model_name"]),
            version=Digest(read_bytes(record, "model_version", 32)),
            questions=tuple(read_packed(each) for each in outputs["question"]),
            answers=tuple(int(answer) for answer in outputs["answer"]),
            unit=str(said["unit"]),
            issued_at=read_integer(said, "issued_at"),
            valid_until=read_integer(said, "valid_until"),
            signer=parse_address(said["signer"]),
            signature=read_bytes(said, "signature", 65),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("this is no response with a signed batch", "ask for answer and question") from error


@dataclass(frozen=True, slots=True)
class _Tensor:
    name: str
    datatype: str
    shape: tuple[int, ...]
    data: list[Any]

    def integers(self, kinds: tuple[str, ...]) -> list[int]:
        """Its elements as integers of one of these data types."""
        if self.datatype not in kinds:
            raise InputError(f"{self.name} is not of data type {' or '.join(kinds)}")
        low, high = _INTEGERS[self.datatype]
        for value in self.data:
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise InputError(f"{self.name} holds what is no {self.datatype}")
        return self.data


def _respond(
    predictor: Predictor, questions: list[bytes], issued_at: int | None, identity: str | None, wanted: tuple[str, ...]
) -> dict[str, object]:
    batch = predictor.ask_questions(questions, issued_at)
    tensors: dict[str, tuple[str, list[Any]]] = {
        "answer": ("INT64", list(batch.answers)),
        "question": ("BYTES", ["0x" + question.hex() for question in batch.questions]),
    }
    outputs = [
        {"name": name, "datatype": tensors[name][0], "shape": [len(questions)], "data": tensors[name][1]}
        for name in wanted
    ]
    parameters = {
        "unit": batch.unit,
        "issued_at": json_integer(batch.issued_at),
        "valid_until": json_integer(batch.valid_until),
        "signer": batch.signer,
        "signature": "0x" + batch.signature.hex(),
    }
    named = {} if identity is None else {"id": identity}
    model = {"model_name": batch.model, "model_version": version_name(predictor)}
    return model | named | {"parameters": parameters, "outputs": outputs}


def _questions(tensors: dict[str, _Tensor], predictor: Predictor) -> list[bytes]:
    if tensors.keys() == {"question"}:
        asked = tensors["question"]
        if asked.datatype != "BYTES":
            raise InputError("question is not of data type BYTES", "each is 0x and 64 hex digits a word")
        _count(asked)
        return [read_packed(each) for each in asked.data]
    if "codes" in tensors:
        return _packed(tensors, predictor.model_file)
    if "time" not in tensors:
        raise InputError(
            f"inputs {names_of(tensors)} are none of the three forms", "codes and base; question; or values and time"
        )
    n = _count(tensors["time"])
    times = [read_time(each, "time") for each in tensors["time"].data]
    columns = {name: _values(tensor, n) for name, tensor in tensors.items() if name != "time"}
    return [
        predictor.question_of({name: values[row] for name, values in columns.items()}, times[row]) for row in range(n)
    ]


def _packed(tensors: dict[str, _Tensor], file: VersionFile) -> list[bytes]:
    if tensors.keys() != {"codes", "base"}:
        raise InputError("beside codes there is base, and nothing else", "base is the last measured value, INT32 [n]")
    codes, base, inputs = tensors["codes"], tensors["base"], inputs_of(file)
    if len(codes.shape) != 2 or codes.shape[1] != inputs or not 1 <= codes.shape[0] <= MAX_BATCH:
        raise InputError(f"codes is not of shape [n, {inputs}] with n in 1..{MAX_BATCH}")
    n = codes.shape[0]
    if _count(base) != n:
        raise InputError(f"base is not of shape [{n}]")
    rows = np.array(codes.integers(("UINT8", "INT32")), dtype=np.int64).reshape(n, inputs)
    return [pack_any(file, row, given) for row, given in zip(rows, base.integers(("INT32",)), strict=True)]


def _values(tensor: _Tensor, n: int) -> list[Decimal | int | str]:
    if _count(tensor) != n:
        raise InputError(f"{ascii(tensor.name)} is not of shape [{n}], as time is")
    kinds = {"FP64": (Decimal, int), "FP32": (Decimal, int), "INT64": (int,), "INT32": (int,), "BYTES": (str,)}
    allowed = kinds.get(tensor.datatype)
    if allowed is None:
        raise InputError(f"{ascii(tensor.name)} is not of data type FP64 or BYTES")
    if any(isinstance(value, bool) or not isinstance(value, allowed) for value in tensor.data):
        raise InputError(f"{ascii(tensor.name)} holds what is no {tensor.datatype}")
    return tensor.data


def _count(tensor: _Tensor) -> int:
    """n of a tensor of shape [n] or [n, 1]."""
    if tensor.shape[1:] not in ((), (1,)) or not 1 <= tensor.shape[0] <= MAX_BATCH:
        raise InputError(f"{ascii(tensor.name)} is not of shape [n] with n in 1..{MAX_BATCH}", "ask in parts")
    return tensor.shape[0]


def _tensors(inputs: object) -> dict[str, _Tensor]:
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= _MAX_INPUTS:
        raise InputError(f"inputs is not a list of 1 to {_MAX_INPUTS} tensors")
    found = [_tensor(each) for each in inputs]
    named = {tensor.name: tensor for tensor in found}
    if len(named) != len(found):
        raise InputError("an input is given twice")
    return named


def _tensor(record: object) -> _Tensor:
    if not isinstance(record, dict) or not _INPUT - {"parameters"} <= record.keys() <= _INPUT:
        if isinstance(record, dict):
            _parameters(record.get("parameters", {}))  # of binary data there is no `data`: told for what it is
        raise InputError("an input has the fields name, shape, datatype and data, and may have parameters")
    _parameters(record.get("parameters", {}))
    name, datatype, shape, data = record["name"], record["datatype"], record["shape"], record["data"]
    if not isinstance(name, str) or not 1 <= len(name) <= _MAX_ID or not isinstance(datatype, str):
        raise InputError("an input's name or datatype is not a text")
    if (
        not isinstance(shape, list)
        or not 1 <= len(shape) <= 2
        or any(not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= 4_096 for size in shape)
    ):
        raise InputError(f"{ascii(name[:40])} has no shape of one or two sizes")
    if not isinstance(data, list):
        raise InputError(f"{ascii(name[:40])} has no list as its data")
    nested = [each if isinstance(each, list) else [each] for each in data]
    flat = [value for row in nested for value in row]
    if any(isinstance(value, list | dict) for value in flat) or len(flat) != math.prod(shape):
        raise InputError(f"{ascii(name[:40])} has {len(flat)} elements, which its shape does not say")
    return _Tensor(name[:_MAX_ID], datatype, tuple(shape), flat)


def _parameters(value: object) -> dict[str, Any]:
    """Parameters as an object; what is not known among them has no meaning here, as the protocol lets extensions be."""
    if not isinstance(value, dict) or len(value) > _MAX_PARAMETERS:
        raise InputError(f"parameters is not an object of at most {_MAX_PARAMETERS} fields")
    # what asks for binary data and gets none would be read wrong; saying no to it is saying what is done anyhow
    if any(value[name] is not False for name in _BINARY & value.keys()):
        raise InputError("the binary-data extension is not spoken here", _BINARY_HINT)
    return value


def _wanted_outputs(value: object) -> tuple[str, ...]:
    if value == []:
        return _OUTPUTS
    if not isinstance(value, list) or len(value) > len(_OUTPUTS):
        raise InputError(f"outputs is not a list of at most {len(_OUTPUTS)}", f"there are {', '.join(_OUTPUTS)}")
    names = []
    for each in value:
        if not isinstance(each, dict) or not {"name"} <= each.keys() <= {"name", "parameters"}:
            raise InputError("an output has the field name, and may have parameters")
        _parameters(each.get("parameters", {}))
        if each["name"] not in _OUTPUTS or each["name"] in names:
            raise InputError("an output is unknown, or asked for twice", f"there are {', '.join(_OUTPUTS)}")
        names.append(each["name"])
    return tuple(names)
