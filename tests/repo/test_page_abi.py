"""What the page knows of contracts and signatures is what the contracts and the package say."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from eth_abi.packed import encode_packed

from andel.hashing import keccak
from andel.ledger.authorized_transfers import TRANSFER_TYPE
from andel.typed_data import TYPES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("write_page_abi", ROOT / "scripts" / "write_page_abi.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entries_of(text):
    """Each list of the file by its name, as JSON."""
    parts = text.split("export const ")[1:]
    return {
        part.split(" ", 1)[0]: json.loads("[" + part.split("[", 1)[1].replace(",\n] as const;\n", "]"))
        for part in parts
    }


def test_the_pages_files_are_current(script):
    assert script.stale() == []


def test_a_changed_contract_makes_the_page_stale(script, tmp_path):
    for name in (script.ABI, script.SIGNATURES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / script.ARTIFACTS, tmp_path / script.ARTIFACTS)
    assert script.stale(tmp_path) == []
    artifact = tmp_path / script.ARTIFACTS / "RewardPool.json"
    artifact.write_text(artifact.read_text("utf-8").replace('"cumulative"', '"total"'), "utf-8")
    assert script.stale(tmp_path) == [script.ABI]


def test_a_name_that_no_contract_has_is_refused(script, monkeypatch):
    monkeypatch.setattr(script, "CALLED", {"rewardPool": ("RewardPool", "claimEverything")})
    with pytest.raises(LookupError, match="RewardPool has 0 entries claimEverything"):
        script.abi_text()


def test_a_name_of_several_functions_is_refused_without_its_types(script, monkeypatch):
    monkeypatch.setattr(script, "CALLED", {"modelGovernor": ("ModelGovernor", "queue")})
    with pytest.raises(LookupError, match="2 entries queue"):
        script.abi_text()


def test_every_list_is_named_once_and_holds_no_entry_twice(script):
    lists = entries_of(script.abi_text())
    assert lists.keys() == script.CALLED.keys()
    for name, entries in lists.items():
        seen = [(entry["type"], entry["name"], str(entry["inputs"])) for entry in entries]
        assert len(seen) == len(set(seen)), name


def test_no_entry_carries_the_compilers_own_names(script):
    assert "internalType" not in script.abi_text()


def test_the_signed_types_are_the_packages(script):
    text = script.types_text()
    for signed in (TYPES["Prediction"], TYPES["PredictionBatch"], TRANSFER_TYPE):
        name, fields = signed.rstrip(")").split("(", 1)
        for field in fields.split(","):
            kind, called = field.split(" ")
            assert f'"name": "{called}", "type": "{kind}"' in text.split(f"  {name}: [")[1].split("]")[0]


def test_the_transfers_type_is_the_one_of_erc_3009():
    # the constant that OpenZeppelin's and Circle's tokens hold
    assert keccak(encode_packed(["string"], [TRANSFER_TYPE])).hex() == (
        "7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267"
    )
