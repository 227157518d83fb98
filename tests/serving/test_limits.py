"""Rate limits: days, bursts, many workers, bounded memory, and what a refused caller is told."""

import sqlite3
import threading

import pytest

from andel.errors import SettingsError
from andel.serving.http_edge import RefusedRequest
from andel.serving.limits import Counts, Rate
from andel.units import DAY_SECONDS

NOON = 1_800_014_400 - 1_800_014_400 % DAY_SECONDS + DAY_SECONDS // 2


class Clock:
    def __init__(self):
        self.now = float(NOON)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def counts(tmp_path, clock):
    counts = Counts(tmp_path / "counts.db", clock)
    yield counts
    counts.close()


def refused(counts, name, rate, questions=1):
    with pytest.raises(RefusedRequest) as refusal:
        counts.spend(name, questions, rate)
    assert refusal.value.response.status_code == 429
    return refusal.value.response.headers


def test_a_day_holds_so_many_questions_and_the_next_day_as_many_again(counts, clock):
    rate = Rate(per_day=3)
    assert [counts.spend("a", 1, rate).today for _ in range(3)] == [2, 1, 0]
    headers = refused(counts, "a", rate)
    assert headers["Retry-After"] == str(DAY_SECONDS // 2)
    assert '"day";r=0' in headers["RateLimit"] and f'"day";q=3;w={DAY_SECONDS}' in headers["RateLimit-Policy"]
    assert counts.spend("b", 1, rate).today == 2
    clock.now += DAY_SECONDS // 2
    assert counts.spend("a", 1, rate).today == 2


def test_a_batch_counts_every_question_and_is_refused_whole(counts):
    rate = Rate(per_day=10)
    assert counts.spend("a", 8, rate).today == 2
    refused(counts, "a", rate, 3)
    assert counts.spend("a", 2, rate).today == 0


def test_a_burst_is_bounded_and_comes_back_by_the_minute(counts, clock):
    rate = Rate(burst=5, per_minute=60)
    for _ in range(5):
        counts.spend("a", 1, rate)
    assert refused(counts, "a", rate)["Retry-After"] == "1"
    clock.now += 1
    counts.spend("a", 1, rate)
    refused(counts, "a", rate)
    clock.now += 3_600
    assert counts.spend("a", 1, rate).now == 4


def test_a_clock_that_goes_back_gives_nothing(counts, clock):
    rate = Rate(burst=2, per_minute=60)
    counts.spend("a", 1, rate)
    counts.spend("a", 1, rate)
    clock.now -= 3_600
    refused(counts, "a", rate)


def test_workers_share_the_counts(tmp_path, clock):
    rate, taken, lock = Rate(per_day=100, burst=1_000), [], threading.Lock()

    def work():
        counts = Counts(tmp_path / "counts.db", clock)
        for _ in range(50):
            try:
                counts.spend("a", 1, rate)
            except RefusedRequest:
                continue
            with lock:
                taken.append(1)
        counts.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == 100


def test_counts_outlive_the_process(tmp_path, clock):
    for left in (1, 0):
        counts = Counts(tmp_path / "counts.db", clock)
        assert counts.spend("a", 1, Rate(per_day=2)).today == left
        counts.close()


def test_memory_is_bounded_and_newcomers_share_what_is_left(tmp_path, clock):
    counts, rate = Counts(tmp_path / "counts.db", clock, callers_max=10), Rate(per_day=5)
    for number in range(10):
        counts.spend(f"caller {number}", 1, rate)
    for number in range(5):
        counts.spend(f"newcomer {number}", 1, rate)
    refused(counts, "newcomer 6", rate)
    assert counts.spend("caller 0", 1, rate).today == 3
    (rows,) = sqlite3.connect(tmp_path / "counts.db").execute("SELECT count(*) FROM callers").fetchone()
    assert rows == 11
    counts.close()


def test_no_name_stands_in_the_file(tmp_path, clock):
    counts = Counts(tmp_path / "counts.db", clock)
    counts.spend("at 203.0.113.7", 1, Rate())
    counts.close()
    assert b"203.0.113.7" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_nonce_is_used_once_until_it_is_over(counts, clock):
    assert counts.use_once("n", NOON + 10)
    assert not counts.use_once("n", NOON + 10)
    clock.now += 11
    assert counts.use_once("n", NOON + 30)


def test_a_file_that_is_none_and_a_rate_that_is_none_are_refused(tmp_path, clock):
    (tmp_path / "text").write_text("this is no database, whatever its name says" * 100)
    with pytest.raises(SettingsError, match="counts cannot be kept"):
        Counts(tmp_path / "text", clock)
    for wrong in ({"per_day": -1}, {"burst": 0}, {"per_minute": 0}):
        with pytest.raises(SettingsError, match="no rate"):
            Rate(**wrong)
