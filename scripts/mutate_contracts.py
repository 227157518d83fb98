#!/usr/bin/env python3
"""Change the contracts one small thing at a time, and count the changes that no test notices.

Takes: `contracts/` with its npm parts installed, the contracts' names, a seed and how many changes a contract.
Gives: one line a change: killed (a test failed, or the time was up), invalid (it does not compile) or SURVIVED; then
the table by contract, on stdout; it ends with 1 if a change survived that docs/assurance.md does not name.
The changes come from the compiler's own syntax tree: operators of comparison, arithmetic and logic; a number plus one;
a requirement, statement, event or modifier left out; an answer changed; a condition always true or never.
Never touches the sources: it works in a copy. One change at a time, as the tests take every core.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
PAGE = ROOT / "docs" / "assurance.md"
P256 = "@openzeppelin/contracts/utils/cryptography/P256.sol"
TIME_SECONDS_MAX = 900
# Which tests see a contract first; whatever survives those meets all the others.
NEAREST = {
    "value/RewardPool": "test/value/**",
    "value/Emission": "test/value/**",
    "value/ModelToken": "test/{value,ledger}/{ModelToken,TokenStandards,Holdings,Revenue,Permissions}*",
    "value/HeldERC20": "test/{value,ledger}/{ModelToken,TokenStandards,Holdings,Revenue}*",
    "value/Holdings": "test/{value,ledger}/{ModelToken,Holdings,Revenue}*",
    "ledger/RevenueVault": "test/ledger/Revenue*",
    "ledger/ModelOffering": "test/ledger/Offering*",
    "ledger/OfferingRecord": "test/ledger/Offering*",
    "ledger/OfferingRules": "test/ledger/Offering*",
    "ledger/ProRata": "test/ledger/Offering*",
    "ledger/ModelGovernor": "test/ledger/{ModelGovernor,Veto,Governance,EmissionVotes,WhatAVoteCanDo}*",
    "ledger/ModelPolicy": "test/ledger/{ModelPolicy,WhatAVoteCanDo}*",
    "ledger/AccessPass": "test/ledger/AccessPass*",
    "ledger/Successors": "test/ledger/Successors*",
    "ledger/FoundingRules": "test/{ledger,training}/{ModelFactory,WholeLaunch,Founding}*",
    "training/Operators": "test/training/{Operators,Bonds,Attesting,Hearings}*",
    "training/Disputes": "test/training/{Hearings,Frauds,Offences,Bonds}*",
    "training/Frauds": "test/training/{Hearings,Frauds,Offences,Bonds}*",
    "training/Offences": "test/training/{Hearings,Frauds,Offences,Bonds}*",
}
SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "/", "/": "*",
    "%": "/", ">>": "<<", "<<": ">>", "&": "|", "|": "&", "&&": "||", "||": "&&", "+=": "-=", "-=": "+=",
}  # fmt: skip
Node = dict[str, Any]


class MutationError(Exception):
    """Nothing can be tried; the message says why."""


def forge_binary() -> str:
    """The forge that npm installed, else the one on PATH. Raises MutationError if there is none."""
    found = sorted((CONTRACTS / "node_modules" / "@foundry-rs").glob("forge-*/bin/forge*"))
    on_path = str(found[0]) if found else shutil.which("forge")
    if on_path is None:
        raise MutationError("forge is not installed; run: npm ci --prefix contracts")
    return on_path


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a source: `length` bytes from `start` become `text`."""

    contract: str
    function: str
    kind: str
    start: int
    length: int
    text: str
    before: str
    nth: int = 1

    def applied(self, source: bytes) -> bytes:
        """The changed source."""
        return source[: self.start] + self.text.encode() + source[self.start + self.length :]

    @property
    def name(self) -> str:
        """`Contract.function kind: before -> after`, on one line; other changes of the file do not change it."""
        before, after = " ".join(self.before.split()), " ".join(self.text.split())
        nth = f" ({self.nth})" if self.nth > 1 else ""
        return f"{self.contract.split('/')[1]}.{self.function} {self.kind}{nth}: {before} -> {after or 'nothing'}"


def syntax_tree(source: bytes) -> Node:
    """The compiler's tree of one file, only parsed. Raises MutationError if it cannot be."""
    question = {
        "language": "Solidity",
        "sources": {"one.sol": {"content": source.decode()}},
        "settings": {"stopAfter": "parsing", "outputSelection": {"*": {"": ["ast"]}}},
    }
    command = [str(CONTRACTS / "solc-js"), "--standard-json"]
    done = subprocess.run(command, input=json.dumps(question).encode(), capture_output=True, check=True)
    answer = json.loads(done.stdout)
    if faults := [each["message"] for each in answer.get("errors", []) if each["severity"] == "error"]:
        raise MutationError(f"the compiler cannot parse it: {faults[0]}")
    tree: Node = answer["sources"]["one.sol"]["ast"]
    return tree


def nodes_in(tree: object, function: Node | None = None) -> Iterator[tuple[Node, Node]]:
    """Every node inside a function or modifier, with that function; what assembly does is left out."""
    if isinstance(tree, list):
        for each in tree:
            yield from nodes_in(each, function)
    elif isinstance(tree, dict):
        if tree.get("nodeType") == "InlineAssembly":
            return
        if tree.get("nodeType") in ("FunctionDefinition", "ModifierDefinition"):
            function = tree
        elif function is not None and "nodeType" in tree:
            yield tree, function
        for value in tree.values():
            yield from nodes_in(value, function)


def span(node: Node) -> tuple[int, int]:
    """Where a node starts, and how long it is, in bytes."""
    start, length, _ = (int(part) for part in node["src"].split(":"))
    return start, length


def changes_of(node: Node, function: Node, source: bytes) -> Iterator[tuple[str, int, int, str]]:
    """Kind, start, length and new text of each change at one node."""
    start, length = span(node)
    text = source[start : start + length].decode()
    match node["nodeType"]:
        case "BinaryOperation" | "Assignment":
            operator = node["operator"]
            first = node.get("leftExpression") or node["leftHandSide"]
            end = sum(span(first))
            at = source.index(operator.encode(), end)
            if operator in SWAPS:
                yield "operator", at, len(operator), SWAPS[operator]
        case "Literal" if node["kind"] == "number":
            yield "number", start, length, f"({text} + 1)"
        case "ExpressionStatement" if _called(node["expression"]) in ("require", "assert"):
            yield "requirement", start, _with_semicolon(start, length, source), "{}"
        case "ExpressionStatement" | "EmitStatement" if not _steps_a_loop(start, length, source):
            yield "statement", start, _with_semicolon(start, length, source), "{}"
        case "ModifierInvocation" if function["kind"] != "constructor":
            yield "modifier", start, length, ""
        case "Return" if node.get("expression"):
            yield from _answers(node["expression"], function, source)
        case "IfStatement":
            begin, size = span(node["condition"])
            yield "condition", begin, size, "true"
            yield "condition", begin, size, "false"
        case "Conditional":
            begin, size = span(node["condition"])
            yield "condition", begin, size, f"!({source[begin : begin + size].decode()})"
        case "UnaryOperation" if node["operator"] == "!":
            yield "operator", start, 1, ""
        case "MemberAccess" if node["memberName"] in ("min", "max"):
            other = "max" if node["memberName"] == "min" else "min"
            yield "operator", start + length - 3, 3, other


def _with_semicolon(start: int, length: int, source: bytes) -> int:
    # The tree's span of a statement ends before its semicolon.
    return source.index(b";", start + length) + 1 - start


def _steps_a_loop(start: int, length: int, source: bytes) -> bool:
    return source[start + length : start + length + 1] == b")"


def _called(expression: Node) -> str:
    called = expression.get("expression", {}) if expression["nodeType"] == "FunctionCall" else {}
    return str(called.get("name", ""))


def _answers(expression: Node, function: Node, source: bytes) -> Iterator[tuple[str, int, int, str]]:
    given = function["returnParameters"]["parameters"]
    if len(given) != 1 or given[0]["typeName"]["nodeType"] != "ElementaryTypeName":
        return
    start, length = span(expression)
    text, kind = source[start : start + length].decode(), given[0]["typeName"]["name"]
    if kind == "bool":
        yield "answer", start, length, f"!({text})"
    elif kind.startswith("uint"):
        yield "answer", start, length, f"({text}) + 1"
    elif kind == "address":
        yield "answer", start, length, "address(0)"
    elif kind == "bytes32":
        yield "answer", start, length, "bytes32(0)"


def mutants_of(contract: str, source: bytes) -> list[Mutant]:
    """Every change of one contract, in the order of the source."""
    found = {
        Mutant(contract, function["name"], kind, start, length, text, source[start : start + length].decode())
        for node, function in nodes_in(syntax_tree(source))
        for kind, start, length, text in changes_of(node, function, source)
    }
    named: Counter[str] = Counter()
    numbered = []
    for each in sorted(found, key=lambda each: (each.start, each.length, each.text)):
        named[each.name] += 1
        numbered.append(replace(each, nth=named[each.name]))
    return numbered


def chosen_from(every: list[Mutant], seed: int, count: int, words: str) -> list[Mutant]:
    """`count` of the changes whose names hold `words`, in the seed's order: a larger count tries the same and more."""
    some = [each for each in every if words in each.name]
    random.Random(seed).shuffle(some)
    return some[:count]


def forge_test(folder: Path, *limits: str) -> tuple[int, str]:
    """What `forge test` ended with, and its words; 124 when the time was up."""
    # No gas is measured: code without the optimizer costs other amounts. An endless loop ends.
    settings = {"FOUNDRY_PROFILE": "mutants", "FOUNDRY_GAS_LIMIT": str(1 << 33)}
    command = [forge_binary(), "test", "--offline", "--fail-fast", "--no-match-path", "*Gas*", *limits]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIME_SECONDS_MAX,
        )
    except subprocess.TimeoutExpired:
        return 124, "the time was up"
    return done.returncode, done.stdout + done.stderr


def verdict_on(mutant: Mutant, source: bytes, folder: Path) -> str:
    """`killed`, `invalid` or `SURVIVED`; the copied source is as before afterwards."""
    place = folder / "src" / f"{mutant.contract}.sol"
    place.write_bytes(mutant.applied(source))
    try:
        for limits in (("--match-path", NEAREST[mutant.contract]), ()):
            code, words = forge_test(folder, *limits)
            if "Compiler run failed" in words or "Error: Compilation failed" in words:
                return "invalid"
            if code != 0:
                return "killed"
        return "SURVIVED"
    finally:
        place.write_bytes(source)


def copy_of_contracts(folder: Path) -> Path:
    """A copy in `folder`, with the installed packages of the original; its tests pass before anything is changed."""
    copy = folder / "contracts"
    shutil.copytree(CONTRACTS, copy, ignore=shutil.ignore_patterns("node_modules", "out*", "cache*"))
    # Without the optimizer the compiler cannot hold this library; see contracts/test/coverage.
    registry = copy / "src" / "device" / "DeviceRegistry.sol"
    registry.write_text(registry.read_text("utf-8").replace(P256, "../../test/coverage/P256.sol"), "utf-8")
    (copy / "node_modules").symlink_to(CONTRACTS / "node_modules")
    shutil.copytree(ROOT / "vectors", folder / "vectors")
    code, words = forge_test(copy)
    if code != 0:
        raise MutationError("the tests fail before anything is changed:\n" + words[-2000:])
    return copy


def run(asked: argparse.Namespace, folder: Path) -> dict[str, Counter[str]]:
    """The verdicts by contract. Prints one line a change."""
    copy = copy_of_contracts(folder)
    argued = PAGE.read_text("utf-8") if PAGE.is_file() else ""
    table: dict[str, Counter[str]] = {}
    for contract in asked.contracts:
        source = (copy / "src" / f"{contract}.sol").read_bytes()
        every = mutants_of(contract, source)
        table[contract] = Counter(all=len(every))
        for mutant in chosen_from(every, asked.seed, asked.count, asked.words):
            began = time.monotonic()
            verdict = verdict_on(mutant, source, copy)
            if verdict == "SURVIVED" and f"`{mutant.name}`" in argued:
                verdict = "argued"
            table[contract][verdict] += 1
            line = source.count(b"\n", 0, mutant.start) + 1
            print(f"{verdict:8} {time.monotonic() - began:4.0f} s  line {line}: {mutant.name}", flush=True)
    return table


def main(arguments: list[str]) -> int:
    """0 if every change is killed, invalid or argued; 1 otherwise."""
    parser = argparse.ArgumentParser(description="Mutation testing of the contracts.")
    parser.add_argument("contracts", nargs="*", default=list(NEAREST), help="as in: value/RewardPool")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10, help="changes a contract; all if there are fewer")
    parser.add_argument("--words", default="", help="only changes whose names hold these")
    parser.add_argument("--list", action="store_true", help="only print the changes")
    asked = parser.parse_args(arguments)
    if unknown := sorted(set(asked.contracts) - set(NEAREST)):
        parser.error(f"no such contract: {unknown[0]}; there are {', '.join(NEAREST)}")
    if asked.list:
        for contract in asked.contracts:
            source = (CONTRACTS / "src" / f"{contract}.sol").read_bytes()
            chosen = chosen_from(mutants_of(contract, source), asked.seed, asked.count, asked.words)
            print(*(mutant.name for mutant in chosen), sep="\n")
        return 0
    try:
        with tempfile.TemporaryDirectory(prefix="andel-mutants-") as folder:
            table = run(asked, Path(folder))
    except MutationError as error:
        print(error, file=sys.stderr)
        return 1
    print("contract changes tried killed invalid argued survived")
    for contract, row in table.items():
        tried = sum(row.values()) - row["all"]
        print(contract, row["all"], tried, row["killed"], row["invalid"], row["argued"], row["SURVIVED"])
    return 1 if any(row["SURVIVED"] for row in table.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
