"""One operator's signing of one version's answers, with all that stays the same put together once.

Takes the key, the model's domain, the version and its unit; gives the `Prediction`s and `PredictionBatch`es that
`sign_prediction` and `sign_batch` give, byte for byte. Never computes an answer. Holds no state: threads may share one.
"""

from __future__ import annotations

from collections.abc import Sequence

from andel.encoding import IntArray, words_of, words_of_array
from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import AccountKey
from andel.serving.prediction import Prediction
from andel.serving.prediction_batch import PredictionBatch
from andel.typed_data import Domain, digest_after
from andel.units import Digest

_TIME_PADDING = bytes(24)


class Signer:
    """Signs answers of one version."""

    __slots__ = ("_batch_digest", "_digest", "_domain", "_key", "_unit", "_version")

    def __init__(self, key: AccountKey, domain: Domain, version: Digest, unit: str) -> None:
        """Raises InputError for a version that is no digest."""
        first = {"model": domain.contract, "version": version}
        self._digest = digest_after("Prediction", domain, first)
        self._batch_digest = digest_after("PredictionBatch", domain, first)
        self._key, self._domain, self._version, self._unit = key, domain, version, unit

    def sign(self, question: bytes, answer: int, issued_at: int, valid_until: int) -> Prediction:
        """As `sign_prediction`."""
        try:
            words = keccak(question), keccak(words_of((answer,)))
            signed = self._digest(*words, _times(issued_at, valid_until))
        except OverflowError as error:
            raise InputError("prediction's answer is outside int256, or a time no unix seconds") from error
        return Prediction(
            model=self._domain.contract,
            version=self._version,
            question=question,
            answer=answer,
            unit=self._unit,
            issued_at=issued_at,
            valid_until=valid_until,
            signer=self._key.address,
            signature=self._key.sign_digest(signed),
        )

    def sign_many(
        self, questions: Sequence[bytes], answers: IntArray, issued_at: int, valid_until: int
    ) -> PredictionBatch:
        """As `sign_batch`; `answers` one after another, as many for each question."""
        try:
            times = _times(issued_at, valid_until)
            signed = self._batch_digest(keccak(*questions), keccak(words_of_array(answers)), times)
        except OverflowError as error:
            raise InputError("a time of the batch is no unix seconds") from error
        return PredictionBatch(
            model=self._domain.contract,
            version=self._version,
            questions=tuple(questions),
            answers=tuple(answers.tolist()),
            unit=self._unit,
            issued_at=issued_at,
            valid_until=valid_until,
            signer=self._key.address,
            signature=self._key.sign_digest(signed),
        )


def _times(issued_at: int, valid_until: int) -> bytes:
    return b"".join((_TIME_PADDING, issued_at.to_bytes(8, "big"), _TIME_PADDING, valid_until.to_bytes(8, "big")))
