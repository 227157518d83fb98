"""Packets from an MQTT broker, as Pebbles publish them: `device/<id>/data` and `device/<id>/confirm`.

Takes a broker's address and a function that keeps arrivals; calls it with up to a chunk of them, one call at a time,
and acknowledges messages to the broker only when that call has returned, that is when they are durable. While the
function is busy, the next chunk is gathered; when that is full, the socket is not read, so that memory stays bounded
and the broker waits. The session is persistent: what came while nobody was here is delivered on the next connection.

The only place that imports the MQTT client. `paho` itself and not `aiomqtt`, which is built on it: `aiomqtt`
acknowledges a message when it is put into a queue, and drops it when the queue is full; `paho` leaves the
acknowledgement to its caller and hands over its socket.
"""

from __future__ import annotations

import logging
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from andel.data.arrivals import Arrival, read_topic
from andel.errors import SettingsError, SourceError

TOPICS: Final = ("device/+/data", "device/+/confirm")
MAX_MESSAGE_BYTES: Final = 16 * 1024
"""The broker is told to deliver nothing longer; the longest packet has 4,096 bytes."""
MAX_GATHERED: Final = 2_000
"""Messages that are gathered while as many are being kept."""
SESSION_SECONDS: Final = 7 * 86_400
"""How long the broker keeps messages for an intake that is away."""

_IN_FLIGHT: Final = 2 * MAX_GATHERED
_KEEPALIVE_SECONDS: Final = 60
_ANSWER_SECONDS: Final = 15.0
_TURN_SECONDS: Final = 0.2
_CONNECT_SECONDS: Final = 10.0
_DELAY_SECONDS_MAX: Final = 60.0
_SEND_IF_NEW: Final = 1
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}

_log = logging.getLogger(__name__)

Take = Callable[[Sequence[Arrival]], object]


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is, and who is asking; `tls` is None for a connection in the clear."""

    host: str
    port: int
    client_id: str
    tls: ssl.SSLContext | None = None
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        """Its address; never the password."""
        return f"{'mqtt' if self.tls is None else 'mqtts'}://{self.host}:{self.port}"


def parse_broker(url: str, client_id: str, password: str = "", tls: ssl.SSLContext | None = None) -> Broker:
    """The broker at mqtt://[user@]host[:port] or, over TLS, mqtts://. Raises SettingsError.

    `tls` is used for mqtts only; left out, it is the system's authorities and no client certificate.
    """
    hint = "as in mqtts://broker.example:8883; a password comes from --password-file"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"not a broker's address: {ascii(url)[:120]}", hint) from error
    is_extra = parts.path.strip("/") or parts.query or parts.fragment or parts.password is not None
    if parts.scheme not in _PORTS or not parts.hostname or is_extra or port == 0:
        raise SettingsError("not a broker's address, or one with more than user, host and port", hint)
    context = (tls or ssl.create_default_context()) if parts.scheme == "mqtts" else None
    user = unquote(parts.username or "")
    return Broker(parts.hostname, port or _PORTS[parts.scheme], client_id, context, user, password)


class MqttFeed:
    """One connection to a broker, made again whenever it is lost."""

    def __init__(self, broker: Broker, take: Take, stop: Event, first_delay_seconds: float = 1.0) -> None:
        """`take` keeps arrivals durably before it returns; `stop` ends `run`, from whatever thread it is set."""
        self._broker = broker
        self._take = take
        self._stop = stop
        self._delay_seconds = self._first_delay_seconds = first_delay_seconds
        self._gathered: list[tuple[Arrival, int, int]] = []
        self._waiting: list[tuple[int, int]] = []
        self._waiting_since = 0  # the connection that `_waiting` came by
        self._connection = 0
        self._has_subscribed = False
        self._answer_by: float | None = None
        self._fault: SourceError | None = None
        self._client = self._make_client()

    def run(self) -> None:
        """Hands over what comes until `stop` is set; then finishes what was read, acknowledges it and leaves.

        Raises SourceError when the first connection fails in whatever way. A later one is tried again, after 1,
        2, 4 up to 60 seconds. What `take` raises goes through, and is not acknowledged.
        """
        waker, wake = socket.socketpair()
        with waker, wake, ThreadPoolExecutor(1, "andel-intake") as worker:
            waker.setblocking(False)
            busy: Future[object] | None = None
            try:
                while not self._stop.is_set():
                    if self._client.socket() is None:
                        self._connect()
                        continue
                    self._turn(waker, is_busy=busy is not None)
                    if busy is not None and busy.done():
                        self._acknowledge(busy)
                        busy = None
                    if busy is None and self._gathered:
                        busy = self._hand_over(worker, wake)
                if busy is not None:
                    self._acknowledge(busy)
                if self._gathered:
                    self._acknowledge(self._hand_over(worker, wake))
            finally:
                self._leave()

    def _turn(self, waker: socket.socket, is_busy: bool) -> None:
        """Waits for the broker or the worker, and reads until a chunk is full or nothing more is there."""
        wire: Any = self._client.socket()
        has_room = len(self._gathered) < MAX_GATHERED
        wants = [waker, wire] if has_room else [waker]
        pending = has_room and _pending(wire)
        timeout = 0.0 if pending or (self._gathered and not is_busy) else _TURN_SECONDS
        ready, writable, _ = select.select(wants, [wire] if self._client.want_write() else [], [], timeout)
        if waker in ready:
            with suppress(BlockingIOError):
                waker.recv(4_096)
        if writable:
            self._client.loop_write()
        if wire in ready or pending:
            self._read()
        self._client.loop_misc()
        self._check_answer()

    def _read(self) -> None:
        while len(self._gathered) < MAX_GATHERED:
            before = len(self._gathered)
            self._client.loop_read()
            wire = self._client.socket()
            if wire is None or (len(self._gathered) == before and not _pending(wire)):
                return

    def _hand_over(self, worker: ThreadPoolExecutor, wake: socket.socket) -> Future[object]:
        arrivals = [arrival for arrival, _, _ in self._gathered]
        self._waiting = [(mid, qos) for _, mid, qos in self._gathered if qos]
        self._waiting_since, self._gathered = self._connection, []
        future = worker.submit(self._take, arrivals)
        future.add_done_callback(lambda _: wake.send(b"."))
        return future

    def _acknowledge(self, done: Future[object]) -> None:
        done.result()
        if self._waiting_since == self._connection:  # else the broker sends them again, and they are replays
            for mid, qos in self._waiting:
                self._client.ack(mid, qos)

    def _connect(self) -> None:
        # what was read but not handed over comes again, unless the broker sent it without keeping it
        self._gathered = [held for held in self._gathered if not held[2]]
        try:
            self._connection += 1
            self._client.connect(
                self._broker.host,
                self._broker.port,
                _KEEPALIVE_SECONDS,
                clean_start=False,
                properties=_properties(
                    SessionExpiryInterval=SESSION_SECONDS,
                    ReceiveMaximum=_IN_FLIGHT,
                    MaximumPacketSize=MAX_MESSAGE_BYTES,
                ),
            )
            self._answer_by = time.monotonic() + _ANSWER_SECONDS
        except ssl.SSLCertVerificationError as error:
            reason = f"the broker's certificate is not trusted: {error.verify_message}"
            self._lost(SourceError(repr(self._broker), reason, "name the authority that signed it with --ca"))
        except (OSError, ValueError) as error:
            reason = f"cannot connect: {error.strerror or error}" if isinstance(error, OSError) else str(error)
            self._lost(SourceError(repr(self._broker), reason, "check the address, and that the broker runs"))

    def _check_answer(self) -> None:
        if self._fault is not None:
            fault, self._fault = self._fault, None
            self._lost(fault)
        elif self._client.socket() is None:
            hint = "it may ask for a client certificate (--cert, --cert-key) or a password"
            self._lost(SourceError(repr(self._broker), "the broker closed the connection", hint))
        elif self._answer_by is not None and time.monotonic() > self._answer_by:
            self._lost(SourceError(repr(self._broker), f"no answer within {_ANSWER_SECONDS:g} s", "is it MQTT 5?"))

    def _lost(self, fault: SourceError) -> None:
        if not self._has_subscribed:
            raise fault
        self._leave()
        _log.warning("broker_lost broker=%r retry_seconds=%g", self._broker, self._delay_seconds)
        self._stop.wait(self._delay_seconds)
        self._delay_seconds = min(2 * self._delay_seconds, _DELAY_SECONDS_MAX)

    def _leave(self) -> None:
        self._answer_by = None
        with suppress(OSError, ValueError):
            # without a session expiry of its own the session stays as it was agreed on
            self._client.disconnect()
            while (wire := self._client.socket()) is not None and self._client.want_write():
                if not select.select([], [wire], [], _ANSWER_SECONDS)[1]:
                    break
                self._client.loop_write()

    def _make_client(self) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=self._broker.client_id, protocol=MQTTv5, manual_ack=True)
        client.connect_timeout = _CONNECT_SECONDS
        if self._broker.user:
            client.username_pw_set(self._broker.user, self._broker.password or None)
        if self._broker.tls is not None:
            client.tls_set_context(self._broker.tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, client: Client, _data: object, flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure:
            hint = "check the user, the password and the client certificate"
            self._fault = SourceError(repr(self._broker), f"the broker refused the connection: {code}", hint)
            return
        _log.info("broker_connected broker=%r session_kept=%s", self._broker, flags.session_present)
        options = SubscribeOptions(qos=1, retainHandling=_SEND_IF_NEW)
        client.subscribe([(topic, options) for topic in TOPICS])

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        if any(code.is_failure for code in codes):
            hint = f"let this client read {' and '.join(TOPICS)}"
            self._fault = SourceError(repr(self._broker), "the broker refused the subscription", hint)
            return
        self._answer_by, self._has_subscribed = None, True
        self._delay_seconds = self._first_delay_seconds

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            found = read_topic(message.topic)
        except UnicodeDecodeError:
            found = None
        if found is None:
            _log.warning("foreign_topic bytes=%d", len(message.payload))
            if message.qos:
                self._client.ack(message.mid, message.qos)
            return
        name, kind = found
        self._gathered.append((Arrival(name, bytes(message.payload), kind), message.mid, message.qos))


def _pending(wire: Any) -> bool:
    """Whether bytes wait inside TLS, where `select` does not see them."""
    return isinstance(wire, ssl.SSLSocket) and wire.pending() > 0


def _properties(**values: int) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho annotates it not
    for name, value in values.items():
        setattr(properties, name, value)
    return properties
