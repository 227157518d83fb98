"""Attack: whoever is to be paid by a contract that asks a model gives the numbers itself.

Who: an insured account, with the owner of no device or of one, on a chain that has a real model: trained here, compiled
and published through `OnchainModels`. What stops it: `WeatherInsurance` and `AirQualityGate` take no numbers. They
read packets that listed devices of others signed, make the question themselves and ask the version that was looked
at. Not stopped: the owner of a device that warms it, and an insured account that is the same person.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from andel.data.features import codes_of
from andel.device.pebble import encode_sensor_data, sign_confirmation, sign_data_packet
from andel.device.pebble import read_confirmation as read_claim
from andel.keys import CURVE_ORDER, AccountKey, DeviceKey, derive_secret
from andel.ledger.contracts import DeviceRegistryContract
from andel.ledger.rpc import Rpc
from andel.roles.gateway import PublishedModel, publish_version, registry_of
from andel.serving.any_file import evaluate_any
from andel.serving.evaluate import pack_question
from andel.serving.prediction import sign_prediction
from tests.support.consumers import Deployed, Refused, asking, consumers, deploy
from tests.support.small_run import SmallWorld, pebble_scenario

__all__ = ["consumers"]

ETHER = 10**18
PAYOUT = 10 * ETHER
PREMIUM = PAYOUT // 20
HOUR = 3_600


def account(name):
    return AccountKey(derive_secret(b"consumer", name))


@dataclass
class Stage:
    """A model that answers in the chain, two listed Pebbles of two owners, and accounts with coin."""

    small: SmallWorld
    published: PublishedModel
    rpc: Rpc
    pebbles: tuple[DeviceKey, ...]
    insurer: str
    insured: str

    @property
    def task(self):
        return self.small.world.founded.definition

    def now(self):
        return self.small.world.chain.block_time()

    def later(self, seconds):
        self.small.local.advance(seconds)
        self.small.local.mine()

    def terms(self):
        model = self.small.world.model
        return asking(
            self.task.features,
            devices=model.device_registry.address,
            lister=self.insurer,
            models=registry_of(model).address,
            model=model.round_manager.address,
            version=self.published.file.version,
            base="temperature",
        )

    def packet(self, key, temperature, at=None, **changes):
        values = {"temperature": temperature, "humidity": 4_500, "pressure": 101_300} | changes
        values = {"latitude": 406_000_000, "longitude": -740_000_000} | values
        return sign_data_packet(key, encode_sensor_data(values, "5da0997414922a8b"), at or self.now())

    def answer(self, temperature, at):
        """What the integer reference says of such a packet."""
        values = {"temperature": temperature, "humidity": 4_500, "pressure": 101_300}
        values |= {"latitude": 406_000_000, "longitude": -740_000_000}
        codes = codes_of(values, at, self.task.features)
        base = np.array([temperature], dtype=np.int64)
        answer = int(evaluate_any(self.published.file, codes[np.newaxis], base)[0, 0])
        return pack_question(codes, temperature), answer


@pytest.fixture(scope="module")
def stage(launch_world):
    small = launch_world("consumer paid on invented inputs", pebble_scenario())
    small.play()
    world = small.world
    published = publish_version(world.actors.founder, world.model, small.store, world.founded.task)
    owners = [account("owner 0"), account("owner 1")]
    insurer, insured = account("insurer"), account("insured")
    small.local.fund([key.address for key in (*owners, insurer, insured)])
    pebbles = tuple(
        sorted((DeviceKey(derive_secret(b"consumer", f"pebble {n}")) for n in range(2)), key=lambda key: key.address)
    )
    devices: DeviceRegistryContract = world.model.device_registry
    for owner, pebble in zip(owners, pebbles, strict=True):
        claim = read_claim(sign_confirmation(pebble, owner.address, world.chain.block_time()), pebble.public_key)
        devices.claim(owner, claim.device, claim.timestamp, claim.signature)
    devices.list_devices(insurer, [pebble.address for pebble in pebbles])
    return Stage(small, published, Rpc(small.local.url), pebbles, insurer.address, insured.address)


@dataclass
class Cover:
    """One policy on both Pebbles, which pays from a threshold up."""

    stage: Stage
    insurance: Deployed
    policy: int

    def shown(self, *packets):
        keys = self.stage.pebbles
        return [(key.address, [packet]) for key, packet in zip(keys, packets, strict=True)]

    def claim(self, *packets, policy=None):
        self.insurance.send(self.stage.insured, "claim", policy or self.policy, self.shown(*packets))

    def refused(self, *packets):
        with pytest.raises(Refused) as refusal:
            self.claim(*packets)
        assert self.insurance.ask("owed", self.stage.insured) == 0
        return str(refusal.value)


@pytest.fixture
def cover(stage, consumers):
    """Threshold: what the model says at 30 degrees, now."""
    _, threshold = stage.answer(3_000, stage.now())
    product = (stage.insurer, 500, 0, 86_400, threshold, True, 2)
    insurance = deploy(stage.rpc, consumers["WeatherInsurance"], stage.insurer, stage.terms(), product)
    insurance.send(stage.insurer, "fund", wei=100 * ETHER)
    devices = [pebble.address for pebble in stage.pebbles]
    insurance.send(stage.insured, "buy", PAYOUT, devices, wei=PREMIUM)
    stage.later(60)
    return Cover(stage, insurance, 1)


def test_packets_of_two_owners_pay_by_exactly_the_models_answer(stage, cover):
    at = stage.now()
    for temperature in (-1_250, 0, 1, 2_999, 3_400):
        packet = stage.packet(stage.pebbles[0], temperature, at)
        if temperature == 0:  # proves no position, and the model asks for it
            with pytest.raises(Refused, match="NotMeasured"):
                cover.insurance.ask("answerOf", stage.pebbles[0].address, [packet])
            continue
        question, answer = cover.insurance.ask("answerOf", stage.pebbles[0].address, [packet])
        assert (question, answer) == stage.answer(temperature, at)
        model = stage.small.world.model
        assert registry_of(model).predict(model.round_manager.address, question) == answer
    cold, hot = (stage.packet(stage.pebbles[1], t, at) for t in (1_500, 4_000))
    assert cover.refused(stage.packet(stage.pebbles[0], 4_000, at), cold).endswith("NoEvent")
    before = stage.small.world.chain.balance(stage.insured)
    cover.insurance.send(stage.insurer, "claim", 1, cover.shown(stage.packet(stage.pebbles[0], 4_000, at), hot))
    cover.insurance.send(stage.insurer, "withdraw", stage.insured)
    assert stage.small.world.chain.balance(stage.insured) == before + PAYOUT


def hot(cover, **changes):
    return [cover.stage.packet(key, 4_000, **changes) for key in cover.stage.pebbles]


def raised(packet):
    """The temperature altered after signing: 15 degrees become 40, in both its fields."""
    cold = (b"\x30" + varint(3_000), b"\x50" + varint(1_500))
    warm = (b"\x30" + varint(8_000), b"\x50" + varint(4_000))
    for old, new in zip(cold, warm, strict=True):
        assert packet.count(old) == 1 and len(old) == len(new)
        packet = packet.replace(old, new)
    return packet


def varint(value):
    return bytes([value & 127 | 128, value >> 7])


INVENTED = {
    "a packet of a key of its own": lambda c: (
        c.stage.packet(DeviceKey(derive_secret(b"forger", "")), 4_000),
        hot(c)[1],
    ),
    "a packet of the other device": lambda c: (hot(c)[1], hot(c)[1]),
    "a field altered": lambda c: (raised(c.stage.packet(c.stage.pebbles[0], 1_500)), hot(c)[1]),
    "no packet at all": lambda c: (b"", hot(c)[1]),
    "an old packet": lambda c: hot(c, at=c.stage.now() - HOUR - 60),
    "a packet of tomorrow": lambda c: hot(c, at=c.stage.now() + 86_400),
    "a claim's confirmation": lambda c: (
        sign_confirmation(c.stage.pebbles[0], c.stage.insured, c.stage.now()),
        hot(c)[1],
    ),
    "a packet of another type": lambda c: (
        sign_data_packet(c.stage.pebbles[0], b"\x08\x01", c.stage.now(), 1),
        hot(c)[1],
    ),
    "weather that is no event": lambda c: [c.stage.packet(key, 1_500) for key in c.stage.pebbles],
}


@pytest.mark.parametrize("invent", INVENTED.values(), ids=INVENTED)
def test_what_the_insured_makes_up_pays_nothing(cover, invent):
    reason = cover.refused(*invent(cover))
    assert reason.startswith(("PebblePacket_", "DeviceEvidence_", "WeatherInsurance_NoEvent")), reason


def test_a_packet_pays_once_also_with_its_other_signature(cover):
    devices = [pebble.address for pebble in cover.stage.pebbles]
    cover.insurance.send(cover.stage.insured, "buy", PAYOUT, devices, wei=PREMIUM)
    later = [cover.stage.packet(key, 4_000, at=cover.stage.now() + 5) for key in cover.stage.pebbles]
    cover.stage.later(60)
    cover.claim(*later, policy=2)
    s = CURVE_ORDER - int.from_bytes(later[0][-32:], "big")
    with pytest.raises(Refused, match="PacketUsed"):
        cover.claim(later[0][:-32] + s.to_bytes(32, "big"), later[1])


def test_a_device_in_the_insureds_own_hands_pays_nothing(stage, cover):
    world = stage.small.world
    devices = world.model.device_registry
    owner = account("owner 1")
    devices.transfer(owner, stage.pebbles[1].address, stage.insured)
    stage.later(10)
    assert cover.refused(*hot(cover)).endswith("NotOwned")
    devices.transfer(account("insured"), stage.pebbles[1].address, owner.address)
    stage.later(10)
    assert cover.refused(*hot(cover)).endswith("NotOwned"), "it changed hands since"


@pytest.fixture
def gate(stage, consumers):
    _, threshold = stage.answer(3_000, stage.now())
    observers = sorted(account(f"observer {n}").address for n in range(3))
    terms = (threshold, threshold + 1_000, observers, 2)
    return deploy(stage.rpc, consumers["AirQualityGate"], stage.insurer, stage.terms(), terms)


def shown_to(gate, stage, domain, names, answer=0, version=None):
    """An observation by these observers, as the gate takes it."""
    keys = sorted((account(name) for name in names), key=lambda key: int(key.address, 16))
    version = version or stage.published.file.version
    at = stage.now()
    question = pack_question([1], 2)
    signed = [
        sign_prediction(
            key,
            domain,
            version=version,
            question=question,
            answer=answer,
            unit="degC",
            issued_at=at,
            valid_until=at + 600,
        )
        for key in keys
    ]
    claim = (stage.small.world.model.round_manager.address, version, at, at + 600)
    gate.send(stage.insured, "showObservation", claim, question, answer, b"".join(one.signature for one in signed))


def test_a_gate_opens_by_a_packet_and_not_by_answers_that_were_bought(stage, gate):
    """Whoever asks operators gets signed answers, to questions that were made up."""
    bought = stage.small.world.model.round_manager.domain
    with pytest.raises(Refused, match="BadSigner"):
        shown_to(gate, stage, bought, ["observer 0", "observer 1"])
    elsewhere = replace(bought, chain_id=4_690)
    with pytest.raises(Refused, match="BadSigner"):
        shown_to(gate, stage, elsewhere, ["observer 0", "observer 1"])
    with pytest.raises(Refused, match="BadCount"):
        shown_to(gate, stage, bought, ["observer 0"])
    with pytest.raises(Refused, match="OtherModel"):
        shown_to(gate, stage, bought, ["observer 0", "observer 1"], version=b"\x01" * 32)
    forged = stage.packet(DeviceKey(derive_secret(b"forger", "")), 1_500)
    with pytest.raises(Refused, match="BadSignature"):
        gate.send(stage.insured, "showPackets", stage.pebbles[0].address, [forged])
    assert not gate.ask("isOpen")
    gate.send(stage.insured, "showPackets", stage.pebbles[0].address, [stage.packet(stage.pebbles[0], 1_500)])
    assert gate.ask("isOpen")
    stage.later(HOUR + 60)
    assert not gate.ask("isOpen")
