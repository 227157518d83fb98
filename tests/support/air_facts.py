"""Three stations of a city with signed answers of "no change", and the facts that a page shows of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from andel.keys import AccountKey, derive_secret
from andel.serving.prediction import Prediction, sign_prediction
from andel.simulation.series import MISSING, Dataset, Series
from andel.typed_data import Domain
from andel.units import Address, Digest
from examples.air_quality.answering import Ask, Model, Spread
from examples.air_quality.models import DUST_EXPONENT, TEMPERATURE_EXPONENT
from examples.air_quality.page_facts import AirFacts
from examples.air_quality.playing import INDEX_FORMAT
from examples.air_quality.stations import CHANNELS, PLACES

SIGNER = AccountKey(derive_secret(b"tests: air page", "signer"))
CHAIN_ID = 31_337
HOUR = 1_486_864_800
"""2017-02-12T02:00; the newest of the hours, of which one station has no dust."""
DOMAINS = {
    "dust": Domain(CHAIN_ID, Address("0x000000000000000000000000000000000000dEaD")),
    "temperature": Domain(CHAIN_ID, Address("0x00000000000000000000000000000000DeaDBeef")),
}
BETWEEN = {
    "dust": ("distance^-2", (35.0, 75.0, 150.0), (-12.25, -30.5, -60.0, -110.125), (20.5, 55.0, 80.0, 95.0)),
    "temperature": ("mean", (), (-2.25,), (2.75,)),
}
_MEASURED = {"Aotizhongxin": (906, 320), "Dingling": (354, -150), "Tiantan": (1_733, 410)}
_HOURS = 6


def air_dataset() -> Dataset:
    """Six hours of three stations; Dingling has no dust in the hour before the newest."""
    series = []
    for site, (dust, warm) in _MEASURED.items():
        times = HOUR - 3_600 * np.arange(_HOURS)[::-1]
        values = {channel.name: np.full(_HOURS, 5_000, dtype=np.int64) for channel in CHANNELS}
        values |= {"pm2_5": np.full(_HOURS, dust), "temperature": np.full(_HOURS, warm)}
        if site == "Dingling":
            values["pm2_5"][-2] = MISSING
        north, east = (round(value * 1e7) for value in PLACES[site])
        series.append(Series(site, north, east, times.astype(np.int64), values))
    return Dataset(tuple(series), CHANNELS, 3 * _HOURS, (), {}, "three made-up stations")


class Asked:
    """Signs "no change" for each question, and counts them."""

    count = 0

    def of(self, name: str, channel: str, unit: str) -> Ask:
        """The way to ask one model."""

        def ask(values: Mapping[str, str], time: int) -> Prediction:
            self.count += 1
            answer = int(values[channel].partition("e")[0])
            return sign_prediction(
                SIGNER,
                DOMAINS[name],
                version=Digest(bytes(32)),
                question=answer.to_bytes(32, "big", signed=True),
                answer=answer,
                unit=unit,
                issued_at=time,
                valid_until=time + 3_600,
            )

        return ask


def air_facts(folder: Path, asked: Asked, clock: Callable[[], float]) -> AirFacts:
    """The facts of a run that left `index.json` in `folder`, whose models answer in this process."""
    value = {
        "format": INDEX_FORMAT,
        "chain_id": CHAIN_ID,
        "rpc": "http://127.0.0.1:1",
        "alliance": DOMAINS["dust"].contract,
        "models": {
            name: {
                "url": "http://127.0.0.1:1",
                "model": DOMAINS[name].contract,
                "signer": SIGNER.address,
                "between": {"power": power, "edges": edges, "low": low, "high": high, "mae": {}, "coverage": 0.8},
            }
            for name, (power, edges, low, high) in BETWEEN.items()
        },
        "stations": [{"name": name, "place": PLACES[name], "device": SIGNER.address} for name in _MEASURED],
    }
    (folder / "index.json").write_text(json.dumps(value), encoding="utf-8")
    facts = AirFacts.of_run(folder, air_dataset(), "hj633", None, clock)
    ways = (
        ("dust", "pm2_5", "0.1 ug/m3", DUST_EXPONENT),
        ("temperature", "temperature", "0.01 degC", TEMPERATURE_EXPONENT),
    )
    models = [_model(asked.of(name, channel, unit), name, channel, exponent) for name, channel, unit, exponent in ways]
    return dataclasses.replace(facts, models=(models[0], models[1]))


def _model(ask: Ask, name: str, channel: str, exponent: int) -> Model:
    power, edges, low, high = BETWEEN[name]
    weight = 0.0 if power == "mean" else float(power.removeprefix("distance^-"))
    return Model((channel,), exponent, ask, weight, Spread(edges, low, high))
