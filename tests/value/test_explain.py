"""An explanation tells every contributor its own figures, in words that fit what happened to it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from andel.errors import InputError
from andel.training.updates import MAX_UPDATE
from andel.units import TOKEN
from andel.value.explain import explain
from tests.support.reports import of
from tests.support.worlds import build_world, play

WORLD = build_world(8, seed="explain")
RIDER, POISONER, SCALED, SILENT = WORLD.owners[:4]


@pytest.fixture(scope="module")
def report():
    """A round of one rider, one poisoner, one enlarged update, one that opens nothing, one honest."""
    poison = (-10 * POISONER.update(WORLD)).clip(-MAX_UPDATE, MAX_UPDATE)
    enlarged = (4 * SCALED.update(WORLD)).clip(-MAX_UPDATE, MAX_UPDATE)
    sent = {RIDER.address: np.zeros_like(poison), POISONER.address: poison, SCALED.address: enlarged}
    played = play(WORLD, sent)
    del played.openings[SILENT.address]
    return played.settle()


def told(report, owner, plan=WORLD.plan):
    """The sentences as one text."""
    return " ".join(explain(plan, report, owner.address).sentences())


def test_whoever_earned_reads_its_share_rank_and_both_parts_of_the_budget(report):
    line = of(report, SCALED)
    text = told(report, SCALED)
    assert line.share > 0
    assert f"earned {line.share / TOKEN:,.2f} tokens" in text and "rank" in text
    assert "96 proven slots" in text
    assert "paid for any gain above the noise" in text and "100.0% of the best so far" in text
    assert "of all merit" in text and "a tenth more slots" in text


def test_an_enlarged_update_reads_that_it_was_cut(report):
    assert of(report, SCALED).length > report.norm_limit
    assert "cut to" in told(report, SCALED) and "A longer update would not have" in told(report, SCALED)


def test_a_rider_reads_that_nothing_is_worth_nothing(report):
    assert "earned 0.00 tokens" in told(report, RIDER) and "score above zero" in told(report, RIDER)


def test_a_dropped_poisoner_reads_which_filter_and_by_what(report):
    text = told(report, POISONER)
    assert "dropped by the gate" in text and "only its harm is kept" in text


def test_who_did_not_count_reads_why(report):
    text = told(report, SILENT)
    assert of(report, SILENT).reason in text and "by its proven slots" in text


def test_a_debt_reads_how_much_must_be_made_good(report):
    world = WORLD.after(report)
    later = play(world).settle()
    text = told(later, POISONER, world.plan)
    assert of(later, POISONER).debt < 0
    assert "a debt that is made good first" in text and "pays the debt" in text
    assert "dropped by the gate" in text and "that owe more than" in text


def test_a_round_within_its_noise_reads_that_nobody_was_paid():
    world = WORLD.under(noise_sigmas=100)
    report = play(world).settle()
    text = told(report, WORLD.owners[4], world.plan)
    assert "within its noise" in text and "until then nobody is paid" in text
    assert "no score counts in anybody's record" in text


def test_a_gate_that_is_off_is_said_to_be_off():
    world = WORLD.under(gate_mads=0)
    assert "Gate: off." in told(play(world).settle(), WORLD.owners[4], world.plan)


def test_the_figures_for_programs_are_the_reports_and_survive_json(report):
    for owner in WORLD.owners:
        line, found = of(report, owner), explain(WORLD.plan, report, owner.address)
        values = json.loads(json.dumps(found.values()))
        assert int(values["share"]) == line.share and int(values["merit"]) == line.merit
        assert values["weight"] == line.weight and values["reason"] == line.reason
        score = {name: int(value) for name, value in values["score"].items()}
        assert score["plain"] - score["repeated"] == score["counts"] == line.score
        assert int(values["budget"]["any_gain"]) + int(values["budget"]["by_gain"]) == report.budget.paid
        assert 1 <= values["rank"] <= values["ranked"] == 8
        assert values["what_would_change_it"]


def test_a_tenth_more_slots_pays_about_what_it_says(report):
    """The sentence is settle's own split with one merit raised by a tenth."""
    found = explain(WORLD.plan, report, SCALED.address)
    more = found.own.merit * 11 // 10
    expected = report.budget.paid * more // (found.merit_sum - found.own.merit + more)
    assert f"about {expected / TOKEN:,.2f}." in " ".join(found.changes())


def test_a_stranger_is_refused_with_those_who_took_part(report):
    stranger = build_world(1, seed="stranger").owners[0].address
    with pytest.raises(InputError, match="committed nothing to round 1") as found:
        explain(WORLD.plan, report, stranger)
    assert "8 contributors did" in found.value.hint
    with pytest.raises(InputError) as found:
        explain(WORLD.plan, replace(report, contributors=()), stranger)
    assert found.value.hint == "nobody did"
