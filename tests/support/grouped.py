"""Rounds of secure sums in one process: every phase over a grid, and the evidence settled by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from andel.content import cid_of_digest
from andel.hashing import sha256
from andel.training.grid import LocalNode
from andel.training.groups import draw_groups
from andel.training.privacy import Privacy
from andel.training.result import RoundResult
from andel.units import Address
from tests.support.federations import RecordingGrid, federate, honest_node, run_all
from tests.support.worlds import FIRST_SEED, Round, World, build_world

PAIRS = Privacy("grouped", 4, 3)
"""Eight owners make two groups of four, of which three must come through."""


def private(world: World, privacy: Privacy) -> World:
    """The same model, founded with this privacy."""
    task = replace(world.task, privacy=privacy)
    return replace(world, task=task, plan=replace(world.plan, task=cid_of_digest(sha256(task.to_bytes()))))


def grouped_world(owners: int = 8, privacy: Privacy = PAIRS, **given: int) -> World:
    """A small world whose task is in grouped mode."""
    return private(build_world(owners, **given), privacy)  # type: ignore[arg-type]  # names are build_world's


def groups_of(world: World) -> tuple[tuple[Address, ...], ...]:
    """Its groups under `FIRST_SEED`."""
    return draw_groups(FIRST_SEED, [owner.address for owner in world.owners], world.task.privacy)


def number_of(world: World, address: Address) -> int:
    """Which of the world's owners that is."""
    return [owner.address for owner in world.owners].index(address)


def run_grouped(
    world: World,
    lost: Mapping[int, str] | None = None,
    nodes: Mapping[int, LocalNode] | None = None,
    node: Callable[[World, int], LocalNode] = honest_node,
) -> tuple[RoundResult, RecordingGrid]:
    """A round over a grid: messages of the kind in `lost` (owner → kind) never arrive, `nodes` replace honest ones."""
    given = nodes or {}
    grid = RecordingGrid(
        [given.get(number) or node(world, number) for number in range(len(world.owners))],
        {1_000 + owner: kind for owner, kind in (lost or {}).items()},
    )
    return run_all(world, federate(world, grid)).result(), grid


def collected(world: World, result: RoundResult) -> Round:
    """The result as evidence to settle."""
    return Round(
        world, list(result.commitments), dict(result.openings), list(result.updates), masks=tuple(result.masks)
    )


def counted(world: World, result: RoundResult) -> Sequence[Address]:
    """Whose updates stand in a sum that counts, ordered by address."""
    report = collected(world, result).settle()
    return [value.contributor for value in report.contributors if not value.reason]
