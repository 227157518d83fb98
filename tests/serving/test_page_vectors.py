"""vectors/page.json is what the gateway's own code makes, so that the page's tests hold the page to it.

Run: python -m tests.serving.test_page_vectors, which writes the file.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import random
from pathlib import Path

import pytest

from andel.data.features import FeatureSpec
from andel.device.pebble import read_confirmation, sign_confirmation
from andel.keys import AccountKey, Curve, DeviceKey, derive_secret
from andel.ledger.authorized_transfers import token_domain
from andel.p256 import point_of
from andel.serving.prediction import sign_prediction
from andel.units import Digest
from tests.serving.test_predictor import DOMAIN, OPERATOR, TASK, weather_predictor

FILE = Path(__file__).resolve().parents[2] / "vectors" / "page.json"
SEED = b"andel public test vectors"
NOW = 1_700_000_000

_MORE = (
    FeatureSpec("hour 3", "hour-cos", high=60, harmonic=3),
    FeatureSpec("year 2", "year-sin", high=45, harmonic=2),
    FeatureSpec("before", "lag", channel="temperature", low=-1_000, high=4_000, seconds=3_600),
    FeatureSpec("rise", "difference", channel="temperature", low=-500, high=500, seconds=3_600),
    FeatureSpec("damp", "mean", channel="humidity", low=0, high=10_000, seconds=7_200, samples=4),
    FeatureSpec("gas", "channel", channel="gas", low=1, high=50, exponent=3),
)


def questions():
    """What can be asked, and forty questions by values, packed."""
    predictor = weather_predictor(task=dataclasses.replace(TASK, features=(*TASK.features, *_MORE)))
    told, draw = predictor.describe(), random.Random(8)
    makers = {
        "temperature": lambda: f"{draw.uniform(-30, 60):.{draw.randint(0, 4)}f}",
        "humidity": lambda: f"{draw.uniform(-20, 130):.3f}",
        "latitude": lambda: f"{draw.uniform(-90, 90):.9f}",
        "gas": lambda: str(draw.randint(0, 60_000)),
    }
    asked = []
    for number in range(40):
        values = {name: makers[name.split("@")[0]]() for name in told["channels"]}
        if number < 4:
            values["temperature"] = ("0.005", "0.015", "-0.005", "-21.375")[number]
        leap_day, new_year = 1_709_164_800, 1_704_067_200
        times = (draw.randint(0, 2**32), leap_day + draw.randint(0, 86_400), new_year + 86_400 * draw.randint(0, 365))
        question = predictor.question_of(values, time := times[number % 3])
        asked.append({"values": values, "time": time, "question": "0x" + question.hex()})
    return {"model": told, "asked": asked}


def answers():
    """Signed answers: usual, negative, and so large that JSON carries them as text."""
    spans = [(NOW, NOW + 3_600)] * 6 + [(2**63, 2**64 - 1)]
    values = (2_137, -5, -(2**255), 2**255 - 1, 2**53, -(2**53) + 1, 0)
    told = [
        sign_prediction(
            OPERATOR,
            DOMAIN,
            version=Digest(bytes(range(32))),
            question=bytes([number + 1] * 32) * (number + 1),
            answer=value,
            unit="0.01 degC",
            issued_at=issued_at,
            valid_until=valid_until,
        )
        for number, (value, (issued_at, valid_until)) in enumerate(zip(values, spans, strict=True))
    ]
    return {"chain_id": DOMAIN.chain_id, "answers": [each.to_json() for each in told]}


def payment():
    """A demand's header, what pays it, and a receipt (x402)."""
    pytest.importorskip("x402")
    from andel.serving import payment_wire as wire
    from andel.serving.paying import Allowance, payment_header

    payer = AccountKey(derive_secret(SEED, "payer"))
    asset, payee = (AccountKey(derive_secret(SEED, name)).address for name in ("asset", "payee"))
    price, nonce, name = wire.CallPrice(31_337, asset, 12_345, payee), bytes([9]) * 32, "page_0123456789abcdef"
    required = wire.requirements_of(price, token_domain(31_337, asset, "Paid Coin", "1"))
    demand = wire.demand_header(wire.demand_of(required, "http://127.0.0.1:8000/predict", "no payment"))
    header = payment_header(payer, demand, Allowance(31_337, asset, 12_345), now=NOW, nonce=nonce, identifier=name)
    return {
        "demand": demand,
        "payer": payer.address,
        "now": NOW,
        "nonce": "0x" + nonce.hex(),
        "identifier": name,
        "signature": "0x" + wire.read_header(header).signature.hex(),
        "payment": json.loads(base64.b64decode(header)),
        "receipt": wire.receipt_header(price, payer.address, "0x" + "ab" * 32),
    }


def confirmations():
    """ConfirmPackages of devices on both curves, and what the registry takes of each."""
    owner, told = AccountKey(derive_secret(SEED, "owner")).address, []
    for number in range(6):
        curve = Curve.SECP256K1 if number < 3 else Curve.P256
        key = DeviceKey(derive_secret(SEED, "page", number), curve)
        package = sign_confirmation(key, owner, NOW + number)
        found = read_confirmation(package, key.public_key)
        told.append(
            {
                "package": "0x" + package.hex(),
                "curve": curve.value,
                "device": found.device,
                "public_key": "0x" + key.public_key.hex(),
                "point": "0x" + point_of(key.public_key).hex() if curve is Curve.P256 else None,
                "owner": found.owner,
                "timestamp": found.timestamp,
                "signature": "0x" + found.signature.hex(),
            }
        )
    return told


def made():
    """The file's content."""
    return {
        "questions": questions(),
        "signed": answers(),
        "payment": payment(),
        "confirmations": confirmations(),
    }


def test_the_pages_vectors_are_what_the_gateway_makes():
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(json.dumps(made()))


if __name__ == "__main__":
    FILE.write_text(json.dumps(made(), indent=1) + "\n", encoding="utf-8")
