"""A contributor: keeps its packets over restarts, opens what it committed, and accepts no plan but the chain's."""

from dataclasses import replace

import pytest

from andel.data.batch import parse_batches
from andel.data.forget import DELETED
from andel.data.intake import DeviceRecord, IntakeSettings
from andel.data.store import EvidenceStore
from andel.device.reading import Refusal
from andel.errors import PlanError
from andel.hashing import sha256
from andel.roles.contributor import Contributor
from andel.roles.held_out import NOTHING_HELD_OUT, HeldOut
from andel.simulation.world import terms_hash
from andel.units import Digest


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("contributor")


@pytest.fixture
def member(small):
    return small.honest()[0]


def restarted(small, member, terms=None, held_out=NOTHING_HELD_OUT):
    """The same owner, from its key and its database."""
    device = member.device.key
    records = {device.address: DeviceRecord(device.public_key, member.contributor.address)}
    database = small.folder / f"owner-{member.participant.number}" / "evidence.db"
    settings = IntakeSettings(small.world.founded.definition.accepted_time)
    store = EvidenceStore(f"sqlite:///{database}")
    again = Contributor(member.contributor.key, records, store, settings, terms or terms_hash(), held_out)
    again.join(small.world.model.round_manager)
    return again


def test_after_a_restart_it_has_the_same_batches_openings_and_rows(small, member):
    plan, task = small.world.first_plan(), small.world.founded.definition
    again, before = restarted(small, member), member.contributor
    assert again.all_batches() == before.all_batches()
    assert again.batches(plan) == before.batches(plan)
    assert again.openings(plan, task, b"seed") == before.openings(plan, task, b"seed")
    for old, new in zip(before.rows(plan, task), again.rows(plan, task), strict=True):
        assert (old == new).all()


def test_days_that_stay_home_are_never_committed_and_errors_on_them_told_only_where_allowed(small, member):
    plan, task = small.world.first_plan(), small.world.founded.definition
    before = member.contributor
    days = sorted({batch.day for batch in before.all_batches() if plan.covers(batch.day)})
    home = ((days[0], days[len(days) // 2]),)
    again = restarted(small, member, held_out=HeldOut(home, tell=True))
    _, committed = parse_batches(again.batches(plan))
    assert {header.day for header in committed} == {day for day in days if day > home[0][1]}
    assert {entry.day for entry in again.entries()}.isdisjoint(range(home[0][0], home[0][1] + 1))
    assert again.weight(plan) < before.weight(plan)
    codes, change = again.held_out(plan, task, plan.version)
    assert len(codes) == len(change) > 0
    assert len(change) + len(again.rows(plan, task)[1]) <= len(before.rows(plan, task)[1])
    with pytest.raises(PlanError, match="is not the model's"):
        again.held_out(plan, task, sha256(b"another version"))
    with pytest.raises(PlanError, match="to itself"):
        restarted(small, member, held_out=HeldOut(home)).held_out(plan, task, plan.version)
    assert [len(rows[1]) > 0 for rows in again.own_rows(task)] == [True, True]


def test_its_entries_are_its_batches_and_stand_in_the_registry(small, member):
    entries = member.contributor.entries()
    batches = member.contributor.all_batches()
    assert [(e.device, e.day, e.root) for e in entries] == [(b.device, b.day, b.root) for b in batches]
    assert all(small.world.model.batch_registry.entries_of([(e.device, e.day) for e in entries]))


def test_packets_given_again_are_replays_and_change_nothing(small, member):
    before = member.contributor.all_batches()
    packets = [(member.device.key.address, raw) for raw in member.device.packets(member.participant.weeks)]
    counts = member.contributor.take(packets)
    assert (counts.accepted, sum(counts.refused.values())) == (0, len(packets))
    assert member.contributor.all_batches() == before


@pytest.mark.parametrize("profile", ["pebble", "envelope"])
def test_truncated_and_altered_packets_are_refused_with_their_reason_and_stop_nothing(small, member, tmp_path, profile):
    """Every cut, and a turned bit in every byte: all are counted, kept with a reason, and none becomes a reading."""
    device = replace(member.device, profile=profile)
    good, last = list(device.packets(member.participant.weeks))[:2]
    address, owner = device.key.address, member.contributor
    records = {address: DeviceRecord(device.key.public_key, owner.address)}
    store = EvidenceStore(f"sqlite:///{tmp_path / 'evidence.db'}")
    settings = IntakeSettings(small.world.founded.definition.accepted_time)
    contributor = Contributor(owner.key, records, store, settings, terms_hash())
    cut = [good[:length] for length in range(len(good))]
    turned = [good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :] for at in range(len(good))]
    counts = contributor.take((address, raw) for raw in [*cut, *turned, last])
    assert counts.accepted == 1
    assert sum(counts.refused.values()) == len(cut) + len(turned)
    assert counts.refused.keys() <= {
        Refusal.MALFORMED,
        Refusal.BAD_SIGNATURE,
        Refusal.AMBIGUOUS,
        Refusal.NOT_A_READING,
        Refusal.UNSUPPORTED,
        Refusal.OUTSIDE_TIME,
    }
    assert counts.refused[Refusal.MALFORMED] >= len(cut) // 2 and counts.refused[Refusal.BAD_SIGNATURE] > 0
    kept = store.refused(limit=10_000)
    assert all(packet.detail and "\n" not in packet.detail for packet in kept)
    store.close()


def test_only_days_in_the_plans_windows_are_committed(small, member):
    plan = small.world.first_plan()
    first = member.contributor.all_batches()[0].day
    narrow = replace(plan, windows=((first, first),))
    _, headers = parse_batches(member.contributor.batches(narrow))
    assert [header.day for header in headers] == [first]
    assert member.contributor.weight(narrow) == 24
    assert member.contributor.weight(plan) > 24


def test_without_a_pair_of_readings_it_says_so_instead_of_training(small, member):
    narrow = replace(small.world.first_plan(), windows=())
    with pytest.raises(PlanError, match="has no pair of readings 10800 seconds apart"):
        member.contributor.rows(narrow, small.world.founded.definition)


@pytest.fixture
def opened(small):
    """The plan of a round that is open on chain."""
    plan = small.plan()
    manager = small.world.model.round_manager
    manager.open(small.world.actors.coordinator, plan.hash, plan.version, plan.budget, plan.deadline)
    yield plan
    small.local.advance(manager.voidable_at(plan.round) - small.world.chain.block_time() + 1)
    manager.void(small.world.actors.consumer, plan.round)


def test_it_accepts_the_plan_on_chain_and_no_other(small, member, opened):
    again, task = restarted(small, member), small.world.founded.definition
    again.accept(opened, task)
    again.accept(opened, task)
    for change in ({"budget": opened.budget + 1}, {"windows": ()}, {"attempt": 1}):
        with pytest.raises(PlanError, match="is not the one on chain"):
            again.accept(replace(opened, **change), task)


def test_it_accepts_no_other_model_and_no_terms_that_its_owner_did_not_accept(small, member, opened):
    task = small.world.founded.definition
    other = replace(opened, model=small.world.actors.consumer.address)
    with pytest.raises(PlanError, match="has not joined the model"):
        restarted(small, member).accept(other, task)
    with pytest.raises(PlanError, match="terms that this owner has not accepted"):
        restarted(small, member).accept(replace(opened, terms=sha256(b"other terms")), task)
    with pytest.raises(PlanError, match="terms that this owner has not accepted"):
        restarted(small, member, Digest(sha256(b"what the owner accepted"))).accept(opened, task)


@pytest.mark.full
def test_days_of_which_bytes_were_deleted_are_kept_back_and_told_as_deleted(launch_world):
    small = launch_world("forgetful contributor")
    member = small.honest()[0]
    device, plan = member.device.key.address, small.world.first_plan()
    days = sorted(batch.day for batch in member.contributor.all_batches() if plan.covers(batch.day))
    whole = member.contributor.weight(plan)
    member.contributor.forget(device, days[0], days[0])
    assert member.contributor.kept_back()[device, days[0]] == DELETED
    assert days[0] not in [batch.day for batch in member.contributor.all_batches()]
    assert member.contributor.weight(plan) == whole - 24
    assert member.contributor.missing_entries(small.world.model.batch_registry) == []
