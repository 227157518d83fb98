"""Validators in processes: a run goes on while enough of them live, and says what the last one said when not."""

import time

import pytest

from andel.errors import TrainingError
from andel.keys import AccountKey, derive_secret
from andel.simulation.validator_processes import ValidatorProcesses
from andel.units import Address

KEYS = [AccountKey(derive_secret(b"validator processes", str(number))) for number in range(2)]
NOBODY = Address("0x" + "11" * 20)


@pytest.mark.full
def test_too_few_left_is_told_with_the_last_words(tmp_path):
    with ValidatorProcesses(KEYS, tmp_path) as validators:
        validators.start("http://127.0.0.1:1", NOBODY, str(tmp_path / "store"), 1)  # no node there: they end
        until = time.monotonic() + 60
        with pytest.raises(TrainingError, match="2 of 2 validators ended early, number 2 with code 1") as told:
            while time.monotonic() < until:
                validators.check(1)
                time.sleep(0.05)
    assert "127.0.0.1:1" in str(told.value.hint)


def test_key_files_are_the_owners_alone(tmp_path):
    with ValidatorProcesses(KEYS, tmp_path) as validators:
        validators.start("http://127.0.0.1:1", NOBODY, str(tmp_path / "store"), 1)
        assert {oct(file.stat().st_mode & 0o777) for file in tmp_path.glob("*.key")} == {"0o600"}
