"""The server that `make bench-http` measures, as a process: `andel`'s API over a made-up network 16-32-1.

`signed` is the product: build_app, the predictor, the clock held for a second. `unsigned` is the same app, route, codec
and model, and only nothing is hashed or signed: every answer carries 65 zero bytes. Nothing of it is in the product.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import replace
from functools import partial

from starlette.applications import Starlette

from andel.data.feature_spec import FeatureSpec
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.serving.api import build_app
from andel.serving.evaluate import pack_question
from andel.serving.held_clock import HeldClock
from andel.serving.http_edge import serve
from andel.serving.model_file import ModelFile
from andel.serving.prediction import Prediction
from andel.serving.prediction_batch import PredictionBatch
from andel.serving.predictor import Predictor
from andel.serving.signer import Signer
from andel.training.task import Task
from andel.typed_data import Domain
from andel.units import Digest

INPUTS, HIDDEN = 16, 32
OPERATOR = AccountKey(sha256(b"operator of the benchmark"))
DOMAIN = Domain(31_337, AccountKey(sha256(b"round manager of the benchmark")).address)
_UNSIGNED = bytes(65)


def task() -> Task:
    """A task of 16 measured values."""
    return Task(
        name="made up",
        target="value0",
        unit="degC",
        exponent=-2,
        horizon_seconds=3_600,
        target_scale=150,
        features=tuple(FeatureSpec(f"value{i}", "channel", f"value{i}", -2_500, 4_500) for i in range(INPUTS)),
        layers=(HIDDEN,),
        steps=20,
        batch_rows=256,
        rate_shift=2,
        residual_limit=1 << 16,
        score_limit=1 << 16,
        openings=90,
        accepted_time=(0, 2**40),
        initial_seed="00" * 32,
        reference="00" * 32,
    )


def model_file() -> ModelFile:
    """A network of drawn weights that fits its lanes."""
    drawn, of = random.Random(7), task()
    return ModelFile(
        features=tuple(feature.name for feature in of.features),
        weights=tuple(tuple(drawn.randint(-7, 7) for _ in range(INPUTS)) for _ in range(HIDDEN)),
        biases=tuple(drawn.randint(-2_000, 2_000) for _ in range(HIDDEN)),
        output_weights=tuple(drawn.randint(-1_000, 1_000) for _ in range(HIDDEN)),
        output_bias=0,
        shift=12,
        adds_base=True,
        unit="0.01 degC",
        version=Digest(sha256(b"version of the benchmark")),
        task=sha256(of.to_bytes()),
    )


def questions(count: int) -> list[bytes]:
    """Packed questions."""
    drawn = random.Random(11)
    return [pack_question([drawn.randrange(256) for _ in range(INPUTS)], 2_150) for _ in range(count)]


class Unsigned(Signer):
    """Makes the same objects, and hashes and signs nothing."""

    def sign(self, question: bytes, answer: int, issued_at: int, valid_until: int) -> Prediction:
        """As the signer's, with zeros for a signature."""
        place, signer = self._domain.contract, self._key.address
        times = (issued_at, valid_until)
        return Prediction(place, self._version, question, answer, self._unit, *times, signer, _UNSIGNED)

    def sign_many(self, asked, answered, issued_at: int, valid_until: int) -> PredictionBatch:  # type: ignore[no-untyped-def]
        """As the signer's, with zeros for a signature."""
        place, signer, pair = self._domain.contract, self._key.address, (tuple(asked), tuple(answered.tolist()))
        return PredictionBatch(place, self._version, *pair, self._unit, issued_at, valid_until, signer, _UNSIGNED)


def predictor() -> Predictor:
    """The operator's predictor, dated by this machine's clock, which stands for the chain's."""
    return Predictor(model_file(), task(), OPERATOR, DOMAIN, HeldClock(lambda: int(time.time())), 3_600)


def app(signed: bool) -> Starlette:
    """The product's app, or the same without signing."""
    answering = predictor()
    if not signed:
        answering = replace(answering)
        nobody = Unsigned(OPERATOR, DOMAIN, answering.model_file.version, answering.model_file.unit)
        object.__setattr__(answering, "_signer", nobody)
    return build_app(answering)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["signed", "unsigned"])
    parser.add_argument("port", type=int)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    make = partial(app, options.kind == "signed")
    serve(make, "127.0.0.1", options.port, workers=options.workers)
