"""The project's own files, as the checks of this folder read them."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

# What a walk must pass over where there is no git to ask (an unpacked source archive).
MADE_FOLDERS = {"node_modules", "out", "cache", "build", "dist", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Tree:
    """The project's files: those git keeps or would keep, as paths relative to the root."""

    root: Path
    files: tuple[Path, ...]

    def ending(self, *suffixes: str, under: str = "") -> Iterator[Path]:
        """Relative paths that end in one of the suffixes and lie under the folder, in order."""
        for path in self.files:
            if path.suffix in suffixes and path.is_relative_to(under or "."):
                yield path

    def text(self, path: Path) -> str:
        """The file's text."""
        return (self.root / path).read_text(encoding="utf-8")

    def parsed(self, path: Path) -> ast.Module:
        """The syntax tree of a Python file; each is parsed once for all checks."""
        return _parsed(self.text(path))

    def texts(self) -> Iterator[tuple[Path, str]]:
        """Every file that is text, with its text."""
        for path in self.files:
            content = (self.root / path).read_bytes()
            if b"\0" not in content:
                yield path, content.decode("utf-8")


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def list_files(root: Path) -> list[Path]:
    """The files of the checkout that git keeps or would keep; without git, all but what tools made."""
    if (root / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
        found = [Path(name) for name in listed.split("\0") if name]
    else:
        found = [path.relative_to(root) for path in root.rglob("*")]
        found = [path for path in found if not any(is_made(part) for part in path.parts)]
    return sorted(path for path in found if (root / path).is_file())


def is_made(part: str) -> bool:
    """Whether a folder or file of this name is made by a tool."""
    hidden = part.startswith(".") and part not in {".ci", ".gitignore", ".editorconfig", ".npmrc"}
    return hidden or part in MADE_FOLDERS or part.endswith(".egg-info")


@pytest.fixture(scope="session")
def tree(repo_root: Path) -> Tree:
    """The project's files."""
    return Tree(repo_root, tuple(list_files(repo_root)))
