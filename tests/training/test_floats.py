"""What a float task says of its network is read strictly, and needs no PyTorch to be read."""

import json
from dataclasses import replace

import pytest

from andel.encoding import canonical_json
from andel.errors import PlanError
from andel.training.floats import FloatTraining
from andel.training.task import MAX_PARAMETERS, parse_task
from andel.units import Address
from tests.support.worlds import small_task

NOTARY = Address("0x0000000000000000000000000000000000000001")
FLOATS = FloatTraining("weather-gru", "adam", ((3, 4), (4,), (1,)), NOTARY)
TASK = small_task(floats=FLOATS)


def with_floats(**values):
    """The task's bytes with other fields in `floats`."""
    fields = json.loads(TASK.to_bytes())
    return canonical_json({**fields, "floats": {**fields["floats"], **values}})


def test_a_float_task_comes_back_from_its_bytes_whoever_reads_it():
    read = parse_task(TASK.to_bytes())
    assert read == TASK
    assert read.shapes == [(3, 4), (4,), (1,)]
    assert read.size == 17


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"network": ""}, "names no network"),
        ({"network": 5}, "names no network"),
        ({"network": "n" * 65}, "names no network"),
        ({"optimizer": "lbfgs"}, "one of sgd, adam, adamw"),
        ({"shapes": []}, "lists 0 arrays"),
        ({"shapes": [[1]] * 65}, "lists 65 arrays"),
        ({"shapes": [[0]]}, "size out of bounds"),
        ({"shapes": [[True]]}, "size out of bounds"),
        ({"shapes": [[1] * 9]}, "where a shape stands"),
        ({"shapes": [7]}, "where a shape stands"),
        ({"shapes": [[MAX_PARAMETERS + 1]]}, "parameters"),
        ({"judgements": "0x12"}, "cannot be read"),
        ({"judgements": None}, "cannot be read"),
        ({"unknown": 1}, "names no network|cannot be read"),
    ],
)
def test_what_no_engine_could_train_is_refused(values, said):
    with pytest.raises(PlanError) as refusal:
        parse_task(with_floats(**values))
    assert any(part in f"{refusal.value.message} {refusal.value.hint}" for part in said.split("|"))


@pytest.mark.parametrize("missing", ["network", "optimizer", "shapes", "judgements", "engine"])
def test_a_missing_field_is_named(missing):
    fields = json.loads(TASK.to_bytes())
    del fields["floats"][missing]
    with pytest.raises(PlanError, match=missing):
        parse_task(canonical_json(fields))


def test_an_integer_task_says_that_it_has_none():
    task = small_task()
    assert json.loads(task.to_bytes())["floats"] is None
    assert replace(TASK, floats=None) == replace(task, floats=None)
