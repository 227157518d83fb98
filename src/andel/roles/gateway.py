"""The gateway: makes a version's model file, puts it on chain, and answers questions with signed predictions."""

from __future__ import annotations

from dataclasses import dataclass

from andel.content import ContentStore, digest_of_cid
from andel.errors import InputError, SettingsError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.onchain_models import OnchainModelsContract
from andel.ledger.policy import find_policy
from andel.ledger.receipt import Receipt
from andel.serving.admission import Admission
from andel.serving.compile import compile_model
from andel.serving.held_clock import HeldClock
from andel.serving.model_file import ModelFile
from andel.serving.predictor import Predictor
from andel.serving.quantise import QuantisePlan, quantise
from andel.training.engine import engine_of
from andel.training.task import Task, parse_task
from andel.training.updates import decode_version
from andel.units import Digest

VALID_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A version as it answers: the model file, its CID, the code, and the receipt of its publication."""

    file: ModelFile
    cid: str
    code: bytes
    receipt: Receipt


def model_file_of(store: ContentStore, version: Digest, task_cid: str) -> tuple[ModelFile, Task]:
    """The one integer model file that follows from a version and its task; a pure function of both.

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
    return quantise(parameters, plan), task


def unit_of(task: Task) -> str:
    """What one step of an answer is, for people: "0.01 degC"."""
    return f"{10**task.exponent:g} {task.unit}" if task.exponent else task.unit


def publish_version(owner: AccountKey, model: ModelContracts, store: ContentStore, task_cid: str) -> PublishedModel:
    """Publishes and promotes the model's current version on chain; `owner` owns the round manager."""
    version = model.round_manager.current_version()
    file, _ = model_file_of(store, version, task_cid)
    cid = store.put(file.to_bytes())
    code = compile_model(file)
    registry, address = registry_of(model), model.round_manager.address
    receipt = registry.publish(owner, address, version, file.file_hash, code)
    registry.promote(owner, address, version)
    return PublishedModel(file, cid, code, receipt)


def registry_of(model: ModelContracts) -> OnchainModelsContract:
    """Where the model answers inside the chain. Raises SettingsError when no deployment file named it."""
    if model.onchain_models is None:
        raise SettingsError(
            "it is not known where this model answers on chain",
            "name its deployment file with --model, not its address alone",
        )
    return model.onchain_models


def predictor_of(key: AccountKey, model: ModelContracts, file: ModelFile, task: Task) -> Predictor:
    """Answers by `file`, signed by `key`, dated by the chain's clock."""
    clock = HeldClock(model.round_manager.chain.block_time)
    return Predictor(file, task, key, model.round_manager.domain, clock, VALID_SECONDS)


def admission_of(key: AccountKey, model: ModelContracts) -> Admission | None:
    """Who may ask the server that signs by `key`, as holders decided; None for a model that nobody governs.

    Raises ChainError.
    """
    policy, manager = find_policy(model.round_manager), model.round_manager
    if policy is None:
        return None
    return Admission(manager.domain, key.address, policy, model.token, model.access_pass, manager.chain.block_time)
