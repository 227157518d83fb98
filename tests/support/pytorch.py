"""PyTorch for the tests that need it: installed beside the product, or by `scripts/environment torch`.

That environment goes behind the product's own, so that nothing else of that environment is ever imported.
"""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def require_torch() -> None:
    """Makes PyTorch importable, or skips whoever asks, saying how to get it."""
    for packages in sorted(ROOT.glob(".venv-torch/lib/python*/site-packages")):
        if str(packages) not in sys.path:
            sys.path.append(str(packages))
    pytest.importorskip("torch", reason="PyTorch is not installed; scripts/environment torch installs it")
