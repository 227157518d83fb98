"""Writes the files under vectors/ that the Python and the Solidity tests both read.

typed_data.json holds one message, digest and signature of each EIP-712 type; predictions.json answers under one
signature; confirm.json one device's signed
claim, confirm_p256.json one of a device with a P-256 key; claims.json a tree of earnings with every account's proof;
ordered.json ordered trees with the path of every leaf; emission.json what schedules have accrued at a time;
offering.json sales and what a plain model of their rules gives; revenue.json a story of moves, payments and claims of
a model's revenue with what the plain model in tests/ledger/plain_vault.py makes of it; pool.json sequences of credits,
claims, votes and time with what the one in tests/value/plain_pool.py makes of them; attesting.json the same of
validators' commits and reveals (tests/training/plain_attesting.py); pebble.json packets with what `andel.device` reads.
All keys are derived from a public text, so the files say nothing secret and come out the same everywhere. `--check`
writes nothing and fails when a file on disk is not current. Run: python scripts/write_vectors.py
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from andel.device.epochs import CURRENT
from andel.device.packets import read_packet
from andel.device.pebble import encode_sensor_data, sign_data_packet
from andel.device.pebble_schema import SCALARS
from andel.hashing import sha256
from andel.keys import AccountKey, Curve, DeviceKey, address_bytes, derive_secret, recoverable_signature
from andel.merkle import MerkleTree
from andel.p256 import ORDER, point_of
from andel.serving.prediction_batch import sign_batch
from andel.typed_data import TYPES, Domain, sign_typed, type_hash, typed_digest, typed_fields, typed_signer
from andel.units import TOKEN, BaseUnits
from andel.value.claims import ClaimTree
from andel.value.emission import EmissionSchedule

SEED = b"andel public test vectors"
CHAIN_ID = 31337
CLAIM_TIME = 1_700_000_000
ACCOUNTS = 20
TREES = 9
STEPS = 240
ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "vectors"

CONTRACT = AccountKey(derive_secret(SEED, "contract")).address
OWNER = AccountKey(derive_secret(SEED, "owner"))
DEVICE = DeviceKey(derive_secret(SEED, "device"))
DEVICE_P256 = DeviceKey(derive_secret(SEED, "device on P-256"), Curve.P256)
TERMS = sha256(SEED, b"terms")

FIXED: dict[str, dict[str, object]] = {
    "Attestation": {"evaluation": -1_234_567},
    "BatchEntries": {"owner": OWNER.address, "deadline": CLAIM_TIME + 3_600},
    "DeviceClaim": {
        "device": DEVICE.address,
        "owner": OWNER.address,
        "timestamp": CLAIM_TIME,
        "deadline": CLAIM_TIME + 3_600,
    },
    "TermsAcceptance": {"owner": OWNER.address, "termsHash": TERMS, "nonce": 0, "deadline": CLAIM_TIME + 3_600},
    "TermsWithdrawal": {
        "owner": OWNER.address,
        "termsHash": TERMS,
        "until": CLAIM_TIME + 7_200,
        "nonce": 1,
        "deadline": CLAIM_TIME + 3_600,
    },
    "NodeDelegation": {
        "model": CONTRACT,
        "owner": OWNER.address,
        "keyX": point_of(DEVICE_P256.public_key)[:32],
        "keyY": point_of(DEVICE_P256.public_key)[32:],
        "until": CLAIM_TIME + 7_200,
    },
}
"""Fields with a meaning; every other field is filled from a hash over its whole width."""


def typed_data_vectors() -> dict[str, object]:
    """The content of typed_data.json."""
    domain = Domain(CHAIN_ID, CONTRACT)
    entries = []
    for name in TYPES:
        message = _message(name)
        signature = sign_typed(OWNER, name, domain, message)
        entries.append(
            {
                "name": name,
                "typeHash": _hex(type_hash(name)),
                "message": {field: _text(value) for field, value in message.items()},
                "digest": _hex(typed_digest(name, domain, message)),
                "signer": typed_signer(name, domain, message, signature),
                "signature": _hex(signature),
            }
        )
    return {"domain": {"chainId": str(CHAIN_ID), "contract": CONTRACT}, "types": entries}


def predictions_vector() -> dict[str, object]:
    """The content of predictions.json: answers, the least and the greatest among them, under one signature."""
    domain = Domain(CHAIN_ID, CONTRACT)
    answers = (0, -1, 1, 2**255 - 1, -(2**255), -1_234, 10**30)
    batch = sign_batch(
        OWNER,
        domain,
        version=sha256(SEED, b"version"),
        questions=[sha256(SEED, b"question", bytes([number])) for number in range(len(answers))],
        answers=answers,
        unit="0.01 degC",
        issued_at=CLAIM_TIME,
        valid_until=CLAIM_TIME + 3_600,
    )
    told = {
        "model": batch.model,
        "version": _hex(batch.version),
        "count": str(len(batch.answers)),
        "questions": _hex(b"".join(batch.questions)),
        "answers": [str(answer) for answer in batch.answers],
        "issuedAt": str(batch.issued_at),
        "validUntil": str(batch.valid_until),
        "signer": batch.signer,
        "digest": _hex(typed_digest("PredictionBatch", domain, batch.message())),
        "signature": _hex(batch.signature),
    }
    return {"separator": _hex(domain.separator), "batch": told}


def confirm_vector() -> dict[str, object]:
    """The content of confirm.json: what DeviceRegistry.claim takes for `owner` at `timestamp`."""
    signed = address_bytes(OWNER.address) + CLAIM_TIME.to_bytes(4, "big")
    signature = recoverable_signature(sha256(signed), DEVICE.sign_sha256(signed), DEVICE.address)
    return {
        "device": DEVICE.address,
        "owner": OWNER.address,
        "timestamp": CLAIM_TIME,
        "signature65": _hex(signature),
    }


def confirm_p256_vector() -> dict[str, object]:
    """The content of confirm_p256.json: what DeviceRegistry.claimP256 takes, and the form with a high s it refuses."""
    signed = address_bytes(OWNER.address) + CLAIM_TIME.to_bytes(4, "big")
    signature = DEVICE_P256.sign_sha256(signed)
    point = point_of(DEVICE_P256.public_key)
    return {
        "device": DEVICE_P256.address,
        "publicKey": _hex(DEVICE_P256.public_key),
        "x": _hex(point[:32]),
        "y": _hex(point[32:]),
        "owner": OWNER.address,
        "timestamp": CLAIM_TIME,
        "r": _hex(signature[:32]),
        "s": _hex(signature[32:]),
        "highS": _hex((ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")),
    }


def claims_vector() -> dict[str, object]:
    """The content of claims.json: leaves in the order of their running sums, so the last one holds the total."""
    accounts = [AccountKey(derive_secret(SEED, "claims", number)).address for number in range(ACCOUNTS)]
    tree = ClaimTree({account: BaseUnits((i + 1) * TOKEN + i * i) for i, account in enumerate(accounts)})
    claims = sorted((tree.claim(account) for account in accounts), key=lambda claim: claim.running_sum)
    leaves = [
        {
            "account": claim.account,
            "cumulative": str(claim.cumulative),
            "runningSum": str(claim.running_sum),
            "proof": [_hex(sibling) for sibling in claim.proof],
        }
        for claim in claims
    ]
    return {"root": _hex(tree.root), "total": str(tree.total), "leaves": leaves}


def ordered_vector() -> dict[str, object]:
    """The content of ordered.json: ordered trees of 1 to 9 leaves, with the path of every leaf in one piece."""
    trees = []
    for count in range(1, TREES + 1):
        leaves = [bytes(sha256(SEED, b"ordered", bytes([count, i]))) * 2 for i in range(count)]
        tree = MerkleTree(leaves)
        trees.append(
            {
                "root": _hex(tree.root),
                "leaves": [_hex(leaf) for leaf in leaves],
                "paths": [_hex(b"".join(tree.proof(index))) for index in range(count)],
            }
        )
    return {"trees": trees}


def emission_vector() -> dict[str, object]:
    """The content of emission.json: schedules with and without halving and tail, each at several times."""
    year, rate = 365 * 86_400, 10 * TOKEN
    schedules = (
        EmissionSchedule(CLAIM_TIME, rate, 10**9 * TOKEN),
        EmissionSchedule(CLAIM_TIME, rate, 10**6 * TOKEN),
        EmissionSchedule(CLAIM_TIME, rate, 10**9 * TOKEN, year),
        EmissionSchedule(CLAIM_TIME, rate, 10**9 * TOKEN, year, TOKEN),
        EmissionSchedule(CLAIM_TIME, 2**128 - 1, 2**128 - 1, 1),
        EmissionSchedule(CLAIM_TIME, 1_000_003, 10**18, 97, 11),
    )
    after = (0, 1, 96, 97, 98, year - 1, year, year + 1, 3 * year + 7, 40 * year)
    cases = [
        {name: str(getattr(each, name)) for name in each.__slots__}
        | {"at": str(CLAIM_TIME + seconds), "accrued": str(each.accrued(CLAIM_TIME + seconds))}
        for each in schedules
        for seconds in after
    ]
    return {"cases": cases}


def offering_vector() -> dict[str, object]:
    """The content of offering.json."""
    told: dict[str, object] = _plain("ledger/plain_offering.py").sales(SEED)
    return told


def revenue_vector() -> dict[str, object]:
    """The content of revenue.json. The plain model is a reference for tests only, so it lies with them."""
    told: dict[str, object] = _plain("ledger/plain_vault.py").story(SEED, STEPS)
    return told


def pool_vector() -> dict[str, object]:
    """The content of pool.json."""
    told: dict[str, object] = _plain("value/plain_pool.py").sequences(SEED)
    return told


def attesting_vector() -> dict[str, object]:
    """The content of attesting.json."""
    told: dict[str, object] = _plain("training/plain_attesting.py").sequences(SEED)
    return told


def pebble_vector() -> dict[str, object]:
    """The content of pebble.json: packets of a simulated Pebble, and by field number what the device room reads."""
    usual = {wire.channel: _drawn(number, "pebble", 100_000) for number, wire in SCALARS.items()}
    cold = {"latitude": -345_600_000, "longitude": -583_800_000, "temperature": -1_234, "signal": 25_500}
    lost = {"latitude": 2_000_000_000, "longitude": 2_000_000_000}
    axes = {f"{name}_{axis}": 8_179 - 300 * len(name) for name in ("gyroscope", "accelerometer") for axis in "xyz"}
    packets: list[dict[str, object]] = []
    for values in (usual, usual | cold, usual | lost, axes | cold, {"temperature": 2_150, "humidity": 0}, {"light": 7}):
        time, nonce = CLAIM_TIME + len(packets), "" if "humidity" not in values else "5da0997414922a8b"
        raw = sign_data_packet(DEVICE, encode_sensor_data(values, nonce), time)
        reading = read_packet(raw, DEVICE.public_key, CURRENT)
        read = {measurement.channel: measurement.value for measurement in reading.measurements}
        fields = [read.get(SCALARS[n].channel) if n else None for n in range(10)]
        packets.append(
            {
                "packet": _hex(raw),
                "timestamp": str(time),
                "digest": _hex(reading.digest),
                "measured": str(sum(1 << n for n, value in enumerate(fields) if value is not None)),
                "values": [str(value or 0) for value in fields],
            }
        )
    return {"device": DEVICE.address, "packets": packets}


def _drawn(case: int, label: str, below: int) -> int:
    return int.from_bytes(sha256(SEED, b"offering", bytes([case]), label.encode()), "big") % below


def _plain(path: str) -> ModuleType:
    """A plain model, which lies with the tests."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / path)
    assert spec is not None and spec.loader is not None
    plain = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up by name.
    sys.modules[name] = plain
    spec.loader.exec_module(plain)
    return plain


def files() -> dict[str, str]:
    """File name to the exact text it must hold."""
    contents = {
        "typed_data.json": typed_data_vectors(),
        "predictions.json": predictions_vector(),
        "confirm.json": confirm_vector(),
        "confirm_p256.json": confirm_p256_vector(),
        "claims.json": claims_vector(),
        "ordered.json": ordered_vector(),
        "emission.json": emission_vector(),
        "offering.json": offering_vector(),
        "revenue.json": revenue_vector(),
        "pebble.json": pebble_vector(),
    }
    columns = {"pool.json": pool_vector(), "attesting.json": attesting_vector()}
    texts = {name: json.dumps(content, indent=2) + "\n" for name, content in contents.items()}
    return texts | {name: _in_lines(content) for name, content in columns.items()}


def _in_lines(content: Mapping[str, object]) -> str:
    """JSON with each list of the second level in one line: long columns stay small."""
    groups = []
    for group, lists in content.items():
        assert isinstance(lists, dict)
        lines = [f"    {json.dumps(name)}: {json.dumps(values)}" for name, values in lists.items()]
        groups.append(f"  {json.dumps(group)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(groups) + "\n}\n"


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of the files in `folder` that are missing or differ from what this script writes."""
    current = files().items()
    return [
        name
        for name, text in current
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 when all files are current (or were written), 1 when `--check` found a stale one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    if parser.parse_args(arguments).check:
        for name in (names := stale()):
            sys.stderr.write(f"vectors/{name} is not current: run python scripts/write_vectors.py\n")
        return 1 if names else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def _message(name: str) -> dict[str, object]:
    fixed = FIXED.get(name, {})
    return {
        field: fixed[field] if field in fixed else _filled(kind, f"{name}.{field}")
        for kind, field in typed_fields(name)
    }


def _filled(kind: str, label: str) -> object:
    material = sha256(SEED, label.encode())
    if kind == "address":
        return AccountKey(derive_secret(SEED, label)).address
    if kind == "bytes32":
        return bytes(material)
    return int.from_bytes(material[: int(kind.removeprefix("uint")) // 8], "big")


def _text(value: object) -> str:
    return _hex(value) if isinstance(value, bytes) else str(value)


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
