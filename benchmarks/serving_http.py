"""What signing costs over HTTP, and how our server stands beside MLflow's and BentoML's on the same network.

The server on one core, wrk on another; every server one worker, and each measured in turns with the others. `signed`
is the product, every answer signed; `unsigned` the same route, codec, worker and model without a hash or signature;
`batch` is 64 questions under one signature. MLflow and BentoML answer in floats, unsigned, from an ONNX file, each
in an environment of its own, with telemetry off; one that is not installed is left out and told.

Ends in one JSON line of medians: `ratio_single` and `ratio_batch` are signed over unsigned requests a second at 16
connections (`ratio_single_128` and so on at others), `ratio_mlflow` and `ratio_bentoml` ours, signed, over theirs at
16, `p99_ms` that of `signed` at 128, `waited_share` the share of that run in which other work had the core that the
server was ready to run on. `processor_ratio_*` are the same of the time that the server's processes took for a request,
which such work disturbs less. Run: make bench-http
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import orjson
from serving_http_server import DOMAIN, INPUTS, OPERATOR, model_file, predictor, questions
from serving_http_wrk import Measured, Server, ask, cores, free_port, load, missing, running

from andel.serving.prediction import Prediction, verify_prediction
from andel.serving.prediction_batch import batch_from_json, verify_batch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CONNECTIONS = (1, 16, 128)
COMPARED = 16
BATCH = 64
SINGLE_BODY = json.dumps({"question": "0x" + questions(1)[0].hex()})
BATCH_BODY = json.dumps({"questions": ["0x" + question.hex() for question in questions(BATCH)]})
FEATURES = [float(code) for code in questions(1)[0][:INPUTS]]
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "BENTOML_DO_NOT_TRACK": "True", "DO_NOT_TRACK": "1"}

Key = tuple[str, int]
"""What was measured, and at how many connections."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is measured: a server, and what it is asked."""

    name: str
    server: Server
    body: str


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of one run of wrk")
    parser.add_argument("--rivals", default="mlflow,bentoml", help="which others, with commas; empty for none")
    options = parser.parse_args()
    if tool := missing():
        sys.exit(f"bench-http: {tool} is not installed (apt-get install wrk)")
    if len(set(cores())) < 2:
        sys.exit("bench-http: needs two cores, one for the server and one for wrk")
    told(f"load average before: {os.getloadavg()[0]:.1f} (other work on the machine disturbs every figure below)")
    with ExitStack() as stack:
        subjects = ours(stack) + [
            subject for name in filter(None, options.rivals.split(",")) if (subject := rival(name, stack)) is not None
        ]
        runs = measure(subjects, options.turns, options.seconds)
    table(runs)
    told(f"load average after: {os.getloadavg()[0]:.1f}")
    print(json.dumps(results(runs, options.turns)))


def ours(stack: ExitStack) -> list[Subject]:
    """The product and its unsigned twin, asked once each and their answers judged."""
    servers = {}
    for kind in ("signed", "unsigned"):
        port = free_port()
        command = [sys.executable, str(HERE / "serving_http_server.py"), kind, str(port)]
        servers[kind] = stack.enter_context(running(command, port, "/predict", SINGLE_BODY, 60))
    check(servers["signed"], servers["unsigned"])
    return [
        Subject(name + kind, servers[kind], body)
        for name, body in (("", SINGLE_BODY), ("batch ", BATCH_BODY))
        for kind in ("signed", "unsigned")
    ]


def check(signed: Server, unsigned: Server) -> None:
    """That one signs, the other does not, and both answer as the model file does."""
    records = [
        (orjson.loads(ask(server.url, SINGLE_BODY) or b""), orjson.loads(ask(server.url, BATCH_BODY) or b""))
        for server in (signed, unsigned)
    ]
    (single, many), (plain, plain_many) = records
    verify_prediction(Prediction.from_json(single), DOMAIN, {OPERATOR.address})
    verify_batch(batch_from_json(many), DOMAIN, {OPERATOR.address})
    expected = predictor().ask_questions(questions(BATCH))
    assert single["answer"] == plain["answer"] == expected.answers[0]
    assert many["answers"] == plain_many["answers"] == list(expected.answers)
    assert set(plain["signature"][2:]) == set(plain_many["signature"][2:]) == {"0"}


def rival(name: str, stack: ExitStack) -> Subject | None:
    """MLflow's or BentoML's server; None, told, where it cannot be had or does not start."""
    binaries = ROOT / f".venv-{name}" / "bin"
    if not (binaries / name).is_file():
        told(f"{name} is not installed (scripts/environment {name}); it is left out")
        return None
    folder, port = Path(stack.enter_context(tempfile.TemporaryDirectory())), free_port()
    weights, file = folder / "weights.json", model_file()
    weights.write_text(file.to_bytes().decode(), encoding="utf-8")
    script = str(HERE / "serving_http_rivals.py")
    environment = QUIET | {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    try:
        write = [str(binaries / "python"), script, name, str(weights), str(folder)]
        subprocess.run(write, check=True, capture_output=True, env=os.environ | environment, timeout=300)
        command, path, body, more = asked_of(name, binaries, folder, port)
        server = stack.enter_context(running(command, port, path, body, 180, environment | more))
    except (subprocess.CalledProcessError, RuntimeError) as error:
        output = getattr(error, "stderr", None)
        told(f"{name} is left out: {output[-2_000:].decode(errors='replace') if output else error}")
        return None
    told(f"{name} answers {(ask(server.url, body) or b'')[:80].decode(errors='replace')}")
    return Subject(name, server, body)


def asked_of(name: str, binaries: Path, folder: Path, port: int) -> tuple[list[str], str, str, Mapping[str, str]]:
    """The command of a rival's server, its route, what it is asked and what its environment says besides."""
    at = ["--host", "127.0.0.1", "--port", str(port)]
    if name == "mlflow":
        command = ["mlflow", "models", "serve", "-m", str(folder / "mlflow"), *at, "--env-manager", "local"]
        return (
            [str(binaries / command[0]), *command[1:], "-w", "1"],
            "/invocations",
            json.dumps({"inputs": [FEATURES]}),
            {},
        )
    more = {"NETWORK_ONNX": str(folder / "network.onnx")}
    command = [str(binaries / "bentoml"), "serve", "serving_http_rivals:Network", "--working-dir", str(HERE), *at]
    return command, "/predict", json.dumps({"x": [FEATURES]}), more


def measure(subjects: Sequence[Subject], turns: int, seconds: float) -> dict[Key, list[Measured]]:
    """Every subject at every number of connections, in turns, each warmed up once."""
    runs: dict[Key, list[Measured]] = {}
    for subject in subjects:
        load(subject.server, subject.body, COMPARED, 1)
    for turn in range(turns):
        for connections in CONNECTIONS:
            for subject in subjects if turn % 2 == 0 else reversed(subjects):
                measured = load(subject.server, subject.body, connections, seconds)
                if measured.errors:
                    told(f"{subject.name} at {connections}: {measured.errors} requests failed")
                runs.setdefault((subject.name, connections), []).append(measured)
        told(f"turn {turn + 1} of {turns} done")
    return runs


def table(runs: Mapping[Key, Sequence[Measured]]) -> None:
    """For people, on standard error."""
    shares = f"{'wrk busy':>9} {'waited':>7}"
    told(f"{'':16} {'connections':>11} {'requests/s':>11} {'p99 ms':>8} {'cpu us':>8} {shares} {'failed':>7}")
    for (name, connections), measured in runs.items():
        rate, p99, cost, busy, waited = (
            statistics.median(getattr(each, field) for each in measured)
            for field in ("rate", "p99_ms", "microseconds", "busy", "waited")
        )
        failed = sum(each.errors for each in measured)
        shares = f"{busy:>9.0%} {waited:>7.0%}"
        told(f"{name:16} {connections:>11} {rate:>11.0f} {p99:>8.1f} {cost:>8.0f} {shares} {failed:>7}")


def results(runs: Mapping[Key, Sequence[Measured]], turns: int) -> dict[str, object]:
    """The last line."""

    def over(field: str, first: str, second: str, connections: int = COMPARED) -> float | None:
        pairs = zip(runs.get((first, connections), ()), runs.get((second, connections), ()), strict=False)
        ratios = [getattr(one, field) / getattr(other, field) for one, other in pairs if getattr(other, field)]
        return round(statistics.median(ratios), 3) if ratios else None

    at = {f"ratio_single_{n}": over("rate", "signed", "unsigned", n) for n in CONNECTIONS}
    at |= {f"ratio_batch_{n}": over("rate", "batch signed", "batch unsigned", n) for n in CONNECTIONS}
    for name in ("mlflow", "bentoml"):
        at |= {f"ratio_{name}_{n}": over("rate", "signed", name, n) for n in CONNECTIONS}
    return {
        "ratio_single": at["ratio_single_16"],
        "ratio_batch": at["ratio_batch_16"],
        "ratio_mlflow": at["ratio_mlflow_16"],
        "ratio_bentoml": at["ratio_bentoml_16"],
        "p99_ms": round(statistics.median(each.p99_ms for each in runs["signed", 128]), 2),
        "waited_share": round(statistics.median(each.waited for each in runs["signed", 128]), 3),
        "processor_ratio_single": over("microseconds", "unsigned", "signed"),
        "processor_ratio_batch": over("microseconds", "batch unsigned", "batch signed"),
        "processor_ratio_mlflow": over("microseconds", "mlflow", "signed"),
        "processor_ratio_bentoml": over("microseconds", "bentoml", "signed"),
        "requests_per_second": {
            str(n): round(statistics.median(m.rate for m in runs["signed", n])) for n in CONNECTIONS
        },
        "failed": sum(each.errors for measured in runs.values() for each in measured),
        "turns": turns,
        **at,
    }


def told(line: str) -> None:
    """A line for people."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
