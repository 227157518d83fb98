"""Gas of answers inside the chain: compiled models beside naive Solidity, on anvil, every call cold. Some minutes.

Execution gas: what a transaction straight to the code uses, less its 21,000 and its call data; a model's own contract
is warm, as in every transaction, its chunks are cold (2,600 each). The chain runs Cancun's rules, which have no floor
for call data. Every answer is compared with the integer reference. Where gas depends on the question the mean of the
rows is given. What a request to the market costs from question to delivery is read from the contracts' gas snapshots,
which `forge test` writes anew. Ends in one JSON line.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from eth_abi.abi import encode
from onchain_models import Trained, digits, imported_trees, linear, oblivious_trees, small_network

from andel.hashing import keccak
from andel.keys import AccountKey
from andel.ledger.rpc import Rpc
from andel.serving.code_chunks import chunk_address, creation_code
from andel.serving.compile_layers import compile_layers
from andel.serving.compile_trees import compile_trees
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.evaluate_trees import evaluate_trees
from andel.serving.layers_file import LayersFile
from andel.serving.slots import pack_slots
from andel.serving.trees_file import Tree, TreesFile
from andel.simulation.local_chain import CHAIN_ID, LocalChain, find_anvil
from andel.typed_data import Domain, sign_typed

ROOT = Path(__file__).resolve().parent.parent
SENDER = "0x" + "ab" * 20
FACTORY = bytes.fromhex("cd" * 20)
FACTORY_CODE = "365f5f375f365f5ff500"
"""Creates what it is given by CREATE2 with salt zero, as the registry does."""
BLOCK_GAS = 2_000_000_000
ROWS = 40
WAIT_TRIES, WAIT_SECONDS = 2_000, 0.005
BARS = {
    "mlp_16_32_1": 850,
    "digits_64_32_10": 3_000,
    "mlp_784_32_10": 36_000,
    "trees_oblivious_100": 4_200,
    "trees_imported_100": 11_000,
    "linear_16": 70,
}
MARKETS = {"market_1": "1 of 8 servers by lot", "market_3": "3 of 8 servers by lot"}
"""Transactions of a request, its draw, seals, reveals, delivery and settling, their base fees included."""
MUL_STEP = 14
"""PUSH32, DUP, MUL, ADD: the least a word of products costs."""


class Node:
    """Transactions on the local chain, by whom does not matter."""

    def __init__(self, rpc: Rpc) -> None:
        """Funds the sender and places the factory."""
        self.rpc = rpc
        rpc.request("anvil_impersonateAccount", SENDER)
        rpc.request("anvil_setBalance", SENDER, hex(10**24))
        rpc.request("anvil_setCode", "0x" + FACTORY.hex(), "0x" + FACTORY_CODE)

    def send(self, to: bytes | None, data: bytes) -> dict[str, Any]:
        """The receipt of a transaction that must succeed."""
        call = {"from": SENDER, "data": "0x" + data.hex(), "gas": hex(BLOCK_GAS // 2), "gasPrice": hex(10**10)}
        if to is not None:
            call["to"] = "0x" + to.hex()
        sent = self.rpc.request("eth_sendTransaction", call)
        receipt = None
        for _ in range(WAIT_TRIES):
            receipt = self.rpc.request("eth_getTransactionReceipt", sent)
            if receipt is not None:
                break
            time.sleep(WAIT_SECONDS)
        assert isinstance(receipt, dict) and receipt["status"] == "0x1", receipt
        return receipt

    def create(self, runtime: bytes) -> tuple[bytes, int]:
        """Creates runtime code as the registry does: its address and the gas that took."""
        receipt = self.send(FACTORY, creation_code(runtime))
        return chunk_address(FACTORY, runtime), int(receipt["gasUsed"], 16)

    def ask(self, to: bytes, data: bytes) -> tuple[bytes, int]:
        """What a contract returns, and the execution gas of asking it in a transaction."""
        call = {"from": SENDER, "to": "0x" + to.hex(), "data": "0x" + data.hex(), "gas": hex(BLOCK_GAS // 2)}
        answer = bytes.fromhex(str(self.rpc.request("eth_call", call, "latest"))[2:])
        used = int(self.send(to, data)["gasUsed"], 16)
        return answer, used - 21_000 - sum(16 if byte else 4 for byte in data)

    def deploy(self, contract: str, file: str, arguments: bytes = b"") -> bytes:
        """Creates one of the Solidity contracts made for comparison."""
        built = json.loads((ROOT / "contracts/out" / file / f"{contract}.json").read_text("utf-8"))
        receipt = self.send(None, bytes.fromhex(built["bytecode"]["object"][2:]) + arguments)
        return bytes.fromhex(receipt["contractAddress"][2:])


def main() -> None:
    """Trains, deploys, asks and prints."""
    command = ["node_modules/.bin/forge", "build", "--offline", "test/serving/NaiveModels.sol"]
    subprocess.run([*command, "test/serving/PredictionConsumer.sol"], cwd=ROOT / "contracts", check=True)
    models = {
        "linear_16": linear(),
        "mlp_16_32_1": small_network(),
        "digits_64_32_10": digits(64),
        "mlp_784_32_10": digits(784),
        "trees_oblivious_100": oblivious_trees(),
        "trees_imported_100": imported_trees(),
    }
    with tempfile.TemporaryDirectory() as name:
        anvil = Path(name) / "anvil"
        flags = f"--hardfork cancun --gas-limit {BLOCK_GAS} --code-size-limit 24576"
        anvil.write_text(f'#!/bin/sh\nexec {find_anvil()} {flags} "$@"\n', "utf-8")
        anvil.chmod(0o755)
        with LocalChain(Path(name), anvil=anvil) as local:
            node = Node(Rpc(local.url, timeout_seconds=120))
            measured = {key: compiled(node, key, trained) for key, trained in models.items()}
            naive = {key: naive_layers(node, models[key]) for key in ("linear_16", "mlp_16_32_1", "digits_64_32_10")}
            naive["trees_imported_100"] = naive_trees(node, models["trees_imported_100"])
            verify = verify_3_of_9(node)
    print(
        f"{'':20} {'gas':>7} {'bar':>7} {'floor':>7} {'naive':>10} {'ratio':>6} {'code B':>7} {'deploy gas':>11} "
        f"{'a parameter':>11}  score"
    )
    for key, row in measured.items():
        plain = naive.get(key)
        ratio = f"{plain / row['gas']:.0f}" if plain else ""
        print(
            f"{key:20} {row['gas']:7,.0f} {BARS[key]:7,} {row['floor']:7,.0f} {plain or 0:10,} {ratio:>6} "
            f"{row['bytes']:7,} {row['deploy']:11,} {row['deploy'] / row['parameters']:11,.0f}  {row['score']}"
        )
    figures = {key: round(row["gas"]) for key, row in measured.items()}
    market = json.loads((ROOT / "contracts/snapshots/market.json").read_text("utf-8"))
    figures |= {key: int(market[f"{servers}: request to delivery, whole"]) for key, servers in MARKETS.items()}
    print(json.dumps(figures | {"naive_digits": naive["digits_64_32_10"], "verify_3_of_9": verify}))


def compiled(node: Node, key: str, trained: Trained) -> dict[str, Any]:
    """Price of a compiled model; raises AssertionError when an answer is not the reference's."""
    file = trained.file
    if isinstance(file, LayersFile):
        model = compile_layers(file, FACTORY)
        answers = evaluate_layers(file, trained.codes[:ROWS])
    else:
        model = compile_trees(file, FACTORY)
        answers = evaluate_trees(file, trained.codes[:ROWS])
    deployed = [node.create(code) for code in (*model.chunks, model.head)]
    gas = []
    for row, expected in zip(trained.codes[:ROWS], answers.tolist(), strict=True):
        answer, used = node.ask(deployed[-1][0], pack_slots(file.slots, row))
        assert [int.from_bytes(answer, "big", signed=True)] == expected, key
        gas.append(used)
    assert model.gas is None or set(gas) == {model.gas}, (key, model.gas, set(gas))
    return {
        "gas": float(np.mean(gas)),
        "floor": floor(file),
        "bytes": len(model.head) + sum(map(len, model.chunks)),
        "deploy": sum(spent for _, spent in deployed),
        "parameters": parameters(file),
        "score": f"{trained.metric} {trained.floats:.4f} as floats, {trained.integers:.4f} as integers",
    }


def parameters(file: LayersFile | TreesFile) -> int:
    """Weights and biases; of trees tests and leaves."""
    if isinstance(file, LayersFile):
        return sum(layer.units * (1 + len(layer.weights[0])) for layer in file.layers)
    return sum(len(tree.nodes if isinstance(tree, Tree) else tree.tests) + len(tree.leaves) for tree in file.trees)


def floor(file: LayersFile | TreesFile) -> float:
    """The inner steps alone: 14 gas for 16 products (8 in lanes of 32 bits), 32 for an oblivious tree, 23 a level."""
    if isinstance(file, TreesFile):
        return float(32 * len(file.trees)) if file.family == "oblivious" else 4 * 23.0 * len(file.trees)
    total = 0.0
    for number, layer in enumerate(file.layers):
        wide = number == len(file.layers) - 1 and file.output == "raw"
        total += MUL_STEP * layer.units * len(layer.weights[0]) / (8 if wide else 16)
    return total


def naive_layers(node: Node, trained: Trained) -> int:
    """Execution gas of the same network as Solidity loops over weights in storage."""
    file = trained.file
    assert isinstance(file, LayersFile)
    contract = node.deploy("NaiveLayers", "NaiveModels.sol")
    for layer in file.layers:
        node.send(contract, _call("addLayer(uint256)", ["uint256"], [layer.shift]))
        for row, bias in zip(layer.weights, layer.biases, strict=True):
            node.send(contract, _call("addUnit(int256[],int256)", ["int256[]", "int256"], [row, bias]))
    name = "argmax" if file.output == "argmax" else "outputs"
    codes = trained.codes[0].tolist()
    answer, gas = node.ask(contract, _call(f"{name}(int256[])", ["int256[]"], [codes]))
    assert int.from_bytes(answer[-32:], "big", signed=True) == evaluate_layers(file, trained.codes[:1])[0, 0]
    return gas


def naive_trees(node: Node, trained: Trained) -> int:
    """Execution gas of the same trees as a Solidity loop over nodes in storage."""
    file = trained.file
    assert isinstance(file, TreesFile)
    contract = node.deploy("NaiveTrees", "NaiveModels.sol")
    kinds = ["(uint256,uint256,int256,int256)[]", "int256[]"]
    for tree in file.trees:
        assert isinstance(tree, Tree)
        data = _call("addTree((uint256,uint256,int256,int256)[],int256[])", kinds, [tree.nodes, tree.leaves])
        node.send(contract, data)
    answer, gas = node.ask(contract, _call("sum(uint256[])", ["uint256[]"], [trained.codes[0].tolist()]))
    assert int.from_bytes(answer, "big", signed=True) + file.bias == evaluate_trees(file, trained.codes[:1])[0, 0]
    return gas


def verify_3_of_9(node: Node) -> int:
    """Execution gas of checking an answer that three of nine operators signed."""
    keys = sorted((AccountKey(keccak(b"operator", bytes([i]))) for i in range(9)), key=lambda key: key.address)
    domain = Domain(CHAIN_ID, keys[0].address)
    arguments = encode(["bytes32", "uint256", "address[]"], [domain.separator, 3, [key.address for key in keys]])
    contract = node.deploy("PredictionConsumer", "PredictionConsumer.sol", arguments)
    block = node.rpc.request("eth_getBlockByNumber", "latest", False)
    assert isinstance(block, dict)
    now = int(block["timestamp"], 16)
    question, answer = bytes(range(32)), -1234
    message = {
        "model": domain.contract,
        "version": bytes(32),
        "inputHash": keccak(question),
        "outputHash": keccak(encode(["int256"], [answer])),
        "issuedAt": now,
        "validUntil": now + 3_000,
    }
    signatures = b"".join(sign_typed(key, "Prediction", domain, message) for key in keys[2:5])
    kinds = ["(address,bytes32,uint64,uint64)", "bytes", "int256", "bytes"]
    values = [(domain.contract, bytes(32), now, now + 3_000), question, answer, signatures]
    return node.ask(contract, _call("check((address,bytes32,uint64,uint64),bytes,int256,bytes)", kinds, values))[1]


def _call(signature: str, kinds: Sequence[str], values: Sequence[Any]) -> bytes:
    return keccak(signature.encode())[:4] + encode(kinds, values)


if __name__ == "__main__":
    main()
