"""The index's page over HTTP: what it says is what `ask` and `map` say, asked once, and parameters are read strictly.

Run: python -m tests.examples.test_air_quality_page, which writes vectors/air.json for the page's own tests.
"""

from __future__ import annotations

import json
import tempfile
import threading
from pathlib import Path

import httpx
import pytest

from andel.errors import SettingsError
from andel.serving.http_edge import serve_in_thread
from andel.serving.limits import Counts
from examples.air_quality.asked import hour_of_text, place_of_text
from examples.air_quality.cover_told import COVER_FILE, read_cover
from examples.air_quality.index import STANDARDS, index_of
from examples.air_quality.kept import KeptValues
from examples.air_quality.page_facts import KEPT_SECONDS, STEPS
from examples.air_quality.page_routes import BUILT, air_app
from examples.air_quality.stations import PLACES
from tests.support.air_facts import HOUR, SIGNER, Asked, air_facts

FILE = Path(__file__).resolve().parents[2] / "vectors" / "air.json"
PLACES_ASKED = ((39.95, 116.4), (40.2, 116.2), PLACES["Tiantan"], (40.3312, 116.4919))
AT = "/air/at?at=39.95,116.40"


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def asked():
    return Asked()


@pytest.fixture
def url(tmp_path, asked, clock):
    """Where the page is served."""
    with serve_in_thread(air_app(air_facts(tmp_path, asked, clock), Counts(tmp_path / "counts.db", clock))) as running:
        yield running.url


def got(url, path, **headers):
    return httpx.get(f"{url}{path}", headers=headers, trust_env=False, timeout=20)


def vectors():
    """What the page's own tests are held to: forecasts as served, and the index of many concentrations."""
    with tempfile.TemporaryDirectory() as folder:
        facts = air_facts(Path(folder), Asked(), Clock())
        forecasts = [
            {"standard": name, "forecast": facts.at(place, HOUR, name)} for name in STANDARDS for place in PLACES_ASKED
        ]
        indices = {
            name: [[tenth / 10, index_of(tenth / 10, standard).value] for tenth in range(0, 5_200, 7)]
            for name, standard in STANDARDS.items()
        }
        return json.loads(json.dumps({"about": facts.about(), "forecasts": forecasts, "indices": indices}))


def test_the_vectors_are_what_the_example_makes():
    assert json.loads(FILE.read_bytes()) == vectors()


def test_the_page_and_its_files_are_served_under_the_strict_headers(url):
    page = got(url, "/")
    assert page.status_code == 200 and "The air in six hours" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    for file in (BUILT / "assets").iterdir():
        assert "immutable" in got(url, f"/assets/{file.name}").headers["cache-control"]


def test_a_place_is_told_as_ask_tells_it_with_every_signed_answer(url, tmp_path, clock):
    told = got(url, AT).json()
    (tmp_path / "again").mkdir()
    assert told == json.loads(
        json.dumps(air_facts(tmp_path / "again", Asked(), clock).at((39.95, 116.4), HOUR, "hj633"))
    )
    assert [each["signed"]["signer"] for each in told["pm2_5"]["stations"]] == [SIGNER.address] * 3
    other = got(url, f"{AT}&standard=epa2024&time=2017-02-12T02:00").json()
    assert (other["standard"], other["pm2_5"]) == ("US EPA, May 2024", told["pm2_5"])


def test_a_map_has_each_point_and_each_station_and_what_was_measured(url):
    told = got(url, "/air/map?time=2017-02-12T01:00").json()
    assert (told["measured_at"], told["at"]) == (HOUR - 3_600, HOUR + 5 * 3_600)
    assert {len(column) for column in told["field"].values() if isinstance(column, list)} == {2, STEPS**2}
    assert None in told["field"]["index"], "the north is too far from the two that measured"
    stations = {station["name"]: station for station in told["stations"]}
    assert stations["Dingling"]["measured"] == {"pm2_5": None, "temperature": -1.5}
    assert stations["Dingling"]["forecast"] is None, "nothing is filled in"
    assert stations["Tiantan"]["measured"]["pm2_5"] == stations["Tiantan"]["forecast"]["pm2_5"] == 173.3


def test_an_hour_is_asked_once_for_all_its_places_until_it_is_old(url, asked, clock):
    for number in range(20):
        assert got(url, f"/air/at?at=39.9{number:02},116.40").status_code == 200
    assert got(url, "/air/map").status_code == got(url, "/air/map?standard=epa2024").status_code == 200
    assert asked.count == 6, "three stations, two models"
    clock.now += KEPT_SECONDS
    assert got(url, AT).status_code == 200
    assert asked.count == 12


def test_what_is_the_same_is_not_sent_again(url):
    first = got(url, AT)
    assert got(url, AT, **{"if-none-match": first.headers["etag"]}).status_code == 304
    assert got(url, f"{AT}&standard=epa2024", **{"if-none-match": first.headers["etag"]}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/air/at", "/air/at?at=north", "/air/at?at=39.95", "/air/at?at=nan,116", "/air/at?at=1e2,116"),
        *("/air/at?at=31.2,121.5", f"{AT}&at=39.95,116.40", f"{AT}&steps=4", f"{AT}&standard=who"),
        *(f"{AT}&time=yesterday", f"{AT}&time=2031-01-01T00:00", "/air/map?time=2017-02-12T02:30"),
        *("/air/about?x=1", "/air/cover?day=1"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_a_hint(url, path):
    answer = got(url, path)
    assert answer.status_code == 400 and answer.json()["error"]


def test_no_cover_is_told_as_none_and_another_file_is_not_believed(url, tmp_path):
    assert got(url, "/air/cover").json() is None
    (tmp_path / COVER_FILE).write_text('{"format": "another"}')
    with pytest.raises(SettingsError, match="names no cover"):
        read_cover(tmp_path / COVER_FILE)
    assert got(url, "/air/cover").status_code == 503


def test_gateways_that_are_gone_are_told_without_their_address(tmp_path, clock):
    facts = air_facts(tmp_path, Asked(), clock)
    gone = type(facts).of_run(tmp_path, facts.dataset, "hj633", HOUR, clock)
    with serve_in_thread(air_app(gone, Counts(tmp_path / "counts.db", clock))) as running:
        answer = got(running.url, AT)
    assert answer.status_code == 503 and "127.0.0.1" not in answer.text


def test_places_and_hours_are_read_as_people_write_them():
    assert place_of_text("39.95, 116.40") == (39.95, 116.4)
    assert hour_of_text("2017-02-12T02:00") == hour_of_text("2017-02-12T10:00+08:00") == HOUR


def test_what_is_made_is_made_once_for_all_who_wait_and_failures_are_not_kept():
    kept, made, begun = KeptValues[int](10, 2, lambda: 0.0), [], threading.Event()

    def make():
        made.append(1)
        begun.wait(5)
        return len(made)

    threads = [threading.Thread(target=kept.get, args=("hour", make)) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.set()
    for thread in threads:
        thread.join()
    assert made == [1]
    with pytest.raises(ZeroDivisionError):
        kept.get("other", lambda: 1 // 0)
    assert kept.get("other", lambda: 7) == 7
    kept.get("third", lambda: 8)
    assert kept.get("hour", lambda: 9) == 9, "the one not asked for longest made room"


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors()) + "\n", encoding="utf-8")
