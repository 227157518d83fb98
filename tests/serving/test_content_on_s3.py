"""The content store on S3, through s3fs, against moto's server in a process of its own; a service in front of it."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager

import fsspec
import httpx
import pytest

from andel.cli.options import open_store
from andel.content import ContentStore, cid_of_digest
from andel.content_remote import open_content
from andel.errors import ContentCorrupt, ContentMissing, ContentUnreachable, InputError, SettingsError
from andel.hashing import sha256
from andel.roles.content_keeping import check_objects, copy_objects, listed_objects
from andel.serving.content_api import Limits, build_content_app
from andel.serving.http_edge import serve_in_thread
from tests.support.content_services import DOMAIN

pytest.importorskip("s3fs", reason="the extra s3 is not installed", exc_type=ImportError)
pytest.importorskip("moto", reason="moto is not installed", exc_type=ImportError)
MOTO = "from moto.server import ThreadedMotoServer as S; s = S(ip_address='127.0.0.1', port=0, verbose=False); "
MOTO += "s.start(); print(s.get_host_and_port(), flush=True); import sys; sys.stdin.read()"


def cid_of(data):
    return cid_of_digest(sha256(data))


@contextmanager
def moto():
    """A server of S3; gives its address, and what ends it."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", MOTO],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin and process.stdout
    with process, pytest.MonkeyPatch.context() as patch:
        found = re.search(r"'([\d.]+)', (\d+)", process.stdout.readline())
        assert found, "moto did not start"
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{found[1]}:{found[2]}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            patch.setenv(name, value)
        yield process.kill
        process.kill()


@pytest.fixture(scope="module")
def endpoint():
    with moto():
        yield


@pytest.fixture
def url(endpoint, request):
    return f"s3://andel-{abs(hash(request.node.name)) % 10**8}/evidence"


def test_objects_go_in_and_come_out_under_their_names(url):
    store = open_store(url)
    assert list(store.cids()) == []
    found = {data: store.put(data) for data in (b"", b"one", os.urandom(3_000_000))}
    assert all(store.get(cid) == data and cid == cid_of(data) for data, cid in found.items())
    assert list(store.cids()) == sorted(found.values())
    assert ContentStore(url).put(b"one") == cid_of(b"one")  # kept once, whoever brings it
    assert list(store.cids()) == sorted(found.values())
    size, file = store.open(cid_of(b"one"))
    with file:
        assert (size, file.read(10)) == (3, b"one")


def test_what_another_writes_is_seen_at_once_and_what_is_damaged_is_found(url):
    mine, theirs = open_store(url), open_store(url)
    assert not mine.has(cid_of(b"later")) and list(mine.cids()) == []
    theirs.put(b"later")
    assert mine.get(cid_of(b"later")) == b"later" and list(mine.cids()) == [cid_of(b"later")]
    files, root = fsspec.core.url_to_fs(url)
    files.pipe_file(f"{root}/{cid_of(b'later')}", b"Later")
    with pytest.raises(ContentCorrupt):
        mine.get(cid_of(b"later"))
    assert mine.put(b"later") == cid_of(b"later") and theirs.get(cid_of(b"later")) == b"later"


def test_missing_is_missing_too_large_is_refused(url):
    store = ContentStore(url, 10)
    with pytest.raises(ContentMissing):
        store.get(cid_of(b"nowhere"))
    with pytest.raises(InputError):
        store.put(b"x" * 11)
    large = ContentStore(url).put(b"x" * 50)
    with pytest.raises(ContentCorrupt):
        store.get(large)


def test_a_store_that_stops_answering_makes_nothing_missing(monkeypatch):
    options = {"config_kwargs": {"retries": {"max_attempts": 0}}, "skip_instance_cache": True}
    monkeypatch.setattr("andel.content._S3_OPTIONS", options)
    with moto() as stop:
        store = open_store("s3://andel-gone/evidence")
        cid = store.put(b"kept")
        stop()
        for ask in (lambda: store.get(cid), lambda: store.has(cid), lambda: store.put(b"new"), lambda: [*store.cids()]):
            with pytest.raises(ContentUnreachable):
                ask()
        with pytest.raises(SettingsError, match="cannot be opened"):
            open_store("s3://andel-gone/elsewhere")


def test_a_backup_goes_to_s3_and_comes_back(url, tmp_path):
    home, restored = ContentStore(str(tmp_path / "home")), ContentStore(str(tmp_path / "restored"))
    names = sorted(home.put(os.urandom(100)) for _ in range(20))
    far = open_content(url)
    assert copy_objects(home, far, listed_objects(home)).copied == 20
    assert copy_objects(home, far, listed_objects(home)).copied == 0
    assert copy_objects(far, restored, listed_objects(far)).ok
    assert list(restored.cids()) == names and check_objects(restored, listed_objects(restored)).there == 20


def test_a_service_stands_in_front_of_s3(url):
    store = open_store(url)
    data = os.urandom(500_000)
    cid = store.put(data)
    limits = Limits(listed_after_seconds=0.0)
    app = build_content_app(store, DOMAIN, lambda *_: None, now=lambda: 4e9, limits=limits)
    with serve_in_thread(app) as server:
        client = open_content(server.url)
        assert client.get(cid) == data and list(client.cids()) == [cid]
        assert httpx.get(f"{server.url}/health").status_code == 200
