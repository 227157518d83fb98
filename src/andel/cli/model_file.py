"""A model's file opened for a launch, with what it names: texts and objects beside it, its network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from andel.cli.networks import NETWORKS
from andel.cli.options import open_store, read_bounded
from andel.errors import InputError, SettingsError
from andel.hashing import sha256
from andel.roles.founding_file.reading import MAX_BYTES, read_founding_file
from andel.roles.founding_file.sections import FoundingFile
from andel.roles.launching.founding import Founding
from andel.roles.launching.from_file import founding_of

_TEXT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileTerms:
    """What a model.toml says, and where it lies. `rpc` and `chain_id` are its network's (None: any chain)."""

    path: Path
    data: bytes
    file: FoundingFile

    @property
    def name(self) -> str:
        """The model's name."""
        return self.file.model.name

    @property
    def rpc(self) -> str:
        """The file's chain: an address, or the word of a network; "" for none."""
        network = self.file.network
        return network.rpc or (network.name if network.name in NETWORKS else "")

    @property
    def chain_id(self) -> int | None:
        """The chain's id, where the file fixes it."""
        network = self.file.network
        known = NETWORKS.get(network.name)
        return network.chain_id if network.chain_id is not None or known is None else known.chain_id

    def founding(self, launch: int, *, pays_bonds: bool = True) -> Founding:
        """What is launched at second `launch`. Raises InputError for what the file names and is not there."""
        folder = self.path.parent
        texts: dict[str, bytes] = {}

        def read(name: str) -> bytes:
            texts[name] = read_text(folder, name)
            return texts[name]

        store = open_store(str(inside(folder, self.file.model.objects)))
        found = founding_of(self.file, read, store, launch, file_hash="", pays_bonds=pays_bonds)
        parts = [self.data, *(data for _, data in sorted(texts.items()))]
        whole = sha256(b"".join(sha256(part) for part in parts)).hex()
        return Founding(found.config, found.objects, whole, found.shared, found.pays_bonds, found.chain_id)


def read_terms(path: Path, now: int) -> FileTerms:
    """The model's file at second `now`. Raises FoundingFileError with every flaw, SettingsError."""
    data = read_bounded(path, MAX_BYTES)
    return FileTerms(path, data, read_founding_file(data, now, path.name))


def read_text(folder: Path, name: str) -> bytes:
    """A file that model.toml names. Raises InputError, SettingsError."""
    data = read_bounded(inside(folder, name), _TEXT_BYTES)
    if len(data) > _TEXT_BYTES:
        raise InputError(f"{name} is over {_TEXT_BYTES} bytes", "shorten it")
    return data


def inside(folder: Path, name: str) -> Path:
    """The path of a name in a folder. Raises SettingsError for one that leads out of it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise SettingsError(f"{name[:80]} does not lie beside the file that names it", "put it into that folder")
    return path
