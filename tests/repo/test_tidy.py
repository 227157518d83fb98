"""House rules that a machine can hold: sizes, names, what a file must and must not contain."""

import ast
import os
import re
import tomllib
from pathlib import Path

import andel

SOURCES = (".py", ".sol", ".ts", ".js", ".cjs", ".mjs")
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
SIGN_LINES_MAX = 15
ROOMS = ("device", "data", "training", "value", "ledger", "serving")
ABOVE = ("roles", "simulation", "cli")
LOCKS = (
    "bentoml.lock",
    "build.lock",
    "dev.lock",
    "docs.lock",
    "fedn.lock",
    "fuzz.lock",
    "mlflow.lock",
    "numba.lock",
    "numpy-2.0.lock",
    "numpy-2.2.lock",
    "pydvl.lock",
    "schemathesis.lock",
    "slither.lock",
    "torch.lock",
    "x402.lock",
)
BANNED_NAMES = {"util", "utils", "common", "core", "helper", "helpers", "manager", "managers", "misc"}
# Taken apart, so that this file does not hold what it looks for.
OPEN_ENDS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
HOSTS = ["pypi" + ".org", "python" + "hosted", "npm" + "js", "crates" + ".io", "yarn" + "pkg.com"]
ADDRESS_OPTION = re.compile(r"(index-url|find-links|registry|resolved)\W{1,6}(https?|file):", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.~$)}/])/(home|root|Users|" + "wo" + r"rk)/\w")


def test_no_file_is_longer_than_400_lines(tree):
    lengths = {str(path): tree.text(path).count("\n") for path in tree.ending(*SOURCES)}
    assert {path: length for path, length in lengths.items() if length > FILE_LINES_MAX} == {}


def test_no_function_is_longer_than_70_lines(tree):
    found = {}
    for path in tree.ending(".py"):
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                length = node.end_lineno - node.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    found[f"{path}:{node.lineno} {node.name}"] = length
    assert found == {}


def test_every_module_says_what_it_is(tree):
    silent = [str(path) for path in tree.ending(".py") if not ast.get_docstring(tree.parsed(path))]
    assert silent == []


def test_every_public_function_and_class_of_the_package_says_its_result(tree):
    silent = []
    for path in tree.ending(".py", under="src"):
        for node in tree.parsed(path).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                if not node.name.startswith("_") and not ast.get_docstring(node):
                    silent.append(f"{path}:{node.lineno} {node.name}")
    assert silent == []


def test_every_room_has_a_sign_on_its_door(tree):
    for room in ROOMS:
        module = ast.parse(tree.text(Path("src/andel", room, "__init__.py")))
        sign = ast.get_docstring(module) or ""
        assert len(sign.splitlines()) <= SIGN_LINES_MAX, room
        for word in ("takes", "gives", "never"):
            assert word in sign.lower(), f"the sign of {room} does not say what it {word}"


def test_no_module_has_a_name_that_means_nothing(tree):
    found = [str(path) for path in tree.ending(*SOURCES) if BANNED_NAMES & {*path.with_suffix("").parts}]
    assert found == []


def test_every_folder_of_the_package_is_a_package_and_a_known_one(tree):
    folders = {path.parent for path in tree.ending(".py", under="src/andel")}
    assert {str(folder) for folder in folders if folder / "__init__.py" not in tree.files} == set()
    top = {folder.parts[2] for folder in folders if len(folder.parts) > 2}
    assert top == {*ROOMS, *ABOVE}


def test_every_room_has_tests(tree):
    tested = {path.parts[1] for path in tree.ending(".py", under="tests") if path.name.startswith("test_")}
    assert set(ROOMS) - tested == set()


def test_nothing_is_left_open(tree):
    found = []
    for path, text in tree.texts():
        if path.suffix == ".lock" or path.name == "package-lock.json":
            continue  # hashes may spell anything
        found += [f"{path}: {match.group()}" for match in OPEN_ENDS.finditer(text)]
    assert found == []


def test_no_file_names_a_package_registry(tree):
    found = []
    for path, text in tree.texts():
        found += [f"{path}: {host}" for host in HOSTS if host in text]
        found += [f"{path}: {match.group()}" for match in ADDRESS_OPTION.finditer(text)]
    assert found == []


def test_no_lock_holds_an_address(tree):
    locks = list(tree.ending(".lock", under="requirements"))
    assert {path.name for path in locks} == set(LOCKS)
    assert [str(path) for path in locks if "://" in tree.text(path)] == []


def test_no_file_names_a_place_on_one_machine(tree):
    assert [f"{path}: {m.group()}" for path, text in tree.texts() for m in MACHINE_PATH.finditer(text)] == []


def test_only_the_command_line_and_config_read_the_environment(tree):
    # flower.py writes variables that Flower reads when it is imported; Flower offers no other way.
    allowed = {Path("src/andel/config.py"), Path("src/andel/training/flower.py")}
    found = []
    for path in tree.ending(".py", under="src"):
        if path in allowed or path.is_relative_to("src/andel/cli"):
            continue
        for node in ast.walk(tree.parsed(path)):
            if getattr(node, "attr", None) in {"environ", "environb", "getenv"}:
                found.append(f"{path}: {ast.unparse(node)}")
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                found.append(f"{path}: {ast.unparse(node)}")
    assert found == []


def test_scripts_can_be_run_and_stop_at_the_first_error(tree):
    for path in [*(p for p in tree.files if p.parts[0] == "scripts" and not p.suffix), Path(".ci/run")]:
        text = tree.text(path)
        assert text.startswith("#!/usr/bin/env bash\n") and "set -euo pipefail" in text, path
        assert os.access(tree.root / path, os.X_OK), path


def test_the_version_is_the_same_in_both_places(tree):
    project = tomllib.loads(tree.text(Path("pyproject.toml")))["project"]
    assert project["version"] == andel.__version__
