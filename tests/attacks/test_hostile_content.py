"""Attack: clients and services that abuse the content store over HTTP.

Who: anybody who reaches a service: too large, too slow, bytes under another's name, names that are paths, a signed
request brought again, later, or for something else. And a service that lies to who reads from it: other bytes, endless
ones, a byte at a time, another address, a list without end. What stops it: names are hashes and checked on both sides,
everything is bounded before it is read, a signature names digest, size and time. The server in these tests is the real
one, on a socket, and must serve an honest client after each attack.
"""

import gzip
import http.server
import os
import socket
import threading
import time
from urllib.parse import quote

import httpx
import pytest

from andel.content import ContentStore, cid_of_digest
from andel.content_put import Writer
from andel.content_remote import RemoteObjects
from andel.errors import ContentCorrupt, ContentError, ContentUnreachable
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.serving.content_api import Limits
from tests.support.content_services import CONTRIBUTOR, DEVICE, DOMAIN, OPERATOR, content_service

PATIENCE_SECONDS = 1.0
LIMITS = Limits(object_bytes=4_000_000, held_bytes=6_000_000, body_seconds=PATIENCE_SECONDS)
BYTES = {"Content-Type": "application/octet-stream"}


def cid_of(data):
    return cid_of_digest(sha256(data))


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with content_service(tmp_path_factory.mktemp("objects"), LIMITS, send_seconds=PATIENCE_SECONDS) as running:
        yield running


@pytest.fixture(autouse=True)
def still_serves(service):
    """Whatever a test did: an honest client keeps and reads afterwards, and nothing else has come into the store."""
    before = set(service.store.cids())
    yield
    assert set(service.store.cids()) == before
    service.clock.seconds += 86_400  # another day's allowance
    data = os.urandom(16)
    assert service.client().get(service.client().put(data)) == data


def signed(service, data, size=None, key: AccountKey = OPERATOR, ahead=60):
    """The header of an honest request to keep `data`."""
    deadline = int(service.clock.seconds) + ahead
    return Writer(key, DOMAIN).authorization(cid_of(data), len(data) if size is None else size, deadline)


def put(service, name, data, header):
    return httpx.put(f"{service.url}/content/{name}", content=data, headers={**BYTES, "Authorization": header})


def test_bytes_under_another_objects_name_are_refused(service):
    wanted, brought = b"what was agreed on", b"something else ..."
    answer = put(service, cid_of(wanted), brought, signed(service, wanted))
    assert answer.status_code == 400 and "not those of" in answer.json()["error"]


def test_wrong_bytes_use_up_the_allowance_of_who_sends_them(service):
    service.clock.seconds += 86_400
    for number in range(3):
        wanted = bytes([number]) * 4_000
        deadline = int(service.clock.seconds) + 60
        header = Writer(CONTRIBUTOR, DOMAIN, DEVICE).authorization(cid_of(wanted), 4_000, deadline)
        answer = put(service, cid_of(wanted), b"x" * 4_000, header)
        assert answer.status_code == (400 if number < 2 else 429)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "/etc/passwd",
        "bafkrei\x00",
        "BAFKREIHDWDCEFGH4DQKJV67UZCMW7OJEE6XEDZDETOJUZJEVTENXQUVYKU",
        "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku.partial",
        "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku/..",
        "é" * 20,
        "b" * 10_000,
    ],
)
def test_a_name_that_is_a_path_or_no_name_opens_nothing(service, name):
    head = b"Host: x\r\nConnection: close\r\nContent-Length: 1\r\nContent-Type: application/octet-stream\r\n\r\nx"
    for written in {name, quote(name, safe="%"), quote(name, safe="")}:
        for method in (b"GET", b"PUT"):
            raw = written.encode("latin-1", "replace").replace(b"\x00", b"%00")
            answer = exchange(service, method + b" /content/" + raw + b" HTTP/1.1\r\n" + head)
            assert answer.split(b" ", 2)[1] in (b"400", b"404", b"405"), answer[:200]
            assert b"root:" not in answer


def exchange(service, data, seconds=10):
    url = httpx.URL(service.url)
    with socket.create_connection((url.host, url.port), timeout=seconds) as wire:
        wire.sendall(data)
        received = b""
        while chunk := wire.recv(65_536):
            received += chunk
    return received


def test_a_signed_request_brought_again_keeps_the_same_bytes_and_costs_nothing(service):
    data = b"once"
    header = signed(service, data)
    try:
        assert put(service, cid_of(data), data, header).status_code == 201
        assert put(service, cid_of(data), data, header).json() == {"cid": cid_of(data), "size": 4, "kept": False}
        service.clock.seconds += 61
        assert put(service, cid_of(data), data, header).status_code == 401
    finally:
        (service.folder / cid_of(data)).unlink()


def test_a_signature_for_one_object_keeps_no_other_one(service):
    header = signed(service, b"small")
    assert put(service, cid_of(b"other"), b"other", header).status_code == 403
    longer = b"small" * 10
    assert put(service, cid_of(longer), longer, header).status_code == 403


@pytest.mark.parametrize(
    "header",
    ["", "Bearer x", "ContentPut", "ContentPut deadline=-1 signature=0x" + "0" * 130, "ContentPut deadline="]
    + ["ContentPut deadline=1 signature=0x" + pair * 65 for pair in ("00", "ff")]
    + ["ContentPut deadline=99999999999999999999 signature=0x" + "1b" * 65],
)
def test_what_is_no_signature_is_refused_before_the_body_is_read(service, header):
    sent = f"PUT /content/{cid_of(b'x')} HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
    sent += f"Content-Length: 4000000\r\nAuthorization: {header}\r\n\r\n"
    started = time.monotonic()
    answer = exchange(service, sent.encode())  # not one byte of the body follows
    assert answer.startswith(b"HTTP/1.1 401") or answer.startswith(b"HTTP/1.1 403")
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("length", ["4000001", "9" * 12, "9" * 30, "-1", "", "1e3"])
def test_a_length_beyond_the_bound_or_without_sense_is_refused_at_once(service, length):
    sent = f"PUT /content/{cid_of(b'x')} HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
    sent += f"Content-Length: {length}\r\nAuthorization: {signed(service, b'x')}\r\n\r\n"
    assert exchange(service, sent.encode()).split(b" ", 2)[1] in (b"400", b"411", b"413")


def test_a_body_in_chunks_without_a_length_is_refused(service):
    def endless():
        for _ in range(1_000):
            yield b"x" * 65_536

    headers = {**BYTES, "Authorization": signed(service, b"x")}
    try:
        answer = httpx.put(f"{service.url}/content/{cid_of(b'x')}", content=endless(), headers=headers)
        assert answer.status_code == 411
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        pass  # it was hung up on while it still sent


def test_a_body_that_comes_a_byte_at_a_time_is_cut_off(service):
    data = b"x" * 1_000
    sent = f"PUT /content/{cid_of(data)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
    sent += f"Content-Length: 1000\r\nAuthorization: {signed(service, data)}\r\n\r\n"
    url, started = httpx.URL(service.url), time.monotonic()
    with socket.create_connection((url.host, url.port), timeout=10) as wire:
        wire.sendall(sent.encode())
        wire.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() - started < 20:
            try:
                wire.sendall(b"x")
                answer = wire.recv(65_536)
            except TimeoutError:
                continue
            except OSError:
                break
    assert answer.startswith(b"HTTP/1.1 408") or not answer
    assert time.monotonic() - started < 10


def test_bodies_held_together_are_bounded(service):
    held = []
    try:
        for number in range(3):  # 3 × 3 MB announced and half sent, of 6 MB that are held at once
            data = bytes([number]) * 3_000_000
            sent = f"PUT /content/{cid_of(data)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
            sent += f"Content-Length: {len(data)}\r\nAuthorization: {signed(service, data)}\r\n\r\n"
            url = httpx.URL(service.url)
            wire = socket.create_connection((url.host, url.port), timeout=10)
            held.append(wire)
            wire.sendall(sent.encode())
            try:
                wire.sendall(data[:-1])
            except OSError:
                break
        wire.settimeout(5)
        try:
            answer = held[-1].recv(4_096)
        except OSError:
            answer = b""
        assert answer.startswith(b"HTTP/1.1 503") or answer == b""
    finally:
        for wire in held:
            wire.close()
    time.sleep(0.3)


def test_a_client_that_never_reads_its_answer_is_cut_off(service):
    data = os.urandom(32_000_000)  # more than the buffers between two sockets hold
    cid = service.store.put(data)
    url = httpx.URL(service.url)
    try:
        with socket.create_connection((url.host, url.port), timeout=20) as wire:
            wire.sendall(f"GET /content/{cid} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(PATIENCE_SECONDS + 1.5)
            received = 0
            try:
                while chunk := wire.recv(1 << 20):
                    received += len(chunk)
            except ConnectionError:
                pass
        assert received < len(data)  # the server had given up before the rest was read
    finally:
        (service.folder / cid).unlink()


class _Liar(http.server.BaseHTTPRequestHandler):
    """A service whose answers the test chooses."""

    @staticmethod
    def answers(handler):
        """Replaced by each test."""

    def do_GET(self):
        try:
            self.answers(self)
        except OSError:
            pass  # the client has hung up

    do_HEAD = do_PUT = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def liar():
    """Starts a lying service; gives a store that reads from it, with a short patience."""
    servers = []

    def start(answer, **options):
        handler = type("Liar", (_Liar,), {"answers": staticmethod(answer)})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        url = f"http://127.0.0.1:{server.server_port}"
        remote = RemoteObjects(url, Writer(OPERATOR, DOMAIN), timeout_seconds=2, sleep=lambda _: None, **options)
        return ContentStore(url, 100_000, objects=remote)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def reply(handler, status, body=b"", **headers):
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


CID = cid_of(b"asked for")


def test_a_service_that_gives_other_bytes_is_found_out(liar):
    with pytest.raises(ContentCorrupt):
        liar(lambda handler: reply(handler, 200, b"given")).get(CID)


def test_a_service_without_end_is_read_to_the_bound_and_no_further(liar):
    sent = []

    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"x" * 65_536)
            sent.append(1)

    with pytest.raises(ContentCorrupt):
        liar(flood).get(CID)
    time.sleep(0.3)
    assert len(sent) < 1_000


def test_a_service_that_answers_a_byte_at_a_time_is_left(liar):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "90000")
        handler.end_headers()
        for _ in range(90_000):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.01)

    ticks = iter(range(0, 100_000, 5))  # each look at the clock is 5 s later
    with pytest.raises(ContentUnreachable, match="too long"):
        liar(drip, clock=lambda: next(ticks)).get(CID)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_service_that_sends_elsewhere_is_not_followed(liar, status):
    asked = []

    def elsewhere(handler):
        asked.append(handler.path)
        reply(handler, status, Location="http://127.0.0.1:1/secret")

    with pytest.raises(ContentUnreachable, match="not followed"):
        liar(elsewhere).get(CID)
    assert asked == [f"/content/{CID}"]


@pytest.mark.parametrize("status", [500, 502, 503, 418, 204])
def test_a_service_that_fails_does_not_make_an_object_missing(liar, status):
    with pytest.raises(ContentUnreachable):
        liar(lambda handler: reply(handler, status)).get(CID)


def test_a_compressed_answer_is_not_unpacked(liar):
    store = liar(lambda handler: reply(handler, 200, gzip.compress(b"asked for"), Content_Encoding="gzip"))
    with pytest.raises(ContentCorrupt):
        store.get(CID)


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"{}",
        b"[]",
        b'{"cids": 7, "more": false}',
        b'{"cids": ["../x"], "more": false}',
        b'{"cids": [], "more": true}',
        f'{{"cids": ["{CID}", "{CID}"], "more": false}}'.encode(),
        f'{{"cids": ["{CID}"], "more": true}}'.encode(),  # the same page for ever
    ],
)
def test_a_list_that_is_none_or_does_not_end_is_refused(liar, page):
    with pytest.raises(ContentUnreachable):
        list(liar(lambda handler: reply(handler, 200, page)).cids())


def test_what_a_service_says_of_an_error_cannot_write_on_a_terminal(liar):
    def refuse(handler):
        if handler.command == "HEAD":
            return reply(handler, 404)
        handler.rfile.read(int(handler.headers["Content-Length"]))
        return reply(handler, 403, b'{"error": "\\u001b[31mred\\u0007\\nline"}')

    with pytest.raises(ContentError) as caught:
        liar(refuse).put(b"mine")
    assert "red" in caught.value.message and not set(caught.value.message) & {"\x1b", "\x07", "\n"}
