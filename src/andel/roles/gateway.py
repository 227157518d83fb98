"""The gateway: makes a version's model file, puts it on chain, and answers questions with signed predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from andel.content import ContentStore, cid_of_digest, digest_of_cid
from andel.errors import EvidenceError, InputError, ModelFileError, NotInTheEvm, SettingsError
from andel.keys import AccountKey, address_bytes, checksummed
from andel.ledger.deployment import ModelContracts
from andel.ledger.onchain_models import OnchainModelsContract
from andel.ledger.policy import find_policy
from andel.ledger.receipt import Receipt
from andel.serving.admission import Admission
from andel.serving.any_file import AnyFile, VersionFile, compile_any
from andel.serving.code_chunks import CompiledModel, chunk_address
from andel.serving.held_clock import HeldClock
from andel.serving.predictor import Predictor
from andel.serving.quantise import QuantisePlan, fits_format_one, quantise
from andel.serving.quantise_network import quantise_network
from andel.serving.service import Served, Service
from andel.training.engine import engine_of
from andel.training.task import Task, parse_task
from andel.training.updates import decode_version
from andel.units import Address, Digest

VALID_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A version as it answers: the model file, its CID, the code, and the receipt of its publication."""

    file: VersionFile
    cid: str
    compiled: CompiledModel
    receipt: Receipt

    @property
    def code(self) -> bytes:
        """What is asked on chain; it may ask chunks."""
        return self.compiled.head


def model_file_of(store: ContentStore, version: Digest, task_cid: str) -> tuple[VersionFile, Task]:
    """The one integer model file that follows from a version and its task; a pure function of both.

    A linear model and one hidden layer of at most 64 units give a file of format 1, every other network one of layers.
    Raises InputError where none follows, or where a learner of its own is not installed.
    """
    task = parse_task(store.get(task_cid))
    if task.floats is not None and task.floats.engine == "torch":  # told without PyTorch, too
        raise InputError(
            f"the model {task.name} is one of PyTorch's: no integer model file follows from it",
            "serve its versions off chain",
        )
    parameters = engine_of(task).export(task, decode_version(store.get_digest(version), task))
    plan = QuantisePlan(
        features=tuple(feature.name for feature in task.features),
        target_scale=task.target_scale,
        unit=unit_of(task),
        version=version,
        task=digest_of_cid(task_cid),
    )
    return (quantise if fits_format_one(parameters) else quantise_network)(parameters, plan), task


def unit_of(task: Task) -> str:
    """What one step of an answer is, for people: "0.01 degC"."""
    return f"{10**task.exponent:g} {task.unit}" if task.exponent else task.unit


def publish_version(owner: AccountKey, model: ModelContracts, store: ContentStore, task_cid: str) -> PublishedModel:
    """Publishes and promotes the model's current version on chain; `owner` owns the round manager.

    The model file is kept in any case. Raises NotInTheEvm where its code does not fit: then signed predictions are its
    answers.
    """
    version = model.round_manager.current_version()
    file, _ = model_file_of(store, version, task_cid)
    cid = store.put(file.to_bytes())
    registry, address = registry_of(model), model.round_manager.address
    compiled = compiled_for(model, file)
    publish_chunks(owner, model, compiled.chunks)
    receipt = registry.publish(owner, address, version, file.file_hash, compiled.head)
    registry.promote(owner, address, version)
    return PublishedModel(file, cid, compiled, receipt)


def compiled_for(model: ModelContracts, file: AnyFile) -> CompiledModel:
    """The code that answers for `file` in the model's registry, from which its chunks' addresses follow.

    Raises NotInTheEvm, with the reason, where it does not fit; ModelFileError where chunks need a registry that is not
    known.
    """
    if model.onchain_models is None:
        return compile_any(file)
    try:
        return compile_any(file, address_bytes(model.onchain_models.address))
    except ModelFileError as error:
        raise NotInTheEvm(error.message, error.hint or "serve a model of this size by signed predictions") from error


def publish_chunks(payer: AccountKey, model: ModelContracts, chunks: Sequence[bytes]) -> None:
    """Puts the chunks on chain that are not there yet; anybody may. Raises SettingsError, Reverted."""
    for chunk in chunks:
        registry = registry_of(model)
        if not registry.is_chunk(chunk_place(registry, chunk)):
            registry.publish_chunk(payer, chunk)


def chunk_place(registry: OnchainModelsContract, chunk: bytes) -> Address:
    """Where the registry creates a chunk."""
    return checksummed(chunk_address(address_bytes(registry.address), chunk))


def served_version(model: ModelContracts) -> Digest | None:
    """The version that is current on chain; where none ever was, the newest final one; None where no round is final.

    Raises SettingsError, ChainError.
    """
    manager = model.round_manager
    published = registry_of(model).current_of(manager.address)
    if published is not None:
        return published.version
    version = manager.current_version()
    return version if manager.is_final_version(version) else None


def served_file(model: ModelContracts, store: ContentStore, version: Digest | None) -> tuple[VersionFile, Task]:
    """The file that answers for a version that `served_version` told.

    Only a version whose code the EVM does not take is served without being published. Raises SettingsError for any
    other that is not, EvidenceError for a file that is not the published one, InputError, ContentError.
    """
    manager = model.round_manager
    if version is not None:
        file, task = model_file_of(store, version, cid_of_digest(manager.founding().task_hash))
        published = registry_of(model).publication_of(manager.address, version)
        if published is not None and published.model_file_hash != file.file_hash:
            raise EvidenceError("version", f"the file of {version.hex()} is not the one that was published")
        if published is not None or not fits_the_evm(model, file):
            return file, task
    raise SettingsError("the model has no published version", "its owner publishes one after a round")


def fits_the_evm(model: ModelContracts, file: VersionFile) -> bool:
    """Whether the file's code can be published."""
    try:
        compiled_for(model, file)
    except NotInTheEvm:
        return False
    return True


def registry_of(model: ModelContracts) -> OnchainModelsContract:
    """Where the model answers inside the chain. Raises SettingsError when no deployment file named it."""
    if model.onchain_models is None:
        raise SettingsError(
            "it is not known where this model answers on chain",
            "name its deployment file with --model, not its address alone",
        )
    return model.onchain_models


def predictor_of(key: AccountKey, model: ModelContracts, file: VersionFile, task: Task) -> Predictor:
    """Answers by `file`, signed by `key`, dated by the chain's clock."""
    clock = HeldClock(model.round_manager.chain.block_time)
    return Predictor(file, task, key, model.round_manager.domain, clock, VALID_SECONDS)


def service_of(
    key: AccountKey, model: ModelContracts, store: ContentStore, listener: Callable[[Served], None] = lambda _: None
) -> Service:
    """What the model answers with, as the chain tells it, signed by `key`, and each later one at a look.

    Raises SettingsError where nothing is published, and what a chain and a store may fail with.
    """

    def load(version: Digest | None) -> Predictor:
        return predictor_of(key, model, *served_file(model, store, version))

    return Service(load(served_version(model)), partial(served_version, model), load, listener)


def admission_of(key: AccountKey, model: ModelContracts) -> Admission | None:
    """Who may ask the server that signs by `key`, as holders decided; None for a model that nobody governs.

    Raises ChainError.
    """
    policy, manager = find_policy(model.round_manager), model.round_manager
    if policy is None:
        return None
    return Admission(manager.domain, key.address, policy, model.token, model.access_pass, manager.chain.block_time)
