"""What the comparison of the built page does where the page's tools cannot be installed."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[2] / "scripts" / "build-page"
_NOBODY = "http://127.0.0.1:9"
_PART = {"name": "part", "version": "1.0.0"}

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


def checked(root, depends, locked):
    """`build-page --check` over a page that depends on `part`, with what its lock says; npm reaches no registry."""
    page = root / "page"
    (page / "part").mkdir(parents=True)
    (page / "part" / "package.json").write_text(json.dumps(_PART))
    named = {"name": "page", "version": "1.0.0", "dependencies": depends}
    (page / "package.json").write_text(json.dumps(named))
    lock = {"name": "page", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": locked}
    (page / "package-lock.json").write_text(json.dumps(lock))
    (root / "scripts").mkdir()
    shutil.copy(_SCRIPT, root / "scripts")
    npm = {"registry": _NOBODY, "cache": str(root / "cache"), "fetch_retries": "0", "update_notifier": "false"}
    environment = os.environ | {f"npm_config_{name}": value for name, value in npm.items()}
    command = [root / "scripts" / "build-page", "--check"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_lock_that_does_not_fit_the_package_fails(tmp_path):
    own = {"name": "page", "version": "1.0.0"}
    done = checked(tmp_path, {"part": "file:part"}, {"": own})
    assert done.returncode == 1, done.stderr
    assert "EUSAGE" in done.stderr and "not compared" not in done.stderr


def test_where_no_registry_is_reached_nothing_is_compared_and_that_is_said(tmp_path):
    depends = {"part": "1.0.0"}
    own = {"name": "page", "version": "1.0.0", "dependencies": depends}
    locked = {"": own, "node_modules/part": {"version": "1.0.0", "integrity": "sha512-" + "A" * 86 + "=="}}
    done = checked(tmp_path, depends, locked)
    assert done.returncode == 0, done.stderr
    assert "SKIPPED" in done.stderr and "not compared" in done.stderr
