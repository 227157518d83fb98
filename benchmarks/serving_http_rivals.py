"""The servers that `make bench-http` compares with, each in its own environment, on the same network as an ONNX file.

Run by the interpreter of .venv-mlflow or .venv-bentoml: `write` makes the ONNX file, and for MLflow its model folder,
from the weights in a JSON file. As a module in BentoML's environment it is the service. Imports nothing of the product.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np


def write_onnx(weights: Path, folder: Path) -> Path:
    """The network: relu(x W + b) o + c, in floats."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    told = json.loads(weights.read_text(encoding="utf-8"))
    hidden, output = np.array(told["weights"], np.float32).T, np.array(told["output_weights"], np.float32)[:, None]
    parts = {
        "W": hidden,
        "b": np.array(told["biases"], np.float32),
        "o": output / 2 ** told["shift"],
        "c": np.array([told["output_bias"] / 2 ** told["shift"]], np.float32),
    }
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "W", "b"], ["z"]),
            helper.make_node("Relu", ["z"], ["a"]),
            helper.make_node("Gemm", ["a", "o", "c"], ["y"]),
        ],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, hidden.shape[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in parts.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path = folder / "network.onnx"
    onnx.save(model, str(path))
    return path


def write_mlflow(path: Path, folder: Path) -> None:
    """MLflow's folder of the model, one thread as the service below has."""
    import mlflow.onnx
    import onnx
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    inputs = Schema([TensorSpec(np.dtype(np.float32), (-1, 16))])
    mlflow.onnx.save_model(
        onnx.load(str(path)),
        str(folder / "mlflow"),
        signature=ModelSignature(inputs),
        onnx_execution_providers=["CPUExecutionProvider"],
        onnx_session_options={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
        pip_requirements=[],
    )


if __name__ == "__main__":
    made = write_onnx(Path(sys.argv[2]), Path(sys.argv[3]))
    if sys.argv[1] == "mlflow":
        write_mlflow(made, Path(sys.argv[3]))
elif "NETWORK_ONNX" in os.environ:
    import bentoml
    import onnxruntime

    @bentoml.service(workers=1)  # type: ignore[untyped-decorator]
    class Network:
        """BentoML's service of the network."""

        def __init__(self) -> None:
            settings = onnxruntime.SessionOptions()
            settings.intra_op_num_threads = settings.inter_op_num_threads = 1
            self.session = onnxruntime.InferenceSession(os.environ["NETWORK_ONNX"], settings)

        @bentoml.api  # type: ignore[untyped-decorator]
        def predict(self, x: np.ndarray) -> np.ndarray:
            """The answers."""
            return self.session.run(None, {"x": x.astype(np.float32)})[0]
