"""`andel model …`: a float network becomes integers, code and ONNX, and file, ONNX Runtime, server and chain agree."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from andel.hashing import sha256
from andel.keys import AccountKey
from andel.roles.gateway import predictor_of
from andel.serving.any_file import read_any_file
from andel.serving.api import build_app
from andel.serving.http_edge import serve_in_thread
from andel.serving.slots import Slots
from tests.serving.random_layers import filled_layers
from tests.serving.test_compile_trees import grown

pytest.importorskip("onnx", reason="onnx is not installed (andel[onnx])")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (andel[onnx])")

from tests.serving.onnx_files import network_file, trees_attributes, trees_file_of

KEY = AccountKey(sha256(b"who deploys models"))


@dataclass(frozen=True)
class Registry:
    """A chain with a registry on it, the key of who pays there in a file."""

    url: str
    address: str
    key_file: Path

    @property
    def options(self) -> list[str]:
        return ["--rpc", self.url, "--registry", self.address]


@pytest.fixture(scope="module")
def registry(shared_node, tmp_path_factory):
    chain = shared_node.connect()
    shared_node.fund([KEY.address])
    contract, _ = chain.deploy(KEY, "OnchainModels")
    path = tmp_path_factory.mktemp("deployer") / "key"
    path.write_text(KEY.secret_bytes().hex())
    return Registry(shared_node.url, contract.address, path)


@pytest.fixture
def network(tmp_path):
    """A float network over three inputs, in a file, and its ranges."""
    rng = np.random.default_rng(1)
    path = tmp_path / "net.onnx"
    path.write_bytes(
        network_file(
            [rng.normal(size=(3, 8)), rng.normal(size=(8, 1))], [np.ones(8), [0.5]], style="gemm", is_class=False
        )
    )
    ranges = {"format": "andel-inputs/1", "names": ["a", "b", "c"], "low": [-1, -1, 0], "high": [1, "1.5", 2.0]}
    (tmp_path / "ranges.json").write_text(json.dumps(ranges))
    (tmp_path / "made").mkdir()
    return path


def compiled(andel, network, *more):
    """What `compile` ended with, and its report."""
    folder = network.parent / "made"
    options = ["--inputs", network.parent / "ranges.json", "--folder", folder, "--json", "--unit", "0.001 m"]
    ended = andel("model", "compile", network, *options, *more)
    assert ended.returncode == 0, ended.stderr
    return folder, json.loads(ended.stdout)


def test_a_float_network_becomes_a_model_file_code_onnx_and_a_report(andel, network):
    folder, report = compiled(andel, network)
    names = {path.name for path in folder.iterdir()}
    assert names == {f"net.{end}" for end in ("model.json", "hex", "integers.onnx", "inputs.json", "report.json")}
    model = read_any_file((folder / "net.model.json").read_bytes())
    assert report["model_file_hash"] == model.file_hash.hex()
    assert model.task == sha256((folder / "net.inputs.json").read_bytes())
    assert report["accuracy"]["mean_error"] < 40 and report["accuracy"]["rows_from"] == "made up"
    assert report["code"]["gas"] < 1_000 and report["code"]["chunks"] == []
    assert all(0 < lane["use"] <= 1 for lane in report["lanes"])
    assert json.loads((folder / "net.report.json").read_text()) == report


def test_a_table_gives_the_ranges_and_judges(andel, network, tmp_path):
    rows = np.random.default_rng(2).normal(size=(50, 3))
    table = tmp_path / "rows.csv"
    table.write_text("a,b,c\n" + "\n".join(",".join(map(str, row)) for row in rows.tolist()))
    ended = andel("model", "compile", network, "--inputs", table, "--folder", tmp_path / "made")
    assert ended.returncode == 0, ended.stderr
    assert "50 rows (table)" in ended.stdout and "proven inside 16 bits" in ended.stdout
    described = json.loads((tmp_path / "made" / "net.inputs.json").read_bytes())
    assert described["names"] == ["a", "b", "c"]
    assert [float(text) for text in described["low"]] == rows.min(axis=0).tolist()


def test_file_onnx_and_chain_answer_alike(andel, network, registry):
    folder, _ = compiled(andel, network)
    model = folder / "net.model.json"
    tried = andel("model", "deploy", model, *registry.options, "--dry-run")
    assert "nothing was sent" in tried.stdout and "is there" not in tried.stdout
    told = andel("model", "deploy", model, *registry.options, "--key-file", registry.key_file)
    assert told.returncode == 0, told.stderr
    address = told.stdout.splitlines()[-1].split()[4].rstrip(",")
    again = andel("model", "deploy", model, *registry.options, "--key-file", registry.key_file)
    assert "was there" in again.stdout and "gas 0" in again.stdout
    asked = ["--values", "0.25,-0.5,1.75", "--inputs", folder / "net.inputs.json"]
    found = andel("model", "ask", model, *asked, "--onnx", *registry.options, "--code", address)
    assert found.returncode == 0, found.stderr
    lines = dict(line.split(": ", 1) for line in found.stdout.splitlines()[1:])
    assert set(lines) == {"file", "onnx", "chain"} and len(set(lines.values())) == 1


def test_a_model_in_chunks_is_deployed_chunks_first_and_goes_on_where_it_stopped(andel, registry, tmp_path):
    model = filled_layers(3, Slots(784, 4, 4), [32, 10], "argmax", shifts=[8], output_reach=1 << 14, fill=0.7)
    path = tmp_path / "large.json"
    path.write_bytes(model.to_bytes())
    tried = andel("model", "deploy", path, *registry.options, "--dry-run")
    assert [line.split()[0] for line in tried.stdout.splitlines()[:-1]] == ["chunk", "chunk", "head"]
    estimated = int(tried.stdout.splitlines()[-1].split()[3])
    told = andel("model", "deploy", path, *registry.options, "--key-file", registry.key_file)
    assert told.returncode == 0, told.stderr
    address, spent = (
        told.stdout.splitlines()[-1].split()[4].rstrip(","),
        int(told.stdout.split("gas ")[-1].split(",")[0]),
    )
    assert 0.7 < spent / estimated < 1.5
    codes = ",".join(map(str, np.random.default_rng(1).integers(0, 16, 784).tolist()))
    found = andel("model", "ask", path, "--codes", codes, *registry.options, "--code", address)
    assert found.returncode == 0, found.stdout + found.stderr


def test_trees_bring_their_own_cuts(andel, tmp_path):
    (tmp_path / "trees.onnx").write_bytes(trees_file_of(trees_attributes()))
    ended = andel("model", "compile", tmp_path / "trees.onnx", "--folder", tmp_path)
    assert ended.returncode == 0, ended.stderr
    options = ["--values", "1.5,-2.25,0.75", "--inputs", tmp_path / "trees.inputs.json", "--onnx"]
    found = andel("model", "ask", tmp_path / "trees.model.json", *options)
    assert "file: -2875 (0.001)" in found.stdout


@pytest.mark.full
def test_what_does_not_fit_one_contract_is_said_and_the_other_files_are_written(andel, tmp_path):
    (tmp_path / "wood.json").write_bytes(grown(1, Slots(12, 8, 8), 400, 6).to_bytes())
    ended = andel("model", "compile", tmp_path / "wood.json", "--folder", tmp_path)
    assert ended.returncode == 1
    assert "no code: code of" in ended.stderr and "registry" in ended.stderr
    assert {"wood.integers.onnx", "wood.report.json"} <= {path.name for path in tmp_path.iterdir()}
    registry = "0x" + "77" * 20
    ended = andel("model", "compile", tmp_path / "wood.json", "--folder", tmp_path, "--registry", registry)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "wood.chunk0.hex").is_file()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compile", "net.onnx"], "ranges"),
        (["compile", "ranges.json"], "model file"),
        (["compile", "nothing.onnx"], "cannot be read"),
        (["compile", "net.onnx", "--inputs", "net.onnx"], "not a table"),
        (["compile", "net.onnx", "--inputs", "ranges.json", "--scale", "-1"], "scale"),
        (["compile", "net.onnx", "--inputs", "ranges.json", "--folder", "nowhere"], "no folder"),
        (["ask", "ranges.json", "--codes", "1"], "model file"),
        (["deploy", "net.onnx", "--rpc", "http://127.0.0.1:9", "--registry", "0x" + "77" * 20], "model file"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else value,
)
def test_misuse_is_one_line_and_a_hint(andel, network, monkeypatch, arguments, says):
    monkeypatch.chdir(network.parent)
    ended = andel("model", *arguments)
    assert ended.returncode == 1
    assert says in ended.stderr and "Traceback" not in ended.stderr


def test_a_signed_answer_is_verified_against_operators_file_and_chain(andel, finished_run, tmp_path):
    prediction = tmp_path / "answer.json"
    prediction.write_text(json.dumps(finished_run.prediction.to_json()))
    model = tmp_path / "model.json"
    model.write_bytes(finished_run.published.file.to_bytes())
    at = ["--rpc", finished_run.world.chain.url, "--model", finished_run.deployment, "--at-any-time"]
    told = andel("model", "verify", prediction, *at, "--file", model)
    assert told.returncode == 0, told.stderr
    assert "signed by 1 of" in told.stdout and "as signed" in told.stdout and "compiles to" in told.stdout
    assert "1 operators signed, 2 are asked for" in andel("model", "verify", prediction, *at, "--quorum", "2").stderr
    forged = finished_run.prediction.to_json()
    forged["answer"] += 1
    prediction.write_text(json.dumps(forged))
    assert "signature" in andel("model", "verify", prediction, *at).stderr
    other = json.loads(model.read_bytes())
    other["output_bias"] -= 1
    model.write_text(json.dumps(other, separators=(",", ":"), sort_keys=True))
    prediction.write_text(json.dumps(finished_run.prediction.to_json()))
    assert andel("model", "verify", prediction, *at, "--file", model).returncode == 1


def test_file_server_and_promoted_code_answer_alike(andel, finished_run, tmp_path):
    model = tmp_path / "model.json"
    model.write_bytes(finished_run.published.file.to_bytes())
    world = finished_run.world
    predictor = predictor_of(
        world.actors.coordinator, world.model, finished_run.published.file, world.founded.definition
    )
    with serve_in_thread(build_app(predictor)) as server:
        at = ["--rpc", world.chain.url, "--model", finished_run.deployment, "--url", server.url]
        asked = ["--question", "0x" + finished_run.prediction.question.hex()]
        found = andel("model", "ask", model, *asked, *at, "--onnx")
    assert found.returncode == 0, found.stdout + found.stderr
    assert {line.split(":")[0] for line in found.stdout.splitlines()[1:]} == {"file", "onnx", "http", "chain"}
    assert f"file: {finished_run.prediction.answer} " in found.stdout
