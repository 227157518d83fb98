#!/usr/bin/env python3
"""Compile the contracts and keep what the ledger room needs of them in the package.

Takes: `contracts/` with its npm parts installed (`npm ci --prefix contracts`).
Gives: `src/andel/ledger/artifacts/<Contract>.json`, each with the ABI, the creation code, the keccak-256 of
the runtime template (immutables zero), where its immutables stand, and the compiler's version; the same bytes on every
machine.
With `--check` it writes nothing and exits 1, with one line, if the package's files are not current.
Never downloads anything and never deploys.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
ARTIFACTS = ROOT / "src" / "andel" / "ledger" / "artifacts"
SOURCES = {
    "DeviceRegistry": "device/DeviceRegistry.sol",
    "BatchRegistry": "data/BatchRegistry.sol",
    "RoundManager": "training/RoundManager.sol",
    "Operators": "training/Operators.sol",
    "Disputes": "training/Disputes.sol",
    "Alliance": "training/Alliance.sol",
    "ModelToken": "value/ModelToken.sol",
    "RevenueVault": "ledger/RevenueVault.sol",
    "RewardPool": "value/RewardPool.sol",
    "Judgements": "value/Judgements.sol",
    "ModelOffering": "ledger/ModelOffering.sol",
    "FounderVesting": "ledger/FounderVesting.sol",
    "AccessPass": "ledger/AccessPass.sol",
    "ModelGovernor": "ledger/ModelGovernor.sol",
    "ModelTimelock": "ledger/ModelTimelock.sol",
    "ModelPolicy": "ledger/ModelPolicy.sol",
    "OnchainModels": "serving/OnchainModels.sol",
    "PredictionLog": "serving/PredictionLog.sol",
    "BadAirDays": "serving/examples/BadAirDays.sol",
    "OffchainModel": "serving/OffchainModel.sol",
    "AuthorizedToken": "serving/AuthorizedToken.sol",
    "FeeSplitters": "serving/FeeSplitters.sol",
    "FeeSplitter": "serving/FeeSplitter.sol",
    "InferenceMarket": "serving/InferenceMarket.sol",
    "ModelFactory": "ledger/ModelFactory.sol",
    "Successors": "ledger/Successors.sol",
}

MASK = (1 << 64) - 1
RATE_BYTES = 136


class BuildError(Exception):
    """The contracts could not be compiled; the message says why in one line."""


def keccak256(data: bytes) -> bytes:
    """Ethereum's Keccak-256 (padding 0x01, not SHA-3's 0x06). Source: the Keccak reference, version 3.0."""
    padded = bytearray(data) + b"\x01" + b"\x00" * (-(len(data) + 1) % RATE_BYTES)
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), RATE_BYTES):
        for i in range(RATE_BYTES // 8):
            lane = padded[start + 8 * i : start + 8 * i + 8]
            lanes[i % 5][i // 5] ^= int.from_bytes(lane, "little")
        lanes = _keccak_f(lanes)
    return b"".join(lanes[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


def _keccak_f(a: list[list[int]]) -> list[list[int]]:
    lfsr = 1
    for _ in range(24):
        column = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
        parity = [column[(x + 4) % 5] ^ _rotate(column[(x + 1) % 5], 1) for x in range(5)]
        a = [[lane ^ parity[x] for lane in a[x]] for x in range(5)]
        x, y, current = 1, 0, a[1][0]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, a[x][y] = a[x][y], _rotate(current, (t + 1) * (t + 2) // 2 % 64)
        a = [[a[x][y] ^ (~a[(x + 1) % 5][y] & a[(x + 2) % 5][y] & MASK) for y in range(5)] for x in range(5)]
        for j in range(7):
            if lfsr & 1:
                a[0][0] ^= 1 << ((1 << j) - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)
    return a


def _rotate(lane: int, bits: int) -> int:
    return ((lane << bits) | (lane >> (64 - bits))) & MASK


def forge_binary() -> Path:
    """The forge that npm installed, else the one on PATH. Raises BuildError if there is none."""
    found = sorted((CONTRACTS / "node_modules" / "@foundry-rs").glob("forge-*/bin/forge*"))
    if found:
        return found[0]
    on_path = shutil.which("forge")
    if on_path is None:
        raise BuildError("forge is not installed; run: npm ci --prefix contracts")
    return Path(on_path)


def compile_contracts() -> None:
    """Run `forge build` on `contracts/src`. Raises BuildError with forge's own last lines."""
    # foundry.toml names the compiler relative to its own folder, and forge looks from where it is started.
    command = [str(forge_binary()), "build", "--offline", "--skip", "test"]
    done = subprocess.run(command, cwd=CONTRACTS, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = (done.stdout + done.stderr).strip().splitlines()[-30:]
        raise BuildError("forge build failed:\n" + "\n".join(tail))


def artifact_text(name: str) -> str:
    """The package's file for one contract: JSON with sorted keys, two spaces, one newline at the end."""
    source = Path(SOURCES[name])
    built = json.loads((CONTRACTS / "out" / source.name / f"{name}.json").read_text("utf-8"))
    metadata = built["metadata"]
    runtime = bytes.fromhex(built["deployedBytecode"]["object"].removeprefix("0x"))
    references = built["deployedBytecode"].get("immutableReferences", {})
    spans = sorted([each["start"], each["length"]] for places in references.values() for each in places)
    record = {
        "abi": built["abi"],
        "bytecode": built["bytecode"]["object"],
        "immutables": spans,
        "runtimeBytecodeHash": "0x" + keccak256(runtime).hex(),
        "solc": metadata["compiler"]["version"],
    }
    return json.dumps(record, indent=2, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check every artifact; 0 if all is well, 1 otherwise."""
    parser = argparse.ArgumentParser(description="Compile the contracts into src/andel/ledger/artifacts.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    check = parser.parse_args(arguments).check
    try:
        compile_contracts()
        texts = {ARTIFACTS / f"{name}.json": artifact_text(name) for name in sorted(SOURCES)}
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    present = set(ARTIFACTS.glob("*.json"))
    stale = [path for path, text in texts.items() if path not in present or path.read_text("utf-8") != text]
    stale += sorted(present - texts.keys())
    if check:
        if stale:
            names = ", ".join(path.name for path in stale)
            print(f"artifacts not current ({names}); run scripts/build_contracts.py", file=sys.stderr)
        return 1 if stale else 0
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for path in present - texts.keys():
        path.unlink()
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
