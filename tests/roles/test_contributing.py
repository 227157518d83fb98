"""What stands around a contributor's node: own devices, days that may be entered, terms that change, limits."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from andel.errors import PlanError, SettingsError
from andel.hashing import sha256
from andel.roles.contributing import Surroundings, check_accepted, enter_batches, offer_of, own_devices, revealed
from andel.roles.contributor import Contributor
from andel.simulation.world import terms_hash
from andel.training.privacy import Privacy
from andel.training.sent_log import Kind, SentLog, read_sent
from andel.units import day_of
from tests.support.small_run import START, envelope_scenario

FIRST = day_of(START)


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("contributing", envelope_scenario(dishonest=False))


@pytest.fixture
def beside(small, tmp_path):
    """(member with a week that is not entered, that week's days, the log)."""
    member, other = small.honest()[0], small.honest()[1]
    week = min(other.participant.weeks)
    member.contributor.take((member.device.key.address, p) for p in member.device.packets(frozenset({week})))
    missing = member.contributor.missing_entries(small.world.model.batch_registry)
    return member, sorted(entry.day for entry in missing), SentLog(tmp_path / "sent.jsonl", time.time)


def test_only_devices_that_the_chain_names_as_the_owners_are_its_own(small):
    member, other, *_ = small.honest()
    packets = member.contributor._store
    assert set(own_devices(packets, small.world.model, member.contributor.address)) == {member.device.key.address}
    assert own_devices(packets, small.world.model, other.contributor.address) == {}


def test_days_are_entered_once_and_only_those_accepted(small, beside, tmp_path):
    member, days, sent = beside
    model, contributor = small.world.model, member.contributor
    accepted = offer_of(model, small.store, contributor.key, (days[1], days[2])).acceptance
    assert enter_batches(model, contributor, accepted, None, sent) == 2
    assert enter_batches(model, contributor, accepted, None, sent) == 0
    apart = replace(small.plan().reference, score=((days[3], days[3]),), report=((days[4], days[4]),))
    plan = replace(small.plan(), reference=apart)
    whole = offer_of(model, small.store, contributor.key, None).acceptance
    assert enter_batches(model, contributor, whole, plan, sent) == len(days) - 4
    left = {entry.day for entry in contributor.missing_entries(model.batch_registry)}
    assert left == {days[3], days[4]}
    entries = read_sent(tmp_path / "sent.jsonl")
    assert {entry.kind for entry in entries} == {Kind.ENTRIES} and all(entry.arrived for entry in entries)


def test_what_a_round_reveals_is_told_in_the_owners_own_numbers(small):
    member = small.honest()[1]
    offer = offer_of(small.world.model, small.store, member.contributor.key, None)
    told = dict(revealed(offer, member.contributor))
    batches = member.contributor.all_batches()
    count = sum(batch.header.count for batch in batches)
    most = min(count, 4 * offer.task.openings + len(batches))
    assert f"at most {most:,} of {count:,}" in told["readings"]
    assert "for ever" in told["how long"] and offer.acceptance.task.hex() in told["task"]


def test_in_groups_it_tells_that_validators_alone_read_a_fifth_at_most(small):
    member = small.honest()[1]
    offer = offer_of(small.world.model, small.store, member.contributor.key, None)
    grouped = replace(offer, task=replace(offer.task, privacy=Privacy("grouped", 4, 3)))
    told = dict(revealed(grouped, member.contributor))
    batches = member.contributor.all_batches()
    most = sum(batch.header.count // 5 for batch in batches)
    assert f"at most {most:,} of {sum(batch.header.count for batch in batches):,}" in told["readings"]
    assert "never over a fifth of it in all rounds together" in told["readings"]
    assert "validators of the round" in told["to whom"] and "everybody" in told["to whom"].split("group's sum")[1]
    assert "whoever has one of those validators' keys" in told["how long"]


def test_terms_that_change_stop_the_node_until_they_are_accepted_anew(small, tmp_path):
    member, model = small.honest()[1], small.world.model
    contributor: Contributor = member.contributor
    accepted = offer_of(model, small.store, contributor.key, None).acceptance
    check_accepted(accepted, model, contributor.key)
    surroundings = Surroundings(model, small.store, contributor, accepted, SentLog(tmp_path / "sent", time.time))
    policy, founder = accepted.policy, small.world.actors.founder
    model.alliance.set_rules(founder, policy, sha256(b"other terms"))
    try:
        with pytest.raises(PlanError, match="other terms or another policy"):
            check_accepted(accepted, model, contributor.key)
        assert surroundings.look() == 0
    finally:
        model.alliance.set_rules(founder, policy, terms_hash())
    with pytest.raises(SettingsError, match="acts for"):
        check_accepted(accepted, model, small.honest()[0].contributor.key)
    with pytest.raises(PlanError, match="task on chain is not the accepted one"):
        check_accepted(replace(accepted, task=sha256(b"x")), model, contributor.key)


LIMITED = """
import json, os, resource, threading, time
threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
from andel.roles.resources import Resources, limit_process
missing = limit_process(Resources(7, 1, 1 << 30))
threads = [int(name) for name in os.listdir("/proc/self/task")]
print(json.dumps({
    "missing": missing, "threads": len(threads), "memory": resource.getrlimit(resource.RLIMIT_DATA)[0],
    "nice": sorted({os.getpriority(os.PRIO_PROCESS, n) for n in threads}),
    "cores": sorted({len(os.sched_getaffinity(n)) for n in threads}),
}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux holds all limits for every thread")
def test_limits_hold_for_every_thread_of_the_process():
    command = [sys.executable, "-c", LIMITED]
    outcome = subprocess.run(command, env={**os.environ}, capture_output=True, text=True, timeout=60, check=True)
    found = json.loads(outcome.stdout)
    assert found.pop("threads") >= 2
    assert found == {"missing": [], "memory": 1 << 30, "nice": [7], "cores": [1]}
