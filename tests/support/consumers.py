"""The example consumers as tests use them: compiled here by forge, asked in an EVM of this process or on a node.

Their compiled code is not part of the package: whoever wants one deploys its own. Tests skip visibly where the
contracts' tools are not installed.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode, encode

from andel.data.feature_spec import FeatureSpec
from andel.device.pebble_schema import SCALARS
from andel.hashing import keccak
from andel.ledger.interface import canonical_type
from andel.ledger.rpc import NodeRefused, Rpc

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
NOBODY = "0x" + "00" * 20
KINDS = ("channel", "lag", "difference", "mean", "hour-sin", "hour-cos", "year-sin", "year-cos")
FIELDS: Mapping[str, int] = {wire.channel: number for number, wire in SCALARS.items()}


class Refused(Exception):
    """A contract refused; the text is its error's name."""


@dataclass(frozen=True)
class Compiled:
    """One contract: its creation code and its interface."""

    name: str
    code: bytes
    abi: Sequence[Mapping[str, Any]]

    def creation(self, *values: object) -> bytes:
        """Creation code with the constructor's values; structs are tuples."""
        (constructor,) = (entry for entry in self.abi if entry["type"] == "constructor")
        return self.code + encode([canonical_type(part) for part in constructor["inputs"]], values)

    def call(self, function: str, *values: object) -> bytes:
        """Call data."""
        kinds = [canonical_type(part) for part in self._function(function)["inputs"]]
        return keccak(f"{function}({','.join(kinds)})".encode())[:4] + encode(kinds, values)

    def result(self, function: str, data: bytes) -> Any:
        """What a function gave: one value, or a tuple of several."""
        found = decode([canonical_type(part) for part in self._function(function)["outputs"]], data)
        return found[0] if len(found) == 1 else found

    def error(self, data: bytes) -> str:
        """The name of a refusal, or its selector."""
        return self._errors.get(data[:4], data[:4].hex())

    def _function(self, name: str) -> Mapping[str, Any]:
        return next(entry for entry in self.abi if entry["type"] == "function" and entry["name"] == name)

    @cached_property
    def _errors(self) -> dict[bytes, str]:
        errors = [entry for entry in self.abi if entry["type"] == "error"]
        return {
            keccak(f"{e['name']}({','.join(canonical_type(part) for part in e['inputs'])})".encode())[:4]: e["name"]
            for e in errors
        }


@dataclass(frozen=True)
class Deployed:
    """A consumer on anvil, for senders that the node itself lets act."""

    contract: Compiled
    rpc: Rpc
    address: str

    def ask(self, function: str, *values: object) -> Any:
        """What a view gives. Raises Refused."""
        call = {"to": self.address, "data": "0x" + self.contract.call(function, *values).hex()}
        return self.contract.result(function, bytes.fromhex(self._tell("eth_call", call, "latest")[2:]))

    def send(self, sender: str, function: str, *values: object, wei: int = 0) -> dict[str, Any]:
        """A transaction's receipt. Raises Refused, which the node says before it takes the transaction."""
        data = self.contract.call(function, *values)
        call = {"from": sender, "to": self.address, "data": "0x" + data.hex(), "value": hex(wei)}
        self._tell("eth_estimateGas", call)
        return sent(self.rpc, call)

    def _tell(self, method: str, *params: object) -> Any:
        try:
            return self.rpc.request(method, *params)
        except NodeRefused as refusal:
            raise Refused(self.contract.error(bytes.fromhex(str(refusal.data).removeprefix("0x")))) from refusal


def sent(rpc: Rpc, call: Mapping[str, object]) -> dict[str, Any]:
    """The receipt of a transaction by an account that needs no key on anvil; it must pass."""
    rpc.request("anvil_impersonateAccount", call["from"])
    sent_as = rpc.request("eth_sendTransaction", call)
    for _ in range(100):  # the node mines by itself, a moment later
        receipt: dict[str, Any] | None = rpc.request("eth_getTransactionReceipt", sent_as)
        if receipt is not None:
            assert receipt["status"] == "0x1"
            return receipt
        time.sleep(0.05)
    pytest.fail(f"transaction {sent_as} was not mined in five seconds")


def deploy(rpc: Rpc, contract: Compiled, sender: str, *values: object) -> Deployed:
    """A consumer on anvil."""
    receipt = sent(rpc, {"from": sender, "data": "0x" + contract.creation(*values).hex()})
    return Deployed(contract, rpc, receipt["contractAddress"])


@pytest.fixture(scope="session")
def consumers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Compiled]]:
    """Both consumers, compiled; in a folder of this process's own, as several may run at once."""
    forge = sorted((CONTRACTS / "node_modules" / "@foundry-rs").glob("forge-*/bin/forge*"))
    if not forge:
        pytest.skip("the contracts' tools are not installed; run: npm ci --prefix contracts")
    folder = tmp_path_factory.mktemp("consumers")
    where = ["--out", str(folder / "out"), "--cache-path", str(folder / "cache")]
    command = [str(forge[0]), "build", "--offline", *where, "src/serving/examples"]
    done = subprocess.run(command, cwd=CONTRACTS, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = {}
    for name in ("WeatherInsurance", "AirQualityGate"):
        built = json.loads((folder / "out" / f"{name}.sol" / f"{name}.json").read_text("utf-8"))
        compiled[name] = Compiled(name, bytes.fromhex(built["bytecode"]["object"][2:]), built["abi"])
    yield compiled


def feature_words(features: Sequence[FeatureSpec]) -> list[tuple[int, ...]]:
    """A task's features as the contract's constants: kind, field, amplitude, harmonic, samples, back, low, high.

    A channel's exponent must be that of the packet's field; a contract scales nothing.
    """
    words: list[tuple[int, ...]] = []
    for spec in features:
        kind = KINDS.index(spec.kind)
        if spec.is_measured:
            field = FIELDS[spec.channel]
            assert SCALARS[field].exponent == spec.exponent, f"{spec.name} is not in the packet's own steps"
            words.append((kind, field, 0, 0, spec.samples, spec.seconds, spec.low, spec.high))
        else:
            words.append((kind, 0, spec.high, spec.harmonic, 0, 0, 0, 0))
    return words


def asking(
    features: Sequence[FeatureSpec] = (),
    *,
    devices: str = "0x" + "11" * 20,
    lister: str = "0x" + "12" * 20,
    models: str = NOBODY,
    model: str = NOBODY,
    version: bytes = bytes(32),
    base: str = "light",
    max_age: int = 3_600,
) -> tuple[object, ...]:
    """The struct `Asking`, for packets of anywhere."""
    model_id = bytes.fromhex(model[2:]).rjust(32, b"\x00")
    words = feature_words(features)
    return (devices, lister, models, model_id, version, FIELDS[base], max_age, words, (0, 0, 0, 0))
