"""Batches of test devices, honest or forged, and their openings as whoever made them would show them."""

import base64

from andel.data.batch import Batch, batch_leaves, hours_of, make_batch, running_slots
from andel.data.draws import draw
from andel.data.opening_check import OpeningRules, verify_openings
from andel.encoding import canonical_json
from andel.merkle import MerkleTree, merkle_root
from andel.units import DAY_SECONDS
from tests.device.actors import NOON, EnvelopeSensor, Pebble, account

OWNER = account("owner")
PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
DAY = NOON // DAY_SECONDS
MIDNIGHT = DAY * DAY_SECONDS
SEED = bytes(range(32))
RULES = OpeningRules((MIDNIGHT - 9 * DAY_SECONDS, MIDNIGHT + 9 * DAY_SECONDS), {"temperature": (-4_000, 8_500)})


def hourly(device=PEBBLE, day=DAY, count=24, **values):
    times = [day * DAY_SECONDS + index * DAY_SECONDS // count for index in range(count)]
    return make_batch([device.read(device.packet(time, **values)) for time in times], device.public_key)


CHEATED: dict[bytes, tuple[list[int], list[int]]] = {}
"""The times and running counts that a cheat wrote into the leaves of a batch, by its root."""


def forged(packets, times, running=None, day=DAY, device=PEBBLE, hours=None):
    """A batch as a cheat writes it: any packets under any times and any running counts, claiming any hours."""
    running = running_slots(times) if running is None else running
    root = merkle_root(batch_leaves(times, running, packets))
    CHEATED[root] = (list(times), running)
    claimed = hours_of(times) if hours is None else hours
    return Batch(device.address, device.public_key, day, tuple(packets), tuple(times), root, claimed)


def shown(batches, count, seed=SEED, contributor=OWNER):
    """The openings of batches that may be forged: what serves best of the leaves as they were committed."""
    drawn = draw(seed, contributor, [batch.header for batch in batches], count)
    entries = {}
    for index, batch in enumerate(batches):
        times, running = CHEATED.get(batch.root, (batch.timestamps, running_slots(batch.timestamps)))
        tree = MerkleTree(batch_leaves(times, running, batch.packets))
        wanted = {leaf for place, leaf in drawn.leaves if place == index}
        for slot in (slot for place, slot in drawn.slots if place == index):
            steps = [i for i, r in enumerate(running) if r == slot and (i == 0 or running[i - 1] == slot - 1)]
            wanted |= {leaf for first in steps[:1] for leaf in (first, max(first - 1, 0))}
        for leaf in wanted:
            packet = base64.b64encode(batch.packets[leaf]).decode()
            proof = b"".join(tree.proof(leaf)).hex()
            entries[index, leaf] = {
                "batch": index,
                "leaf": leaf,
                "slots": running[leaf],
                "packet": packet,
                "proof": proof,
            }
    ordered = [entries[place] for place in sorted(entries)]
    return {"format": "andel-openings/2", "contributor": contributor, "openings": ordered}


def opened(batches, count=200, change=None, rules=RULES, seed=SEED):
    """The report on the openings of `batches`, after `change` was made to the object."""
    value = shown(batches, count, seed)
    if change is not None:
        value = change(value) or value
    headers = [batch.header for batch in batches]
    return verify_openings(canonical_json(value), seed, OWNER, headers, count, rules)


HONEST = [hourly(), hourly(day=DAY + 1, count=5), hourly(SENSOR), hourly(SENSOR, DAY + 2, count=1)]
