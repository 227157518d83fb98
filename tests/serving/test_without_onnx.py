"""Without the extra `onnx` everything else works; what needs it says so."""

import subprocess
import sys

BLOCKED = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("onnx", "onnxruntime"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Block())
"""


def ended(code: str, *arguments: str, folder=None):
    return subprocess.run(
        [sys.executable, "-c", BLOCKED + code, *arguments], capture_output=True, text=True, check=False, cwd=folder
    )


def test_the_command_compiles_a_model_file_without_onnx(tmp_path):
    from tests.serving.random_models import filled_model

    (tmp_path / "small.json").write_bytes(filled_model(1, 4, 8).to_bytes())
    run = "from andel.cli.app import main; main()"
    found = ended(run, "model", "compile", "small.json", "--folder", str(tmp_path), folder=tmp_path)
    assert found.returncode == 0, found.stderr
    assert "no ONNX: this needs the package onnx" in found.stderr
    assert (tmp_path / "small.hex").is_file() and not (tmp_path / "small.integers.onnx").exists()
    (tmp_path / "net.onnx").write_bytes(b"\x08\x0a")
    found = ended(run, "model", "compile", "net.onnx", folder=tmp_path)
    assert found.returncode == 1 and "hint: pip install 'andel[onnx]'" in found.stderr
    assert "Traceback" not in found.stderr


def test_the_api_and_the_importers_load_without_onnx():
    found = ended("import andel.serving.api, andel.serving.any_file, andel.serving.import_torch, andel.cli.model")
    assert found.returncode == 0, found.stderr
