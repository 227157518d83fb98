"""Putting the contracts on a chain, and finding them again.

Takes a `Chain`, the key that pays, and what a model is founded with. Gives bound contracts. A model's contracts name
one another in their constructors (pool, operators, disputes: their manager) or in a clone's code (token, vault), so the
addresses are worked out beforehand from the deployer's next nonces. The round manager comes last and checks all parts,
so a deployment that was interfered with fails rather than go wrong. Never keeps a key, deposits no bond
(`deposit_bonds`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from andel.encoding import canonical_json, parse_json
from andel.errors import ChainError, InputError
from andel.keys import AccountKey, parse_address
from andel.ledger.alliance import AllianceContract
from andel.ledger.clones import clone_code
from andel.ledger.connection import Chain
from andel.ledger.contracts import (
    BatchRegistryContract,
    DeviceRegistryContract,
    ModelTokenContract,
    RewardPoolContract,
)
from andel.ledger.disputes import DisputesContract
from andel.ledger.interface import CONTRACTS
from andel.ledger.onchain_models import OnchainModelsContract, PredictionLogContract
from andel.ledger.operators import OperatorsContract
from andel.ledger.revenue import RevenueVaultContract
from andel.ledger.round_manager import RoundManagerContract
from andel.ledger.round_state import ValidatorRecord
from andel.units import Address

DEPLOYMENT_FORMAT: Final = "andel-deployment/1"
_MAX_FILE_BYTES: Final = 64 * 1024
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What a model is founded with; `RoundTypes.sol` and `IRewardPool.sol` hold the bounds.

    Amounts are base units, `rate` base units a second, periods seconds, `seed_delay` blocks. `bond`, `challenge_floor`
    and `coin_per_token` are wei of the chain's coin, the last for 1e18 base units: no round opens whose budget is worth
    more than k bonds. `start` None lets emission begin with the newest block. Hashes are sha2-256 digests,
    `genesis_version` that of the first parameters.
    Revenue is shared by epochs of `epoch_length` seconds; `redeemable_bps` ten-thousandths of it go to whoever burns.
    The alliance is founded with `listers` and `devices` admitted, `policy_hash` and `terms_hash`, under `owner`.
    """

    name: str
    symbol: str
    cap: int
    rate: int
    ceiling: int
    owner: Address
    coordinator: Address
    validators: tuple[ValidatorRecord, ...]
    k: int
    genesis_version: bytes
    task_hash: bytes
    policy_hash: bytes
    terms_hash: bytes
    listers: tuple[Address, ...] = ()
    devices: tuple[Address, ...] = ()
    start: int | None = None
    seed_delay: int = 3
    commit_period: int = 600
    operator_share_bps: int = 500
    challenge_window: int = 0
    standbys: tuple[Address, ...] = ()
    bond: int = 10**16
    coin_per_token: int = 10**13
    challenge_floor: int = 10**14
    hearing_period: int = 600
    unbonding_period: int = 45 * _DAY
    idle_period: int = _DAY
    epoch_length: int = 7 * _DAY
    redeemable_bps: int = 0


@dataclass(frozen=True, slots=True)
class SharedContracts:
    """The contracts that all models of a chain share."""

    device_registry: DeviceRegistryContract
    batch_registry: BatchRegistryContract
    onchain_models: OnchainModelsContract


@dataclass(frozen=True, slots=True)
class ModelContracts:
    """The contracts of one model, and the registries it rests on.

    A chain does not say where a model answers inside it: those two are None unless a deployment file named them.
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
    onchain_models: OnchainModelsContract | None = None
    prediction_log: PredictionLogContract | None = None


def deploy_shared(chain: Chain, key: AccountKey) -> SharedContracts:
    """The three shared contracts, new on the chain. Raises ChainError."""
    devices, _ = chain.deploy(key, "DeviceRegistry")
    batches, _ = chain.deploy(key, "BatchRegistry", devices.address)
    models, _ = chain.deploy(key, "OnchainModels")
    return SharedContracts(
        DeviceRegistryContract(chain, devices.address),
        BatchRegistryContract(chain, batches.address),
        OnchainModelsContract(chain, models.address),
    )


def deploy_model(chain: Chain, key: AccountKey, shared: SharedContracts, config: ModelConfig) -> ModelContracts:
    """A model's own contracts, new on the chain; `key` must send nothing else meanwhile.

    Raises Reverted (a parameter out of its bounds), ChainError.
    """
    alliance, _ = chain.deploy(
        key,
        "Alliance",
        config.owner,
        shared.device_registry.address,
        list(config.listers),
        list(config.devices),
        config.policy_hash,
        config.terms_hash,
    )
    token_code, _ = chain.deploy(key, "ModelToken")
    vault_code, _ = chain.deploy(key, "RevenueVault")
    nonce = chain.next_nonce(key.address)
    token_address = chain.created_address(key.address, nonce + 1)
    pool_address = chain.created_address(key.address, nonce + 3)
    disputes_address = chain.created_address(key.address, nonce + 5)
    manager_address = chain.created_address(key.address, nonce + 6)
    start = chain.block_time() if config.start is None else config.start
    epochs = (chain.block_time(), config.epoch_length)
    words: list[Address | int] = [token_address, *epochs, config.redeemable_bps]
    vault, _ = chain.create(key, "RevenueVault", clone_code(vault_code.address, words))
    words = [pool_address, key.address, vault.address, config.cap, *epochs, config.owner]
    token, _ = chain.create(key, "ModelToken", clone_code(token_code.address, words))
    chain.send(key, token, "initialize", config.name, config.symbol, "")
    pool, _ = chain.deploy(key, "RewardPool", token.address, (start, config.rate, config.ceiling), manager_address)
    operators, _ = chain.deploy(key, "Operators", _founding_operators(config, manager_address, disputes_address))
    disputes, _ = chain.deploy(
        key, "Disputes", manager_address, operators.address, config.hearing_period, config.challenge_floor
    )
    parts = {
        "pool": pool.address,
        "operators": operators.address,
        "disputes": disputes.address,
        "alliance": alliance.address,
    }
    manager, _ = chain.deploy(key, "RoundManager", _founding(config, shared, parts))
    log, _ = chain.deploy(key, "PredictionLog", shared.onchain_models.address, manager.address)
    return ModelContracts(
        RoundManagerContract(chain, manager.address),
        OperatorsContract(chain, operators.address),
        DisputesContract(chain, disputes.address),
        AllianceContract(chain, alliance.address),
        ModelTokenContract(chain, token.address),
        RewardPoolContract(chain, pool.address),
        RevenueVaultContract(chain, vault.address),
        shared.device_registry,
        shared.batch_registry,
        shared.onchain_models,
        PredictionLogContract(chain, log.address),
    )


def find_model(chain: Chain, round_manager: Address) -> ModelContracts:
    """A model's contracts from the chain alone. Raises ChainError when they do not name one another."""
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
    return ModelContracts(
        rounds,
        operators,
        disputes,
        AllianceContract(chain, founding.alliance),
        token,
        pool,
        RevenueVaultContract(chain, token.vault()),
        DeviceRegistryContract(chain, founding.device_registry),
        BatchRegistryContract(chain, founding.batch_registry),
    )


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
            model.round_manager,
            model.operators,
            model.disputes,
            model.alliance,
            model.pool,
            model.token,
            model.vault,
            model.onchain_models,
            model.prediction_log,
        )
        found = {contract.NAME: contract.address for contract in bound if contract is not None}
        return cls(model.round_manager.chain.chain_id, found)

    @classmethod
    def of_shared(cls, shared: SharedContracts) -> Self:
        """The addresses of the shared contracts."""
        bound = (shared.device_registry, shared.batch_registry, shared.onchain_models)
        return cls(shared.device_registry.chain.chain_id, {contract.NAME: contract.address for contract in bound})

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
        )

    def device_registry(self, chain: Chain) -> DeviceRegistryContract:
        """The registry of devices on `chain`. Raises InputError as `shared`."""
        return DeviceRegistryContract(chain, self._at(chain, "DeviceRegistry"))

    def model(self, chain: Chain) -> ModelContracts:
        """The model's contracts on `chain`, checked as `find_model` does. Raises InputError, ChainError."""
        found = find_model(chain, self._at(chain, "RoundManager"))
        return ModelContracts(
            found.round_manager,
            found.operators,
            found.disputes,
            found.alliance,
            found.token,
            found.pool,
            found.vault,
            found.device_registry,
            found.batch_registry,
            OnchainModelsContract(chain, self._at(chain, "OnchainModels")),
            PredictionLogContract(chain, self._at(chain, "PredictionLog")),
        )

    def _at(self, chain: Chain, name: str) -> Address:
        if chain.chain_id != self.chain_id:
            raise InputError(f"the deployment is on chain {self.chain_id}, the node serves chain {chain.chain_id}")
        if name not in self.addresses:
            raise InputError(f"the deployment names no {name}")
        return self.addresses[name]


def _founding_operators(config: ModelConfig, manager: Address, disputes: Address) -> dict[str, object]:
    """The constructor's `OperatorsConfig`."""
    return {
        "owner": config.owner,
        "manager": manager,
        "disputes": disputes,
        "coordinator": config.coordinator,
        "standbys": list(config.standbys),
        "validators": [(record.account, record.sealing_key) for record in config.validators],
        "k": config.k,
        "bond": config.bond,
        "unbondingPeriod": config.unbonding_period,
        "idlePeriod": config.idle_period,
    }


def _founding(config: ModelConfig, shared: SharedContracts, parts: Mapping[str, Address]) -> dict[str, object]:
    """The constructor's `Config`."""
    return {
        **parts,
        "deviceRegistry": shared.device_registry.address,
        "batchRegistry": shared.batch_registry.address,
        "coinPerToken": config.coin_per_token,
        "challengeWindow": config.challenge_window,
        "seedDelay": config.seed_delay,
        "commitPeriod": config.commit_period,
        "operatorShareBps": config.operator_share_bps,
        "genesisVersion": config.genesis_version,
        "taskHash": config.task_hash,
    }
