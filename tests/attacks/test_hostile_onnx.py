"""A file that calls itself ONNX: it is read within bounds, nothing it names is opened, and what is odd is refused."""

import resource
import subprocess
import sys

import pytest

from andel.errors import ModelFileError
from andel.hashing import sha256

pytest.importorskip("onnx", reason="onnx is not installed (andel[onnx])")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (andel[onnx])")

from onnx import TensorProto, helper

from andel.serving.onnx_graph import MAX_ONNX_BYTES, read_graph
from andel.serving.onnx_import import float_network
from andel.serving.onnx_trees import float_trees, trees_file
from tests.serving.onnx_files import onnx_file, trees_attributes, trees_file_of

DIGEST = sha256(b"hostile")


def outside(path):
    """A network whose weights are said to lie in another file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3, 3], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=str(path))
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    proto = helper.make_model(
        helper.make_graph(
            [node],
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
            [tensor],
        )
    )
    return proto.SerializeToString()


def test_a_file_that_names_another_file_is_refused_and_the_other_one_is_not_opened(tmp_path):
    secret = tmp_path / "secret"
    with pytest.raises(ModelFileError, match="outside the file"):
        read_graph(outside(secret))
    assert not secret.exists()


def test_a_few_bytes_that_ask_for_terabytes_take_no_memory():
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1 << 20, 1 << 20], raw_data=b"1234")
    proto = helper.make_model(
        helper.make_graph(
            [helper.make_node("MatMul", ["x", "w"], ["y"])],
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
            [tensor],
        )
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError, match="shape"):
        read_graph(proto.SerializeToString())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_graph_inside_a_graph_is_not_walked():
    inner = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "inner", [], [])
    for _ in range(15):
        inner = helper.make_graph([helper.make_node("Loop", ["", "", "x"], ["y"], body=inner)], "inner", [], [])
    node = helper.make_node("Loop", ["", "", "x"], ["y"], body=inner)
    with pytest.raises(ModelFileError, match="loops and branches"):
        read_graph(onnx_file([node], {}, 3, "y"))


def test_trees_that_go_in_a_circle_or_share_their_branches_are_refused():
    circle = trees_attributes(nodes_falsenodeids=[0, 3, 0, 0, 0, 2, 0, 4, 0, 0])
    shared = trees_attributes(nodes_falsenodeids=[1, 3, 0, 0, 0, 2, 0, 4, 0, 0])
    for attributes in (circle, shared):
        with pytest.raises(ModelFileError, match="two tests lead to it"):
            trees_file(float_trees(read_graph(trees_file_of(attributes))), 3, 1.0, "1", DIGEST, DIGEST)


def test_operators_of_other_makers_and_files_over_the_bound_are_refused():
    node = helper.make_node("Run", ["x"], ["y"], domain="com.example")
    with pytest.raises(ModelFileError, match="com.example.Run"):
        read_graph(onnx_file([node], {}, 3, "y"))
    with pytest.raises(ModelFileError, match="over"):
        read_graph(bytes(MAX_ONNX_BYTES + 1))
    node = helper.make_node("PyFunc", ["x"], ["y"])
    with pytest.raises(ModelFileError, match="PyFunc"):
        float_network(read_graph(onnx_file([node], {}, 3, "y")))


def test_the_command_says_it_in_one_line(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(outside(tmp_path / "secret"))
    command = [sys.executable, "-m", "andel", "model", "compile", str(path), "--folder", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert "lies outside the file" in ended.stderr and "hint: " in ended.stderr
