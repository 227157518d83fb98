"""Compiled models answer with the bits of the reference on the node that serves chains here, ten thousand times."""

import numpy as np
import pytest

from andel.ledger.rpc import Rpc
from andel.serving.code_chunks import chunk_address
from andel.serving.compile_layers import compile_layers
from andel.serving.compile_trees import compile_trees
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.evaluate_trees import evaluate_trees
from andel.serving.layers_file import LayersFile
from andel.serving.slots import Slots, pack_slots
from andel.simulation.local_chain import LocalChain
from tests.serving.random_layers import filled_layers, telling_rows
from tests.serving.test_compile_trees import grown, oblivious, telling

REGISTRY = b"\x77" * 20
MODEL = "0x" + "11" * 20
FAMILIES = {
    "linear": lambda: filled_layers(1, Slots(16, 16, 16), [1], "raw"),
    "layers": lambda: filled_layers(1, Slots(64, 4, 4), [32, 10], "argmax", shifts=[8], output_reach=1 << 14),
    "chunks": lambda: filled_layers(
        3, Slots(784, 4, 4), [32, 10], "argmax", shifts=[8], output_reach=1 << 14, fill=0.7
    ),
    "layers with a base": lambda: filled_layers(2, Slots(24, 8, 8, base=True), [48, 24, 1], "raw", shifts=[6, 4]),
    "oblivious": lambda: oblivious(1, Slots(16, 16, 8), 100, 4, 15),
    "trees": lambda: grown(1, Slots(12, 8, 8), 40, 5),
}


def answers_alike(rpc: Rpc, model, count: int) -> int:
    """How many telling questions the node was asked; fails at the first that it answers otherwise."""
    if isinstance(model, LayersFile):
        compiled, rows = compile_layers(model, REGISTRY), telling_rows(model.slots, model.layers[0], 1, count)
        bases = np.random.default_rng(1).integers(-(1 << 31), 1 << 31, len(rows)) * model.slots.base
        expected = evaluate_layers(model, rows, bases if model.slots.base else None)[:, 0]
    else:
        compiled, rows = compile_trees(model, REGISTRY), telling(model, 1, count)
        bases, expected = np.zeros(len(rows), dtype=np.int64), evaluate_trees(model, rows)[:, 0]
    rpc.request("anvil_setCode", MODEL, "0x" + compiled.head.hex())
    for chunk in compiled.chunks:
        rpc.request("anvil_setCode", "0x" + chunk_address(REGISTRY, chunk).hex(), "0x" + chunk.hex())
    for row, base, answer in zip(rows, bases.tolist(), expected.tolist(), strict=True):
        call = {"to": MODEL, "data": "0x" + pack_slots(model.slots, row, base).hex()}
        given = int.from_bytes(bytes.fromhex(rpc.request("eth_call", call, "latest")[2:]), "big", signed=True)
        assert given == answer
    return len(rows)


@pytest.fixture(scope="module")
def rpc(tmp_path_factory):
    with LocalChain(tmp_path_factory.mktemp("node")) as local:
        yield Rpc(local.url)


@pytest.mark.parametrize("family", FAMILIES)
def test_hundreds_of_questions_are_answered_alike_on_anvil(rpc, family):
    assert answers_alike(rpc, FAMILIES[family](), 100) >= 200


@pytest.mark.full
@pytest.mark.parametrize("family", FAMILIES)
def test_ten_thousand_questions_are_answered_alike_on_anvil(rpc, family):
    assert answers_alike(rpc, FAMILIES[family](), 5_000) >= 10_000
