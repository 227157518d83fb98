"""MQTT against a real Mosquitto: what was published is taken, and acknowledged only when it is kept."""

import gc
import ssl
import threading
from contextlib import contextmanager

import pytest

from andel.data.arrivals import Kind
from andel.data.mqtt import MAX_GATHERED, Broker, MqttFeed, parse_broker
from andel.errors import SettingsError, SourceError
from tests.support.brokers import Authority, Mosquitto, Publisher, wait_until

IMEI = "352656100000017"


@pytest.fixture
def broker(tmp_path):
    with Mosquitto(tmp_path / "broker") as running:
        yield running


class Keeper:
    """Takes arrivals as an intake would; can be held up, or fail."""

    def __init__(self):
        self.arrivals = []
        self.sizes = []
        self.gate = threading.Event()
        self.gate.set()
        self.fails = False

    def take(self, arrivals):
        self.sizes.append(len(arrivals))
        self.gate.wait(20)
        if self.fails:
            raise OSError("disk full")
        self.arrivals += arrivals

    @property
    def payloads(self):
        return [arrival.raw for arrival in self.arrivals]


@contextmanager
def feeding(port, keeper, tls=None):
    """A feed that runs in a thread; its error, if any, is raised at the end."""
    stop = threading.Event()
    feed = MqttFeed(Broker("localhost", port, "intake", tls), keeper.take, stop, first_delay_seconds=0.05)
    failed = []

    def run():
        try:
            feed.run()
        except (SourceError, OSError) as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: feed._has_subscribed or failed, "a subscription")
        yield stop
    finally:
        stop.set()
        keeper.gate.set()
        thread.join(20)
        assert not thread.is_alive()
    if failed:
        raise failed[0]


def messages(count, topic=f"device/{IMEI}/data"):
    return [(topic, b"%d" % number) for number in range(count)]


def test_what_pebbles_publish_is_taken_with_the_name_of_its_topic(broker):
    keeper = Keeper()
    with feeding(broker.port, keeper), Publisher(broker.port) as modem:
        modem.publish([(f"device/{IMEI}/data", b"a"), (f"device/{IMEI}/query", b""), (f"device/{IMEI}/confirm", b"b")])
        modem.publish([(f"device/{IMEI}/data", b"c")], qos=0)
        wait_until(lambda: len(keeper.arrivals) == 3)
    assert [tuple(arrival[:3]) for arrival in keeper.arrivals] == [
        (IMEI, b"a", Kind.DATA),
        (IMEI, b"b", Kind.CONFIRMATION),
        (IMEI, b"c", Kind.DATA),
    ]


def test_what_came_while_the_intake_was_away_is_delivered_when_it_is_back(broker):
    keeper = Keeper()
    with feeding(broker.port, keeper):
        pass
    with Publisher(broker.port) as modem:
        modem.publish(messages(50))
    assert keeper.arrivals == []
    with feeding(broker.port, keeper):
        wait_until(lambda: len(keeper.arrivals) == 50)
    assert keeper.payloads == [raw for _, raw in messages(50)]


def test_what_was_not_kept_is_not_acknowledged_and_comes_again(broker):
    failing, keeper = Keeper(), Keeper()
    failing.fails = True
    with pytest.raises(OSError, match="disk full"), feeding(broker.port, failing), Publisher(broker.port) as modem:
        modem.publish(messages(10))
        wait_until(lambda: failing.sizes)
    with feeding(broker.port, keeper):
        wait_until(lambda: len(keeper.arrivals) == 10)
    assert keeper.payloads == [raw for _, raw in messages(10)]
    again = Keeper()
    with feeding(broker.port, again), Publisher(broker.port) as modem:
        modem.publish([("device/x/data", b"last")])
        wait_until(lambda: again.arrivals)
    assert again.payloads == [b"last"]  # what was kept was acknowledged


def test_a_slow_intake_stops_the_reading_and_loses_nothing(broker):
    keeper = Keeper()
    keeper.gate.clear()
    with feeding(broker.port, keeper), Publisher(broker.port) as modem:
        modem.publish(messages(5_000))
        keeper.gate.set()
        wait_until(lambda: len(keeper.arrivals) == 5_000)
    assert keeper.payloads == [raw for _, raw in messages(5_000)]
    assert max(keeper.sizes) <= MAX_GATHERED


def test_an_intake_is_connected_again_after_the_broker_restarted(broker):
    keeper = Keeper()
    with feeding(broker.port, keeper):
        broker.stop()
        broker.start()
        with Publisher(broker.port) as modem:
            modem.publish(messages(20))
        wait_until(lambda: len(keeper.arrivals) == 20)
    assert keeper.payloads == [raw for _, raw in messages(20)]


def test_packets_of_quality_0_wait_too_where_the_broker_is_told_to_raise_it(tmp_path):
    keeper = Keeper()
    with Mosquitto(tmp_path / "broker", {"upgrade_outgoing_qos": "true"}) as broker:
        with feeding(broker.port, keeper):
            pass
        with Publisher(broker.port) as modem:
            modem.publish(messages(5), qos=0)
            modem.publish([("device/x/data", b"last")])
        with feeding(broker.port, keeper):
            wait_until(lambda: len(keeper.arrivals) == 6)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def tls_broker(tmp_path, authority):
    certificate, key = authority.issue("broker")
    options = {"cafile": authority.path, "certfile": certificate, "keyfile": key, "require_certificate": "true"}
    with Mosquitto(tmp_path / "broker", options) as running:
        yield running


def client_tls(authority, issuer=None):
    context = ssl.create_default_context(cafile=str(authority.path))
    if issuer is not None:
        context.load_cert_chain(*issuer.issue("client"))
    return context


def test_a_client_certificate_opens_a_broker_that_asks_for_one(tls_broker, authority):
    keeper, tls = Keeper(), client_tls(authority, authority)
    with feeding(tls_broker.port, keeper, tls), Publisher(tls_broker.port, tls) as modem:
        modem.publish(messages(500))
        wait_until(lambda: len(keeper.arrivals) == 500)


# paho leaves the socket of a failed handshake to the garbage collector, which says so
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_a_broker_of_another_authority_is_not_trusted(tls_broker, tmp_path):
    tls = client_tls(Authority(tmp_path, "stranger"))
    with (
        pytest.raises(SourceError, match="certificate is not trusted") as told,
        feeding(tls_broker.port, Keeper(), tls),
    ):
        pass
    assert "--ca" in told.value.hint
    del told
    gc.collect()


def test_a_missing_or_foreign_client_certificate_is_told(tls_broker, authority, tmp_path):
    for issuer in (None, Authority(tmp_path, "stranger")):
        with pytest.raises(SourceError) as told, feeding(tls_broker.port, Keeper(), client_tls(authority, issuer)):
            pass
        assert "--cert" in told.value.hint


def test_a_broker_that_is_not_there_is_told_at_once(broker):
    broker.stop()
    with pytest.raises(SourceError, match="cannot connect"), feeding(broker.port, Keeper()):
        pass


def test_a_refused_user_is_told(tmp_path):
    with Mosquitto(tmp_path / "broker", {"allow_anonymous": "false"}) as broker:
        with pytest.raises(SourceError, match="refused the connection"), feeding(broker.port, Keeper()):
            pass


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [("mqtt://a", "a", 1_883), ("mqtts://a.b", "a.b", 8_883), ("mqtt://[::1]:5", "::1", 5), ("mqtt://a/", "a", 1_883)],
)
def test_a_brokers_address_is_read(url, host, port):
    broker = parse_broker(url, "id")
    assert (broker.host, broker.port, broker.tls is None) == (host, port, url.startswith("mqtt:"))


@pytest.mark.parametrize(
    "url",
    ["", "a", "http://a", "mqtt://", "mqtt://a:b@c", "mqtt://a/topic", "mqtt://a:99999", "mqtt://a?x", "mqtt://["],
)
def test_what_is_no_brokers_address_is_refused_without_showing_a_password(url):
    with pytest.raises(SettingsError) as told:
        parse_broker(url, "id")
    assert "a:b" not in told.value.message


def test_a_password_is_never_shown():
    broker = parse_broker("mqtt://me@a", "id", "secret")
    assert (broker.user, broker.password) == ("me", "secret")
    assert "secret" not in f"{broker} {broker!r}"
