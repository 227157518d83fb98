"""Requests to a SuperLink, bounded: no redirect, no proxy, no endless or oversized answer, one authority to trust.

A Flower client hands each of its requests to `BoundedHttp` as the innermost interceptor, which sends it by a client of
its own. Gives the answer, or an error of the tree. Bodies are counted on the way out and in. Never retries.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx

from andel.errors import CertificateRefused, LinkError, MessageLost, NodeUnknown, SettingsError
from andel.training.certificates import context_trusting
from andel.training.flower_fleet import (
    FleetHttpClient,
    ProtobufCall,
    ProtobufClientInterceptor,
    ProtobufRequestContext,
    RuntimeVersionMetadata,
)

PATHS: Final = frozenset(
    f"/v1/fleet/{name}"
    for name in (
        "register-node",
        "activate-node",
        "deactivate-node",
        "send-node-heartbeat",
        "pull-messages",
        "pull-object",
        "confirm-message-received",
        "push-messages",
        "push-object",
    )
)
"""All that a node ever asks for. What a run is, and its app, are not among them."""

_MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class HttpBounds:
    """An answer's most bytes, its most seconds from first to last byte, and seconds of silence."""

    answer_bytes: int = 64 * 1024 * 1024
    answer_seconds: float = 300.0
    silence_seconds: float = 30.0


def trusting(root_certificates: bytes) -> ssl.SSLContext:
    """A TLS context that trusts these PEM certificates and nothing else. Raises SettingsError."""
    try:
        return context_trusting(root_certificates)
    except (ssl.SSLError, ValueError) as error:
        raise SettingsError("the root certificate cannot be read", "a PEM file of the SuperLink's authority") from error


class BoundedHttp:
    """Flower's interceptor that sends by itself; safe to share between threads."""

    def __init__(
        self,
        tls: ssl.SSLContext | None,
        bounds: HttpBounds,
        clock: Callable[[], float],
        count: Callable[[int], None],
    ) -> None:
        """`tls` is None for plain HTTP. `clock` gives monotonic seconds; `count` is told the bytes of each body."""
        self._bounds = bounds
        self._clock = clock
        self._count = count
        self._version = dict(RuntimeVersionMetadata.from_local_component("SuperNode").as_metadata())
        self._client = httpx.Client(
            verify=tls if tls is not None else False,
            timeout=httpx.Timeout(bounds.silence_seconds, connect=min(10.0, bounds.silence_seconds)),
            follow_redirects=False,
            trust_env=False,
        )

    def intercept(self, context: ProtobufRequestContext, call_next: ProtobufCall) -> httpx.Response:
        """Sends the request. Raises LinkError and those below it for every answer that is not a success."""
        request = context.request
        if request.url.path not in PATHS:
            raise LinkError(f"a node does not ask for {request.url.path}")
        request.headers.update(self._version)
        request.headers["accept-encoding"] = "identity"
        self._count(len(request.content))
        until = self._clock() + self._bounds.answer_seconds
        try:
            response = self._client.send(request, stream=True)
            try:
                body = self._read(response, until)
            finally:
                response.close()
        except (httpx.HTTPError, OSError) as error:
            if _is_certificate(error):
                raise CertificateRefused(
                    f"the certificate of {request.url.host} is not of the given authority, or not for this name",
                    "name the SuperLink as in its certificate, and its authority's file with --root-certificate",
                ) from error
            raise LinkError(f"no answer from {request.url.host}:{request.url.port}: {_short(error)}") from error
        self._count(len(body))
        _check_status(response.status_code, request.url.path, body)
        return httpx.Response(response.status_code, content=body, request=request)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _read(self, response: httpx.Response, until: float) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise LinkError("the SuperLink packs answers that were asked for as they are")
        parts, size = [], 0
        for part in response.iter_raw():
            size += len(part)
            if size > self._bounds.answer_bytes:
                raise MessageLost(f"an answer of over {self._bounds.answer_bytes} bytes is not read")
            if self._clock() > until:
                raise LinkError(f"an answer took over {self._bounds.answer_seconds:.0f} s")
            parts.append(part)
        return b"".join(parts)


class BoundedFleetClient(FleetHttpClient):
    """Flower's client of the fleet protocol, whose answers are bounded and whose failures are errors of the tree."""

    def __init__(self, base_url: str, http: BoundedHttp, signing: ProtobufClientInterceptor | None = None) -> None:
        """`signing` adds to each request by which key the node is known."""
        super().__init__(base_url, interceptors=[signing, http] if signing else [http])

    def _unary_unary(self, **call: Any) -> Any:
        try:
            return super()._unary_unary(**call)
        except (ValueError, httpx.HTTPStatusError) as error:
            raise LinkError(f"what answers is no SuperLink: {_short(error)}") from error


def _check_status(status: int, path: str, body: bytes) -> None:
    if status < 300:
        return
    reason = f"{path} was answered with {status}: {body[:_MAX_REASON].decode('utf-8', 'replace')}"
    if status == httpx.codes.UNAUTHORIZED:
        raise NodeUnknown(reason)
    if 400 <= status < 500:
        raise MessageLost(reason)
    raise LinkError(reason)


def _is_certificate(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:_MAX_REASON]
