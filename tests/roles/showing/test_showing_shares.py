"""Who earned what: the running state's figures, a page at a time, also where ten thousand have earned."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.content import ContentStore
from andel.data.batch import parse_batches
from andel.errors import EvidenceError, InputError
from andel.hashing import sha256
from andel.keys import checksummed
from andel.ledger.interface import interface_of
from andel.roles.explainer import explain_round
from andel.roles.holder import current_history
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import places
from andel.simulation.participants import Kind
from andel.units import BaseUnits
from andel.value.history import History, ProvenSet
from tests.roles.showing.conftest import Asked, shown

CONTRIBUTORS = 10_000


def test_shares_are_those_of_the_running_state_falling(finished_run, source):
    model = finished_run.world.model
    earned = current_history(model, finished_run.small.store).earned
    page = source.shares(0, 50)
    assert {item["account"]: int(item["earned"]) for item in page["items"]} == earned
    amounts = [int(item["earned"]) for item in page["items"]]
    assert amounts == sorted(amounts, reverse=True) and sum(amounts) == model.pool.contributors_minted()
    assert page["total_earned"] == str(sum(amounts)) and page["round"] == model.pool.last_round()
    assert 10**6 - len(amounts) <= sum(item["share_ppm"] for item in page["items"]) <= 10**6
    for item in page["items"]:
        assert item["claimed"] == str(model.pool.claimed(item["account"]))
        assert item["devices"] == 1 and item["rounds"] == 2  # each honest owner has one device and took part in both


def test_devices_are_their_owners_with_the_days_they_brought(finished_run, source):
    world = finished_run.world
    page = source.devices(0, 50)
    by_device = {item["device"]: item for item in page["items"]}
    assert page["total"] == len(by_device)
    headers = {each.contributor: parse_batches(each.batches)[1] for each in finished_run.small.results[-1].commitments}
    for member in finished_run.small.honest():
        (device,) = member.contributor.devices
        item, committed = by_device[device], headers[member.contributor.address]
        assert item["owner"] == member.contributor.address == world.model.device_registry.status_of(device).owner
        assert item["days"] == len(committed) and item["admitted"] is True
        assert item["last_day"] == 86_400 * max(header.day for header in committed)


def test_of_a_task_that_hides_updates_no_unit_is_told(finished_run, source, monkeypatch):
    task = finished_run.world.founded.definition
    assert source.model()["task"]["channels"][1]["unit"] == "%"  # as its opened packets say
    grouped = replace(task, privacy=replace(task.privacy, mode="grouped"))
    assert grouped.privacy.grouped
    monkeypatch.setattr(Memory, "task", lambda _: grouped)
    assert source.model()["task"]["channels"][1]["unit"] is None


def test_the_words_are_those_of_andel_value_explain(finished_run, source):
    account = finished_run.small.honest()[0].contributor.address
    told = source.explain(account, 1)
    found = explain_round(finished_run.world.model, finished_run.small.store, 1, account)
    assert told["sentences"] == found.sentences() and told["earned_in_round"] == str(found.own.share)
    figures = {each["name"]: each["value"] for each in told["facts"]}
    assert figures["budget.minted"] == str(found.report.minted) and figures["rank"] == str(found.rank)


def test_without_a_round_it_is_the_newest_that_the_account_earned_in(finished_run, source):
    (_, second) = finished_run.values_of(finished_run.small.honest()[0])
    assert second.share
    told = source.explain(second.contributor, None)
    assert (told["round"], told["earned_in_round"]) == (2, str(second.share))
    rider = finished_run.small.member(Kind.RIDER).contributor.address
    assert (
        source.explain(rider, None)["earned_in_round"] == "0"
    )  # it took part, and the words say why it earned nothing


def test_a_round_is_settled_again_once_for_all_who_ask(finished_run, source):
    first, other = (member.contributor.address for member in finished_run.small.honest()[:2])
    source.explain(first, 2)
    with Asked(finished_run.world.chain) as asked:
        assert source.explain(other, 2)["account"] == other
    assert asked.calls(interface_of("BatchRegistry").functions["entriesOf"]) == 0


def test_who_asks_while_others_wait_is_told_to_ask_again(finished_run, source):
    account, verdicts = finished_run.small.honest()[0].contributor.address, source._verdicts
    assert verdicts._waiting.acquire(blocking=False) and verdicts._waiting.acquire(blocking=False)
    told = source.explain(account, 1)
    assert told["pending"] is True and told["earned_in_round"] is None and "ask again" in told["sentences"][0]
    verdicts._waiting.release()
    assert source.explain(account, 1)["pending"] is False


def test_nobody_is_told_why_in_a_round_that_is_not_there_or_not_its_own(finished_run, source):
    with pytest.raises(InputError, match="there is no round 9"):
        source.explain(finished_run.small.honest()[0].contributor.address, 9)
    with pytest.raises(InputError, match="took part in none"):
        source.explain(finished_run.world.model.round_manager.address, None)


@settings(max_examples=25)
@given(st.integers(0, 7), st.integers(1, 200))
def test_pages_put_together_are_the_whole_list(finished_run, first, count):
    source = shown(finished_run.world.model, finished_run.small.store)
    whole = source.shares(0, 200)["items"]
    assert source.shares(first, count)["items"] == whole[first : first + count]


@given(st.integers(0, 10**6), st.integers(1, 200), st.integers(0, 20_000))
def test_a_page_holds_places_that_are_there_and_no_more_than_asked_for(first, count, total):
    page = places(first, count, total)
    assert list(page) == [place for place in range(first, min(first + count, first + 200)) if place < total]


@pytest.fixture
def crowd(finished_run, tmp_path, monkeypatch):
    """The finished run's model with a running state of ten thousand accounts, each with a device."""
    drawn = random.Random(7)
    names = [sha256(f"contributor {number}".encode()) for number in range(CONTRIBUTORS)]
    accounts = [checksummed(name[:20]) for name in names]
    devices = [checksummed(name[12:]) for name in names]
    earned = {account: BaseUnits(drawn.randrange(1, 10**21)) for account in accounts}
    sets = {sha256(b"batches", name): ProvenSet(2, {device: 24}) for name, device in zip(names, devices, strict=True)}
    history = History(2, dict.fromkeys(devices, 5), earned, sets)
    store = ContentStore(str(finished_run.copied_store(tmp_path)))
    digest = store.put_digest(history.to_bytes())
    manager = finished_run.world.model.round_manager
    monkeypatch.setattr(type(manager), "state_hash", lambda _: digest)
    return shown(finished_run.world.model, store), history


def test_of_ten_thousand_a_page_asks_the_chain_for_its_own_alone(finished_run, crowd):
    source, history = crowd
    claimed = interface_of("RewardPool").functions["claimed"]
    source.shares(0, 1)
    for first in (0, 50, CONTRIBUTORS - 20):
        with Asked(finished_run.world.chain) as asked:
            page = source.shares(first, 50)
        assert page["total"] == CONTRIBUTORS and asked.calls(claimed) == len(page["items"]) <= 50
        assert len(asked.all) <= 60
    order = sorted(history.earned.values(), reverse=True)
    assert [int(item["earned"]) for item in source.shares(300, 50)["items"]] == order[300:350]
    with Asked(finished_run.world.chain) as asked:
        devices = source.devices(4_000, 50)
    assert devices["total"] == CONTRIBUTORS and len(devices["items"]) == 50 and len(asked.all) <= 110
    assert [item["device"] for item in devices["items"]] == sorted(history.scores)[4_000:4_050]
    assert all(item["slots"] == 24 and item["owner"] is None and item["days"] is None for item in devices["items"])


def test_a_state_that_the_pool_does_not_pay_by_gives_no_claim(finished_run, crowd):
    source, history = crowd
    account = next(iter(history.earned))
    assert source.account(account)["claim"] is None and source.account(account)["earned"] is None


def test_a_round_that_is_not_final_explains_nothing(launch_world):
    small = launch_world("explained too early")
    small.close_round()
    with pytest.raises(EvidenceError, match="nobody has earned anything in it"):
        shown(small.world.model, small.store).explain(small.honest()[0].contributor.address, 1)
