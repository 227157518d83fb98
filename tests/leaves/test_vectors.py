"""The files under vectors/ are what scripts/write_vectors.py writes, and mean what contracts will check."""

import importlib.util
import json
from pathlib import Path

import pytest

from andel import p256
from andel.hashing import sha256
from andel.keys import address_bytes, address_of_public_key, recover_address, verify_signature

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("write_vectors", ROOT / "scripts" / "write_vectors.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_files_are_current(script):
    assert script.stale() == []
    assert script.main(["--check"]) == 0


def test_a_changed_or_missing_file_is_reported(script, tmp_path, monkeypatch, capsys):
    (tmp_path / "typed_data.json").write_text("{}", encoding="utf-8")
    assert script.stale(tmp_path) == [
        "typed_data.json",
        "predictions.json",
        "confirm.json",
        "confirm_p256.json",
        "claims.json",
        "ordered.json",
        "emission.json",
        "offering.json",
        "revenue.json",
        "pebble.json",
        "pool.json",
        "attesting.json",
    ]
    monkeypatch.setattr(script, "stale", lambda: ["confirm.json"])
    assert script.main(["--check"]) == 1
    assert "vectors/confirm.json is not current" in capsys.readouterr().err


def test_the_confirmation_recovers_to_its_device_as_a_contract_would_check():
    vector = json.loads((ROOT / "vectors" / "confirm.json").read_text(encoding="utf-8"))
    owner = address_bytes(vector["owner"])
    digest = sha256(owner, vector["timestamp"].to_bytes(4, "big"))
    assert recover_address(digest, bytes.fromhex(vector["signature65"][2:])) == vector["device"]
    assert int.from_bytes(owner[:4], "big") > 3


def test_the_p256_confirmation_is_its_devices_with_a_low_s():
    vector = json.loads((ROOT / "vectors" / "confirm_p256.json").read_text(encoding="utf-8"))
    bare = {name: bytes.fromhex(vector[name][2:]) for name in ("publicKey", "x", "y", "r", "s", "highS")}
    digest = sha256(address_bytes(vector["owner"]), vector["timestamp"].to_bytes(4, "big"))
    assert p256.point_of(bare["publicKey"]) == bare["x"] + bare["y"]
    assert address_of_public_key(bare["publicKey"]) == vector["device"]
    low, high = bare["r"] + bare["s"], bare["r"] + bare["highS"]
    assert verify_signature(digest, low, bare["publicKey"]) and verify_signature(digest, high, bare["publicKey"])
    assert p256.low_s(high) == p256.low_s(low) == low


def test_the_drawn_attempts_end_in_every_way():
    vector = json.loads((ROOT / "vectors" / "attesting.json").read_text(encoding="utf-8"))
    for steps in vector.values():
        done = [kind for kind, result in zip(steps["kind"], steps["result"], strict=True) if result != "0"]
        assert done.count("4") > 50 and done.count("2") > 200 and done.count("5") > 0
        assert {"1", "2", "3"} <= set(steps["status"])
