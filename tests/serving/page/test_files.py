"""The page's files: their headers, their ETags, and what is said where none are built."""

import gzip

import httpx
import pytest

from andel.serving.page.files import read_page, takes_gzip

SCRIPT = b"const answer = 42;\n" * 200


@pytest.fixture
def built(tmp_path):
    folder = tmp_path / "built"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(b"<!doctype html><script src=./assets/index-abc.js></script>" * 20)
    (folder / "assets" / "index-abc.js").write_bytes(SCRIPT)
    (folder / "assets" / "mark-abc.svg").write_bytes(b"<svg/>")
    (folder / "notes.md").write_bytes(b"not for readers")
    return folder


@pytest.fixture
def client(page_at, built):
    with page_at(files=read_page(built)) as running:
        with httpx.Client(base_url=running.url, trust_env=False) as client:
            yield client


def test_the_index_may_run_nothing_but_its_own_scripts(client):
    headers = client.get("/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["content-type"] == "text/html; charset=utf-8"


def test_assets_are_kept_for_good_and_the_index_is_asked_for_again(client):
    assert client.get("/assets/index-abc.js").headers["cache-control"] == "public, max-age=31536000, immutable"
    index = client.get("/")
    assert index.headers["cache-control"] == "no-cache"
    again = client.get("/", headers={"If-None-Match": index.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == index.headers["content-security-policy"]


def test_a_file_comes_packed_to_who_takes_it_and_plain_to_who_does_not(client):
    packed = client.get("/assets/index-abc.js", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed.headers["content-encoding"] == "gzip" and packed.content == SCRIPT
    assert int(packed.headers["content-length"]) < len(SCRIPT) // 4
    plain = client.get("/assets/index-abc.js", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers and plain.content == SCRIPT
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        *((each, True) for each in ("gzip", "GZIP", "*", "gzip; q=0.3", "identity, gzip;q=1.0")),
        *((each, False) for each in ("", "br", "gzip;q=0", "gzip;q=0.000")),
    ],
)
def test_whether_gzip_is_taken(accepted, takes):
    assert takes_gzip(accepted) is takes


def test_a_head_has_the_fields_and_no_body(client):
    response = client.head("/assets/index-abc.js")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    "path", ["/notes.md", "/index.html/", "/assets/", "/assets/..%2f..%2ffiles.py", "/assets/%2e%2e/index.html"]
)
def test_nothing_else_of_the_disk_is_served(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-security-policy"] == "default-src 'none'"


def test_a_file_that_changes_later_is_served_as_it_was(client, built):
    before = client.get("/").content
    (built / "index.html").write_bytes(b"changed")
    assert client.get("/").content == before


def test_packed_bytes_are_the_same_on_every_start(built):
    first, second = read_page(built), read_page(built)
    assert [file.packed for file in first] == [file.packed for file in second]
    assert gzip.decompress(next(file.packed for file in first if file.path.endswith(".js")) or b"") == SCRIPT


def test_where_nothing_is_built_the_page_says_how(page_at, tmp_path):
    with page_at(files=read_page(tmp_path / "nowhere")) as running:
        response = httpx.get(running.url, trust_env=False)
        assert response.status_code == 503
        assert "make page" in response.text
        assert httpx.get(f"{running.url}/health", trust_env=False).status_code == 200
