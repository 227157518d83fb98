"""Who acts in the tests of this folder, and one round played with hand-made hashes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.ledger.connection import Call, Chain
from andel.ledger.deployment import ModelContracts, SharedContracts, deploy_model
from andel.ledger.launching import ModelConfig
from andel.ledger.receipt import Receipt
from andel.ledger.round_hashes import attestation_commitment
from andel.ledger.round_state import Status, ValidatorRecord
from andel.typed_data import sign_typed, typed_digest
from andel.units import TOKEN, Address, BaseUnits
from andel.value.claims import ClaimTree, value_root

BUDGET = BaseUnits(1_000 * TOKEN)
MINTED = BaseUnits(900 * TOKEN)
GAIN = 12_345


@dataclass(frozen=True, slots=True)
class Actors:
    """The keys of everybody who sends a transaction."""

    founder: AccountKey
    coordinator: AccountKey
    validators: tuple[AccountKey, ...]
    owners: tuple[AccountKey, ...]
    stranger: AccountKey

    @classmethod
    def make(cls, seed: bytes) -> Actors:
        """Three validators, two owners of devices, and one of each other kind."""

        def keys(name: str, count: int) -> tuple[AccountKey, ...]:
            return tuple(AccountKey(derive_secret(seed, name, i)) for i in range(count))

        (founder,), (coordinator,), (stranger,) = keys("founder", 1), keys("coordinator", 1), keys("stranger", 1)
        return cls(founder, coordinator, keys("validator", 3), keys("owner", 2), stranger)

    def keys(self) -> Iterator[AccountKey]:
        """Every key."""
        yield from (self.founder, self.coordinator, *self.validators, *self.owners, self.stranger)


def model_config(actors: Actors, **changes: object) -> ModelConfig:
    """A model of three validators, two of which decide; a token a second accrues since a long time ago."""
    config = ModelConfig(
        name="Andel Test",
        symbol="AT",
        cap=1_000_000 * TOKEN,
        rate=TOKEN,
        ceiling=500_000 * TOKEN,
        start=1_600_000_000,
        owner=actors.founder.address,
        coordinator=actors.coordinator.address,
        validators=tuple(
            ValidatorRecord(key.address, sha256(b"sealing", key.address.encode())) for key in actors.validators
        ),
        k=2,
        genesis_version=sha256(b"genesis"),
        task_hash=sha256(b"task"),
        policy_hash=sha256(b"policy"),
        terms_hash=sha256(b"terms"),
        listers=(actors.stranger.address,),
        seed_delay=2,
        commit_period=60,
        operator_share_bps=1_000,
        challenge_window=0,
        hearing_period=600,
        idle_period=86_400,
        bond=10**16,
        coin_per_token=10**13,
        challenge_floor=10**14,
    )
    return replace(config, **changes)  # type: ignore[arg-type]  # tests name fields of ModelConfig


@dataclass(slots=True)
class Play:
    """A model, and the steps of its rounds; what is attested are hashes of words."""

    chain: Chain
    actors: Actors
    model: ModelContracts

    @classmethod
    def launch(cls, chain: Chain, actors: Actors, shared: SharedContracts, **changes: object) -> Play:
        """A new model on the chain."""
        model = deploy_model(chain, actors.founder, shared, model_config(actors, **changes))
        model.operators.deposit_bonds(actors.founder)
        return cls(chain, actors, model)

    def open(self, word: bytes = b"plan", budget: int = BUDGET, seconds: int = 3_600) -> int:
        """A new round, from the current version."""
        rounds = self.model.round_manager
        deadline = self.chain.block_time() + seconds
        number, _ = rounds.open(self.actors.coordinator, sha256(word), rounds.current_version(), budget, deadline)
        return number

    def commit_data(self, number: int) -> bytes:
        """Commitments, and the first seed."""
        rounds = self.model.round_manager
        rounds.commit_data(self.actors.coordinator, number, sha256(b"commitments"), sha256(b"list"))
        seed, _ = rounds.record_seed(self.actors.stranger, number)
        assert seed is not None
        return seed

    def close(self, number: int) -> bytes:
        """Updates, and the second seed."""
        rounds = self.model.round_manager
        rounds.close(self.actors.coordinator, number, sha256(b"updates"), sha256(b"evidence"))
        seed, _ = rounds.record_seed(self.actors.stranger, number)
        assert seed is not None
        return seed

    def attestation(self, number: int, claims: ClaimTree, minted: int, word: bytes = b"version") -> dict[str, object]:
        """What an honest validator attests of a closed round; another `word` is another version."""
        state = self.model.round_manager.round_of(number)
        return {
            "model": self.model.round_manager.address,
            "round": number,
            "attempt": state.attempt,
            "planHash": state.plan_hash,
            "updatesRoot": state.updates_root,
            "versionHash": sha256(word, str(number).encode()),
            "valueRoot": value_root(claims.root, claims.total, minted, GAIN),
            "stateHash": sha256(b"state", str(number).encode()),
            "evaluation": -250,
            "evidenceHash": state.evidence_hash,
        }

    def attest(self, number: int, attestations: list[dict[str, object]]) -> list[Receipt]:
        """Each validator commits to its attestation, all reveal. Receipts of the reveals."""
        rounds = self.model.round_manager
        pairs = list(zip(self.actors.validators, attestations, strict=True))
        self.chain.send_many(
            [
                rounds.prepare(
                    key, "commitAttestation", number, attestation_commitment(self.digest(said), key.address, salt(key))
                )
                for key, said in pairs
            ]
        )
        return self.chain.send_many([self.reveal(key, said) for key, said in pairs])

    def reveal(self, key: AccountKey, said: dict[str, object]) -> Call:
        """One validator's reveal."""
        rounds = self.model.round_manager
        signature = sign_typed(key, "Attestation", rounds.domain, said)
        return rounds.prepare(key, "reveal", said, key.address, salt(key), signature)

    def digest(self, said: dict[str, object]) -> bytes:
        """The attestation's EIP-712 digest."""
        return typed_digest("Attestation", self.model.round_manager.domain, said)

    def settle(self, number: int, earned: dict[Address, BaseUnits], minted: int) -> Receipt:
        """From closed to final, all three validators agreeing."""
        claims = ClaimTree(earned)
        said = self.attestation(number, claims, minted)
        self.attest(number, [said, said, said])
        receipt = self.model.round_manager.finalise(self.actors.stranger, said, claims.root, claims.total, minted, GAIN)
        assert self.model.round_manager.round_of(number).status is Status.FINALISED
        return receipt

    def play(self, earned: dict[Address, BaseUnits], minted: int) -> Receipt:
        """A whole round."""
        number = self.open()
        self.commit_data(number)
        self.close(number)
        return self.settle(number, earned, minted)


def salt(key: AccountKey) -> bytes:
    """A validator's salt."""
    return sha256(b"salt", key.address.encode())
