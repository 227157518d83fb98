"""A plain sequence of PyTorch's layers answers as a model file; other layers are refused by name."""

import numpy as np
import pytest

from andel.errors import InputError, ModelFileError
from andel.hashing import sha256
from andel.serving.evaluate_layers import evaluate_layers
from andel.serving.import_torch import import_torch
from andel.serving.input_codes import Ranges
from andel.serving.quantise_layers import AnswerTerms
from andel.serving.slots import Slots
from tests.support.pytorch import require_torch

require_torch()
torch = pytest.importorskip("torch")

DIGEST = sha256(b"torch")


def network():
    """4-8-6-3, nested, with a layer that does nothing."""
    torch.manual_seed(1)
    nn = torch.nn
    inner = nn.Sequential(nn.Linear(8, 6), nn.Identity(), nn.ReLU(), nn.Linear(6, 3, bias=False))
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.ReLU(), inner)


@pytest.mark.parametrize("is_class", [False, True])
def test_a_sequence_answers_as_its_floats_do(is_class):
    module, slots = network(), Slots(4, 8, 8)
    ranges = Ranges(np.full(4, -1.0), np.full(4, 2.0))
    codes = np.random.default_rng(1).integers(0, 256, (300, 4))
    terms = AnswerTerms("argmax" if is_class else "raw", 1_000.0, "0.001", DIGEST, DIGEST)
    file, _ = import_torch(module, is_class=is_class).quantised(ranges, slots, terms, codes)
    with torch.no_grad():
        values = torch.from_numpy(ranges.low + codes * ranges.scale(slots)).float()
        wanted = module(values).numpy()
    answers = evaluate_layers(file, codes)
    if is_class:
        assert np.mean(answers[:, 0] == wanted.argmax(axis=1)) > 0.95
    else:
        assert np.abs(answers / 1_000 - wanted).mean() < 0.01


def test_other_modules_are_refused_by_name():
    nn = torch.nn
    with pytest.raises(ModelFileError, match="Tanh"):
        import_torch(nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)), is_class=False)
    with pytest.raises(ModelFileError, match="end in Linear"):
        import_torch(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), is_class=False)
    with pytest.raises(ModelFileError, match="before any layer"):
        import_torch(nn.Sequential(nn.ReLU(), nn.Linear(2, 2)), is_class=False)
    with pytest.raises(InputError, match="Sequential"):
        import_torch(nn.Linear(2, 2), is_class=False)
    with pytest.raises(InputError, match="3 inputs after 2"):
        import_torch(nn.Sequential(nn.Linear(2, 2), nn.Linear(3, 2)), is_class=False)
    broken = nn.Sequential(nn.Linear(2, 2))
    with torch.no_grad():
        broken[0].weight[0, 0] = float("nan")
    with pytest.raises(InputError, match="no number"):
        import_torch(broken, is_class=False)
