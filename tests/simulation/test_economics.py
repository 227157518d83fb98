"""A year of a model's economy: invariants hold with every attacker at once, break when a rule is altered, and no attack
leaves more than honesty under the default terms.
"""

import dataclasses
import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from andel.cli.app import app
from andel.errors import SettingsError
from andel.hashing import sha256
from andel.simulation.economics.attacks import collusion_verdicts, flash_verdicts, lazy_verdict, wash_verdict
from andel.simulation.economics.breach import Breach
from andel.simulation.economics.cast import WHALE, Cast, Costs
from andel.simulation.economics.economy import found, require_invariants, validators, vested
from andel.simulation.economics.governor import LIVE
from andel.simulation.economics.learning import ONE, World
from andel.simulation.economics.report import write_study
from andel.simulation.economics.rounds import COPY, REVERSED, SLOTS, ZERO, Contributor, ValuedRound, value_rounds
from andel.simulation.economics.run import study
from andel.simulation.economics.sweeps import best_by_day, collusion_by_watch, lazy_by_plants, stalling, whale_points
from andel.simulation.economics.terms import BOUNDS, COIN, Terms, require_sound, with_values
from andel.simulation.economics.vault import SNAPSHOT
from andel.simulation.economics.year import DAY, Rules, Stage, play_year
from andel.training.rules import ValueRules
from andel.units import TOKEN

SEED = sha256(b"economics tests")
TERMS = require_sound(Terms())
PAGE = Path("docs/economics.md")


def rounds_of(days, names=("owner 1", "owner 2", "seat")):
    """Rounds valued by hand: equal merits, each gains."""
    return [ValuedRound(100 if day else 400, 10, 5_000, dict.fromkeys(names, 7), ()) for day in range(days)]


def stage_of(days=70, **changes):
    return Stage(TERMS, Cast(**changes), Costs(), SEED), rounds_of(days)


def test_every_invariant_holds_with_every_attacker_at_once():
    lazy = validators(TERMS)[-1]
    stage, rounds = stage_of(
        80, flash=True, wash=COIN, wash_share_bps=500, whale_bps=4_000, whale_days=(8, 30, 60), lazy=lazy
    )
    terms = replace(TERMS, plant_bps=1_000, redeemable_bps=2_000)
    year = play_year(replace(stage, terms=terms), rounds)
    assert year.caught is not None
    assert len(year.attempts) == 3
    assert year.economy.vault.paid.get("flasher", 0) == 0
    assert 0 < year.economy.pool.minted <= year.lines[-1].accrued


def test_an_altered_rule_of_revenue_breaks_an_invariant():
    stage, rounds = stage_of(70, flash=True)
    with pytest.raises(Breach, match="invariant [45]"):
        play_year(replace(stage, rules=Rules(revenue=SNAPSHOT)), rounds)


@pytest.mark.parametrize(
    ("break_it", "number"),
    [
        (lambda e: setattr(e.pool, "for_operators", 10**30), 1),
        (lambda e: e.token.mint(e.token.now, "friend", 1), 2),
        (lambda e: e.pool.earned.update(friend=1), 3),
        (lambda e: e.token.move(e.token.now, "pool", "friend", 1), 3),
        (lambda e: e.vault.paid.update(friend=10**30), 4),
        (lambda e: e.vault.claims.add(("friend", e.vault.epoch(e.token.now) - 1)), 5),
        (lambda e: setattr(e, "budget", e.terms.covered + 1), 6),
        (lambda e: setattr(e.bonds, "burned", 1), 7),
        (lambda e: setattr(e.token.held, "balance", 1), 8),
        (lambda e: setattr(e.sale, "refunded", 10**30), 9),
    ],
)
def test_each_invariant_sees_what_it_is_for(break_it, number):
    stage, rounds = stage_of(20)
    economy = play_year(stage, rounds).economy
    economy.token.advance(now := 20 * DAY)
    require_invariants(economy, now)
    break_it(economy)
    with pytest.raises(Breach, match=rf"invariant {number}\b"):
        require_invariants(economy, now)


def test_a_loan_votes_nothing_and_would_vote_if_votes_were_live():
    stage, rounds = stage_of(70, flash=True)
    for rule, wins in ((stage.rules, False), (Rules(votes=LIVE, checked=False), True)):
        year = play_year(replace(stage, rules=rule), rounds)
        assert any(proposal.ayes for proposal in year.economy.governor.proposals) is wins


def test_nobody_proposes_before_the_offering_is_settled_and_a_tenth_is_held():
    economy = found(TERMS)
    economy.token.mint(0, WHALE, TERMS.cap // 20)
    with pytest.raises(Breach, match="not settled"):
        economy.governor.propose(10, WHALE, "all")
    economy.sale.buy(20, "buyer", 5_000 * COIN)
    economy.sale.settle(TERMS.window + 1)
    with pytest.raises(Breach, match="before anybody proposes"):
        economy.governor.propose(TERMS.window + 10, WHALE, "all")


def test_a_proposal_needs_quorum_time_and_no_veto_of_those_who_mined():
    stage, rounds = stage_of(60, whale_bps=9_000)
    economy = play_year(stage, rounds).economy
    governor, now = economy.governor, 60 * DAY
    proposal = governor.propose(now, WHALE, "the treasury")
    with pytest.raises(Breach):
        governor.vote(proposal.snapshot, proposal, WHALE, True)
    governor.vote(proposal.deadline, proposal, WHALE, True)
    # a quorum that was completed in the last second leaves time to answer
    assert proposal.deadline == proposal.snapshot + TERMS.voting_period + TERMS.extension
    with pytest.raises(Breach):
        governor.queue(proposal.deadline, proposal)
    governor.queue(proposal.deadline + 1, proposal)
    with pytest.raises(Breach):
        governor.execute(proposal.queued_at + TERMS.timelock_delay - 1, proposal)
    for name in list(economy.pool.claimed):
        governor.veto(proposal.queued_at + 1, proposal, name)
    assert proposal.is_vetoed
    with pytest.raises(Breach):
        governor.execute(proposal.queued_at + TERMS.timelock_delay, proposal)


def test_founders_get_nothing_before_the_cliff_and_all_at_the_end():
    assert vested(TERMS, TERMS.vesting_cliff - 1) == 0
    assert vested(TERMS, TERMS.vesting_cliff) == TERMS.founders * TERMS.vesting_cliff // TERMS.vesting_duration
    assert vested(TERMS, TERMS.vesting_duration) == TERMS.founders


def test_dividing_one_data_set_over_names_earns_the_same_and_copies_of_slots_nothing():
    others = [Contributor(f"owner {i}") for i in range(4)]
    world = World(SEED, 2 * ONE)
    one, five = (value_rounds(world, TERMS.rules, [*others, Contributor("seat", names=n)], 12) for n in (1, 5))
    assert sum(part for _, part in Contributor("seat", names=5).weights()) == SLOTS
    for alone, divided in zip(one, five, strict=True):
        parts = sum(part for name, part in divided.merit.items() if name.startswith("seat"))
        whole = alone.merit.get("seat", 0)
        assert abs(parts - whole) <= max(whole // 1_000, 5)
        assert alone.gain == divided.gain


def test_zero_and_reversed_updates_earn_nothing_and_a_copy_is_found_by_training_again():
    others = [Contributor(f"owner {i}") for i in range(6)]
    world = World(SEED, 2 * ONE)
    for conduct in (ZERO, REVERSED):
        valued = value_rounds(world, TERMS.rules, [*others, Contributor("seat", conduct)], 12)
        assert sum(each.merit.get("seat", 0) for each in valued) == 0
    valued = value_rounds(world, ValueRules(audits=3), [*others, Contributor("seat", COPY)], 16)
    caught = next(day for day, each in enumerate(valued) if "seat" in each.barred)
    assert all("seat" not in each.merit for each in valued[caught:])


def test_flash_wash_and_lazy_lose_against_honesty_and_collusion_is_said_as_it_is():
    stage, rounds = stage_of(70)
    year = play_year(stage, rounds)
    flash, naive = flash_verdicts(stage, rounds)
    assert not flash.pays
    assert flash.gain == 0
    assert naive.pays
    assert not wash_verdict(stage, rounds).pays
    tested = replace(stage, terms=replace(TERMS, plant_bps=500))
    assert not lazy_verdict(tested, rounds).pays
    by_name = {verdict.name: verdict for verdict in collusion_verdicts(stage, year)}
    assert not by_name["3 validators (k - 1)"].pays
    assert not by_name["4 validators (k), challenged: the budget"].pays
    assert by_name["4 validators (k), unchallenged: the budget"].pays
    assert by_name["4 validators (k), shown: unclaimed too"].net == -4 * TERMS.bond
    few = collusion_verdicts(replace(stage, terms=replace(TERMS, validators=3, k=2)), year)
    assert few[1].pays, "k that is two thirds wins the hearing"


def test_sweeps_turn_at_some_value():
    stage, rounds = stage_of(100, turnout_bps=1_000, guard_bps=1_000)
    lazy = lazy_by_plants(stage, rounds)
    assert lazy[0] > 0 > lazy[300]
    watch = collusion_by_watch(stage, play_year(stage, rounds))
    assert watch[0][1] > 0 > watch[100][1]
    careless = whale_points(stage, rounds, milestone_rounds=0, first_bps=10_000)
    assert max(best_by_day(careless).values()) > 0
    assert max(best_by_day(whale_points(stage, rounds)).values()) == 0
    assert stalling(TERMS, TERMS.covered)["validators_that_stall_a_hearing"] == 3


@pytest.mark.parametrize(
    "values",
    [
        {"k": 3},
        {"operator_share_bps": 1_001},
        {"ceiling": 800_000 * TOKEN},
        {"quorum_bps": 0},
        {"tail_rate": 10**30},
        {"milestone_rounds": 0},
        {"extension": 6 * DAY},
        {"unbonding_period": 32 * DAY},
        {"idle_period": DAY},
        {"shortest": 3 * DAY},
        {"challenge_floor": TERMS.bond + 1},
        {"no such term": 1},
    ],
)
def test_terms_that_no_contract_takes_are_refused(values):
    with pytest.raises(SettingsError):
        with_values(TERMS, values)


def test_the_page_gives_every_term_with_the_default_and_the_bounds_of_the_code():
    number = r"`([\d* -]+)`"
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(rf"^\| `(\w+)` \| {number} \| {number} to {number} \|", text, re.MULTILINE)
    shown = {name: (eval(default), (eval(low), eval(high))) for name, default, low, high in rows}
    assert shown == {
        field.name: (getattr(TERMS, field.name), BOUNDS[field.name]) for field in dataclasses.fields(Terms)
    }


@pytest.mark.parametrize("change", ["veto_bps", "veto_bps=-1", "veto_bps=x", "nothing=1", "quorum_bps=10001"])
def test_a_bad_term_on_the_command_line_is_one_error(change):
    outcome = CliRunner().invoke(app, ["simulate", "economics", "--set", change])
    assert isinstance(outcome.exception, SettingsError)


@pytest.mark.full
def test_a_year_of_the_default_terms_pays_no_attacker_that_somebody_looks_at(tmp_path):
    findings = study(TERMS, 7, 365, lambda _: None)
    unseen = ("unchallenged", "unseen", "two thirds", "naive")
    for verdict in findings.verdicts:
        assert verdict.pays is any(word in verdict.name for word in unseen), verdict.name
    assert max(findings.whale_by_day("default").values()) == 0
    assert max(findings.whale_by_day("all released at success").values()) > 0
    written = write_study(findings, tmp_path)
    assert {path.name for path in written} >= {"economics.json", "tables.md", "economics-whale.svg"}
    again = study(TERMS, 7, 365, lambda _: None)
    assert again == findings
