"""Putting the contracts on a chain, and finding them again.

Takes a `Chain`, the key that pays, and what a model is founded with. Gives bound contracts. What all models share is
deployed once, the implementations and the `ModelFactory` among it; a model is one transaction of that factory, which
makes all its contracts or none. Never keeps a key, deposits no bond (`deposit_bonds`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self, TypeVar

from andel.encoding import canonical_json, parse_json
from andel.errors import ChainError, InputError
from andel.keys import AccountKey, parse_address
from andel.ledger.access import AccessPassContract, deploy_access_pass
from andel.ledger.alliance import AllianceContract
from andel.ledger.clones import require_clones
from andel.ledger.connection import Chain
from andel.ledger.contracts import (
    BatchRegistryContract,
    DeviceRegistryContract,
    ModelTokenContract,
    RewardPoolContract,
)
from andel.ledger.disputes import DisputesContract
from andel.ledger.factory import IMPLEMENTATIONS, LaunchedModel, ModelFactoryContract
from andel.ledger.fee_splitters import FeeSplittersContract, deploy_fee_splitters
from andel.ledger.interface import CONTRACTS
from andel.ledger.launching import ModelConfig, launch_terms
from andel.ledger.market import InferenceMarketContract, deploy_market
from andel.ledger.onchain_models import OnchainModelsContract, PredictionLogContract
from andel.ledger.operators import OperatorsContract
from andel.ledger.revenue import RevenueVaultContract
from andel.ledger.round_manager import RoundManagerContract
from andel.ledger.successors import SuccessorsContract, deploy_successors
from andel.units import Address

DEPLOYMENT_FORMAT: Final = "andel-deployment/1"
_MAX_FILE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class SharedContracts:
    """The contracts that all models of a chain share.

    The last four are None where a deployment of before named none: models are launched without them as well.
    """

    device_registry: DeviceRegistryContract
    batch_registry: BatchRegistryContract
    onchain_models: OnchainModelsContract
    factory: ModelFactoryContract
    access_pass: AccessPassContract | None = None
    successors: SuccessorsContract | None = None
    fee_splitters: FeeSplittersContract | None = None
    market: InferenceMarketContract | None = None


@dataclass(frozen=True, slots=True)
class ModelContracts:
    """The contracts of one model, and the registries it rests on.

    A chain does not say where a model answers inside it, where passes to it are sold, where its successor would be
    named, where its fees are split and where it is asked for pay: those are None unless a deployment file named them.
    `launched` is all that was launched with it, where this program did that.
    """

    round_manager: RoundManagerContract
    operators: OperatorsContract
    disputes: DisputesContract
    alliance: AllianceContract
    token: ModelTokenContract
    pool: RewardPoolContract
    vault: RevenueVaultContract
    device_registry: DeviceRegistryContract
    batch_registry: BatchRegistryContract
    factory: ModelFactoryContract
    onchain_models: OnchainModelsContract | None = None
    prediction_log: PredictionLogContract | None = None
    access_pass: AccessPassContract | None = None
    successors: SuccessorsContract | None = None
    fee_splitters: FeeSplittersContract | None = None
    market: InferenceMarketContract | None = None
    launched: LaunchedModel | None = field(default=None, repr=False, compare=False)


def deploy_shared(chain: Chain, key: AccountKey) -> SharedContracts:
    """What the models of a chain share, new on the chain: registries, passes, market, implementations, factory.

    `key` must send nothing else meanwhile: an implementation is told where its factory will be. Raises Reverted (then
    nothing was launched, and one starts again), ChainError.
    """
    devices, _ = chain.deploy(key, "DeviceRegistry")
    batches, _ = chain.deploy(key, "BatchRegistry", devices.address)
    models, _ = chain.deploy(key, "OnchainModels")
    splitters = deploy_fee_splitters(chain, key)
    return SharedContracts(
        DeviceRegistryContract(chain, devices.address),
        BatchRegistryContract(chain, batches.address),
        OnchainModelsContract(chain, models.address),
        deploy_factory(chain, key),
        deploy_access_pass(chain, key),
        deploy_successors(chain, key),
        splitters,
        deploy_market(chain, key, models.address, splitters.address),
    )


def deploy_factory(chain: Chain, key: AccountKey) -> ModelFactoryContract:
    """The implementations and the factory that clones them, new on the chain. As `deploy_shared`."""
    future = chain.created_address(key.address, chain.next_nonce(key.address) + len(IMPLEMENTATIONS))
    parts = {}
    for part, (name, knows_factory) in IMPLEMENTATIONS.items():
        created, _ = chain.deploy(key, name, *([future] if knows_factory else []))
        parts[part] = created.address
    factory, _ = chain.deploy(key, "ModelFactory", parts)
    return ModelFactoryContract(chain, factory.address)


def deploy_model(chain: Chain, key: AccountKey, shared: SharedContracts, config: ModelConfig) -> ModelContracts:
    """A model's own contracts, launched in one transaction.

    Raises Reverted (a parameter out of its bounds), ChainError.
    """
    made, _ = shared.factory.launch(
        key,
        launch_terms(
            config, shared.device_registry.address, shared.batch_registry.address, shared.onchain_models.address
        ),
    )
    parts = made.parts
    return ModelContracts(
        RoundManagerContract(chain, parts["manager"]),
        OperatorsContract(chain, parts["operators"]),
        DisputesContract(chain, parts["disputes"]),
        AllianceContract(chain, parts["alliance"]),
        ModelTokenContract(chain, parts["token"]),
        RewardPoolContract(chain, parts["pool"]),
        RevenueVaultContract(chain, parts["vault"]),
        shared.device_registry,
        shared.batch_registry,
        shared.factory,
        shared.onchain_models,
        PredictionLogContract(chain, parts["predictionLog"]),
        shared.access_pass,
        shared.successors,
        shared.fee_splitters,
        shared.market,
        made,
    )


def find_model(chain: Chain, round_manager: Address) -> ModelContracts:
    """A model's contracts from the chain alone.

    Raises ChainError when they do not name one another, or are no clones of what this release knows: then nothing says
    that they keep the rules.
    """
    rounds = RoundManagerContract(chain, round_manager)
    founding = rounds.founding()
    pool = RewardPoolContract(chain, founding.pool)
    token = ModelTokenContract(chain, pool.token())
    if pool.manager() != round_manager or token.minter() != pool.address:
        raise ChainError(f"{round_manager} is no model: pool and token do not name it", "check the model's address")
    operators = OperatorsContract(chain, founding.operators)
    disputes = DisputesContract(chain, founding.disputes)
    if {operators.manager(), disputes.manager()} != {round_manager} or operators.disputes() != disputes.address:
        raise ChainError(f"{round_manager} is no model: its operators and disputes do not name it")
    vault = token.vault()
    factory = require_clones(
        chain,
        {
            "RoundManager": round_manager,
            "Operators": operators.address,
            "Disputes": disputes.address,
            "RewardPool": pool.address,
            "ModelToken": token.address,
            "RevenueVault": vault,
        },
    )
    if operators.operators_epoch() == 0:
        raise ChainError(f"{round_manager} is no model: its operators were never founded")
    return ModelContracts(
        rounds,
        operators,
        disputes,
        AllianceContract(chain, founding.alliance),
        token,
        pool,
        RevenueVaultContract(chain, vault),
        DeviceRegistryContract(chain, founding.device_registry),
        BatchRegistryContract(chain, founding.batch_registry),
        ModelFactoryContract(chain, factory),
    )


_Shared = TypeVar("_Shared", AccessPassContract, SuccessorsContract, FeeSplittersContract, InferenceMarketContract)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The addresses of contracts on one chain, by contract name, for a file that goes beside a model."""

    chain_id: int
    addresses: Mapping[str, Address]

    @classmethod
    def of_model(cls, model: ModelContracts) -> Self:
        """The addresses of a model and of all it rests on."""
        bound = (
            model.device_registry,
            model.batch_registry,
            model.factory,
            model.round_manager,
            model.operators,
            model.disputes,
            model.alliance,
            model.pool,
            model.token,
            model.vault,
            model.onchain_models,
            model.prediction_log,
            model.access_pass,
            model.successors,
            model.fee_splitters,
            model.market,
        )
        found = {contract.NAME: contract.address for contract in bound if contract is not None}
        return cls(model.round_manager.chain.chain_id, found)

    @classmethod
    def of_shared(cls, shared: SharedContracts) -> Self:
        """The addresses of the shared contracts."""
        bound = (
            shared.device_registry,
            shared.batch_registry,
            shared.onchain_models,
            shared.factory,
            shared.access_pass,
            shared.successors,
            shared.fee_splitters,
            shared.market,
        )
        found = {contract.NAME: contract.address for contract in bound if contract is not None}
        return cls(shared.device_registry.chain.chain_id, found)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """What `to_file` wrote. Raises InputError."""
        try:
            with path.open("rb") as file:
                value = parse_json(file.read(_MAX_FILE_BYTES + 1), _MAX_FILE_BYTES)
        except OSError as error:
            raise InputError(f"cannot read the deployment file {path}: {error.strerror}") from error
        if not isinstance(value, dict) or value.get("format") != DEPLOYMENT_FORMAT:
            raise InputError(f"{path} is no deployment file ({DEPLOYMENT_FORMAT})")
        chain_id, addresses = value.get("chain_id"), value.get("addresses")
        if set(value) != {"format", "chain_id", "addresses"} or type(chain_id) is not int:
            raise InputError(f"{path} holds other fields than a deployment file")
        if not isinstance(addresses, dict) or not set(addresses) <= set(CONTRACTS):
            raise InputError(f"{path} names contracts that are not known here")
        return cls(chain_id, {name: parse_address(str(address)) for name, address in addresses.items()})

    def to_file(self, path: Path) -> None:
        """Writes canonical JSON."""
        value = {"format": DEPLOYMENT_FORMAT, "chain_id": self.chain_id, "addresses": dict(self.addresses)}
        path.write_bytes(canonical_json(value))

    def shared(self, chain: Chain) -> SharedContracts:
        """The shared contracts on `chain`. Raises InputError when it is another chain, or one is not named."""
        return SharedContracts(
            self.device_registry(chain),
            BatchRegistryContract(chain, self._at(chain, "BatchRegistry")),
            OnchainModelsContract(chain, self._at(chain, "OnchainModels")),
            ModelFactoryContract(chain, self._at(chain, "ModelFactory")),
            self._shared(chain, AccessPassContract),
            self._shared(chain, SuccessorsContract),
            self._shared(chain, FeeSplittersContract),
            self._shared(chain, InferenceMarketContract),
        )

    def device_registry(self, chain: Chain) -> DeviceRegistryContract:
        """The registry of devices on `chain`. Raises InputError as `shared`."""
        return DeviceRegistryContract(chain, self._at(chain, "DeviceRegistry"))

    def model(self, chain: Chain) -> ModelContracts:
        """The model's contracts on `chain`, checked as `find_model` does. Raises InputError, ChainError."""
        return replace(
            find_model(chain, self._at(chain, "RoundManager")),
            onchain_models=OnchainModelsContract(chain, self._at(chain, "OnchainModels")),
            prediction_log=PredictionLogContract(chain, self._at(chain, "PredictionLog")),
            access_pass=self._shared(chain, AccessPassContract),
            successors=self._shared(chain, SuccessorsContract),
            fee_splitters=self._shared(chain, FeeSplittersContract),
            market=self._shared(chain, InferenceMarketContract),
        )

    def _shared(self, chain: Chain, kind: type[_Shared]) -> _Shared | None:
        """None in a file written before models of a chain shared it."""
        return kind(chain, self.addresses[kind.NAME]) if kind.NAME in self.addresses else None

    def _at(self, chain: Chain, name: str) -> Address:
        if chain.chain_id != self.chain_id:
            raise InputError(f"the deployment is on chain {self.chain_id}, the node serves chain {chain.chain_id}")
        if name not in self.addresses:
            raise InputError(f"the deployment names no {name}")
        return self.addresses[name]
