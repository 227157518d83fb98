"""The same bytes on every BLAS kernel, any number of threads and every NumPy: run in processes of their own."""

import json
import os
import signal
import subprocess
import sys
from functools import cache

import pytest

KERNELS = ["Prescott", "Core2", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"]
RELEASES = ["numpy-2.0", "numpy-2.2"]
"""Environments that scripts/environment makes, with another NumPy than the product's."""


@cache
def fingerprint(root, threads, kernel="", release=""):
    """What a process with so many BLAS threads, that kernel and NumPy computes; None where the processor cannot."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS")}
    packages = sorted(root.glob(f".venv-{release}/lib/python*/site-packages")) if release else []
    paths = os.pathsep.join(map(str, [*packages, root / "src", root]))
    environment |= {"OPENBLAS_NUM_THREADS": str(threads), "PYTHONPATH": paths}
    if kernel:
        environment["OPENBLAS_CORETYPE"] = kernel
    command = [sys.executable, "-W", "error", "-m", "tests.support.fingerprint"]
    outcome = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)
    if outcome.returncode == -signal.SIGILL:
        return None
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout)


def same(first, second):
    """Whether the integers of two processes are the same."""
    return [first[key] for key in ("integers", "report")] == [second[key] for key in ("integers", "report")]


@pytest.mark.full
def test_one_thread_and_two_give_the_same_bytes(repo_root):
    assert same(fingerprint(repo_root, 1), fingerprint(repo_root, 2))


@pytest.mark.full
def test_an_old_kernel_and_this_machines_give_the_same_bytes(repo_root):
    old = fingerprint(repo_root, 1, "Prescott")
    if old is None or "kernel" not in old or old["kernel"] == fingerprint(repo_root, 1)["kernel"]:
        pytest.skip("NumPy's BLAS has no second kernel for this processor")
    assert same(fingerprint(repo_root, 1), old)


@pytest.mark.full
def test_every_kernel_with_one_to_four_threads_gives_the_same_bytes(repo_root):
    ran = [fingerprint(repo_root, threads, kernel) for threads in (1, 2, 3, 4) for kernel in KERNELS]
    found = [outcome for outcome in ran if outcome is not None]
    assert found, "no kernel ran"
    assert {same(found[0], outcome) for outcome in found} == {True}
    if len({outcome.get("kernel") for outcome in found}) > 1:
        assert len({outcome["floats"] for outcome in found}) > 1, "the control did not tell the kernels apart"


@pytest.mark.full
@pytest.mark.parametrize("release", RELEASES)
def test_another_numpy_gives_the_same_bytes_on_every_kernel(repo_root, release):
    if not (repo_root / f".venv-{release}" / ".andel-stamp").exists():
        pytest.skip(f"no .venv-{release}: scripts/environment {release} makes it")
    ran = [fingerprint(repo_root, threads, kernel, release) for threads in (1, 2) for kernel in KERNELS]
    found = [outcome for outcome in ran if outcome is not None]
    own = fingerprint(repo_root, 1)
    assert {outcome["numpy"] for outcome in found} == {found[0]["numpy"]} != {own["numpy"]}
    assert {same(own, outcome) for outcome in found} == {True}
