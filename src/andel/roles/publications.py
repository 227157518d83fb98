"""Validators' signatures under versions as files that travel, and how far a version has come.

Takes a governed model, the content store, and a validator's key. Gives `andel-publication/1` files, each one
validator's signature over the version, its model file's hash and its code's hash; whoever brings k of them to the chain
compiles the version again, and a file that means other code is named. Never signs what it has not compiled itself.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from andel.content import ContentStore
from andel.encoding import canonical_json, parse_hex, parse_json
from andel.errors import AndelError, ChainError, InputError
from andel.hashing import keccak
from andel.keys import AccountKey, parse_address
from andel.ledger.deployment import ModelContracts
from andel.ledger.policy import Bar, Promotion
from andel.ledger.round_state import RoundState
from andel.roles.owner import Sentence
from andel.roles.publishing import Compiled, compiled_version, governed, publication_message, sign_publication
from andel.typed_data import Domain, typed_signer
from andel.units import Address, Digest
from andel.whole_files import write_whole

FORMAT: Final = "andel-publication/1"
MAX_FILE_BYTES: Final = 4_096

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignedPublication:
    """One validator's signature; the hashes say what it compiled, `place` where the file was."""

    chain_id: int
    model: Address
    version: Digest
    file_hash: Digest
    code_hash: Digest
    validator: Address
    signature: bytes
    place: str = ""

    def require_for(self, model: ModelContracts, versions: Collection[Digest]) -> None:
        """Raises InputError unless it is of this model, and all that are brought are of one version."""
        manager = model.round_manager
        if (self.chain_id, self.model) != (manager.chain.chain_id, manager.address):
            raise InputError(f"{self.place} is signed for {self.model} on chain {self.chain_id}", "not for this model")
        if len(versions) != 1:
            raise InputError(f"{self.place} and another file are of two versions", "bring signatures of one version")

    def signer(self, model: ModelContracts, compiled: Compiled) -> Address:
        """Who signed. Raises InputError where that is not the validator it names, or it compiled something else."""
        if (self.file_hash, self.code_hash) != (compiled.file.file_hash, keccak(compiled.code)):
            raise InputError(
                f"{self.place}: {self.validator} compiled other code than comes out here", "the same release on both"
            )
        message = publication_message(self.model, self.version, self.file_hash, self.code_hash)
        found = typed_signer("Publication", Domain(self.chain_id, self.model), message, self.signature)
        if found != self.validator:
            raise InputError(f"{self.place} is not signed by {self.validator}", "ask for it again")
        return found

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(
            {
                "format": FORMAT,
                "chain_id": self.chain_id,
                "model": self.model,
                "version": self.version.hex(),
                "model_file": self.file_hash.hex(),
                "code": self.code_hash.hex(),
                "validator": self.validator,
                "signature": self.signature.hex(),
            }
        )


@dataclass(frozen=True, slots=True)
class VersionState:
    """How far a version has come. `round` is 0 where no final round gave it; `promoted` its newest promotion."""

    version: Digest
    round: int
    evaluation: int
    published: bool
    promoted: Promotion | None
    is_current: bool
    bar: Bar


def version_state(model: ModelContracts, version: Digest) -> VersionState:
    """What the chain says of a version. Raises ChainError, SettingsError for a model that nobody governs."""
    policy, manager = governed(model), model.round_manager
    number = manager.version_round(version) if manager.is_final_version(version) else 0
    promotions = [each for each in policy.promotions() if each.version == version]
    registry = model.onchain_models
    published = registry is not None and registry.publication_of(manager.address, version) is not None
    return VersionState(
        version=version,
        round=number,
        evaluation=manager.round_of(number).evaluation if number else 0,
        published=published or bool(promotions),
        promoted=promotions[-1] if promotions else None,
        is_current=policy.current_version() == version,
        bar=policy.bar(),
    )


def signed_by(key: AccountKey, model: ModelContracts, store: ContentStore, version: Digest) -> SignedPublication:
    """`key`'s signature under what it compiled of a final version. Raises EvidenceError, ContentError, InputError."""
    governed(model)
    compiled, manager = compiled_version(model, store, version), model.round_manager
    return SignedPublication(
        manager.chain.chain_id,
        manager.address,
        version,
        compiled.file.file_hash,
        keccak(compiled.code),
        key.address,
        sign_publication(key, model, compiled),
    )


def write_publication(folder: Path, signed: SignedPublication) -> Path:
    """The file that was written. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{signed.version.hex()[:16]}-{signed.validator}.publication.json"
    write_whole(path, signed.to_bytes())
    return path


def parse_publication(data: bytes, place: str) -> SignedPublication:
    """A file's content, and where it was. Raises InputError."""
    try:
        value = parse_json(data, MAX_FILE_BYTES)
        if value.pop("format", None) != FORMAT or type(value["chain_id"]) is not int:
            raise InputError("another format")
        version, file_hash, code_hash = (
            Digest(parse_hex(value[name], 32)) for name in ("version", "model_file", "code")
        )
        model, validator = parse_address(value["model"]), parse_address(value["validator"])
        signature = parse_hex(value["signature"], 65)
        signed = SignedPublication(value["chain_id"], model, version, file_hash, code_hash, validator, signature, place)
        if signed.to_bytes() != data:
            raise InputError("fields that do not belong there")
    except (InputError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{place} is no signed publication ({FORMAT})", "a file of `andel version sign`") from error
    return signed


class Signing:
    """A validator's duty beside rounds: each version that becomes final is compiled and signed, once, into a folder."""

    def __init__(self, key: AccountKey, model: ModelContracts, store: ContentStore, folder: Path) -> None:
        """Raises SettingsError for a model that nobody governs."""
        governed(model)
        self._key, self._model, self._store, self._folder = key, model, store, folder
        self._looked: tuple[int, int] | None = None
        self._seen: set[Digest] = set()

    def step(self, state: RoundState) -> None:
        """One look, which asks nothing unless the newest round moved. Raises ChainError."""
        if self._looked == (state.round, int(state.status)):
            return
        version = self._model.round_manager.current_version()
        if version not in self._seen and self._model.round_manager.is_final_version(version):
            self._sign(version)
            self._seen.add(version)
        self._looked = state.round, int(state.status)

    def _sign(self, version: Digest) -> None:
        try:
            path = write_publication(self._folder, signed_by(self._key, self._model, self._store, version))
        except ChainError:
            raise  # says nothing about the version: the next look tries again
        except (AndelError, OSError) as error:
            log.error("version %s is not signed: %s", version.hex(), error)
            return
        log.info("version %s is signed: %s", version.hex(), path)


VERSION_SENTENCES: Final[Mapping[str, Sentence]] = {
    "ModelPolicy_TooFewSignatures": (
        lambda given, needed: f"{given} validators signed, and {needed} are needed",
        "each signs with `andel version sign`, or serves with `andel validate --publications`",
    ),
    "ModelPolicy_BadSigner": (
        lambda signer: f"{signer} is no present, fully bonded validator",
        "see `andel operator status`",
    ),
    "ModelPolicy_NotFinal": (lambda version: f"no final round gave the version {version.hex()}", ""),
    "ModelPolicy_BelowBar": (
        lambda _, evaluation, bar: f"its evaluation is {evaluation}, and the bar is {bar}",
        "holders can promote it all the same: propose ModelPolicy.promoteByVote",
    ),
    "ModelPolicy_NotAutomatic": (
        lambda: "in this model each promotion takes a vote",
        "propose ModelPolicy.promoteByVote, or a bar with ModelPolicy.setBar",
    ),
    "ModelPolicy_NotNewer": (
        lambda _, number, newest: f"it is of round {number}, and a version of round {newest} was promoted",
        "holders can go back: propose ModelPolicy.rollback",
    ),
    "OnchainModels_NotPublished": (
        lambda *_: "the version is not published",
        "bring k signatures with `andel version publish`",
    ),
}
"""What each refusal of a publication or promotion means."""
