"""Rounds and their errors are the chain's; the baseline is that of the same rows, and nobody's guess."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.content import ContentStore, cid_of_digest
from andel.ledger.deployment import Deployment
from andel.ledger.interface import interface_of
from andel.ledger.round_state import Status
from andel.roles.explainer import published_references
from andel.roles.showing.rounds import thinned
from andel.roles.showing.source import Showing
from andel.simulation.outcome import change_errors
from andel.training.plan import parse_plan
from andel.units import TOKEN, BaseUnits
from andel.value.reference import draw_rows
from tests.ledger.actors import Actors, Play
from tests.roles.showing.conftest import Asked, shown


def test_a_round_is_told_as_the_chain_has_it(finished_run, source):
    manager, chain = finished_run.world.model.round_manager, finished_run.world.chain
    page = source.rounds(None, 50)
    assert page["total"] == manager.rounds_count() == len(page["items"]) == 2
    task = finished_run.world.founded.definition
    for item, number in zip(page["items"], (2, 1), strict=True):
        state = manager.round_of(number)
        assert (item["round"], item["status"], item["attempt"]) == (number, "finalised", 0)
        assert (
            item["version"] == "0x" + state.version_hash.hex() and item["parent"] == "0x" + state.parent_version.hex()
        )
        assert item["minted"] == str(state.minted) and item["void_reason"] is None
        assert item["opened_at"] == chain.block_time(state.opened_block)
        assert item["finalised_at"] == chain.block_time(state.settled_block)
        assert item["error"] == pytest.approx(state.evaluation * 10.0**task.exponent / 1_000, abs=1e-12)
        assert item["contributors"] == len(finished_run.small.results[number - 1].commitments)


def test_the_baseline_is_the_error_of_no_change_on_the_rows_that_scored(finished_run, source):
    store, manager = finished_run.small.store, finished_run.world.model.round_manager
    task = finished_run.world.founded.definition
    for item in source.rounds(None, 50)["items"]:
        state = manager.round_of(item["round"])
        plan = parse_plan(store.get_digest(state.plan_hash))
        scoring = draw_rows(published_references(store).open(plan, task).score, task, state.second_seed)[1]
        assert item["baseline"] == pytest.approx(
            change_errors(task, 0 * scoring.change, scoring.change).mae, abs=10.0**task.exponent / 1_000
        )
        assert 0 < item["error"] < item["baseline"]
        assert scoring.change.any()


def test_without_the_published_reference_there_is_no_baseline_and_a_word_why(finished_run, tmp_path):
    folder = finished_run.copied_store(tmp_path)
    packets = finished_run.world.founded.reference.packets
    for path in folder.rglob(f"*{packets}*"):
        path.unlink()
    store = ContentStore(str(folder))
    assert not store.has(packets)
    page = shown(finished_run.world.model, store).rounds(None, 50)
    assert [item["baseline"] for item in page["items"]] == [None, None]
    assert all(item["error"] for item in page["items"])
    assert "not published" in page["note"]


def test_what_takes_long_is_begun_once_and_told_when_it_is_done(finished_run):
    begun: list[Callable[[], None]] = []
    source = Showing(finished_run.world.model, finished_run.small.store, start=begun.append)
    page = source.rounds(None, 50)
    assert [item["baseline"] for item in page["items"]] == [None, None] and "being computed" in page["note"]
    source.rounds(None, 50), source.series(9)
    assert len(begun) == 1
    begun.pop()()
    page = source.rounds(None, 50)
    assert all(item["baseline"] for item in page["items"]) and page["note"] is None and not begun


def test_of_many_rounds_few_baselines_are_drawn_at_once(finished_run, monkeypatch):
    monkeypatch.setattr("andel.roles.showing.measured.DRAWN_AT_ONCE", 1)
    begun: list[Callable[[], None]] = []
    source = Showing(finished_run.world.model, finished_run.small.store, start=begun.append)
    source.series(9)
    begun.pop()()
    assert sum(each is None for each in source.series(9)["baseline"]) == 1
    begun.pop()()
    told = source.series(9)
    assert all(told["baseline"]) and told["note"] is None and not begun


def test_a_page_below_a_round_goes_on_where_the_last_one_ended(source):
    assert [item["round"] for item in source.rounds(None, 1)["items"]] == [2]
    assert [item["round"] for item in source.rounds(2, 50)["items"]] == [1]
    assert source.rounds(1, 50)["items"] == []


def test_the_series_has_every_round_oldest_first(finished_run, source):
    told = source.series(600)
    rounds = {item["round"]: item for item in source.rounds(None, 50)["items"]}
    assert told["rounds"] == sorted(rounds) and told["unit"] == "degC"
    assert told["error"] == [rounds[number]["error"] for number in told["rounds"]]
    assert told["baseline"] == [rounds[number]["baseline"] for number in told["rounds"]]
    assert told["minted"] == [pytest.approx(int(rounds[number]["minted"]) / 10**18) for number in told["rounds"]]


@given(st.integers(0, 5_000), st.integers(1, 700))
def test_thinning_keeps_the_newest_and_never_more_than_asked_for(total, points):
    kept = thinned(total, points)
    assert len(kept) == min(total, points) and kept == sorted(set(kept))
    assert all(1 <= number <= total for number in kept) and (not total or kept[-1] == total)
    gaps = {after - before for before, after in zip(kept, kept[1:], strict=False)}
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.fixture(scope="module")
def many(launch_world, shared_node):
    """Thirty final rounds of hashes that no store holds, and one that is open."""
    world = launch_world("many rounds").world
    actors = Actors.make(b"many rounds")
    shared_node.fund([key.address for key in actors.keys()])
    play = Play.launch(world.chain, actors, Deployment.of_model(world.model).shared(world.chain))
    for number in range(1, 31):
        play.play({actors.owners[0].address: BaseUnits(number * TOKEN)}, TOKEN)
    play.open()
    return world, play.model


def test_only_the_rounds_of_a_page_are_read_and_final_ones_once(many):
    world, model = many
    source, round_of = shown(model, world.store), interface_of("RoundManager").functions["roundOf"]
    with Asked(world.chain) as asked:
        page = source.rounds(None, 10)
    assert [item["round"] for item in page["items"]] == list(range(31, 21, -1))
    assert asked.calls(round_of) == 10
    with Asked(world.chain) as asked:
        source.rounds(None, 10)
    assert asked.calls(round_of) == 1  # the open one
    with Asked(world.chain) as asked:
        points = source.series(8)
    assert len(points["rounds"]) == 8 and asked.calls(round_of) <= 8


def test_what_no_store_holds_is_null_and_nothing_fails(many):
    world, model = many
    source = shown(model, world.store)
    page = source.rounds(None, 50)
    assert page["items"][0]["status"] == "open" and page["items"][0]["version"] is None
    for item in page["items"][1:]:
        state = model.round_manager.round_of(item["round"])
        assert state.status == Status.FINALISED and not world.store.has(cid_of_digest(state.commitments_hash))
        assert item["minted"] == str(state.minted) and item["error"] is item["baseline"] is item["contributors"] is None
    shares, devices, told = source.shares(0, 50), source.devices(0, 50), source.model()
    assert shares["items"] == devices["items"] == [] and shares["total"] is devices["total"] is None
    assert shares["note"] and told["task"]["features"] is told["alliance"]["terms_text"] is None
    assert source.account(model.round_manager.address)["claim"] is None
    assert source.models(0, 50)["items"][0]["skill"] is None
