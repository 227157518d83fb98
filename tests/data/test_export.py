"""Export: every accepted packet is a row, its channels are columns, its signed bytes stand beside them."""

from fractions import Fraction

import pytest

from andel.data import export as export_module
from andel.data.export import export_parquet
from andel.data.forget import forget
from andel.data.intake import DeviceRecord, Intake, IntakeSettings
from andel.errors import InputError
from andel.units import DAY_SECONDS
from tests.device.actors import NOON, EnvelopeSensor, Pebble, account

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (andel[parquet])")
PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
DAY = NOON // DAY_SECONDS
OWNER = account("owner")


@pytest.fixture
def filled(store):
    devices = {device.address: DeviceRecord(device.public_key, OWNER) for device in (PEBBLE, SENSOR)}
    intake = Intake(OWNER, devices, IntakeSettings((0, 2**40)), store)
    intake.take((PEBBLE.address, PEBBLE.packet(NOON + n, humidity=4_000 + n)) for n in range(5))
    intake.take([(SENSOR.address, SENSOR.packet(NOON + DAY_SECONDS, exponent=-3, pm2_5=12_345, timestamps=1))])
    return store


def test_each_packet_is_a_row_with_its_bytes(filled, tmp_path):
    done = export_parquet(filled, tmp_path / "all.parquet", DAY, DAY + 1)
    table = parquet.read_table(tmp_path / "all.parquet")
    assert done.rows == table.num_rows == 6
    rows = table.to_pylist()
    (mine,) = [row for row in rows if row["device"] == SENSOR.address]
    assert (mine["pm2_5"], mine["humidity"], int(mine["timestamp"].timestamp())) == (12.345, None, NOON + DAY_SECONDS)
    own = [row for row in rows if row["device"] == PEBBLE.address]
    assert [row["humidity"] for row in own] == [40.0, 40.01, 40.02, 40.03, 40.04]
    assert [row["raw"] for row in own] == [PEBBLE.packet(NOON + n, humidity=4_000 + n) for n in range(5)]
    assert table.schema.field("humidity").metadata == {b"unit": b"%"}


def test_days_and_devices_are_chosen_and_deleted_bytes_left_out(filled, tmp_path):
    path = tmp_path / "some.parquet"
    assert export_parquet(filled, path, DAY + 1, DAY + 1).rows == 1
    assert export_parquet(filled, path, 0, DAY + 1, [PEBBLE.address]).rows == 5
    forget(filled, PEBBLE.address, DAY, DAY)
    assert export_parquet(filled, path, 0, DAY + 1).rows == 1


def test_row_groups_bound_the_memory(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "ROW_GROUP", 2)
    told: list[int] = []
    export_parquet(filled, tmp_path / "x.parquet", DAY, DAY + 1, progress=told.append)
    assert parquet.ParquetFile(tmp_path / "x.parquet").num_row_groups == 3
    assert told == [2, 4, 6]


def test_a_channel_in_two_units_and_a_channel_named_like_a_column_get_columns_of_their_own():
    from andel.data.export import _columns
    from andel.device.reading import Measurement

    class Reading:
        measurements = (Measurement("t", 1, 0, "degC"), Measurement("t", 1, 0, "degF"), Measurement("raw", 1, 0, ""))

    found = _columns(iter([Reading()]))  # type: ignore[list-item]
    assert set(found.values()) == {"t [degC]", "t [degF]", "raw []"}


@pytest.mark.parametrize(("value", "exponent"), [(2_077, -2), (-277, -2), (1, -7), (2**63 - 1, -3), (9, 3), (-1, 127)])
def test_a_value_is_the_float_nearest_to_the_signed_decimal(value, exponent):
    exact = value * Fraction(10) ** exponent
    assert export_module._nearest_float(value, exponent) == float(exact)


def test_an_unknown_device_and_an_empty_range_are_told(filled, tmp_path):
    with pytest.raises(InputError, match="no packets of device"):
        export_parquet(filled, tmp_path / "x", DAY, DAY, [account("owner")])
    with pytest.raises(InputError, match="no range"):
        export_parquet(filled, tmp_path / "x", DAY, DAY - 1)
    assert list(tmp_path.glob("x*")) == []
