"""Flower reports its use to its makers unless told not to before its first import; the package tells it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

# Stands first among the import finders, tells what the environment says when Flower is first asked for, and ends there:
# loading Flower takes seconds, and whatever it is told comes before.
WATCH = """
import os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "flwr":
            print(os.environ.get("FLWR_TELEMETRY_ENABLED"), flush=True)
            os._exit(0)
sys.meta_path.insert(0, Watch())
import {module}
"""


def imports_flower(source: str) -> bool:
    """Whether the module imports Flower itself."""
    for node in ast.walk(ast.parse(source)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.split(".")[0] == "flwr" for name in names):
            return True
    return False


def test_flower_is_told_to_keep_quiet_before_it_is_imported(tree):
    users = [p for p in tree.ending(".py", under="src") if imports_flower(tree.text(p))]
    assert users, "nothing imports Flower"
    for path in users:
        module = ".".join(path.relative_to("src").with_suffix("").parts)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FLWR_")}
        environment["PYTHONPATH"] = str(tree.root / "src")
        command = [sys.executable, "-c", WATCH.format(module=module)]
        outcome = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert outcome.returncode == 0, outcome.stderr
        assert outcome.stdout.splitlines() == ["0"], f"{Path(path)} imports Flower before the settings"
