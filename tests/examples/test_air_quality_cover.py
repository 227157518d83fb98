"""The cover on real days: a bad day in Beijing pays, a good one does not, and nothing that was made up does."""

from __future__ import annotations

import pytest

from andel.device.envelope import encode_envelope
from andel.device.packets import read_packet
from andel.errors import Reverted
from andel.keys import AccountKey, DeviceKey, derive_secret
from examples.air_quality import covering
from examples.air_quality.__main__ import main
from examples.air_quality.covering import AMOUNT, Parties, play_cover, stations_alone, worst_and_best
from examples.air_quality.playing import first_live_day


@pytest.fixture(scope="module")
def covered(beijing, past_chain, tmp_path_factory):
    """A cover of the worst and the best of the last 28 days, both played; its stations, and what each day came to."""
    folder = tmp_path_factory.mktemp("cover")
    stations, batches, lister = stations_alone(beijing, folder, past_chain)
    said: list[str] = []
    parties = Parties.made()
    cover, days = play_cover(
        beijing, worst_and_best(beijing), stations, past_chain, batches, lister, parties, said.append
    )
    return cover, {each.day: each for each in days}, stations, parties, said


def test_a_bad_day_pays_and_a_good_day_does_not(beijing, covered):
    cover, days, _, parties, said = covered
    bad, good = worst_and_best(beijing)
    assert first_live_day(beijing) <= min(bad, good)
    assert days[bad].paid == AMOUNT
    assert days[good].paid == 0
    assert (cover.owed(parties.beneficiary), cover.paid_days()) == (AMOUNT, 1)
    assert (cover.bad_stations(bad), cover.bad_stations(good)) == (len(days[bad].means), 0)
    assert sum("paid 1 coin" in line for line in said) == 1


def test_the_means_are_those_of_the_published_files(beijing, covered):
    _, days, *_ = covered
    for day, each in days.items():
        for series in beijing.series:
            dust = series.values["pm2_5"][(series.timestamps // 86_400 == day) & (series.values["pm2_5"] >= 0)]
            assert each.means[series.site] == pytest.approx(dust.mean() / 10, abs=0.1)


def test_a_good_day_stays_good_whatever_its_claimant_makes_up(beijing, covered):
    cover, _, stations, parties, _ = covered
    _, good = worst_and_best(beijing)
    station, thief = stations[0], AccountKey(derive_secret(b"tests: cover", "thief"))
    forger = DeviceKey(derive_secret(b"tests: cover", "forger"))
    (batch,) = (each for each in station.owner.all_batches() if each.day == good)
    reading = read_packet(batch.packets[0], station.key.public_key)
    worse = [m._replace(value=9_000) if m.channel == "pm2_5" else m for m in reading.measurements]
    own = encode_envelope(forger, 1, reading.timestamp, worse)
    dust = reading.value("pm2_5")
    assert dust is not None
    altered = batch.packets[0].replace(dust.value.to_bytes(8, "big"), (9_000).to_bytes(8, "big"))
    assert altered != batch.packets[0]
    for packets, told in (
        ([own, *batch.packets[1:]], "BadSignature"),
        ([altered, *batch.packets[1:]], "BadSignature"),
    ):
        with pytest.raises(Reverted, match=told):
            cover.day_of(good, station.address, packets)
    with pytest.raises(Reverted, match="AlreadyShown"):
        cover.show(parties.messenger, good, station.address, batch.packets)
    with pytest.raises(Reverted, match="NoStation"):
        cover.show(parties.messenger, good, forger.address, [own])
    # the station itself signs a second story: it is not the day that its owner entered
    second = encode_envelope(station.key, 99, reading.timestamp, worse)
    assert cover.day_of(good, station.address, [second]) == (900.0, 1)
    assert cover.owed(thief.address) == 0
    assert cover.owed(parties.beneficiary) == AMOUNT


def test_what_was_credited_is_fetched_and_the_rest_goes_back(covered, past_chain):
    cover, _, _, parties, _ = covered
    before = cover.chain.balance(parties.beneficiary)
    cover.withdraw(parties.messenger, parties.beneficiary)
    assert cover.chain.balance(parties.beneficiary) == before + AMOUNT
    with pytest.raises(Reverted, match="NotYet"):
        cover.close(parties.messenger)
    past_chain.advance(60 * 86_400)
    cover.close(parties.messenger)
    assert cover.owed(parties.sponsor.address) == AMOUNT


def test_the_command_plays_the_cover(beijing_folder, past_chain, capsys):
    assert main(["cover", "--data", str(beijing_folder)]) == 0
    told = capsys.readouterr().err
    assert "paid 1 coin" in told and "paid 0 coin" in told


def test_a_missing_folder_is_told_in_a_line_with_a_hint(tmp_path, capsys):
    assert main(["cover", "--data", str(tmp_path)]) == 1
    error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ") and "README" in hint
    assert covering.THRESHOLD == 150, "from there on HJ 633-2012 speaks of heavy pollution"
