"""Epochs of firmware: the same fields, told apart by what they hold, and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.device.epochs import JSON_EPOCHS, PROTOBUF_EPOCHS, Epoch, epoch_of_firmware
from andel.device.packets import read_packet
from andel.device.pebble import encode_sensor_data, sign_data_packet
from andel.device.pebble_schema import NO_FIX, RawSensorData
from andel.device.pebble_values import open_epochs, parse_sensor_data
from andel.device.reading import PacketRefused, Refusal
from andel.errors import InputError
from tests.device.actors import NOON, Pebble

PEBBLE = Pebble()
STOCKHOLM = {"latitude": 593_293_000, "longitude": 180_686_000}
MONTEVIDEO = {"latitude": -349_000_000, "longitude": -561_600_000}
BY_BITS = (Epoch.TWOS_COMPLEMENT, Epoch.ZIGZAG_POSITION)


def read(data, epoch=None):
    return read_packet(sign_data_packet(PEBBLE.key, data, NOON), PEBBLE.public_key, epoch)


def raw_data(**fields):
    return RawSensorData(random=b"5da0997414922a8b", **fields).SerializeToString()


def refusal(data, epoch=None):
    with pytest.raises(PacketRefused) as caught:
        read(data, epoch)
    return caught.value.reason


def values(reading):
    return {m.channel: m.value for m in reading.measurements}


@given(
    epoch=st.sampled_from(PROTOBUF_EPOCHS),
    temperature=st.integers(-4_000, 8_500),
    place=st.tuples(st.integers(-900_000_000, 900_000_000), st.integers(-1_800_000_000, 1_800_000_000)) | st.none(),
)
def test_every_epoch_reads_what_its_firmware_wrote(epoch, temperature, place):
    if epoch in (Epoch.COARSE, Epoch.UNSIGNED):
        temperature, place = abs(temperature), place and (abs(place[0]), abs(place[1]))
    if epoch == Epoch.COARSE and place:
        place = (place[0] // 100 * 100, place[1] // 100 * 100)
    latitude, longitude = place or (NO_FIX, NO_FIX)
    if epoch == Epoch.TWOS_COMPLEMENT and latitude == longitude == 4_000_000_000 - 2**32:
        return  # the one place on earth that looks like no fix
    measured = {"latitude": latitude, "longitude": longitude, "temperature": temperature}
    data = encode_sensor_data(measured, "5da0997414922a8b", epoch)
    expected = {"temperature": temperature} | ({"latitude": latitude, "longitude": longitude} if place else {})
    assert values(read(data, epoch)) == expected
    try:
        alone = read(data)
    except PacketRefused as refused:
        assert refused.reason == Refusal.AMBIGUOUS_EPOCH
    else:
        assert values(alone) == expected  # what is decided without the epoch is decided rightly


def test_the_current_epoch_is_decided_by_the_copy_of_the_temperature():
    for place in (STOCKHOLM, MONTEVIDEO, {}):
        data = encode_sensor_data({**place, "temperature": -277}, "5da0997414922a8b")
        assert values(read(data)) == {"temperature": -277, **place}
        assert open_epochs(parse_sensor_data(data)) == 1 << PROTOBUF_EPOCHS.index(Epoch.ZIGZAG)


def test_an_older_temperature_is_read_as_its_firmware_meant_it():
    below = encode_sensor_data({"temperature": -1_450, "humidity": 4_000}, "ab", Epoch.ZIGZAG_POSITION)
    assert values(read(below))["temperature"] == -1_450
    above = raw_data(temperature=2_899, temperature2=2_899)
    assert values(read(above)) == {"temperature": 2_899}


def test_a_second_thermometer_is_the_motion_sensors():
    data = raw_data(temperature=2_439, temperature2=2_931)
    assert values(read(data)) == {"temperature": 2_439, "temperature2": 2_931}
    assert refusal(data, Epoch.TWOS_COMPLEMENT) == Refusal.UNSUPPORTED


def test_no_fix_is_read_in_every_epochs_own_way():
    for raw in (NO_FIX, 2 * NO_FIX):
        assert values(read(raw_data(latitude=raw, longitude=raw, vbat=400))) == {"battery": 400}
    assert refusal(raw_data(latitude=NO_FIX, longitude=NO_FIX), Epoch.ZIGZAG) == Refusal.UNSUPPORTED
    assert refusal(raw_data(latitude=2 * NO_FIX, longitude=2 * NO_FIX), Epoch.TWOS_COMPLEMENT) == Refusal.UNSUPPORTED


def test_half_a_fix_is_no_firmwares():
    assert refusal(raw_data(latitude=NO_FIX, longitude=5)) == Refusal.UNSUPPORTED


def test_a_position_that_several_epochs_can_have_written_is_not_guessed():
    data = encode_sensor_data({**STOCKHOLM, "temperature": 2_899}, "ab", Epoch.UNSIGNED)
    assert refusal(data) == Refusal.AMBIGUOUS_EPOCH
    assert values(read(data, Epoch.TWOS_COMPLEMENT)) == {**STOCKHOLM, "temperature": 2_899}
    other = values(read(data, Epoch.ZIGZAG_POSITION))
    assert other["latitude"] != STOCKHOLM["latitude"]


def test_a_packet_that_means_the_same_in_all_open_epochs_is_no_ambiguity():
    assert values(read(raw_data(vbat=400))) == {"battery": 400}
    assert values(read(raw_data(latitude=0, longitude=0, vbat=4))) == {"battery": 4, "latitude": 0, "longitude": 0}
    # of the two epochs that are left, both write north and east as they are
    measured = {"latitude": 10, "longitude": 1_790_000_000, "temperature": 5}
    data = encode_sensor_data(measured, "5da0997414922a8b", Epoch.UNSIGNED)
    assert values(read(data, Epoch.UNSIGNED)) == values(read(data, Epoch.TWOS_COMPLEMENT)) == measured


def test_a_temperature_without_its_copy_decides_nothing():
    data = raw_data(temperature=10)
    assert refusal(data) == Refusal.AMBIGUOUS_EPOCH
    assert values(read(data, Epoch.ZIGZAG)) == {"temperature": 5}
    assert values(read(data, Epoch.UNSIGNED)) == {"temperature": 10}
    assert values(read(raw_data(temperature2=10))) == {}


def test_bits_that_no_epoch_writes_are_unsupported():
    assert refusal(raw_data(latitude=3_000_000_000, longitude=3_000_000_000, vbat=1)) == Refusal.UNSUPPORTED
    assert refusal(raw_data(temperature=2**31 + 4, temperature2=17)) == Refusal.UNSUPPORTED


@pytest.mark.parametrize("epoch", JSON_EPOCHS)
def test_an_epoch_of_json_is_none_of_protobuf(epoch):
    assert refusal(encode_sensor_data({"temperature": 5}, "ab"), epoch) == Refusal.UNSUPPORTED
    with pytest.raises(InputError):
        encode_sensor_data({"temperature": 5}, "ab", epoch)


@pytest.mark.parametrize(
    ("name", "epoch"),
    [
        ("Riverrock 1.0.14", Epoch.ZIGZAG),
        ("Riverrock 1.0.10", Epoch.ZIGZAG),
        ("Riverrock 1.0.9", Epoch.ZIGZAG_POSITION),
        ("River Rock 1.0.0", Epoch.TWOS_COMPLEMENT),
        ("Gravel 1.0.3", Epoch.ZIGZAG_POSITION),
        ("Gravel 1.0.2", None),
        ("Aries 1.0.0", Epoch.ZIGZAG),
        ("pebbleGo V1.0.0", None),
        ("", None),
        ("Riverrock", None),
        ("Riverrock 1." + "0" * 100, None),
        ("x" * 10_000, None),
    ],
)
def test_a_firmwares_name_tells_its_epoch_or_nothing(name, epoch):
    assert epoch_of_firmware(name) == epoch
