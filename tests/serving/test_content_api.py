"""The content service over HTTP: what goes in comes out under its name; who may not write, or too much, is refused."""

import os
import threading

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andel.content import ContentStore, cid_of_digest
from andel.content_put import MAX_AHEAD_SECONDS, Writer, read_authorization
from andel.content_remote import RemoteObjects, open_content
from andel.errors import ContentCorrupt, ContentError, ContentMissing, ContentUnreachable, InputError, SettingsError
from andel.hashing import sha256
from andel.serving.content_api import Allowance, Limits
from andel.typed_data import Domain
from tests.support.content_services import (
    CONTRIBUTOR,
    DEVICE,
    DOMAIN,
    NOON,
    OPERATOR,
    STRANGER,
    content_service,
)

DAY = 86_400


def cid_of(data):
    return cid_of_digest(sha256(data))


@pytest.fixture
def service(tmp_path):
    with content_service(tmp_path / "objects") as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A service that many examples write to."""
    with content_service(tmp_path_factory.mktemp("objects")) as running:
        running.allowances[OPERATOR.address] = Allowance(1 << 40, 1 << 40)
        yield running


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200_000))
def test_what_is_kept_comes_back_under_name_and_digest(shared, data):
    client = shared.client()
    cid = client.put(data)
    assert cid == cid_of(data) == shared.store.put(data)
    assert client.get(cid) == client.get_digest(sha256(data)) == data
    assert client.has(cid) and shared.client(None).get(cid) == data


def test_an_object_of_many_pieces_arrives_whole(service):
    data = os.urandom(5 * 1024 * 1024 + 17)
    assert service.client().get(service.client().put(data)) == data
    assert service.store.get(cid_of(data)) == data


def test_a_missing_object_is_missing_and_a_damaged_one_is_damaged(service):
    client, missing = service.client(), cid_of(b"nowhere")
    assert not client.has(missing)
    with pytest.raises(ContentMissing) as caught:
        client.get(missing)
    assert caught.value.cid == missing
    cid = client.put(b"whole")
    (service.folder / cid).write_bytes(b"wholf")
    with pytest.raises(ContentCorrupt):
        client.get(cid)
    assert not client.has(cid)
    assert client.put(b"whole") == cid and client.get(cid) == b"whole"  # a damaged copy is written anew


def test_objects_may_be_kept_for_ever_by_who_reads_them_and_are_never_run(service):
    cid = service.client().put(b"<script>")
    answer = httpx.get(f"{service.url}/content/{cid}")
    assert answer.headers["etag"] == f'"{cid}"' and "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == "attachment"
    head = httpx.head(f"{service.url}/content/{cid}")
    assert head.status_code == 200 and head.headers["content-length"] == "8" and head.content == b""


def test_without_a_key_nothing_is_kept(service):
    with pytest.raises(ContentError, match="signed only") as caught:
        service.client(None).put(b"mine")
    assert "--key-file" in caught.value.hint


def test_a_stranger_and_a_contributor_without_its_device_may_keep_nothing(service):
    for client in (service.client(STRANGER), service.client(STRANGER, DEVICE), service.client(CONTRIBUTOR)):
        with pytest.raises(ContentError, match="403.*may keep nothing"):
            client.put(b"mine")
    assert list(service.store.cids()) == []
    assert service.client(CONTRIBUTOR, DEVICE).put(b"mine") == cid_of(b"mine")


def test_a_signature_for_another_model_or_chain_counts_as_a_strangers(service):
    for domain in (Domain(4_690, DOMAIN.contract), Domain(DOMAIN.chain_id, STRANGER.address)):
        writer = Writer(OPERATOR, domain)
        store = ContentStore(service.url, objects=RemoteObjects(service.url, writer, now=service.clock))
        with pytest.raises(ContentError, match="403"):
            store.put(b"mine")


def test_the_days_quota_ends_with_the_day_and_is_each_accounts_own(service):
    client = service.client(CONTRIBUTOR, DEVICE)  # 10,000 bytes and 3 objects a day
    client.put(b"a" * 6_000)
    with pytest.raises(ContentError, match="429.*no more is taken"):
        client.put(b"b" * 4_001)
    client.put(b"c" * 1_000)
    client.put(b"d" * 1_000)
    with pytest.raises(ContentError, match="429"):
        client.put(b"e")  # the fourth object
    client.put(b"c" * 1_000)  # what is there costs nothing
    service.client().put(b"e")
    service.clock.seconds += DAY // 2
    client.put(b"f")


def test_many_writers_of_one_object_keep_it_once(service):
    data, found = os.urandom(300_000), []
    threads = [threading.Thread(target=lambda: found.append(service.client().put(data))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert found == [cid_of(data)] * 8 and list(service.store.cids()) == [cid_of(data)]


def test_an_object_is_listed_when_it_is_older_than_a_round_lasts(service):
    client = service.client()
    old = sorted(client.put(bytes([number])) for number in range(5))
    for cid in old:
        os.utime(service.folder / cid, (NOON - DAY - 60, NOON - DAY - 60))
    fresh = client.put(b"an update of a round under way")
    os.utime(service.folder / fresh, (NOON - 60, NOON - 60))
    assert list(client.cids()) == old
    service.clock.seconds += DAY
    assert list(client.cids()) == sorted([*old, fresh])


def test_a_long_list_comes_in_pages(tmp_path, monkeypatch):
    monkeypatch.setattr("andel.serving.content_api.PAGE_NAMES", 7)
    with content_service(tmp_path / "objects", Limits(listed_after_seconds=-1e12)) as service:
        names = sorted(service.store.put(bytes([number])) for number in range(30))
        (service.folder / "not an object").write_bytes(b"")
        assert list(service.client().cids()) == names


def test_health_says_for_which_model_and_how_large(service):
    assert httpx.get(f"{service.url}/health").json() == {
        "status": "ok",
        "object_bytes_max": 64 * 1024 * 1024,
        "chain_id": DOMAIN.chain_id,
        "model": DOMAIN.contract,
    }


@settings(max_examples=60)
@given(st.binary(max_size=40), st.integers(0, 2**40), st.integers(0, 10**12 - 1))
def test_who_signed_is_read_from_the_header(data, size, deadline):
    cid = cid_of(data)
    for device in (None, DEVICE):
        header = Writer(CONTRIBUTOR, DOMAIN, device).authorization(cid, size, deadline)
        found = read_authorization(header, DOMAIN, cid, size)
        assert (found.signer, found.deadline, found.device) == (CONTRIBUTOR.address, deadline, device)
        for other in ((cid_of(data + b"!"), size), (cid, size + 1)):
            assert read_authorization(header, DOMAIN, *other).signer != CONTRIBUTOR.address


@given(st.text(max_size=300))
def test_random_text_is_no_authorization(text):
    with pytest.raises(InputError):
        read_authorization(text, DOMAIN, cid_of(b""), 0)


def test_a_deadline_that_is_over_or_far_off_is_refused(service):
    for seconds in (-1, MAX_AHEAD_SECONDS + 1):
        header = Writer(OPERATOR, DOMAIN).authorization(cid_of(b"x"), 1, NOON + seconds)
        answer = put(service, b"x", header)
        assert answer.status_code == 401 and "counts no longer" in answer.json()["error"]
    assert put(service, b"x", Writer(OPERATOR, DOMAIN).authorization(cid_of(b"x"), 1, NOON)).status_code == 201


def put(service, data, header):
    headers = {"Authorization": header, "Content-Type": "application/octet-stream"}
    return httpx.put(f"{service.url}/content/{cid_of(data)}", content=data, headers=headers)


@pytest.mark.parametrize("url", ["http://", "https://[", "http://host/?x=1", "http://host/#f", "ftp://host"])
def test_what_is_no_address_of_a_service_is_refused(url):
    with pytest.raises(SettingsError):
        RemoteObjects(url)


def test_a_service_that_is_not_there_is_unreachable_and_never_a_missing_object():
    waits: list[float] = []
    remote = ContentStore("x", objects=RemoteObjects("http://user:secret@127.0.0.1:9", sleep=waits.append))
    for ask in (lambda: remote.get(cid_of(b"")), lambda: remote.has(cid_of(b"")), lambda: list(remote.cids())):
        with pytest.raises(ContentUnreachable) as caught:
            ask()
        assert not isinstance(caught.value, ContentError) and "secret" not in str(caught.value)
    assert waits == [0.2, 1.0, 3.0] * 3


def test_an_address_is_opened_as_what_it_is(tmp_path, service):
    data = b"the same"
    cid = open_content(str(tmp_path / "directory")).put(data)
    service.client().put(data)
    assert open_content(str(tmp_path / "directory")).get(cid) == open_content(service.url).get(cid) == data
