"""Float ONNX files become model files that answer as nearly as integers can; hostile ones are refused by name."""

import numpy as np
import pytest

from andel.errors import ModelFileError
from andel.hashing import sha256
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.evaluate_trees import evaluate_trees
from andel.serving.input_codes import Ranges
from andel.serving.quantise_layers import AnswerTerms
from andel.serving.slots import Slots

onnx = pytest.importorskip("onnx", reason="onnx is not installed (andel[onnx])")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (andel[onnx])")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from andel.serving.onnx_graph import MAX_ONNX_BYTES, MAX_OPERATORS, read_graph  # noqa: E402
from andel.serving.onnx_import import float_network  # noqa: E402
from andel.serving.onnx_trees import float_trees, trees_file  # noqa: E402
from tests.serving.onnx_files import (  # noqa: E402
    network_file,
    new_trees_file,
    onnx_file,
    run_floats,
    trees_attributes,
    trees_file_of,
)

DIGEST = sha256(b"imported")


def random_network(seed: int, widths):
    rng = np.random.default_rng(seed)
    pairs = list(zip(widths, widths[1:], strict=False))
    return [rng.normal(size=pair) / np.sqrt(pair[0]) for pair in pairs], [rng.normal(size=units) for _, units in pairs]


@pytest.mark.parametrize("style", ["gemm", "matmul"])
@pytest.mark.parametrize("is_class", [False, True])
def test_a_network_answers_as_its_floats_do(style, is_class):
    weights, biases = random_network(1, [12, 16, 8, 5])
    data = network_file(weights, biases, style=style, is_class=is_class)
    network = float_network(read_graph(data))
    assert network.is_class == is_class
    ranges, slots = Ranges(np.full(12, -2.0), np.full(12, 3.0)), Slots(12, 8, 8)
    codes = np.random.default_rng(2).integers(0, 256, (400, 12))
    values = ranges.low + codes * ranges.scale(slots)
    assert np.array_equal(ranges.codes(values, slots), codes)
    wanted = run_floats(data, values)
    terms = AnswerTerms("argmax" if is_class else "raw", 1_000.0, "0.001", DIGEST, DIGEST)
    file, report = network.quantised(ranges, slots, terms, codes)
    answers = evaluate_layers(file, codes)
    if is_class:
        assert np.mean(answers[:, 0] == wanted.ravel()) > 0.95
        assert report.agreement > 0.95
    else:
        assert np.abs(answers / 1_000 - wanted).mean() < 0.02
        assert report.mean_error < 20


def test_a_scaler_in_front_and_linear_steps_in_a_row_are_folded_in():
    weights, biases = random_network(3, [4, 3, 2])
    nodes = [
        helper.make_node("Scaler", ["x"], ["s"], domain="ai.onnx.ml", offset=[1.0, 2.0, 3.0, 4.0], scale=[0.5] * 4),
        helper.make_node("MatMul", ["s", "w0"], ["m0"]),
        helper.make_node("Add", ["b0", "m0"], ["z0"]),
        helper.make_node("Identity", ["z0"], ["i0"]),
        helper.make_node("Gemm", ["i0", "w1", "b1"], ["y"], alpha=2.0, beta=0.5),
    ]
    names = {"w0": weights[0], "b0": biases[0], "w1": weights[1], "b1": biases[1]}
    data = onnx_file(nodes, {name: values.astype(np.float32) for name, values in names.items()}, 4, "y")
    network = float_network(read_graph(data))
    assert len(network.weights) == 1
    rows = np.random.default_rng(4).normal(size=(50, 4))
    assert np.allclose(rows @ network.weights[0] + network.biases[0], run_floats(data, rows), atol=1e-4)


@pytest.mark.parametrize("data", [trees_file_of(trees_attributes()), new_trees_file()], ids=["regressor", "ensemble"])
def test_trees_answer_as_their_floats_do_at_every_threshold(data):
    found = float_trees(read_graph(data))
    file, cuts = trees_file(found, 3, 1_000, "0.001", DIGEST, DIGEST)
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(2_000, 3)).astype(np.float32) * 3
    edges = np.array([1.5, -2.25, 0.75, 3.0], dtype=np.float32)
    near = np.concatenate([edges, np.nextafter(edges, np.float32(9)), np.nextafter(edges, np.float32(-9))])
    rows = np.concatenate([rows, rng.choice(near, (2_000, 3))])
    wanted = run_floats(data, rows).ravel()
    assert np.allclose(found.outputs(rows), wanted)
    assert np.array_equal(evaluate_trees(file, cuts.codes(rows))[:, 0], np.rint(wanted * 1_000))


def test_an_average_of_trees_divides_its_leaves():
    data = trees_file_of(trees_attributes(aggregate_function="AVERAGE", base_values=[0.0]))
    file, cuts = trees_file(float_trees(read_graph(data)), 3, 1_000, "0.001", DIGEST, DIGEST)
    rows = np.random.default_rng(5).normal(size=(200, 3)).astype(np.float32) * 3
    assert np.abs(evaluate_trees(file, cuts.codes(rows))[:, 0] - run_floats(data, rows).ravel() * 1_000).max() <= 1.5


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"n_targets": 2}, "several targets"),
        ({"post_transform": "LOGISTIC"}, "transform"),
        ({"aggregate_function": "MAX"}, "MAX"),
        ({"nodes_modes": ["BRANCH_EQ", *trees_attributes()["nodes_modes"][1:]]}, "BRANCH_EQ"),
        ({"nodes_truenodeids": [0, 2, 0, 0, 0, 1, 0, 3, 0, 0]}, "two tests lead to it"),
        ({"nodes_truenodeids": [9, 2, 0, 0, 0, 1, 0, 3, 0, 0]}, "missing"),
        ({"nodes_values": [1.5]}, "another length"),
        ({"target_weights": [float("nan")] * 6}, "no number"),
        ({"target_weights": [1e30] * 6}, "32 bits"),
        ({"nodes_featureids": [99_999, 1, 0, 0, 0, 2, 0, 1, 0, 0]}, "99999"),
        ({"nodes_featureids": [9, 1, 0, 0, 0, 2, 0, 1, 0, 0]}, "the file names 3"),
        ({"nodes_nodeids": [0] * 10}, "one number"),
    ],
)
def test_trees_that_are_not_served_are_refused_by_name(changed, said):
    with pytest.raises(ModelFileError, match=said):
        trees_file(float_trees(read_graph(trees_file_of(trees_attributes(**changed)))), 3, 1_000, "1", DIGEST, DIGEST)


def weights_of(shape):
    return {"w": np.ones(shape, dtype=np.float32)}


@pytest.mark.parametrize(
    ("nodes", "constants", "said"),
    [
        ([("Conv", ["x", "w"], {})], weights_of((3, 3)), "Conv"),
        ([("MatMul", ["x", "w"], {}), ("Sigmoid", ["v0"], {})], weights_of((3, 3)), "Sigmoid"),
        ([("MatMul", ["x", "w"], {}), ("Softmax", ["v0"], {})], weights_of((3, 3)), "Softmax"),
        ([("MatMul", ["x", "w"], {}), ("Relu", ["v0"], {})], weights_of((3, 3)), "ends in no layer"),
        ([("MatMul", ["x", "w"], {}), ("ArgMax", ["v0"], {"axis": 0})], weights_of((3, 3)), "another axis"),
        ([("MatMul", ["x", "w"], {}), ("Cast", ["v0"], {"to": 7})], weights_of((3, 3)), "Cast"),
        ([("MatMul", ["w", "x"], {})], weights_of((3, 3)), "other side"),
        ([("MatMul", ["x", "w"], {})], weights_of((4, 3)), "after 3 values"),
        ([("MatMul", ["x", "w"], {})], weights_of((3,)), "shape"),
        ([("Relu", ["x"], {})], {}, "before any layer"),
        ([("MatMul", ["x", "x"], {})], {}, "constants"),
        ([("MatMul", ["x", "w"], {}), ("Add", ["v0", "v0"], {})], weights_of((3, 3)), "constants"),
        ([("MatMul", ["x", "w"], {})], {"w": np.full((3, 3), np.nan, dtype=np.float32)}, "no number"),
        ([("Gemm", ["x", "w"], {"moon": 1})], weights_of((3, 3)), "moon"),
        ([("MatMul", ["x", "nowhere"], {})], {}, "nothing made"),
    ],
)
def test_networks_that_are_not_served_are_refused_by_name(nodes, constants, said):
    made = [helper.make_node(kind, takes, [f"v{k}"], **more) for k, (kind, takes, more) in enumerate(nodes)]
    with pytest.raises(ModelFileError, match=said):
        float_network(read_graph(onnx_file(made, constants, 3, f"v{len(made) - 1}")))


def altered(change):
    """A good file after `change` of its parsed form."""
    proto = onnx.load_model_from_string(network_file(*random_network(1, [3, 2]), style="matmul", is_class=False))
    change(proto)
    return proto.SerializeToString()


def outside(proto):
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def terabytes(proto):
    proto.graph.initializer[0].dims[:] = [1 << 40, 1 << 40]


def negative(proto):
    proto.graph.initializer[0].dims[:] = [-1, 2]


def short(proto):
    proto.graph.initializer[0].raw_data = b"123"


def loop(proto):
    proto.graph.node.append(helper.make_node("Loop", ["", "", "x"], ["l"], body=proto.graph.__class__()))


def foreign(proto):
    proto.graph.node[0].domain = "com.example"


def crowd(proto):
    proto.graph.node.extend([helper.make_node("Identity", ["x"], [f"i{k}"]) for k in range(MAX_OPERATORS)])


def function(proto):
    proto.functions.add(name="f")


def circle(proto):
    proto.graph.node[0].input[0] = proto.graph.node[-1].output[0]


def twice(proto):
    proto.graph.node[-1].output[0] = proto.graph.node[0].output[0]


def half_floats(proto):
    proto.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones((3, 2), dtype=np.float16), "w0"))


def two_inputs(proto):
    proto.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (outside, "outside the file"),
        (terabytes, "shape"),
        (negative, "shape"),
        (short, "as many numbers"),
        (loop, "loops and branches"),
        (foreign, "com.example"),
        (crowd, "operators"),
        (function, "functions"),
        (circle, "nothing made"),
        (twice, "made twice"),
        (half_floats, "FLOAT16"),
        (two_inputs, "2 inputs"),
    ],
)
def test_hostile_files_are_refused_within_bounds(change, said):
    with pytest.raises(ModelFileError, match=said):
        read_graph(altered(change))


def test_what_is_no_onnx_file_is_refused():
    for data in (b"", b"\x00" * 100, b"{}", b"\x80" * 5_000, bytes(MAX_ONNX_BYTES + 1)):
        with pytest.raises(ModelFileError):
            read_graph(data)


def test_a_file_cut_or_changed_anywhere_is_read_or_refused_but_never_ends_the_process():
    data = bytearray(trees_file_of(trees_attributes()))
    rng = np.random.default_rng(7)
    for _ in range(300):
        changed = bytearray(data)
        for at in rng.integers(0, len(data), 3).tolist():
            changed[at] = int(rng.integers(256))
        try:
            trees_file(
                float_trees(read_graph(bytes(changed[: int(rng.integers(1, len(data) + 1))]))),
                3,
                1,
                "1",
                DIGEST,
                DIGEST,
            )
        except ModelFileError:
            pass
