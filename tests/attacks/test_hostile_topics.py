"""Attack: a client of the same broker publishes under wrong names, wild ones, huge or retained rubbish.

The broker is a real Mosquitto that lets anybody publish; the intake is the real one behind it. After every attack an
honest packet must be accepted.
"""

import threading

import pytest

from andel.data.intake import IntakeSettings
from andel.data.mqtt import MAX_MESSAGE_BYTES, Broker, MqttFeed
from andel.data.workers import IntakeScope
from andel.device.pebble import sign_confirmation
from andel.roles.collector import Collector, WitnessedStore, records_of_book
from tests.device.actors import NOON, Pebble, account
from tests.roles.test_collector import BOOK, IMEI, OWNER, PEBBLE
from tests.support.brokers import Mosquitto, Publisher, wait_until

STRANGER = Pebble("stranger")
HONEST = PEBBLE.packet(NOON + 50_000)


@pytest.fixture
def attacked(tmp_path):
    """Attacks by publishing, then shows that the intake still works, and gives what it counted and its store."""
    store = WitnessedStore(f"sqlite:///{tmp_path}/evidence.db")
    settings = IntakeSettings((NOON, NOON + 100_000))

    def attack(messages, qos=1, retain=False, sessions=1):
        collector = Collector(BOOK, lambda: IntakeScope(OWNER, records_of_book(BOOK, OWNER), settings), store)
        with Mosquitto(tmp_path / "broker") as broker, Publisher(broker.port) as modem:
            if retain:
                modem.publish(messages, qos, retain)
            for session in range(sessions):
                stop = threading.Event()
                feed = MqttFeed(Broker("127.0.0.1", broker.port, "intake"), collector.take, stop)
                thread = threading.Thread(target=feed.run)
                thread.start()
                try:
                    wait_until(lambda feed=feed: feed._has_subscribed)
                    if not retain:
                        modem.publish(messages, qos)
                    modem.publish([(f"device/{IMEI}/data", PEBBLE.packet(NOON + 50_000 + session))])
                    wait_until(lambda session=session: collector.tally.get("accepted") == session + 1)
                finally:
                    stop.set()
                    thread.join(20)
                assert not thread.is_alive()
        tally = dict(collector.tally)
        assert tally.pop("accepted") == sessions
        return tally

    yield attack, store
    store.close()


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        (STRANGER.address, STRANGER.packet(), "unknown-device"),
        (IMEI, STRANGER.packet(), "bad-signature"),
        ("352656100000018", PEBBLE.packet(), "unknown-device"),
        ("9" * 10_000, PEBBLE.packet(), "unknown-device"),
        ("$SYS", b"x", "unknown-device"),
        ("'; DROP TABLE accepted; --", b"x", "unknown-device"),
        ("\u202e\u2066\u00e9", b"x", "unknown-device"),
        (IMEI, b"", "malformed"),
        (IMEI, b"\x00" * 15_000, "malformed"),
        (IMEI, sign_confirmation(PEBBLE.key, OWNER, NOON), "malformed"),
    ],
    ids=["stranger", "as another", "wrong imei", "long name", "system", "sql", "unicode", "empty", "large", "claim"],
)
def test_what_is_published_under_a_wrong_name_or_is_no_packet_is_refused(attacked, name, raw, reason):
    attack, store = attacked
    assert attack([(f"device/{name}/data", raw)]) == {reason: 1}
    (kept,) = store.refused()
    assert len(kept.device) <= 64 and len(kept.raw) <= 4_096 and kept.device.isprintable()


def test_topics_of_other_shapes_never_arrive(attacked):
    attack, store = attacked
    topics = [
        "device",
        "device/data",
        "device/a/b/data",
        "/device/a/data",
        "device/a/data/",
        "Device/a/data",
        "$x/a/data",
    ]
    assert attack([(topic, PEBBLE.packet()) for topic in topics]) == {}
    assert store.refused() == ()


def test_a_message_that_is_too_long_is_kept_back_by_the_broker(attacked):
    attack, store = attacked
    assert (
        attack([(f"device/{IMEI}/data", bytes(MAX_MESSAGE_BYTES + 1)), (f"device/{IMEI}/data", bytes(5_000_000))]) == {}
    )
    assert store.refused() == ()


def test_retained_rubbish_comes_once_and_not_with_every_connection(attacked):
    attack, store = attacked
    assert attack([(f"device/{number}/data", b"rubbish") for number in range(30)], retain=True, sessions=3) == {
        "unknown-device": 30
    }


def test_claims_of_nobody_are_kept_apart_and_wait_for_nobody(attacked):
    attack, _ = attacked
    claim = sign_confirmation(STRANGER.key, account("thief"), NOON)
    assert attack([(f"device/{IMEI}/confirm", claim), (f"device/{IMEI}/confirm", b"")]) == {"confirmation": 2}
