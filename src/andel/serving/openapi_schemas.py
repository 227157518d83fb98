"""What goes in and out of the API, as JSON Schema (2020-12), for one model.

Takes the present predictor; gives the schemas that `openapi` names. Strict where the server is: what a schema refuses
the server refuses too. What a schema cannot say (that a date is near the chain's, that a tensor has as many elements
as its shape says) the server still judges. Never describes another model's channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from andel.device.reading import MAX_TIMESTAMP
from andel.serving.any_file import VersionFile, inputs_of, question_bytes
from andel.serving.evaluate import BASE_BYTES, QUESTION_BYTES
from andel.serving.model_file import ModelFile
from andel.serving.predictor import Predictor
from andel.serving.questions import MAX_BATCH

Schema = dict[str, Any]

_ADDRESS: Final[Schema] = {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}
_HASH: Final[Schema] = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}
_SIGNATURE: Final[Schema] = {"type": "string", "pattern": "^0x[0-9a-f]{130}$"}
_INTEGER: Final[Schema] = {"type": ["integer", "string"], "description": "decimal text from 2^53 on"}


def schemas_of(predictor: Predictor) -> Mapping[str, Schema]:
    """The schemas by name."""
    return {
        "name": {"type": "string", "enum": [predictor.domain.contract]},
        "version": {"type": "string", "enum": ["0x" + predictor.model_file.version.hex()]},
        **_questions(predictor),
        **_answers(),
        **_inference(inputs_of(predictor.model_file)),
        "SignInAccount": _object({"account": _ADDRESS}, "account"),
        "SignInText": _object({"text": {"type": "string"}}, "text"),
        "SignedText": _object(
            {
                "text": {"type": "string", "maxLength": 1_024},
                "signature": {"type": "string", "pattern": "^0x[0-9a-fA-F]{130}$"},
            },
            "text",
            "signature",
        ),
        "Session": _object({"session": {"type": "string"}, "until": {"type": "integer"}}, "session", "until"),
    }


def _questions(predictor: Predictor) -> dict[str, Schema]:
    described = predictor.describe()
    channels = described["channels"]
    assert isinstance(channels, dict)
    value: Schema = {
        "type": ["number", "string"],
        "description": "a number, or a text that is one, in the channel's unit",
    }
    values = _object({name: dict(value) for name in channels}, *channels)
    packed: Schema = {"type": "string", "pattern": _packed(predictor.model_file)}
    time: Schema = {"type": ["integer", "string"], "minimum": 0, "maximum": MAX_TIMESTAMP}
    issued = {"issued_at": {"type": ["integer", "string"], "description": "at most 60 s from the chain's clock"}}
    one = {"values": values, "time": time}
    many: Schema = {"type": "array", "minItems": 1, "maxItems": MAX_BATCH}
    return {
        "Question": {
            "oneOf": [
                _object(one | issued, "values", "time"),
                _object({"question": packed} | issued, "question"),
                _object({"batch": many | {"items": _object(one, "values", "time")}} | issued, "batch"),
                _object({"questions": many | {"items": packed}} | issued, "questions"),
            ]
        }
    }


def _packed(file: VersionFile) -> str:
    """The form of a packed question; bytes that carry nothing are zero where each code is a byte of its own."""
    if not isinstance(file, ModelFile):
        return f"^0x[0-9a-fA-F]{{{2 * question_bytes(file)}}}$"
    zeros = QUESTION_BYTES - BASE_BYTES - file.inputs
    return f"^0x[0-9a-fA-F]{{{2 * file.inputs}}}0{{{2 * zeros}}}[0-9a-fA-F]{{8}}$"


def _answers() -> dict[str, Schema]:
    signed = {
        "model": _ADDRESS,
        "version": _HASH,
        "unit": {"type": "string"},
        "issued_at": _INTEGER,
        "valid_until": _INTEGER,
        "signer": _ADDRESS,
        "signature": _SIGNATURE,
    }
    one = {"question": _HASH, "answer": _INTEGER}
    texts: Schema = {"type": "array", "items": _HASH}
    numbers: Schema = {"type": "array", "items": _INTEGER}
    version = {"version": _HASH, "swaps": {"type": "integer"}}
    waits = {"waiting_version": _HASH, "trouble": {"type": "string"}}
    return {
        "Answer": {
            "oneOf": [
                _object(signed | one, *signed, *one),
                _object(signed | {"questions": texts, "answers": numbers}, *signed, "questions", "answers"),
            ]
        },
        "Error": {
            "type": "object",
            "properties": {"error": {"type": "string"}, "hint": {"type": "string"}},
            "required": ["error"],
        },
        "Health": _object({"status": {"const": "ok"}} | version | waits, "status", *version),
        "Model": {"type": "object", "required": ["name", "model", "version", "channels", "features", "signer"]},
        "Document": {"type": "object", "required": ["openapi", "info", "paths"]},
    }


def _inference(inputs: int) -> dict[str, Schema]:
    text: Schema = {"type": "string"}
    parameters: Schema = {"type": "object", "maxProperties": 32}
    shape: Schema = {"type": "array", "items": {"type": "integer"}}
    kind: Schema = {"type": "string", "enum": ["UINT8", "INT32", "INT64", "FP32", "FP64", "BYTES"]}
    tensor = {"name": text, "datatype": text, "shape": shape}
    data: Schema = {"type": "array", "items": {"type": ["number", "string", "array"]}}
    asked_shape: Schema = {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 4_096},
        "minItems": 1,
        "maxItems": 2,
    }
    name: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
    asked = {"name": name, "shape": asked_shape, "datatype": kind, "data": data}
    example = [
        {"name": "codes", "shape": [1, inputs], "datatype": "UINT8", "data": [128] * inputs},
        {"name": "base", "shape": [1], "datatype": "INT32", "data": [2_000]},
    ]
    wanted = _object({"name": {"enum": ["answer", "question"]}, "parameters": parameters}, "name")
    return {
        "InferenceRequest": _object(
            {
                "id": {"type": "string", "maxLength": 200},
                "parameters": parameters,
                "inputs": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 128,
                    "items": _object(asked | {"parameters": parameters}, *asked),
                },
                "outputs": {"type": "array", "maxItems": 2, "items": wanted},
            },
            "inputs",
        )
        | {"examples": [{"inputs": example}]},
        "InferenceResponse": _object(
            {
                "model_name": _ADDRESS,
                "model_version": _HASH,
                "id": text,
                "parameters": {"type": "object"},
                "outputs": {"type": "array", "items": _object(tensor | {"data": {"type": "array"}}, *tensor, "data")},
            },
            "model_name",
            "outputs",
        ),
        "ServerMetadata": _object(
            {"name": text, "version": text, "extensions": {"type": "array", "items": text}},
            "name",
            "version",
            "extensions",
        ),
        "ModelMetadata": _object(
            {
                "name": _ADDRESS,
                "versions": {"type": "array", "items": _HASH},
                "platform": text,
                "inputs": {"type": "array", "items": _object(tensor, *tensor)},
                "outputs": {"type": "array", "items": _object(tensor, *tensor)},
            },
            "name",
            "platform",
            "inputs",
            "outputs",
        ),
        "Live": _object({"live": {"const": True}}, "live"),
        "Ready": _object({"live": {"const": True}, "ready": {"const": True}}, "live", "ready"),
        "ModelReady": _object({"name": _ADDRESS, "ready": {"type": "boolean"}}, "name", "ready"),
    }


def _object(properties: Mapping[str, Schema], *required: str) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
