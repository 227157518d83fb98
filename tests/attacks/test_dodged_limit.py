"""Attack: somebody asks more than its rate allows by many names, addresses or workers, or by flooding the counts.

Who: one account, or one network. What stops it: an account is counted under its address, however it is written and
whichever way it comes; addresses by their network; proxies' headers are not read; the file of counts is bounded, and a
newcomer never takes another's line.
"""

import pytest
from starlette.testclient import TestClient

from andel.serving.api import build_app
from andel.serving.door import Door, network_of
from andel.serving.http_edge import RefusedRequest
from andel.serving.limits import Counts, Rate
from tests.serving.test_predictor import NOON, NOW, PREDICTOR, VALUES

GOOD = {"values": VALUES, "time": NOON}


@pytest.fixture
def counts(tmp_path):
    counts = Counts(tmp_path / "counts.db", lambda: NOW, callers_max=20)
    yield counts
    counts.close()


def test_headers_of_proxies_make_no_further_caller(counts):
    names = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "X-Api-Key", "Cookie", "Authorization")
    with TestClient(build_app(PREDICTOR, Door(counts=counts, rate=Rate(per_day=3)))) as client:
        codes = [client.post("/predict", json=GOOD, headers={name: f"10.0.0.{name}"}).status_code for name in names]
    assert codes == [200] * 3 + [429] * 4


def test_a_network_full_of_addresses_is_one_caller():
    assert len({network_of(f"2001:db8:1:2:{number:x}::1") for number in range(1_000)}) == 1


def test_a_flood_of_names_neither_frees_the_flooder_nor_stops_who_was_there(counts):
    rate = Rate(per_day=2)
    counts.spend("flooder", 2, rate)
    counts.spend("neighbour", 1, rate)
    refusals = 0
    for number in range(2_000):
        try:
            counts.spend(f"name {number}", 1, rate)
        except RefusedRequest:
            refusals += 1
    assert refusals == 2_000 - 18 - 2
    with pytest.raises(RefusedRequest):
        counts.spend("flooder", 1, rate)
    assert counts.spend("neighbour", 1, rate).today == 0


def test_questions_packed_into_batches_are_all_counted(counts):
    with TestClient(build_app(PREDICTOR, Door(counts=counts, rate=Rate(per_day=10)))) as client:
        asked = [client.post("/predict", json={"batch": [GOOD] * 5}).status_code for _ in range(3)]
    assert asked == [200, 200, 429]
