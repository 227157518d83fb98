"""The API: questions as JSON in, signed predictions as JSON out.

Takes a `Service` and the door that lets people in; gives a Starlette app, which `http_edge` bounds and runs:
/predict, /model, /health, the Open Inference Protocol under /v2, sign-in, and /openapi.json, all from one table. What
a client sends is read strictly: unknown or repeated fields are refused. Never logs what was asked. Paths, fields and
status codes: docs/rooms/serving-http.md.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from andel import __version__
from andel.errors import InputError
from andel.serving import inference_protocol as oip
from andel.serving.admission import Admission
from andel.serving.door import Caller, Door
from andel.serving.http_edge import (
    BODY_SECONDS,
    Endpoint,
    RefusedRequest,
    check_content_type,
    json_response,
    make_app,
    read_body,
)
from andel.serving.limits import Left
from andel.serving.openapi import ASKS, READS, Operation, document_of, routes_of
from andel.serving.openapi_schemas import schemas_of
from andel.serving.predictor import Predictor
from andel.serving.questions import read_question
from andel.serving.request_log import CALLER
from andel.serving.service import Service
from andel.serving.sign_in import MAX_TEXT_BYTES
from andel.serving.strict_json import read_object

MAX_BODY_BYTES: Final = 256 * 1024
"""The largest batch by values has about 100 KiB."""

App = Starlette
"""What is served."""

Pays = Callable[[Request, Endpoint], Awaitable[Response]]
"""Answers a request that costs, by the endpoint once it is paid: the door of who pays by the call."""

_T = TypeVar("_T")
_SIGN_IN_BYTES: Final = 16 * 1024
"""A text of the longest, with every letter escaped, has some 6 KiB."""
_SIGNATURE: Final = re.compile(r"0x[0-9a-fA-F]{130}")
_PAID_QUESTIONS: Final = 1
_UNTOLD: Final = ("/v2/", "/page/", "/assets/")
"""Pages too many to tell in a sentence."""
_AT_ONCE: Final = 64
"""Questions answered while other requests wait; more are left to a thread."""


def build_app(
    service: Service | Predictor,
    admission: Admission | Door | None = None,
    *,
    pays: Pays | None = None,
    more: Sequence[tuple[str, str, Endpoint]] = (),
    body_seconds: float = BODY_SECONDS,
) -> Starlette:
    """The app that answers with what `service` serves (a predictor: always that one), whom `admission` lets in.

    `admission` None lets everybody in. With `pays`, who has no right is handed to it instead of being refused, one
    question a request. `more` are further routes. `body_seconds` is how long a client may take to send a body.
    """
    served = service if isinstance(service, Service) else Service(service)
    door = admission if isinstance(admission, Door) else Door(admission)
    api = _Api(served, replace(door, by_call=pays is not None), pays, body_seconds)
    operations = api.operations()
    routes = [*routes_of(operations), ("GET", "/v2/", api.server), *more]
    pages = ", ".join(f"{method} {path}" for method, path, _ in routes if not path.startswith(_UNTOLD))
    return make_app(routes, f"there are {pages}, and those of GET /openapi.json")


@dataclass(frozen=True, slots=True)
class _Api:
    service: Service
    door: Door
    pays: Pays | None
    body_seconds: float

    def operations(self) -> list[Operation]:
        """The table that routes and document are made from."""
        told: list[Operation] = []

        async def document(_: Request) -> Response:
            about = {"title": "A model's answers, signed", "version": __version__}
            return json_response(document_of(told, schemas_of(self.service.predictor), about))

        told += [
            Operation(
                "POST",
                "/predict",
                self.predict,
                "predict",
                "A signed answer.",
                "Answer",
                "Question",
                errors=ASKS,
                costs=True,
            ),
            Operation("GET", "/model", self.model, "model", "What can be asked.", "Model", errors=(500, 503)),
            Operation("GET", "/health", self.health, "health", "That the server runs, and which version.", "Health"),
            Operation("GET", "/openapi.json", document, "document", "This document.", "Document"),
            Operation("GET", "/v2", self.server, "server", "The server.", "ServerMetadata"),
            Operation("GET", "/v2/health/live", self.live, "live", "Whether it lives.", "Live"),
            Operation("GET", "/v2/health/ready", self.ready, "ready", "Whether it answers.", "Ready"),
        ]
        for path, suffix in (("/v2/models/{name}", ""), ("/v2/models/{name}/versions/{version}", "_version")):
            told += [
                Operation("GET", path, self.tensors, f"tensors{suffix}", "Its tensors.", "ModelMetadata"),
                Operation("GET", path + "/ready", self.model_ready, f"model_ready{suffix}", "Ready.", "ModelReady"),
                Operation(
                    "POST", path + "/infer", self.infer, f"infer{suffix}", "Signed answers, as tensors.",
                    "InferenceResponse", "InferenceRequest", errors=(*ASKS, 404), costs=True,
                ),
            ]  # fmt: skip
        if self.door.sign_in is not None:
            told += [
                Operation(
                    "POST", "/sign-in/text", self.sign_in_text, "sign_in_text", "A text for an account to sign.",
                    "SignInText", "SignInAccount", errors=(*READS, 401),
                ),
                Operation(
                    "POST", "/sign-in", self.sign_in, "sign_in", "A session for the signed text.",
                    "Session", "SignedText", errors=(*READS, 401),
                ),
            ]  # fmt: skip
        return told

    async def predict(self, request: Request) -> Response:
        async def answer(body: bytes, caller: Caller) -> tuple[object, Left | None]:
            predictor = self.service.predictor
            asked = read_question(body, predictor)
            left = await self._count(caller, asked.count)
            return (await _answered(predictor, asked.count, asked.answer)).to_json(), left

        return await self._asked(request, answer)

    async def infer(self, request: Request) -> Response:
        async def answer(body: bytes, caller: Caller) -> tuple[object, Left | None]:
            predictor = self._named(request)
            asked = oip.read_inference(body, predictor)
            left = await self._count(caller, asked.count)
            return await _answered(predictor, asked.count, asked.answer), left

        if "inference-header-content-length" in request.headers:
            raise RefusedRequest(400, "the binary-data extension is not spoken here", "send tensors as JSON")
        self._named(request)
        return await self._asked(request, answer)

    async def _asked(
        self, request: Request, answer: Callable[[bytes, Caller], Awaitable[tuple[object, Left | None]]]
    ) -> Response:
        check_content_type(request, "application/json", "as JSON")
        caller, left = await self._enter(request)
        request.scope[CALLER] = caller.kind

        async def told(paid: Request) -> Response:
            body = await read_body(paid, self.body_seconds, MAX_BODY_BYTES, "ask fewer questions in a request")
            value, later = await answer(body, caller)
            response, standing = json_response(value), later or left
            if standing is not None:
                response.headers.update(standing.headers())
            return response

        return await told(request) if caller.kind != "payer" or self.pays is None else await self.pays(request, told)

    async def _enter(self, request: Request) -> tuple[Caller, Left | None]:
        header, address = request.headers.get("authorization", ""), request.client.host if request.client else ""
        if self.door.is_open:
            return self.door.enter("", address)
        return await run_in_threadpool(self.door.enter, header, address)

    async def _count(self, caller: Caller, questions: int) -> Left | None:
        if caller.kind == "payer":
            _check_paid(questions)
        if self.door.counts is None or questions == 1:
            return None
        return await run_in_threadpool(self.door.count_more, caller, questions - 1)

    def _named(self, request: Request) -> Predictor:
        """The present predictor, if it is what the path names."""
        predictor = self.service.predictor
        oip.check_served(predictor, request.path_params["name"], request.path_params.get("version"))
        return predictor

    async def model(self, _: Request) -> Response:
        terms = {} if self.door.terms is None else {"terms": await run_in_threadpool(self.door.terms.describe)}
        return json_response(self.service.predictor.describe() | terms)

    async def health(self, _: Request) -> Response:
        return json_response({"status": "ok"} | self.service.served.to_json())

    async def server(self, _: Request) -> Response:
        return json_response(oip.describe_server())

    async def live(self, _: Request) -> Response:
        return json_response({"live": True})

    async def ready(self, _: Request) -> Response:
        return json_response({"live": True, "ready": True})

    async def tensors(self, request: Request) -> Response:
        return json_response(oip.describe_model(self._named(request)))

    async def model_ready(self, request: Request) -> Response:
        return json_response({"name": self._named(request).domain.contract, "ready": True})

    async def sign_in_text(self, request: Request) -> Response:
        record = await self._signing(request, {"account"})
        assert self.door.sign_in is not None
        return json_response({"text": self.door.sign_in.text_for(record["account"])})

    async def sign_in(self, request: Request) -> Response:
        record = await self._signing(request, {"text", "signature"})
        assert self.door.sign_in is not None
        text, signature = record["text"], record["signature"]
        if len(text) > MAX_TEXT_BYTES or not _SIGNATURE.fullmatch(signature):
            raise InputError("the text is too long, or the signature is not 0x and 130 hex digits")
        session = self.door.sign_in.session_for
        token, until = await run_in_threadpool(session, text, bytes.fromhex(signature[2:]))
        return json_response({"session": token, "until": until})

    async def _signing(self, request: Request, fields: set[str]) -> dict[str, str]:
        check_content_type(request, "application/json", "as JSON")
        body = await read_body(request, self.body_seconds, _SIGN_IN_BYTES, "send what the document says")
        record = read_object(body, 8, "send one object")
        if record.keys() != fields or not all(isinstance(value, str) for value in record.values()):
            raise InputError(f"the body is not an object of the texts {', '.join(sorted(fields))}")
        return record


def check_of(service: Service) -> Callable[[Request, bytes], None]:
    """What refuses a request before it is paid for: InputError where it asks nothing, or more than is paid for."""

    def check(request: Request, body: bytes) -> None:
        read = oip.read_inference if request.url.path.endswith("/infer") else read_question
        _check_paid(read(body, service.predictor).count)

    return check


def _check_paid(questions: int) -> None:
    if questions > _PAID_QUESTIONS:
        raise InputError("one payment is for one question", "ask one question in a request")


async def _answered(predictor: Predictor, count: int, answer: Callable[[], _T]) -> _T:
    # the clock may ask a node, which takes as long as it takes; and many questions would hold every other request up
    if count > _AT_ONCE or not predictor.holds_clock:
        return await run_in_threadpool(answer)
    if not predictor.answers_at_once:
        await run_in_threadpool(predictor.clock)
    return answer()
