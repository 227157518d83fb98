"""Float ONNX files as exporters write them, made here, so that neither exporter is needed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def onnx_file(nodes: Sequence[Any], constants: dict[str, Any], inputs: int, result: str, *, ml: int = 3) -> bytes:
    """A file of these operators over `x` (batch, inputs), float32."""
    graph = helper.make_graph(
        list(nodes),
        "made",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", inputs])],
        [helper.make_empty_tensor_value_info(result)],
        [numpy_helper.from_array(np.asarray(values), name) for name, values in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", ml)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()


def network_file(weights: Sequence[Any], biases: Sequence[Any], *, style: str, is_class: bool) -> bytes:
    """A network as torch.onnx ("gemm") or skl2onnx ("matmul") writes it."""
    nodes, constants, value = [], {}, "x"
    if style == "gemm":
        nodes.append(helper.make_node("Flatten", [value], ["flat"], axis=1))
        value = "flat"
    else:
        nodes.append(helper.make_node("Cast", [value], ["cast"], to=TensorProto.FLOAT))
        value = "cast"
    for k, (matrix, bias) in enumerate(zip(weights, biases, strict=True)):
        matrix, bias = np.asarray(matrix, dtype=np.float32), np.asarray(bias, dtype=np.float32)
        constants[f"b{k}"] = bias
        if style == "gemm":
            constants[f"w{k}"] = matrix.T.copy()
            nodes.append(helper.make_node("Gemm", [value, f"w{k}", f"b{k}"], [f"z{k}"], transB=1))
        else:
            constants[f"w{k}"] = matrix
            nodes.append(helper.make_node("MatMul", [value, f"w{k}"], [f"m{k}"]))
            nodes.append(helper.make_node("Add", [f"m{k}", f"b{k}"], [f"z{k}"]))
        value = f"z{k}"
        if k < len(weights) - 1:
            nodes.append(helper.make_node("Relu", [value], [f"a{k}"]))
            value = f"a{k}"
    if is_class:
        if style == "matmul":
            nodes.append(helper.make_node("Softmax", [value], ["probabilities"]))
            value = "probabilities"
        nodes.append(helper.make_node("ArgMax", [value], ["label"], axis=1))
        value = "label"
    return onnx_file(nodes, constants, len(weights[0]), value)


def trees_attributes(**changed: Any) -> dict[str, Any]:
    """Two trees over three inputs, one test of each kind: the attributes of a TreeEnsembleRegressor."""
    known: dict[str, Any] = {
        "n_targets": 1,
        "aggregate_function": "SUM",
        "post_transform": "NONE",
        "base_values": [0.5],
        "nodes_treeids": [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
        "nodes_nodeids": [0, 1, 2, 3, 4, 0, 1, 2, 3, 4],
        "nodes_featureids": [0, 1, 0, 0, 0, 2, 0, 1, 0, 0],
        "nodes_modes": ["BRANCH_LEQ", "BRANCH_LT", "LEAF", "LEAF", "LEAF"] * 1
        + ["BRANCH_GTE", "LEAF", "BRANCH_GT", "LEAF", "LEAF"],
        "nodes_values": [1.5, -2.25, 0.0, 0.0, 0.0, 0.75, 0.0, 3.0, 0.0, 0.0],
        "nodes_truenodeids": [1, 2, 0, 0, 0, 1, 0, 3, 0, 0],
        "nodes_falsenodeids": [4, 3, 0, 0, 0, 2, 0, 4, 0, 0],
        "target_treeids": [0, 0, 0, 1, 1, 1],
        "target_nodeids": [2, 3, 4, 1, 3, 4],
        "target_ids": [0] * 6,
        "target_weights": [1.25, -3.5, 10.0, 0.125, -7.0, 2.5],
    }
    return known | changed


def trees_file_of(attributes: dict[str, Any]) -> bytes:
    """A TreeEnsembleRegressor."""
    node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", **attributes)
    return onnx_file([node], {}, 3, "y")


def new_trees_file() -> bytes:
    """The same two trees as a TreeEnsemble of ai.onnx.ml 5, and a third of one leaf."""
    splits = np.array([1.5, -2.25, 0.75, 3.0, 0.0], dtype=np.float32)
    node = helper.make_node(
        "TreeEnsemble",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=1,
        post_transform=0,
        tree_roots=[0, 2, 4],
        nodes_featureids=[0, 1, 2, 1, 0],
        nodes_splits=numpy_helper.from_array(splits, "splits"),
        nodes_modes=numpy_helper.from_array(np.array([0, 1, 2, 3, 0], dtype=np.uint8), "modes"),
        nodes_truenodeids=[1, 0, 3, 4, 6],
        nodes_trueleafs=[0, 1, 1, 1, 1],
        nodes_falsenodeids=[2, 1, 3, 5, 6],
        nodes_falseleafs=[1, 1, 0, 1, 1],
        leaf_targetids=[0] * 7,
        leaf_weights=numpy_helper.from_array(
            np.array([1.25, -3.5, 10.0, 0.125, -7.0, 2.5, 0.5], dtype=np.float32), "leaves"
        ),
    )
    return onnx_file([node], {}, 3, "y", ml=5)


def run_floats(data: bytes, rows: Any) -> Any:
    """What ONNX Runtime gives for a float file."""
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": np.asarray(rows, dtype=np.float32)})[0])
