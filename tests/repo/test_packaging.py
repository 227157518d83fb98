"""What is installed: the locks agree with pyproject.toml; the wheel holds the package and nothing else."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", re.MULTILINE)


def read_lock(tree, name: str) -> dict[str, set[str]]:
    """Package name to the releases pinned for it (more than one where they differ by platform)."""
    pins: dict[str, set[str]] = {}
    for package, release in LOCKED.findall(tree.text(Path("requirements", name))):
        pins.setdefault(canonicalize_name(package), set()).add(release)
    return pins


def test_every_requirement_is_locked_within_its_range(tree):
    project = tomllib.loads(tree.text(Path("pyproject.toml")))["project"]
    pins = {**read_lock(tree, "numba.lock"), **read_lock(tree, "dev.lock")}
    extras = project["optional-dependencies"].values()
    for requirement in map(Requirement, chain(project["dependencies"], *extras)):
        if requirement.name == "torch":  # by release alone, see requirements/torch.in
            pinned = re.findall(r"torch==([0-9.]+)", tree.text(Path("scripts", "environment")))
            assert len(pinned) == 1 and pinned[0] in requirement.specifier
            continue
        releases = pins.get(canonicalize_name(requirement.name), set())
        assert releases, f"{requirement.name} is not locked; run scripts/lock"
        assert all(release in requirement.specifier for release in releases), f"{requirement} against {releases}"


def test_every_pin_has_a_hash(tree):
    for path in tree.ending(".lock", under="requirements"):
        blocks = [block for block in re.split(r"\n(?=[A-Za-z0-9])", tree.text(path)) if LOCKED.match(block)]
        assert blocks, path
        for block in blocks:
            assert "--hash=sha256:" in block, f"{path.name}: {block.splitlines()[0]}"


def test_the_build_tools_are_the_same_in_both_locks(tree):
    build, dev = read_lock(tree, "build.lock"), read_lock(tree, "dev.lock")
    assert {name: pins for name, pins in build.items() if name in dev and dev[name] != pins} == {}


def test_the_wheel_holds_the_whole_package_and_nothing_else(tree, tmp_path):
    source = tmp_path / "source"  # a build writes beside what it builds
    for path in tree.files:
        if path.parts[0] == "src" or len(path.parts) == 1:
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tree.root / path, source / path)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, source]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert outcome.returncode == 0, outcome.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        about = [name for name in archive.namelist() if ".dist-info/" in name]
        metadata = next(archive.read(name).decode() for name in about if name.endswith("/METADATA"))
    package = [path for path in tree.files if path.is_relative_to("src/andel")]
    assert held == {path.relative_to("src").as_posix() for path in package}
    assert "License-Expression: Apache-2.0" in metadata
    assert {Path(name).name for name in about if "/licenses/" in name} == {"LICENSE", "NOTICE"}
