"""A small, real run: anvil, contracts, signed packets of a synthetic climate, Flower, three validators in this process.

Everything goes through the product's own scenario, world and roles; only the data is small. `launch` founds a model
that is ready for round 1, `SmallWorld.play` plays a round, `finish` plays two and publishes. Tests ask for the
fixture `finished_run` (shared, never to be changed: `copied_store` gives what may be) or for `launch_world`.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from andel.content import ContentStore
from andel.errors import NodeMissing
from andel.hashing import sha256
from andel.keys import verify_signature
from andel.ledger.deployment import Deployment
from andel.ledger.round_state import Status
from andel.roles.auditor import Audit, audit
from andel.roles.coordinator import Coordinator
from andel.roles.founder import next_plan, publish_reference
from andel.roles.gateway import PublishedModel, predictor_of, publish_version
from andel.roles.replay import ReferenceOpener, replay_round
from andel.roles.validator import Validator
from andel.serving.prediction import Prediction
from andel.simulation.adversaries import mods_of
from andel.simulation.local_chain import LocalChain, find_anvil
from andel.simulation.participants import Kind
from andel.simulation.scenario import Scenario, TableChoice, table_scenario, weather_scenario
from andel.simulation.series import ChannelSpec, Dataset, Series
from andel.simulation.world import ROUND_SECONDS, Member, Operation, World, build_world
from andel.training.client_app import LocalContributor, contributor_app
from andel.training.flower import ClientApp
from andel.training.grid import LocalGrid, LocalNode
from andel.training.plan import RoundPlan
from andel.training.result import RoundResult
from andel.training.rounds import Waiting
from andel.units import TOKEN, Address, BaseUnits
from andel.value.report import ContributorValue, ValueReport

START = 1_356_998_400
"""2013-01-01T00:00Z, the first hour of week 1."""

WEEKS = 12
ROUNDS = 2
BUDGET = BaseUnits(1_000 * TOKEN)
QUESTION = {"temperature": "15.5", "humidity": "61.0"}
"""What the finished run was asked, at `START`."""

_STEPS_TO_FINAL = 20


def climate(sites: int = 2, weeks: int = WEEKS, seed: int = 5) -> Dataset:
    """Hourly temperature, humidity and pressure: a smooth day, humidity that foretells it, and noise."""
    channels = (
        ChannelSpec("temperature", "degC", -2),
        ChannelSpec("humidity", "%", -2),
        ChannelSpec("pressure", "hPa", -2),
    )
    hours = np.arange(weeks * 7 * 24)
    series = []
    for site in range(sites):
        random = np.random.default_rng([seed, site])
        day, ahead = 2 * np.pi * (hours - 9) / 24, 2 * np.pi * (hours - 6) / 24
        drift = 250 * np.sin(2 * np.pi * hours / (24 * 11) + site)
        columns = {
            "temperature": 1_500 + 700 * np.sin(day) + drift + random.normal(0, 40, len(hours)),
            "humidity": 5_000 - 1_400 * np.sin(ahead) + random.normal(0, 40, len(hours)),
            "pressure": 101_300 + 3 * drift + random.normal(0, 30, len(hours)),
        }
        values = {name: np.rint(column).astype(np.int64) for name, column in columns.items()}
        place = (406_000_000 + site * 1_000_000, -740_000_000)
        series.append(Series(f"site{site}", *place, (START + 3_600 * hours).astype(np.int64), values))
    return Dataset(tuple(series), channels, sites * len(hours), (), {}, "a synthetic climate")


def envelope_scenario(seed: int = 1, *, owners: int = 2, dishonest: bool = True, audits: int = 0) -> Scenario:
    """Two stations that send Andel's envelope, with so many honest owners each.

    Seeds change from run to run: so no training is drawn to be done again unless a test asks for it. And nothing is
    projected off: of four owners whose data is alike, a second round may have nothing new from anybody, and then it
    pays nobody whatever it gains. One standard error is enough of a gain, as few rows score.
    """
    choice = TableChoice(("temperature", "humidity"), "temperature", 3, owners, dishonest)
    scenario = table_scenario(climate(), choice, ROUNDS, seed)
    return replace(scenario, rules=replace(scenario.rules, audits=audits, novelty_steps=0, noise_sigmas=1))


def pebble_scenario(seed: int = 1) -> Scenario:
    """Two sites of Pebble Trackers, cast as the weather is: a quarter owner, a noisy sensor, three dishonest ones."""
    scenario = weather_scenario(climate(), ROUNDS, seed)
    return replace(scenario, rules=replace(scenario.rules, audits=0))


@dataclass(slots=True)
class SmallWorld:
    """A founded model with its members, its operators in this process, and the rounds played so far."""

    world: World
    local: LocalChain
    folder: Path
    validators: tuple[Validator, ...]
    results: list[RoundResult] = field(default_factory=list)

    @property
    def store(self) -> ContentStore:
        """The run's content store."""
        return self.world.store

    def member(self, kind: Kind) -> Member:
        """The first participant of a kind."""
        return next(member for member in self.world.members if member.participant.kind == kind)

    def honest(self) -> list[Member]:
        """All honest participants."""
        return [member for member in self.world.members if member.participant.kind == Kind.HONEST]

    def node(self, member: Member) -> LocalNode:
        """The member's own Flower node, honest or not as its kind is."""
        return LocalNode(app_of(member.contributor, member.participant.kind), {})

    def nodes(self, instead: Mapping[Address, LocalNode] | None = None) -> list[LocalNode]:
        """Everybody's nodes, with some replaced, by the account that owns them."""
        given = instead or {}
        return [given.get(member.contributor.address) or self.node(member) for member in self.world.members]

    def coordinator(self, grid: LocalGrid | None = None) -> Coordinator:
        """The coordinator over everybody's nodes, or over another grid."""
        waiting = Waiting(time.monotonic, time.sleep)
        nodes = grid or LocalGrid(self.nodes())
        return Coordinator(self.world.actors.coordinator, self.world.model, self.store, nodes, waiting)

    def plan(self) -> RoundPlan:
        """The plan of the next round, on what the last final one left."""
        manager, first = self.world.model.round_manager, self.world.first_plan()
        number = manager.rounds_count() + 1
        state = manager.state_hash() if any(manager.state_hash()) else first.state
        deadline = self.world.chain.block_time() + ROUND_SECONDS
        version, pool = manager.current_version(), self.world.model.pool
        budget = BaseUnits(min(BUDGET, pool.accrued() - pool.minted()))
        return next_plan(
            first,
            self.world.scenario.task,
            number=number,
            version=version,
            state=state,
            budget=budget,
            deadline=deadline,
        )

    def retry_plan(self) -> RoundPlan:
        """The plan of the newest round's next attempt."""
        former, manager = self.results[-1].plan, self.world.model.round_manager
        attempt = manager.round_of(former.round).attempt + 1
        return replace(former, attempt=attempt, deadline=self.world.chain.block_time() + ROUND_SECONDS)

    def close_round(self, grid: LocalGrid | None = None) -> RoundResult:
        """A round up to seed 2; validators have not looked at it yet."""
        self.results.append(self.coordinator(grid).run_round(self.plan()))
        return self.results[-1]

    def settle(self, validators: Sequence[Validator] | None = None, until: Status = Status.FINALISED) -> None:
        """Lets validators step in turn until the newest round is final, or in another status; fails the test when it
        does not become so.
        """
        manager = self.world.model.round_manager
        number = manager.rounds_count()
        for _ in range(_STEPS_TO_FINAL):
            if manager.round_of(number).status == until:
                return
            for validator in validators or self.validators:
                validator.step()
        pytest.fail(f"round {number} is {manager.round_of(number).status.name} after {_STEPS_TO_FINAL} steps of each")

    def play(self, grid: LocalGrid | None = None) -> RoundResult:
        """A whole round."""
        result = self.close_round(grid)
        self.settle()
        return result

    def report(self, number: int) -> ValueReport:
        """The verdict on a closed round, as a validator that holds the reference packets replays it."""
        reader = self.world.actors.validators[0]
        references = ReferenceOpener(self.store, lambda _: self.world.founded.packets, reader)
        return replay_round(self.world.model, self.store, number, references).report

    def assert_audited(self) -> None:
        """Whoever replays the run so far, with the reference published, finds that everything holds."""
        publish_reference(self.store, self.world.founded)
        audited = audit(self.world.model, self.store)
        assert audited.ok, audited.failure

    def validator(self, number: int, store: ContentStore | None = None) -> Validator:
        """A validator with the n-th key that has seen nothing yet, as after a restart."""
        return Validator(self.world.actors.validators[number], self.world.model, store or self.store)


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """Two rounds played, the reference published, the model on chain, one question answered."""

    small: SmallWorld
    published: PublishedModel
    prediction: Prediction
    deployment: Path
    audited: Audit

    @property
    def world(self) -> World:
        """Contracts, members and keys."""
        return self.small.world

    @property
    def store_folder(self) -> Path:
        """The content store's folder."""
        return self.small.folder / "content"

    def copied_store(self, folder: Path) -> Path:
        """A copy of the content store, to change."""
        return Path(shutil.copytree(self.store_folder, folder / "copy"))

    def values_of(self, member: Member) -> list[ContributorValue]:
        """What each round said of a member, in the order of the rounds."""
        account = member.contributor.address
        values = (value for report in self.audited.reports for value in report.contributors)
        return [value for value in values if value.contributor == account]


def app_of(contributor: LocalContributor, kind: Kind = Kind.HONEST) -> ClientApp:
    """The Flower app that runs beside a contributor of that kind."""
    return contributor_app(lambda _: contributor, mods_of(kind))


def launch(
    scenario: Scenario, local: LocalChain, folder: Path, seed: bytes, operation: Operation | None = None
) -> SmallWorld:
    """Everything up to round 1."""
    chain = local.connect()
    world = build_world(
        scenario,
        chain,
        ContentStore(str(folder / "content")),
        folder,
        sha256(seed),
        lambda actors: local.fund([key.address for key in (*actors.accounts, *actors.standbys, actors.watcher)]),
        lambda _: None,
        operation,
    )
    validators = tuple(Validator(key, world.model, world.store) for key in world.actors.validators)
    return SmallWorld(world, local, folder, validators)


def finish(small: SmallWorld) -> FinishedRun:
    """All rounds, publication and one signed answer."""
    world = small.world
    for _ in range(world.scenario.rounds):
        small.play()
    publish_reference(small.store, world.founded)
    published = publish_version(world.actors.founder, world.model, small.store, world.founded.task)
    predictor = predictor_of(world.actors.coordinator, world.model, published.file, world.founded.definition)
    prediction = predictor.ask_values(QUESTION, START)
    deployment = small.folder / "deployment.json"
    Deployment.of_model(world.model).to_file(deployment)
    return FinishedRun(small, published, prediction, deployment, audit(world.model, small.store, prediction))


LaunchWorld = Callable[..., SmallWorld]
"""`launch_world(name, scenario)`: a founded model of its own on the shared node."""

# kept in the stash, not in the fixtures: several conftest.py take them, and each would start a node of its own
_NODE = pytest.StashKey[LocalChain]()
_FINISHED = pytest.StashKey[FinishedRun]()


@contextmanager
def remembered_signatures() -> Iterator[None]:
    """Whether a packet's signature is its key's is computed once: here one process is contributor, coordinator, all
    validators and auditor, and each asks it of the same packets again.
    """
    with pytest.MonkeyPatch.context() as patch:
        for profile in ("envelope", "pebble"):
            patch.setattr(f"andel.device.{profile}.verify_signature", lru_cache(maxsize=1 << 16)(verify_signature))
        yield


@pytest.fixture(scope="session")
def shared_node(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    """One anvil for all tests that launch small worlds, whatever folder they are in; without anvil they are skipped."""
    if _NODE in pytestconfig.stash:
        yield pytestconfig.stash[_NODE]
        return
    try:
        anvil = find_anvil()
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")
    with LocalChain(tmp_path_factory.mktemp("small-run-chain"), anvil=anvil) as node, remembered_signatures():
        pytestconfig.stash[_NODE] = node
        yield node


@pytest.fixture(scope="session")
def finished_run(
    pytestconfig: pytest.Config, shared_node: LocalChain, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FinishedRun]:
    """A whole small run with envelopes. Many tests read it: change nothing, send nothing that it answers for."""
    if _FINISHED in pytestconfig.stash:
        yield pytestconfig.stash[_FINISHED]
        return
    small = launch(envelope_scenario(), shared_node, tmp_path_factory.mktemp("finished-run"), b"finished run")
    pytestconfig.stash[_FINISHED] = finish(small)
    yield pytestconfig.stash[_FINISHED]
    small.world.chain.close()


def _rest(small: SmallWorld) -> None:
    """Closes what the world's contributors hold open until they need it again."""
    for member in small.world.members:
        member.contributor.close()


@pytest.fixture(scope="session")
def launch_world(shared_node: LocalChain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchWorld]:
    """Makes a world that a test may do anything to; each name is another world with other keys."""
    made: list[SmallWorld] = []

    def make(name: str, scenario: Scenario | None = None, operation: Operation | None = None) -> SmallWorld:
        folder = tmp_path_factory.mktemp("small-world")
        for (
            small
        ) in made:  # a process of many worlds would run out of file numbers; a store opens again when it is used
            _rest(small)
        made.append(launch(scenario or envelope_scenario(), shared_node, folder, name.encode(), operation))
        return made[-1]

    yield make
    for small in made:
        small.world.chain.close()
