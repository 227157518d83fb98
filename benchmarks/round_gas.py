"""Gas of a model's rounds: batches entered, rounds of 10 to 100,000 contributors settled, claims.

Rounds are played with hand-made hashes, three validators, two of which decide. No hash, signature or sum here has a
zero byte where that is free to choose, since Ethereum's calldata is cheaper by 12 gas for each: rounds of different
sizes then cost the same to the unit, or the chain does more for one of them. Used by gas.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gas_meter import Meter

from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, checksummed, derive_secret, recoverable_signature
from andel.ledger.contracts import Entry
from andel.ledger.deployment import ModelContracts
from andel.ledger.receipt import Receipt
from andel.ledger.round_hashes import attestation_commitment
from andel.typed_data import sign_typed, typed_digest
from andel.units import TOKEN, Address, BaseUnits, Digest
from andel.value.claims import Claim, ClaimTree, value_root

HOUR = 3_600
MINTED = 900 * TOKEN + 0x0101_0101_0101_0101
BATCHES = 50
SIZES = (10, 1_000, 100_000)
"""Contributors of the rounds that are compared."""

T = TypeVar("T")


def key_of(name: str, number: int = 0) -> AccountKey:
    """A key of the benchmark."""
    return AccountKey(derive_secret(b"ownership gas", name, number))


FOUNDER, COORDINATOR, HOLDER = (key_of(name) for name in ("founder", "coordinator", "holder"))
VALIDATORS = tuple(key_of("validator", i) for i in range(3))


@dataclass(frozen=True, slots=True)
class Played:
    """A round that was settled: its transactions, and the tree that it made final."""

    receipts: tuple[Receipt, ...]
    tree: ClaimTree


def measure_batches(meter: Meter, model: ModelContracts) -> None:
    """Claims a device, enters a batch of it and then fifty."""
    device, chain = DeviceKey(derive_secret(b"ownership gas", "device")), model.round_manager.chain
    now = chain.block_time() + 1
    said = bytes.fromhex(HOLDER.address[2:]) + now.to_bytes(4, "big")
    signature = recoverable_signature(sha256(said), device.sign_sha256(said), device.address)
    claimed = model.device_registry.claim(HOLDER, device.address, now, signature)
    meter.keep("device_claim", "claim a device, secp256k1", claimed)
    today = now // (24 * HOUR)
    entries = [Entry(device.address, today - back, plain_hash(f"batch {back}")) for back in range(BATCHES + 1)]
    meter.keep("batch_alone", "enter one batch alone", model.batch_registry.enter(HOLDER, entries[:1]))
    together = model.batch_registry.enter(HOLDER, entries[1:])
    meter.keep("batch_of_50", f"enter a batch, {BATCHES} in a transaction", together, parts=BATCHES)


def measure_rounds(meter: Meter, model: ModelContracts) -> None:
    """Settles the first round, then one of each size; claims after the last."""
    number = 1
    first = play(model, earned(10, number), number)
    meter.keep("settle_first", "settle a model's first round", *first.receipts)
    last = first
    for size in SIZES:
        number += 1
        last = play(model, earned(size, number), number)
        meter.keep(f"settle_{size}", f"settle a round, {size:,} contributors", *last.receipts)
    deep = f"{SIZES[-1]:,} contributors, depth {len(last.tree.claim(HOLDER.address).proof)}"
    meter.keep("claim_new", f"first claim, {deep}", claim(model, last.tree))
    meter.keep("claim_nothing", f"claim when nothing is new, {deep}", claim(model, last.tree))
    number += 1
    last = play(model, earned(SIZES[-1], number), number)
    meter.keep("claim_again", f"repeated claim, {deep}", claim(model, last.tree))
    meter.keep("claim_operator", "operator's claim", model.pool.claim_operator(FOUNDER, VALIDATORS[0].address)[1])


def measure_claims_of_a_new_epoch(meter: Meter, model: ModelContracts) -> None:
    """Claims after an epoch has begun in which nobody claimed yet: they also keep what was held until then."""
    number, others = len(SIZES) + 3, "the account's first move in an epoch"
    held = earned(SIZES[-1], number)
    tree, other = play(model, held, number).tree, list(held)[1]
    meter.keep("claim_new_epoch_first", "first claim, the first of all in an epoch", claim(model, tree, other))
    meter.keep("claim_again_epoch", f"repeated claim, {others}", claim(model, tree))


def claim(model: ModelContracts, tree: ClaimTree, account: Address = HOLDER.address) -> Receipt:
    """An account's claim, which somebody else brings."""
    leaf: Claim = tree.claim(account)
    return model.pool.claim(FOUNDER, leaf.account, leaf.cumulative, leaf.running_sum, leaf.proof)[1]


def earned(count: int, rounds: int) -> dict[Address, BaseUnits]:
    """What `count` accounts have earned after so many rounds, equal but for what does not divide."""
    total = rounds * MINTED
    share = total // count
    for salt in range(256):
        accounts = [HOLDER.address]
        accounts += [
            checksummed(bytes(sha256(b"account", bytes([salt]), str(i).encode()))[:20]) for i in range(1, count)
        ]
        held = {a: BaseUnits(share if i else total - share * (count - 1)) for i, a in enumerate(accounts)}
        if 0 not in ClaimTree(held).root:
            return held
    raise AssertionError("no root without a zero byte")


def plain_hash(name: str) -> Digest:
    """A hash of a name, none of whose bytes is zero."""
    return first_plain((sha256(name.encode(), bytes([salt])) for salt in range(256)), bytes)


def first_plain(values: Iterable[T], read: Callable[[T], bytes]) -> T:
    """The first value that reads without a zero byte."""
    return next(value for value in values if 0 not in read(value))


def play(model: ModelContracts, held: Mapping[Address, BaseUnits], number: int) -> Played:
    """A round from open to finalise: each transaction that it takes."""
    rounds, receipts = model.round_manager, list[Receipt]()
    chain = rounds.chain
    deadline = first_plain(range(chain.block_time() + HOUR, 2**32), lambda when: when.to_bytes(4, "big"))
    opened, receipt = rounds.open(COORDINATOR, plain_hash("plan"), rounds.current_version(), 1_000 * TOKEN, deadline)
    receipts.append(receipt)
    receipts.append(rounds.commit_data(COORDINATOR, opened, plain_hash("commitments"), plain_hash("list")))
    receipts.append(rounds.record_seed(FOUNDER, opened)[1])
    receipts.append(rounds.close(COORDINATOR, opened, plain_hash("updates"), plain_hash("evidence")))
    receipts.append(rounds.record_seed(FOUNDER, opened)[1])
    tree = ClaimTree(held)
    gain = first_plain(range(1, 256), lambda gain: value_root(tree.root, tree.total, MINTED, gain))
    said, signatures = _agreed(model, number, value_root(tree.root, tree.total, MINTED, gain))
    digest = typed_digest("Attestation", rounds.domain, said)
    salts = {key: _salt(digest, key) for key in VALIDATORS}
    for key in VALIDATORS:
        sealed = attestation_commitment(digest, key.address, salts[key])
        receipts.append(rounds.commit_attestation(key, opened, sealed))
    for key, signature in zip(VALIDATORS, signatures, strict=True):
        receipts.append(rounds.reveal(key, said, key.address, salts[key], signature))
    receipts.append(rounds.finalise(FOUNDER, said, tree.root, tree.total, MINTED, gain))
    return Played(tuple(receipts), tree)


def _agreed(model: ModelContracts, number: int, value: Digest) -> tuple[dict[str, object], list[bytes]]:
    """What all validators attest, and their signatures; the state's hash is one under which those have no zero byte."""
    rounds = model.round_manager
    for salt in range(4_096):
        said: dict[str, object] = {
            "model": rounds.address,
            "round": number,
            "attempt": 0,
            "planHash": plain_hash("plan"),
            "updatesRoot": plain_hash("updates"),
            "versionHash": plain_hash(f"version {number}"),
            "valueRoot": value,
            "stateHash": plain_hash(f"state {number} {salt}"),
            "evaluation": -250,
            "evidenceHash": plain_hash("evidence"),
        }
        signatures = [sign_typed(key, "Attestation", rounds.domain, said) for key in VALIDATORS]
        if 0 not in b"".join(signatures):
            return said, signatures
    raise AssertionError("no signatures without a zero byte")


def _salt(digest: Digest, key: AccountKey) -> Digest:
    salts = (plain_hash(f"salt {number}") for number in range(4_096))
    return first_plain(salts, lambda salt: attestation_commitment(digest, key.address, salt))
