"""The tree of errors: one base, messages and hints that keep the values they speak of."""

import inspect

import pytest

from andel import errors


def test_every_error_descends_from_one_base():
    classes = [value for _, value in inspect.getmembers(errors, inspect.isclass)]
    assert all(issubclass(kind, errors.AndelError) for kind in classes)


@pytest.mark.parametrize(
    ("error", "values"),
    [
        (
            errors.EvidenceError("round 3", "roots differ"),
            {"place": "round 3", "message": "round 3: roots differ"},
        ),
        (errors.ContentMissing("bafy", "not there"), {"cid": "bafy", "message": "not there"}),
        (errors.RpcUnreachable("http://a", "refused"), {"url": "http://a"}),
        (errors.Reverted("claim", "Pool_Empty", (1, 2)), {"error": "Pool_Empty", "arguments": (1, 2)}),
        (errors.PortInUse(80), {"port": 80}),
        (errors.QuorumMissed(1, 3), {"answered": 1, "needed": 3}),
        (errors.InputError("bad", "do this"), {"message": "bad", "hint": "do this"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_keep_their_values_and_say_them(error, values):
    assert {name: getattr(error, name) for name in values} == values
    assert str(error) == error.message
    assert isinstance(error.hint, str)
