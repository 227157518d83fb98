"""ONNX Runtime answers with the bits of the integer reference, for every family of model files."""

from collections.abc import Callable

import numpy as np
import pytest

from andel.errors import InputError, ModelFileError
from andel.hashing import sha256
from andel.serving.any_file import (
    AnyFile,
    evaluate_any,
    inputs_of,
    max_code_of,
    pack_any,
    read_any_file,
    takes_base,
    unpack_any,
)
from andel.serving.layers_file import Layer, LayersFile
from andel.serving.model_file import ModelFile
from andel.serving.slots import Slots
from tests.serving.random_layers import filled_layers, telling_rows
from tests.serving.random_models import filled_model, telling_codes
from tests.serving.test_compile_trees import grown, oblivious, telling

onnx = pytest.importorskip("onnx", reason="onnx is not installed (andel[onnx])")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (andel[onnx])")

from andel.serving.onnx_export import FILE_HASH, export_onnx  # noqa: E402
from andel.serving.onnx_runtime import MAX_ROWS, OnnxModel  # noqa: E402

DIGEST = sha256(b"exported")
FAMILIES: dict[str, Callable[[int], AnyFile]] = {
    "format 1": lambda seed: filled_model(seed, 16, 32),
    "format 1 without base": lambda seed: filled_model(seed, 24, 64, shift=31, adds_base=False),
    "linear": lambda seed: filled_layers(seed, Slots(16, 16, 16), [1], "raw"),
    "argmax": lambda seed: filled_layers(seed, Slots(64, 4, 4), [32, 10], "argmax", shifts=[8], output_reach=1 << 14),
    "raw": lambda seed: filled_layers(seed, Slots(9, 8, 7), [20, 12, 5], "raw", shifts=[3, 1]),
    "with a base": lambda seed: filled_layers(seed, Slots(11, 8, 8, base=True), [32, 16, 1], "raw", shifts=[3, 2]),
    "wide": lambda seed: filled_layers(seed, Slots(784, 4, 4), [32, 10], "raw", shifts=[8], fill=0.7),
    "oblivious": lambda seed: oblivious(seed, Slots(16, 16, 8), 100, 4, 15),
    "oblivious of 15 bits": lambda seed: oblivious(seed, Slots(3, 16, 15), 20, 6, 40),
    "trees": lambda seed: grown(seed, Slots(12, 8, 8), 40, 6),
}


def questions(model, seed: int, count: int):
    """Random and adversarial codes, single extremes among them, and bases at both ends (format 1 alone)."""
    rng = np.random.default_rng(seed)
    top, inputs = max_code_of(model), inputs_of(model)
    if isinstance(model, ModelFile):
        rows = telling_codes(model, seed, count).astype(np.int64)
    elif isinstance(model, LayersFile):
        rows = telling_rows(model.slots, model.layers[0], seed, count)
    else:
        rows = telling(model, seed, count)
    single = np.eye(inputs, dtype=np.int64)
    rows = np.concatenate([rows, np.zeros((1, inputs)), np.full((1, inputs), top), single * top, top - single * top])
    base = None
    if takes_base(model):
        base = rng.integers(-(1 << 31), 1 << 31, len(rows))
        base[:2] = -(1 << 31), (1 << 31) - 1
    return rows.astype(np.int64), base


def answered_alike(family: str, seed: int, count: int) -> int:
    model = FAMILIES[family](seed)
    rows, base = questions(model, seed, count)
    assert np.array_equal(OnnxModel(model).evaluate(rows, base), evaluate_any(model, rows, base))
    return len(rows)


@pytest.mark.parametrize("family", FAMILIES)
def test_onnx_runtime_answers_with_the_bits_of_the_reference(family):
    assert answered_alike(family, 1, 250) >= 500


@pytest.mark.full
@pytest.mark.parametrize("family", FAMILIES)
def test_onnx_runtime_answers_alike_ten_thousand_times(family):
    assert sum(answered_alike(family, seed, 2_500) for seed in (2, 3)) >= 10_000


@pytest.mark.parametrize("shift", [0, 1, 30, 31])
@pytest.mark.parametrize("bias", [-(1 << 31), -1, 0, 1, (1 << 31) - 1 - 255])
def test_a_shift_goes_toward_minus_infinity(shift, bias):
    layer = Layer(((1,),), (max(bias, -(1 << 31) + 1),), shift)
    model = LayersFile(Slots(1, 8, 8), (layer,), "raw", "1", DIGEST, DIGEST)
    rows = np.arange(256)[:, None]
    assert np.array_equal(OnnxModel(model).evaluate(rows), evaluate_any(model, rows))


def test_of_equal_outputs_the_first_is_named():
    layer = Layer(((0,), (1,), (1,), (0,)), (5, 0, 0, 5), 0)
    model = LayersFile(Slots(1, 8, 8), (layer,), "argmax", "1", DIGEST, DIGEST)
    assert OnnxModel(model).evaluate(np.array([[0], [5], [6]]))[:, 0].tolist() == [0, 0, 1]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_file_gives_the_same_bytes_of_integers_alone(family):
    model = FAMILIES[family](1)
    data = export_onnx(model)
    assert data == export_onnx(read_any_file(model.to_bytes()))
    proto = onnx.load_model_from_string(data)
    onnx.checker.check_model(proto, full_check=True)
    whole = {onnx.TensorProto.INT32, onnx.TensorProto.INT64}
    assert {tensor.data_type for tensor in proto.graph.initializer} <= whole
    assert {value.type.tensor_type.elem_type for value in [*proto.graph.input, *proto.graph.output]} <= whole
    assert {entry.key: entry.value for entry in proto.metadata_props}[FILE_HASH] == model.file_hash.hex()


def test_questions_out_of_bounds_are_refused_as_by_the_reference():
    model = FAMILIES["trees"](1)
    session = OnnxModel(model)
    for rows in (np.full((1, 12), 256), np.full((1, 12), -1), np.zeros((1, 11), dtype=int)):
        with pytest.raises(InputError):
            session.evaluate(rows)
    with pytest.raises(InputError, match="float64"):
        session.evaluate(np.zeros((1, 12)))  # type: ignore[arg-type]  # what is no integer
    with pytest.raises(InputError, match="at most 65536"):
        session.evaluate(np.zeros((MAX_ROWS + 1, 12), dtype=np.uint8))
    with pytest.raises(InputError, match="stand alone"):
        session.evaluate(np.zeros((1, 12), dtype=int), np.zeros(1, dtype=np.int64))
    with pytest.raises(InputError, match="int32"):
        OnnxModel(FAMILIES["format 1"](1)).evaluate(np.zeros((1, 16), dtype=int), np.array([1 << 31]))
    with pytest.raises(InputError, match="threads"):
        OnnxModel(model, threads=0)
    assert session.evaluate(np.zeros((0, 12), dtype=int)).shape == (0, 1)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_question_is_read_back_as_it_was_packed(family):
    model = FAMILIES[family](1)
    rows, base = questions(model, 1, 5)
    for number, row in enumerate(rows[-8:]):
        asked = int(base[number]) if base is not None else 0
        codes, read = unpack_any(model, pack_any(model, row, asked))
        assert codes.tolist() == row.tolist()
        assert read == asked


def test_a_file_of_no_known_format_is_refused():
    for data in (b"", b"[]", b'{"format":"andel-model/9"}', b'{"family":"moon","format":"andel-model/2"}'):
        with pytest.raises(ModelFileError):
            read_any_file(data)


def test_a_batch_that_is_taken_in_parts_is_answered_as_a_whole():
    model = oblivious(4, Slots(16, 16, 8), 1_500, 3, 15)
    rows = np.random.default_rng(4).integers(0, 256, (1_000, 16))
    assert np.array_equal(OnnxModel(model).evaluate(rows), evaluate_any(model, rows))
