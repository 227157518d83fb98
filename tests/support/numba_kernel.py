"""Numba for the tests that need it: installed beside the product, or by `scripts/environment numba`.

That environment goes behind the product's own, so that nothing else of that environment is ever imported.
"""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def require_numba() -> None:
    """Makes Numba importable, or skips whoever asks, saying how to get it."""
    for packages in sorted(ROOT.glob(".venv-numba/lib/python*/site-packages")):
        if str(packages) not in sys.path:
            sys.path.append(str(packages))
    pytest.importorskip("numba", reason="Numba is not installed; scripts/environment numba installs it")
