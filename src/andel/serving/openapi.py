"""The API's own description: an OpenAPI 3.1 document, made from the same table as the routes.

Takes operations, each with its endpoint, what it reads and what it answers, and the schemas they name. Gives the
routes and the document. Never describes what is not routed, never routes what is not described.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from andel.serving.http_edge import Endpoint

JSON: Final = "application/json"
_ERRORS: Final[Mapping[int, str]] = {
    400: "what was sent cannot be used",
    401: "the header proves nothing",
    402: "asking costs something, and nobody is named who may",
    404: "there is no such page, model or version",
    405: "the page has another method",
    408: "the body did not come in time",
    413: "the body is too large",
    415: "the body is announced in another form",
    429: "too much was asked; Retry-After says when to come again",
    500: "a defect of the server",
    503: "the chain cannot be read, or the server is busy",
}
READS: Final = (400, 408, 413, 415, 500, 503)
"""Errors of whatever reads a body."""
ASKS: Final = (*READS, 401, 402, 429)
"""Errors of whatever answers a question."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one page. `body`, `answer` and the parameters of its path (`{name}`) name schemas."""

    method: str
    path: str
    endpoint: Endpoint
    name: str
    line: str
    answer: str
    body: str = ""
    errors: tuple[int, ...] = (500,)
    costs: bool = False


def routes_of(operations: Sequence[Operation]) -> list[tuple[str, str, Endpoint]]:
    """What `make_app` takes."""
    return [(each.method, each.path, each.endpoint) for each in operations]


def document_of(
    operations: Sequence[Operation], schemas: Mapping[str, Mapping[str, object]], about: Mapping[str, str]
) -> dict[str, object]:
    """The document; `about` is its `info`."""
    paths: dict[str, dict[str, object]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": dict(about),
        "paths": paths,
        "components": {
            "schemas": dict(schemas),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A key, or a session of sign-in."},
                "pass": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "AndelPass …"},
            },
        },
    }


def _operation(each: Operation) -> dict[str, object]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"$ref": f"#/components/schemas/{name}"}}
        for name in re.findall(r"{(\w+)}", each.path)
    ]
    answers: dict[str, object] = {"200": {"description": each.line, "content": _content(each.answer)}}
    errors = {*each.errors, *((404,) if parameters else ())}
    answers |= {
        str(status): {"description": _ERRORS[status], "content": _content("Error")} for status in sorted(errors)
    }
    found: dict[str, object] = {"operationId": each.name, "summary": each.line, "responses": answers}
    if parameters:
        found["parameters"] = parameters
    if each.body:
        found["requestBody"] = {"required": True, "content": _content(each.body)}
    if each.costs:
        found["security"] = [{}, {"bearer": []}, {"pass": []}]
    return found


def _content(schema: str) -> dict[str, object]:
    return {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
