"""The Flower App Bundle that stock SuperNodes run: a few lines that name an app of an installed package.

A FAB carries code to whoever runs a SuperNode. Ours carries none of its own: it imports the app that its text names
from what is installed beside the SuperNode, which finds its contributor from `node_config`. The same name and release
give the same bytes, so its hash is the same wherever it is built. Never lists a dependency: nothing is to be installed.
"""

from __future__ import annotations

import re
from typing import Final

from andel import __version__
from andel.errors import InputError
from andel.training.flower_deployment import build_fab_from_files

PUBLISHER: Final = "andel"
_REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")

_PROJECT = """\
[project]
name = "andel-node"
version = "{version}"
description = "Runs {reference} of the installed package."
license = "Apache-2.0"
dependencies = []

[tool.flwr.app]
publisher = "{publisher}"

[tool.flwr.app.components]
serverapp = "andel_node.server:app"
clientapp = "andel_node.client:app"
"""

_CLIENT = """\
from {module} import {attribute} as app

__all__ = ["app"]
"""

# Flower asks every bundle for one; our rounds are driven by `andel.training.superlink.connect`.
_SERVER = """\
from flwr.serverapp import ServerApp

app = ServerApp()


@app.main()
def main(grid, context):
    raise RuntimeError("rounds are driven by the coordinator, not by this app")
"""


def build_fab(reference: str) -> bytes:
    """A bundle whose ClientApp is `reference`, "package.module:attribute". Raises InputError."""
    if not _REFERENCE.fullmatch(reference) or len(reference) > 200:
        raise InputError(f"not a reference to an app: {reference[:200]!r}", "write package.module:attribute")
    module, attribute = reference.split(":")
    project = _PROJECT.format(version=__version__, reference=reference, publisher=PUBLISHER)
    files = {
        "pyproject.toml": project.encode(),
        "andel_node/__init__.py": b"",
        "andel_node/client.py": _CLIENT.format(module=module, attribute=attribute).encode(),
        "andel_node/server.py": _SERVER.encode(),
    }
    content, _ = build_fab_from_files(files)
    return content
