"""The five-minute pages of docs/paths as they are run: their commands, and what they say is then seen.

Takes a page's text. Gives its steps: the commands of each block of shell, the lines that the page shows under them, and
how the last command ends. `run_page` plays a page in one bash; `differences` compares what was seen with the page.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FENCED = re.compile(r"^(?:<!-- ends with (\d+) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "=== end of step"
ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Step:
    """The commands of one block, the lines shown below it (`…` stands for anything), the last command's exit code."""

    commands: str
    shown: tuple[str, ...] = ()
    code: int = 0


def steps_of(page: str) -> list[Step]:
    """The steps of a page, in order: each block of `sh`, with the block of `text` that follows it, if one does."""
    found: list[Step] = []
    for code, language, body in _FENCED.findall(page):
        if language == "sh":
            found.append(Step(body, code=int(code or 0)))
        elif language == "text" and found and not found[-1].shown:
            found[-1] = Step(found[-1].commands, tuple(body.splitlines()), found[-1].code)
    return found


def run_page(steps: list[Step], folder: Path, ports: Mapping[str, int], seconds: float) -> list[str]:
    """What each step printed, in one bash in that folder; `ports` are put in place of those that the pages name.

    Raises AssertionError with the output where a step ends otherwise than the page says. What a page left running ends.
    """
    parts = ["set -uo pipefail"]
    for step in steps:  # with -e, but for a last command that may end with something else
        body = f"set -e\n{step.commands}" if step.code == 0 else f"set +e\n{step.commands}code=$?\n"
        wrong = f'[ "$code" = {step.code} ] || exit 99\n' if step.code else ""
        parts.append(f"{body}{wrong}echo '{_END}'")
    script = with_ports("\n".join(parts), ports)
    process = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        printed, _ = process.communicate(timeout=seconds)
    finally:
        try:
            os.killpg(process.pid, signal.SIGTERM)  # what a failed page left running
        except ProcessLookupError:
            pass
    assert process.returncode == 0, f"ended with {process.returncode}:\n{printed[-3_000:]}"
    return printed.split(_END + "\n")[: len(steps)]


def with_ports(text: str, ports: Mapping[str, int]) -> str:
    """The text with other ports."""
    for named, port in ports.items():
        text = re.sub(rf"\b{named}\b", str(port), text)
    return text


def environment(folder: Path) -> dict[str, str]:
    """What a reader's shell has, on a wide screen: the commands of this Python first, caches in the folder."""
    tools = Path(sys.executable).parent
    return {
        "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "COLUMNS": "160",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
    }


def differences(step: Step, printed: str) -> list[str]:
    """Lines that the page shows and that were not printed, in that order; blanks and frames of tables do not count."""
    lines = [_plain(line) for line in printed.splitlines()]
    missing = []
    for shown in step.shown:
        pattern = ".*".join(re.escape(part.strip()) for part in _plain(shown).split(ANYTHING))
        at = next((n for n, line in enumerate(lines) if re.search(pattern, line)), None)
        if at is None:
            missing.append(shown)
        else:
            lines = lines[at + 1 :]
    return missing


def _plain(line: str) -> str:
    return re.sub(r"[\s│┃]+", " ", line).strip()
