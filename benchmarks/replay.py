"""A whole history of ten rounds, trained and settled again everywhere: every setting must give the same hash.

Runs a small network on a chain for ten rounds each with a linear model, one hidden layer and two, keeps the evidence,
and replays all of it (`history.py`) in processes of their own: over releases of NumPy, kernels of OpenBLAS, numbers of
threads, and for each setting another order of arrival. Ends in one JSON line. A processor that lacks a kernel gets
another, so each is asked first which it has: `kernels` are those that OpenBLAS says it really used, and each counts
once for a release of NumPy. `float_results` is the control: so many different results the same settings gave for one
product of fractions.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path

from history import RecordedModel
from small_network import found_network, run_rounds, synthetic_scenario

from andel.content import ContentStore
from andel.hashing import sha256
from andel.roles.chain_facts import chain_facts, read_round
from andel.simulation.local_chain import LocalChain
from andel.simulation.world import World
from andel.units import Address
from andel.value.manifest import read_evidence

ROOT = Path(__file__).parent.parent
ROUNDS = 10
FORMS: tuple[tuple[int, ...], ...] = ((), (32,), (64, 32))
"""Hidden layers of the models."""
STEPS = 20
RELEASES = ("", "numpy-2.0", "numpy-2.2")
"""Environments with a NumPy of their own; the first is the product's."""
KERNELS = ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids")
THREADS = (1, 2)


def main() -> None:
    """Records, replays everywhere, prints."""
    started = time.monotonic()
    releases = [release for release in RELEASES if not release or _made(release)]
    kernels = [(release, kernel) for release in releases for kernel in _kernels(release)]
    with tempfile.TemporaryDirectory() as name:
        recorded = Path(name) / "history.pickle"
        with LocalChain(Path(name)) as local:
            models = [_record(local, Path(name) / str(place), form) for place, form in enumerate(FORMS)]
        recorded.write_bytes(pickle.dumps(models))
        _say(f"recorded in {time.monotonic() - started:.0f} s")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            settings = enumerate(product(kernels, THREADS))
            found = list(
                pool.map(lambda setting: _replay(recorded, setting[0], *setting[1][0], setting[1][1]), settings)
            )
    hashes = sorted({said["history"] for said in found})
    summary = {
        "settings": len(found),
        "hashes": len(hashes),
        "rounds": sum(len(model.rounds) for model in models),
        "models": [list(form) for form in FORMS],
        "numpy": sorted({said["numpy"] for said in found}),
        "kernels": sorted({said.get("kernel", "another BLAS") for said in found}),
        "threads": sorted({said.get("threads", 0) for said in found}),
        "orders": len({said["order"] for said in found}),
        "float_results": len({said["floats"] for said in found}),
        "history": hashes[0],
        "seconds": round(time.monotonic() - started),
    }
    print(json.dumps(summary))
    if len(hashes) != 1 or any(len(model.rounds) != ROUNDS for model in models):
        raise SystemExit(1)


def _kernels(release: str) -> list[str]:
    """The kernels that really differ there, by what OpenBLAS says it took, and that the processor can run."""
    answers = {kernel: _run(release, kernel, 1) for kernel in KERNELS}
    return list({said.get("kernel"): kernel for kernel, said in reversed(answers.items()) if said}.values())


def _made(release: str) -> bool:
    done = subprocess.run([ROOT / "scripts" / "environment", release], check=False)
    if done.returncode:
        _say(f"left out: {release} cannot be installed here")
    return done.returncode == 0


def _replay(recorded: Path, order: int, release: str, kernel: str, threads: int) -> dict[str, str]:
    said = _run(release, kernel, threads, str(recorded), str(order))
    if said is None:
        raise SystemExit(f"{kernel} ran before and does not now")
    _say(f"NumPy {said['numpy']}, {said.get('kernel')}, {said.get('threads')} threads: {said['history'][:16]}")
    return said


def _run(release: str, kernel: str, threads: int, *arguments: str) -> dict[str, str] | None:
    """What a process with that setting says; None where the processor cannot run the kernel."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OPENBLAS", "OMP"))}
    environment |= {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": str(threads)}
    packages = sorted(ROOT.glob(f".venv-{release}/lib/python*/site-packages")) if release else []
    environment["PYTHONPATH"] = os.pathsep.join(map(str, packages))
    command = [sys.executable, str(ROOT / "benchmarks" / "history.py"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGILL:
        return None
    if done.returncode:
        raise SystemExit(
            f"{release or 'numpy'}, {kernel}, {threads} threads ended with {done.returncode}: {done.stderr}"
        )
    said: dict[str, str] = json.loads(done.stdout)
    return said


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _record(local: LocalChain, folder: Path, form: tuple[int, ...]) -> RecordedModel:
    folder.mkdir()
    store = ContentStore(f"{folder}/content")
    scenario = synthetic_scenario(2, 2)
    deep = replace(scenario, task=replace(scenario.task, layers=form, steps=STEPS))
    world = found_network(deep, local, store, folder, sha256(b"replay", repr(form).encode()))
    run_rounds(world, store, ROUNDS)
    return _recorded(world, f"{folder}/content", store)


def _recorded(world: World, place: str, store: ContentStore) -> RecordedModel:
    model, rounds = world.model, []
    rows: dict[Address, tuple[bytes, tuple[int, ...]]] = {}
    for number in range(1, ROUNDS + 1):
        on_chain = read_round(model, number)
        evidence = read_evidence(store, on_chain.state.evidence_hash, f"round {number}")
        facts = chain_facts(model, evidence.plan, on_chain, evidence.commitments)
        rounds.append((on_chain.state.evidence_hash, facts))
        for member in world.members if number == 1 else ():  # every plan names the same windows
            codes, change = member.contributor.rows(evidence.plan, evidence.task)
            rows[member.contributor.address] = codes.tobytes(), tuple(change.tolist())
    return RecordedModel(place, tuple(rounds), world.founded.packets, rows)


if __name__ == "__main__":
    main()
