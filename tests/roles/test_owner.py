"""What the registry or an alliance refuses is told in words, and every refusal of theirs has its words."""

import pytest

from andel.errors import ChainError, Reverted
from andel.ledger.interface import interface_of
from andel.roles.owner import told

VALUES = {"address": "0x" + "11" * 20, "bytes32": b"\x22" * 32}


def ours():
    return [
        error
        for name in ("DeviceRegistry", "Alliance")
        for error in interface_of(name).errors.values()
        if error.name.startswith(f"{name}_")
    ]


@pytest.mark.parametrize("error", ours(), ids=lambda error: error.name)
def test_every_refusal_has_one_sentence_in_words(error):
    values = tuple(VALUES.get(component["type"], 1_700_000_000) for component in error.inputs)

    def send():
        raise Reverted("DeviceRegistry.claim", error.name, values)

    with pytest.raises(ChainError) as refusal:
        told(send)
    assert not isinstance(refusal.value, Reverted)
    assert "\n" not in refusal.value.message and error.name not in refusal.value.message
    assert "\n" not in refusal.value.hint


def test_an_unknown_refusal_keeps_its_name():
    def send():
        raise Reverted("X.y", "X_Other", ())

    with pytest.raises(Reverted, match="X_Other"):
        told(send)
