"""A contributor as the app of a stock SuperNode: every message wakes it anew, and one file tells it what is its own.

Takes `node_config["node-file"]`: the path of a JSON file beside the data (`NodeFile`). Gives the same answers as a
contributor in one process. It holds nothing between messages but what Flower keeps for the node; packets, key and chain
are where the file says. Never takes a path or a key from a message.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Final

from andel.content_remote import open_content
from andel.data.intake import DeviceRecord, IntakeSettings
from andel.data.store import EvidenceStore
from andel.encoding import parse_hex
from andel.errors import InputError, SettingsError
from andel.keys import AccountKey, parse_address
from andel.ledger.connection import Chain
from andel.ledger.deployment import find_model
from andel.roles.contributor import Contributor
from andel.roles.obeying import Obedience
from andel.training.client_app import contributor_app
from andel.training.flower import Context
from andel.units import Digest

REFERENCE: Final = "andel.roles.node_app:app"
"""What a bundle names to run this app (`training.fab.build_fab`)."""

NODE_FILE: Final = "node-file"
_MAX_FILE_BYTES = 64 * 1024
_ANY_TIME = (0, 1 << 31)  # nothing is taken in here: intake has judged by the owner's own settings


@dataclass(frozen=True, slots=True)
class NodeFile:
    """What a node's app needs: the chain's RPC, the model (RoundManager's address), the file of the owner's key (64 hex
    digits), the URL of the evidence store, the hash (hex) of the terms that the owner accepted, and, where holders
    govern the model, its content store, to read the training policy from (may be left out).
    """

    rpc: str
    model: str
    key_file: str
    evidence: str
    terms: str
    store: str = ""

    def to_bytes(self) -> bytes:
        """The file's content."""
        return json.dumps(asdict(self), indent=1).encode()


def read_node_file(path: Path) -> NodeFile:
    """The node file at `path`. Raises SettingsError."""
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(_MAX_FILE_BYTES))
    except (OSError, ValueError) as error:
        raise SettingsError(f"node file {path} cannot be read: {error}", "see docs/rooms/training.md") from error
    names = {field.name for field in fields(NodeFile)}
    if (
        not isinstance(values, dict)
        or set(values) | {"store"} != names
        or not all(isinstance(v, str) for v in values.values())
    ):
        raise SettingsError(f"node file {path} does not hold these texts: {', '.join(sorted(names))}")
    return NodeFile(**values)


@lru_cache(maxsize=8)
def open_contributor(path: Path) -> Contributor:
    """The contributor that a node file tells of, watching its model. Raises SettingsError, ChainError, StoreError."""
    told = read_node_file(path)
    try:
        key = AccountKey(bytes.fromhex(Path(told.key_file).read_bytes()[:200].decode("ascii").strip()))
        terms = Digest(parse_hex(told.terms, 32))
    except (OSError, ValueError, InputError):
        raise SettingsError(f"node file {path} names no key file or no terms", "64 hex digits each") from None
    store = EvidenceStore(told.evidence)
    records = {
        device: DeviceRecord(known.public_key, key.address, epoch=known.epoch)
        for device, known in store.devices().items()
    }
    contributor = Contributor(key, records, store, IntakeSettings(_ANY_TIME), terms)
    model = find_model(Chain.connect(told.rpc), parse_address(told.model))
    contributor.join(
        model.round_manager, model.batch_registry, Obedience(open_content(told.store) if told.store else None)
    )
    return contributor


def contributor_of(context: Context) -> Contributor:
    """The contributor of a node, from its configuration. Raises SettingsError."""
    named = context.node_config.get(NODE_FILE)
    if not isinstance(named, str):
        raise SettingsError(f"the node's configuration has no {NODE_FILE}", f"--node-config '{NODE_FILE}=\"…\"'")
    return open_contributor(Path(named))


app = contributor_app(contributor_of)
