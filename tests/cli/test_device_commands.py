"""`andel device …` and `andel alliance …` as owners and listers run them, against a chain."""

import base64
import json
import os
import subprocess
import sys

import pytest

from andel.device.did import did_of
from andel.device.pebble import sign_confirmation
from andel.keys import AccountKey, Curve, DeviceKey, derive_secret
from andel.ledger.deployment import Deployment
from andel.simulation.world import TERMS, terms_hash
from tests.support.own_data_run import ROOT


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("device commands")


class Person:
    """An account with coins and a key file."""

    def __init__(self, small, folder, name):
        self.key = AccountKey(derive_secret(b"device commands", str(folder), name))
        self.address = self.key.address
        self.file = folder / f"{name}.key"
        self.file.write_text(self.key.secret_bytes().hex())
        small.local.fund([self.address])


@pytest.fixture
def people(small, tmp_path):
    return [Person(small, tmp_path, name) for name in ("lister", "owner", "buyer")]


@pytest.fixture
def at(small):
    """The options that say which registry."""
    return ["--rpc", small.world.chain.url, "--registry", small.world.model.device_registry.address]


@pytest.fixture
def device(request):
    return DeviceKey(derive_secret(request.node.nodeid.encode()))


def pressed(small, device, owner, ago=0):
    """What the device publishes when its button is pressed for `owner`, in base64."""
    package = sign_confirmation(device, owner.address, small.world.chain.block_time() - ago)
    return base64.b64encode(package).decode()


def refused(told, words):
    """Ended with one line and perhaps a hint."""
    assert told.returncode == 1 and "Traceback" not in told.stderr
    lines = told.stderr.strip().splitlines()
    assert lines[0].startswith("andel: ") and words in lines[0], told.stderr
    assert len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("hint: "))


def test_a_device_is_registered_claimed_listed_handed_on_and_revoked(andel, small, at, people, device, tmp_path):
    lister, owner, buyer = people
    did = did_of(device.address)
    told = andel("device", "register", device.public_key.hex(), *at, "--key-file", lister.file)
    assert told.stdout == f"{did} listed by {lister.address}\n"
    claim = pressed(small, device, owner)
    told = andel("device", "claim", claim, "--device", device.address, *at, "--key-file", owner.file)
    assert told.stdout.startswith(f"{did} belongs to {owner.address}, gas ")
    shown = json.loads(andel("device", "list", "--owner", owner.address, *at, "--json").stdout)
    assert shown["chain_id"] == 31_337 and len(shown["devices"]) == 1
    (facts,) = shown["devices"]
    assert facts["device"] == device.address and facts["did"] == did and facts["owner"] == owner.address
    assert not facts["revoked"] and 0 < facts["since"] <= small.world.chain.block_time()
    assert [item["lister"] for item in facts["listings"]] == [lister.address]
    told = andel(
        "device", "transfer", did, buyer.address, *at, "--key-file", owner.file, "--payer-key-file", lister.file
    )
    assert told.returncode == 0 and f"belongs to {buyer.address}" in told.stdout
    assert json.loads(andel("device", "list", "--owner", owner.address, *at, "--json").stdout)["devices"] == []
    told = andel("device", "revoke", did, *at, "--key-file", buyer.file, "--yes")
    assert told.returncode == 0 and "is revoked, for ever" in told.stdout
    told = andel("device", "stop", did, *at, "--key-file", lister.file, "--yes")
    assert told.returncode == 0
    text = andel("device", "list", did, *at).stdout
    assert text.startswith(f"{did}\n  device {device.address}\n  owner {buyer.address} since 20")
    assert f"listed by {lister.address} since 20" in text and ", stopped 20" in text and "revoked" in text
    by_lister = json.loads(andel("device", "list", "--lister", lister.address, *at, "--json").stdout)
    assert [item["device"] for item in by_lister["devices"]] == [device.address]


@pytest.mark.full
def test_it_runs_as_a_process_with_standard_input_and_a_deployment_file(small, people, device, tmp_path, deployment):
    _, owner, _ = people
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "andel", "device", "claim", "-", "--device", device.address]
    command += ["--rpc", small.world.chain.url, "--registry", str(deployment), "--key-file", str(owner.file)]
    told = subprocess.run(
        command, input=pressed(small, device, owner), env=environment, capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"{did_of(device.address)} belongs to {owner.address}")


@pytest.fixture
def deployment(small, tmp_path):
    path = tmp_path / "deployment.json"
    Deployment.of_model(small.world.model).to_file(path)
    return path


def test_a_p256_device_is_claimed_with_its_key_and_somebody_else_may_pay(andel, small, at, people, tmp_path):
    _, owner, payer = people
    station = DeviceKey(derive_secret(b"p256 station", str(tmp_path)), Curve.P256)
    claim = tmp_path / "claim.bin"
    claim.write_bytes(base64.b64decode(pressed(small, station, owner)))
    broke = tmp_path / "broke.key"
    poor = AccountKey(derive_secret(b"no coins", str(tmp_path)))
    broke.write_text(poor.secret_bytes().hex())
    named = "p256:" + station.public_key[2:].hex()
    told = andel("device", "claim", claim, "--device", named, *at, "--key-file", owner.file)
    assert told.returncode == 0 and told.stdout.startswith(f"{did_of(station.address)} belongs to {owner.address}")
    andel("device", "release", named, *at, "--key-file", owner.file)
    small.local.mine()
    claim.write_bytes(sign_confirmation(station, poor.address, small.world.chain.block_time() + 1))
    paid = ["--key-file", broke, "--payer-key-file", payer.file]
    told = andel("device", "claim", claim, "--device", named, *at, *paid)
    assert told.returncode == 0, told.stderr
    assert small.world.model.device_registry.status_of(station.address).owner == poor.address


def test_refusals_are_told_in_one_line_with_a_hint(andel, small, at, people, device):
    lister, owner, buyer = people
    key = ["--key-file", owner.file]
    claim = pressed(small, device, owner)
    named = ["--device", device.address]
    refused(andel("device", "claim", pressed(small, device, owner, 4_000), *named, *at, *key), "an hour before")
    refused(andel("device", "claim", claim, *named, *at, "--key-file", buyer.file), f"signed the owner {owner.address}")
    refused(andel("device", "claim", claim, "--device", owner.address, *at, *key), "made this signature")
    refused(andel("device", "claim", "nonsense!", *named, *at, *key), "no file, base64 or hex")
    refused(andel("device", "claim", "00" * 40, *named, *at, *key), "not a protobuf package of a Pebble")
    refused(andel("device", "release", device.address, *at, *key), "belongs to nobody")
    assert andel("device", "claim", claim, *named, *at, *key).returncode == 0
    refused(andel("device", "claim", claim, *named, *at, *key), f"belongs to {owner.address}")
    refused(andel("device", "transfer", device.address, buyer.address, *at, "--key-file", buyer.file), "not to")
    andel("device", "release", device.address, *at, *key)
    refused(andel("device", "claim", claim, *named, *at, *key), "this claim was used, or is older")
    known = "0xE540678F0B995BF3B287E47f84f84aeA44CFEb31"
    refused(andel("device", "register", known, *at, "--key-file", lister.file), "is public")
    refused(andel("device", "register", "x", *at, "--key-file", lister.file), "not a device")
    refused(andel("device", "register", *at, "--key-file", lister.file), "no device is named")
    refused(andel("device", "list", *at), "no device is named")
    refused(andel("device", "stop", device.address, *at, "--key-file", lister.file, "--yes"), "never listed")
    refused(andel("device", "list", device.address, "--rpc", at[1], "--registry", owner.address), "nothing answers")


def test_many_devices_are_listed_from_a_file(andel, small, at, people, tmp_path):
    lister, _, _ = people
    keys = [DeviceKey(derive_secret(b"many", number)) for number in range(103)]
    file = tmp_path / "devices.txt"
    file.write_text("# a delivery\n\n" + "".join(f"{key.address}  # box {i}\n" for i, key in enumerate(keys)))
    told = andel("device", "register", *at, "--key-file", lister.file, "--file", file)
    assert told.returncode == 0 and len(told.stdout.splitlines()) == 103
    shown = json.loads(andel("device", "list", "--lister", lister.address, *at, "--json").stdout)
    assert [item["device"] for item in shown["devices"]] == [key.address for key in keys]


def test_nothing_is_revoked_without_a_yes(andel, small, at, people, device, monkeypatch):
    _, owner, _ = people
    andel("device", "claim", pressed(small, device, owner), "--device", device.address, *at, "--key-file", owner.file)
    told = andel("device", "revoke", device.address, *at, "--key-file", owner.file)
    assert told.returncode == 1
    assert not small.world.model.device_registry.status_of(device.address).revoked


def test_an_owner_sees_accepts_and_leaves_an_alliance(andel, small, people, device):
    _, owner, payer = people
    model = ["--rpc", small.world.chain.url, "--model", small.world.model.round_manager.address]
    listed = small.world.actors.devices[0].address
    about = ["--account", owner.address, "--device", listed, "--device", device.address]
    shown = json.loads(andel("alliance", "show", *model, *about, "--store", small.folder / "content", "--json").stdout)
    assert shown["listers"] == [small.world.actors.lister.address] and shown["terms"] == terms_hash().hex()
    assert shown["terms_text"] == TERMS.decode() and (shown["boxes"], shown["channels"]) == ([], [])
    assert shown["accepted"] is False
    assert shown["admitted"] == {did_of(listed): True, did_of(device.address): False}
    key = ["--key-file", owner.file]
    told = andel("alliance", "accept", *model, *key, "--terms", shown["terms"])
    assert told.returncode == 0 and told.stdout.startswith(f"{owner.address} accepted the terms {shown['terms']}")
    text = andel("alliance", "show", *model, "--account", owner.address).stdout
    assert "accepted: yes" in text and f"terms: {shown['terms']}" in text
    told = andel("alliance", "withdraw", *model, *key, "--terms", shown["terms_cid"])
    assert told.returncode == 0 and "withdrew from rounds opened after" in told.stdout
    small.local.mine()
    assert "accepted: no" in andel("alliance", "show", *model, "--account", owner.address).stdout
    again = [*model, *key, "--payer-key-file", payer.file, "--terms"]
    assert andel("alliance", "accept", *again, shown["terms"]).returncode == 0
    assert andel("alliance", "withdraw", *again, shown["terms"], "--until", 4_000_000_000).returncode == 0
    assert andel("alliance", "withdraw", *again, shown["terms"]).returncode == 0
    refused(andel("alliance", "withdraw", *model, *key, "--terms", shown["terms"]), "has not accepted the terms")
    refused(andel("alliance", "accept", *model, *key, "--terms", "abc"), "not the hash of terms")
    told = andel("alliance", "accept", *model, *key, "--terms", "11" * 32)
    assert "these are not the terms of rounds opened now" in told.stderr
    refused(andel("alliance", "withdraw", *model, *key, "--terms", "11" * 32, "--until", 5), "has passed")
