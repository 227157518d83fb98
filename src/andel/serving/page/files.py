"""The page's files: index.html and its assets, as `make page` built them into the package.

Takes a folder; gives one endpoint for each file, read and compressed once. Assets carry a hash of their content in
their names and are kept for good; the index is asked for again by its ETag. Where nothing is built, the index says how.
Never reads a file by a name that a client sent.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from andel.hashing import sha256
from andel.serving.http_edge import Endpoint

BUILT: Final = Path(__file__).parent / "built"
"""Where Vite writes."""

INDEX: Final = "index.html"
_ASSETS: Final = "assets/"
_FOREVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_PACKED_ALREADY: Final = frozenset({".ico", ".png", ".woff2"})
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_NOT_BUILT: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Andel</title>'
    "<h1>The page is not built</h1><p>This gateway answers questions, and its page was not built into it. "
    "In the checkout it runs from: <code>make page</code>, then start it again.</p></html>\n"
)


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file as it is sent: plain, and packed where that is shorter."""

    path: str
    plain: bytes
    packed: bytes | None
    headers: dict[str, str]
    etag: str
    status: int = 200

    async def answer(self, request: Request) -> Response:
        """The file, or 304 to who has it."""
        packed = self.packed is not None and takes_gzip(request.headers.get("accept-encoding", ""))
        etag = f'"{self.etag}-gz"' if packed else f'"{self.etag}"'
        headers = self.headers | {"ETag": etag, "Vary": "Accept-Encoding"}
        if self.status == 200 and has_it(request, etag):
            return Response(status_code=304, headers=headers)
        if packed:
            headers["Content-Encoding"] = "gzip"
        body = self.packed if packed and self.packed is not None else self.plain
        return Response(body, self.status, headers, self.headers["Content-Type"])


def read_page(folder: Path = BUILT) -> tuple[PageFile, ...]:
    """Every file below `folder`, each under its address; where no index is, one that says so (503)."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    if INDEX not in names:
        return (_file(INDEX, _NOT_BUILT.encode(), 503),)
    return tuple(_file(name, (folder / name).read_bytes()) for name in names if Path(name).suffix in _TYPES)


def routes_of_files(files: Iterable[PageFile]) -> list[tuple[str, str, Endpoint]]:
    """A route for each file."""
    return [("GET", file.path, file.answer) for file in files]


def has_it(request: Request, etag: str) -> bool:
    """Whether who asks names `etag` as what it has (RFC 9110, 13.1.2; compared weakly, as a GET does)."""
    named = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    return etag in named or named == ["*"]


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding takes gzip."""
    for part in accepted.lower().split(","):
        coding, _, parameter = part.replace(" ", "").partition(";")
        if coding in ("gzip", "*"):
            return parameter.removeprefix("q=").rstrip("0.") != "" if parameter else True
    return False


def _file(name: str, content: bytes, status: int = 200) -> PageFile:
    suffix = Path(name).suffix
    packed = None if suffix in _PACKED_ALREADY else gzip.compress(content, 9, mtime=0)
    if packed is not None and len(packed) >= len(content):
        packed = None
    kept = _FOREVER if name.startswith(_ASSETS) else "no-cache"
    headers = {**_HEADERS, "Cache-Control": kept, "Content-Type": _TYPES[suffix]}
    path = "/" if name == INDEX else f"/{name}"
    return PageFile(path, content, packed, headers, sha256(content).hex()[:32], status)
