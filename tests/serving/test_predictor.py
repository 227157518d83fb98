"""The predictor: measured values become the right integers, and the answer is the model file's."""

import dataclasses
import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.data.features import FeatureSpec, build_rows
from andel.device.reading import Measurement, SignedReading
from andel.errors import InputError, SettingsError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.serving.evaluate import evaluate, unpack_question
from andel.serving.prediction import verify_prediction
from andel.serving.predictor import Predictor, steps_half_even
from andel.training.task import Task
from andel.typed_data import Domain
from andel.units import Address, Digest
from tests.serving.random_models import filled_model

OPERATOR = AccountKey(sha256(b"operator"))
DOMAIN = Domain(31_337, AccountKey(sha256(b"round manager")).address)
NOW = 1_800_000_042
NOON = 1_372_939_200
VALUES = {"temperature": "21.37", "humidity": "55", "latitude": "40.6413111"}
HUGE = pytest.param(10**5_000, id="huge")
"""An integer that Python will not write as decimal text."""

TASK = Task(
    name="temperature three hours ahead",
    target="temperature",
    unit="degC",
    exponent=-2,
    horizon_seconds=3 * 3_600,
    target_scale=150,
    features=(
        FeatureSpec("temperature", "channel", "temperature", -2_500, 4_500),
        FeatureSpec("coarse temperature", "channel", "temperature", -25, 45, exponent=0),
        FeatureSpec("humidity", "channel", "humidity", -1_000, 12_000),
        FeatureSpec("hour", "hour-sin", high=45, harmonic=1),
        FeatureSpec("year", "year-cos", high=45, harmonic=1),
        FeatureSpec("latitude", "channel", "latitude", 403_600_000, 410_000_000, exponent=-7),
    ),
    layers=(32,),
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


def model_file_for(task):
    return dataclasses.replace(
        filled_model(5, len(task.features), 32),
        features=tuple(feature.name for feature in task.features),
        task=sha256(task.to_bytes()),
    )


def weather_predictor(**changes):
    """An operator's predictor, its chain's clock standing at NOW."""
    task = changes.pop("task", TASK)
    values = {
        "model_file": model_file_for(task),
        "task": task,
        "key": OPERATOR,
        "domain": DOMAIN,
        "clock": lambda: NOW,
        "valid_seconds": 3_600,
        "units": {"humidity": "%"},
    }
    return Predictor(**(values | changes))


PREDICTOR = weather_predictor()


def reading_of(**steps):
    exponents = {"temperature": -2, "humidity": -2, "latitude": -7}
    measured = tuple(Measurement(name, value, exponents[name], "") for name, value in steps.items())
    return measured


def test_the_answer_is_the_model_files_and_carries_the_operators_signature():
    prediction = PREDICTOR.ask_values(VALUES, NOON)
    codes, base = unpack_question(prediction.question, len(TASK.features))
    assert base == 2_137
    assert prediction.answer == evaluate(PREDICTOR.model_file, codes[None, :], np.array([base]))[0]
    assert prediction.version == PREDICTOR.model_file.version
    assert prediction.unit == "0.01 degC"
    verify_prediction(prediction, DOMAIN, {OPERATOR.address}, NOW, 60)
    assert PREDICTOR.ask_question(prediction.question) == prediction


@given(
    temperature=st.integers(-6_000, 6_000),
    humidity=st.integers(-2_000, 13_000),
    latitude=st.integers(-900_000_000, 900_000_000),
    hour=st.integers(0, 24 * 364),
)
def test_a_question_by_values_has_the_codes_that_training_made_of_the_same_reading(
    temperature, humidity, latitude, hour
):
    start = 1_356_998_400 + hour * 3_600
    steps = {"temperature": temperature // 100 * 100, "humidity": humidity, "latitude": latitude}
    readings = [
        SignedReading(Address("a"), time, reading_of(**steps), b"", Digest(bytes(32)), "envelope")
        for time in (start, start + 1)
    ]
    rows = build_rows(readings, TASK.features, "temperature", 1)
    physical = {
        "temperature": Decimal(steps["temperature"]).scaleb(-2),
        "humidity": str(Decimal(humidity).scaleb(-2)),
        "latitude": Decimal(latitude).scaleb(-7),
    }
    codes, base = unpack_question(PREDICTOR.ask_values(physical, start).question, len(TASK.features))
    assert rows.codes[0].tolist() == codes.tolist()
    assert rows.base[0] == base


def test_each_feature_sees_a_channel_in_its_own_steps():
    prediction = PREDICTOR.ask_values({**VALUES, "temperature": "21.5"}, NOON)
    assert prediction.question[0] == (2_150 + 2_500) * 255 // 7_000
    assert prediction.question[1] == (22 + 25) * 255 // 70


@pytest.mark.parametrize("same", [Decimal("21.370"), "2137e-2", "+21.37".lstrip("+"), Decimal("2.137E+1")])
def test_one_number_in_several_forms_is_one_question(same):
    expected = PREDICTOR.ask_values(VALUES, NOON)
    assert PREDICTOR.ask_values({**VALUES, "temperature": same}, NOON) == expected


@pytest.mark.parametrize(
    ("value", "exponent", "steps"),
    [
        ("0.125", -2, 12),
        ("0.135", -2, 14),
        ("-0.125", -2, -12),
        ("0.1250000000000000000000000000000000000001", -2, 13),
        ("21.3749999999999999999999", -2, 2_137),
        ("1500", 3, 2),
        ("2500", 3, 2),
        ("1e-400", -2, 0),
        ("0e999", -2, 0),
        ("-0", -2, 0),
    ],
)
def test_halves_are_rounded_to_even_and_nothing_is_lost_before(value, exponent, steps):
    assert steps_half_even(Decimal(value), exponent) == steps


@given(st.integers(-(2**53), 2**53), st.integers(-18, 18))
def test_whole_steps_are_exact(steps, exponent):
    value = Decimal(steps).scaleb(exponent)
    if value.is_zero() or value.adjusted() <= 18:
        assert steps_half_even(value, exponent) == steps


@pytest.mark.parametrize("value", ["1e999999", "-1e17", "NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_number_without_integer_steps_is_refused(value):
    with pytest.raises(InputError, match="out of range"):
        steps_half_even(Decimal(value), -2)


def test_missing_channels_are_named_with_their_units():
    with pytest.raises(InputError, match=r"lacks humidity \(%\), temperature \(degC\)$") as caught:
        PREDICTOR.ask_values({"latitude": 40}, NOON)
    assert caught.value.hint == "needed are humidity (%), latitude, temperature (degC)"


def test_the_target_is_needed_even_if_no_feature_sees_it():
    task = dataclasses.replace(TASK, features=TASK.features[2:])
    with pytest.raises(InputError, match=r"lacks temperature \(degC\)"):
        weather_predictor(task=task).ask_values({"humidity": 1, "latitude": 2}, NOON)


def test_an_unknown_channel_is_refused():
    with pytest.raises(InputError, match="channel 'pressure' is unknown"):
        PREDICTOR.ask_values({**VALUES, "pressure": 1_013}, NOON)


@pytest.mark.parametrize(
    "value",
    [
        21.37,
        True,
        None,
        [],
        {},
        b"1",
        "",
        " 1",
        "1_0",
        "0x10",
        "NaN",
        "inf",
        "١",
        "1e9999",
        "9" * 49,
        10**19,
        -(10**5_000),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_is_no_bounded_decimal_number_is_refused(value):
    with pytest.raises(InputError) as caught:
        PREDICTOR.ask_values({**VALUES, "humidity": value}, NOON)
    assert len(caught.value.message) < 120


def test_a_target_that_does_not_fit_a_question_is_refused():
    with pytest.raises(InputError, match="temperature is out of range"):
        PREDICTOR.ask_values({**VALUES, "temperature": 21_474_837}, NOON)


@pytest.mark.parametrize("time", [-1, 2**48, HUGE])
def test_a_time_out_of_range_is_refused(time):
    with pytest.raises(InputError, match="time"):
        PREDICTOR.ask_values(VALUES, time)


def test_answers_are_dated_by_the_whole_minute_of_the_clock():
    prediction = PREDICTOR.ask_values(VALUES, NOON)
    assert prediction.issued_at == NOW // 60 * 60
    assert prediction.valid_until == prediction.issued_at + 3_600


def test_operators_asked_within_a_minute_sign_the_same_message():
    second = weather_predictor(key=AccountKey(sha256(b"second")), clock=lambda: NOW // 60 * 60 + 59)
    assert second.ask_values(VALUES, NOON).message() == PREDICTOR.ask_values(VALUES, NOON).message()


@pytest.mark.parametrize("issued_at", [NOW - 60, NOW, NOW + 60])
def test_the_asker_may_date_the_answer_within_a_minute(issued_at):
    assert PREDICTOR.ask_values(VALUES, NOON, issued_at).issued_at == issued_at


@pytest.mark.parametrize("issued_at", [NOW - 61, NOW + 61, 0, HUGE])
def test_a_date_further_off_is_refused(issued_at):
    with pytest.raises(InputError, match="issued_at .* is over 60 s from the chain's time"):
        PREDICTOR.ask_values(VALUES, NOON, issued_at)


@pytest.mark.parametrize("question", [b"", bytes(31), bytes(33), bytes(6) + b"\x01" + bytes(25)])
def test_a_question_that_is_not_canonical_is_refused(question):
    with pytest.raises(InputError, match="question"):
        PREDICTOR.ask_question(question)


def test_the_description_tells_what_can_be_asked():
    told = PREDICTOR.describe()
    assert json.loads(json.dumps(told)) == told
    assert (told["name"], told["target"], told["unit"], told["step"]) == (TASK.name, "temperature", "degC", "0.01")
    assert told["horizon_seconds"] == 10_800
    assert told["channels"] == {"humidity": "%", "latitude": None, "temperature": "degC"}
    assert told["features"][2] == {
        "name": "humidity",
        "kind": "channel",
        "channel": "humidity",
        "low": "-10.00",
        "high": "120.00",
        "step": "0.01",
        "unit": "%",
    }
    assert told["features"][3] == {"name": "hour", "kind": "hour-sin", "harmonic": 1, "amplitude": 45}
    assert told["version"] == "0x" + PREDICTOR.model_file.version.hex()
    assert told["file_hash"] == "0x" + PREDICTOR.model_file.file_hash.hex()
    assert told["task_hash"] == "0x" + sha256(TASK.to_bytes()).hex()
    assert (told["signer"], told["model"], told["chain_id"]) == (OPERATOR.address, DOMAIN.contract, 31_337)


def test_a_model_file_of_another_task_makes_no_predictor():
    with pytest.raises(InputError, match="not of task"):
        weather_predictor(model_file=dataclasses.replace(PREDICTOR.model_file, task=sha256(b"another task")))
    with pytest.raises(InputError, match="features"):
        weather_predictor(model_file=dataclasses.replace(PREDICTOR.model_file, features=tuple("abcdef")))


@pytest.mark.parametrize("seconds", [0, 60, 366 * 86_400 + 1])
def test_a_validity_that_serves_nobody_is_refused(seconds):
    with pytest.raises(SettingsError, match="valid_seconds"):
        weather_predictor(valid_seconds=seconds)


def test_the_key_is_not_shown():
    assert OPERATOR.secret_bytes().hex() not in repr(PREDICTOR)
    assert str(OPERATOR.secret_bytes()) not in repr(PREDICTOR)


LOOKING_BACK = dataclasses.replace(
    TASK,
    features=(
        FeatureSpec("temperature", "channel", "temperature", -2_500, 4_500),
        FeatureSpec("an hour before", "lag", "temperature", -2_500, 4_500, seconds=3_600),
        FeatureSpec("humidity's trend", "difference", "humidity", -3_000, 3_000, seconds=7_200),
    ),
)


def test_a_question_gives_values_of_the_past_by_their_names():
    predictor = weather_predictor(task=LOOKING_BACK)
    described = predictor.describe()
    assert described["channels"] == {
        "humidity": "%",
        "humidity@-7200": "%",
        "temperature": "degC",
        "temperature@-3600": "degC",
    }
    assert described["features"][2] == {
        "name": "humidity's trend",
        "kind": "difference",
        "channel": "humidity",
        "low": "-30.00",
        "high": "30.00",
        "step": "0.01",
        "unit": "%",
        "seconds": 7_200,
    }
    values = {"temperature": "21.37", "temperature@-3600": "20", "humidity": 50, "humidity@-7200": "45.5"}
    codes, base = unpack_question(predictor.ask_values(values, NOON).question, 3)
    assert base == 2_137
    assert codes.tolist() == [(2_137 + 2_500) * 255 // 7_000, 4_500 * 255 // 7_000, 3_450 * 255 // 6_000]


@pytest.mark.parametrize("wrong", [{}, {"temperature@-3600": 1}, {"temperature@-7200": 1, "humidity@-7200": 1}])
def test_a_question_without_the_past_it_needs_is_refused_by_name(wrong):
    with pytest.raises(InputError, match="@-"):
        weather_predictor(task=LOOKING_BACK).ask_values({"temperature": 1, "humidity": 2, **wrong}, NOON)
