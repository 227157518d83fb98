"""Attack: a contributor that claims hours without readings fails its openings, and commits the same batches again.

Who: a contributor whose false claim is small enough to pass now and then. Each round draws anew, so trying long enough
passes once, and what passed is not opened again soon. What stops it: a failure costs the round, and half of the weight
for rounds after it, longer each time; and a proof ends. `tests/value/test_standing.py` computes the best strategy there
is and finds that it does not beat honesty; this file plays it.
"""

from dataclasses import replace

from andel.data.batch import Batch, batch_leaves
from andel.data.draws import draw
from andel.data.openings import Opening, openings_object
from andel.hashing import sha256
from andel.merkle import MerkleTree, merkle_root
from andel.value.advance import advance
from andel.value.history import EMPTY_HISTORY
from tests.support.stations import HOURS, Station, joined, proven_of
from tests.support.worlds import Owner, build_world

BASE, STATION = build_world(2), Station("try again")
MISSING = (5, 9, 13)
"""Hours of the first day that were not measured; the hours after them have two readings, to carry the count."""
TIMES = sorted({*HOURS, *(HOURS[hour + 1] + 1_800 for hour in MISSING)} - {HOURS[hour] for hour in MISSING})
READINGS = STATION.readings(TIMES)
HONEST = Owner("try again", READINGS, [STATION])


def false_counts(batch: Batch) -> list[int]:
    """Running counts as if the missing hours had been measured: the first reading after each stands for it."""
    counts = []
    for number, time in enumerate(batch.timestamps):
        hour = time // 3_600 % 24
        doubled = number + 1 < len(batch.timestamps) and batch.timestamps[number + 1] // 3_600 % 24 == hour
        counts.append(hour if doubled else hour + 1)
    return counts


def false_batch(batch: Batch) -> Batch:
    """The first day with those counts under its root, claiming all 24 hours."""
    root = merkle_root(batch_leaves(batch.timestamps, false_counts(batch), batch.packets))
    return replace(batch, root=root, hours=2**24 - 1)


class Cheat(Owner):
    """Claims one hour too many, and shows of its leaves what it can."""

    def __init__(self) -> None:
        super().__init__("try again", READINGS, [STATION])
        first, *rest = self.all_batches
        self.all_batches = (false_batch(first), *rest)

    def openings(self, plan, task, seed):
        """An honest owner's openings, with the leaves of the false batch as they were committed."""
        return cheated_openings(self, plan, task, seed)


def cheated_openings(owner, plan, task, seed):
    """What a cheat can show: everything but the slot that no reading reaches."""
    batches = owner.chosen(plan)
    drawn = draw(seed, owner.address, [batch.header for batch in batches], task.openings)
    shown = {}
    for index, batch in enumerate(batches):
        running = false_counts(batch)
        tree = MerkleTree(batch_leaves(batch.timestamps, running, batch.packets))
        wanted = {leaf for place, leaf in drawn.leaves if place == index}
        for slot in (slot for place, slot in drawn.slots if place == index):
            if slot in running and (slot == 1 or slot - 1 in running):
                wanted |= {running.index(slot), max(running.index(slot) - 1, 0)}
        for leaf in wanted:
            shown[index, leaf] = Opening(index, leaf, running[leaf], batch.packets[leaf], tuple(tree.proof(leaf)))
    return openings_object(owner.address, [shown[place] for place in sorted(shown)])


def rounds_of(owner, rounds, draws, label):
    """The owner's weight in each round when it commits the same set every time."""
    world, history, weights = joined(BASE, owner), EMPTY_HISTORY, []
    world = replace(world, task=replace(world.task, openings=draws))
    for number in range(1, rounds + 1):
        proven = proven_of(world, owner, number, sha256(label, number.to_bytes(4, "big")), history)
        weights.append(proven.weight)
        history = advance(history, number, [proven], [], [], [])
    return weights


def test_an_honest_owner_weighs_all_in_every_round():
    assert rounds_of(HONEST, 6, 3, b"honest") == [93] * 6


def test_a_draw_that_names_no_false_hour_lets_the_claim_pass():
    """Sampling cannot do more: what matters is what the other draws cost."""
    weights = rounds_of(Cheat(), 12, 1, b"lucky")
    assert 96 in weights


def test_trying_again_and_again_weighs_less_than_honesty():
    tried = [rounds_of(Cheat(), 24, 12, b"again" + bytes([n])) for n in range(10)]
    passed = sum(96 in weights for weights in tried)
    assert 0 < passed, "some pass now and then, and are counted in what follows"
    assert sum(map(sum, tried)) < 10 * 93 * 24 * 9 // 10
    assert all(sum(weights) < 93 * 24 for weights in tried if 0 in weights)


def test_after_a_failure_the_honest_set_counts_half_for_eight_rounds():
    world = joined(BASE, HONEST)
    failed = proven_of(world, HONEST, 1, b"seed", openings=b"")
    history = advance(EMPTY_HISTORY, 1, [failed], [], [], [])
    counted = []
    for number in range(2, 12):
        proven = proven_of(world, HONEST, number, b"seed", history)
        counted.append(proven.weight)
        history = advance(history, number, [proven], [], [], [])
    assert counted == [46] * 8 + [93] * 2


def test_another_name_does_not_lift_the_ceiling():
    """The device is given to a second account, which enters and commits days of its own."""
    failed = proven_of(joined(BASE, HONEST), HONEST, 1, b"seed", openings=b"")
    history = advance(EMPTY_HISTORY, 1, [failed], [], [], [])
    second = Owner("second name", READINGS, [STATION])
    proven = proven_of(joined(BASE, second), second, 2, b"seed", history)
    assert proven.weight == 46 and "counts half until round 9" in proven.note
