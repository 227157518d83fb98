"""The operator's sidecar on a chain: what is routed to it is answered once, whatever happens to it or to the chain."""

from dataclasses import replace

import pytest

from andel.encoding import words_in
from andel.errors import InputError
from andel.ledger.market import RequestStatus, Routing, SeatState
from andel.roles.answering.sidecar import Habits
from tests.support.market_world import EAGER, PRICE, TERMS, market_world


@pytest.fixture
def world(finished_run):
    return market_world(finished_run)


def test_three_sidecars_answer_a_request_as_the_code_on_chain_does_and_are_paid_to_the_wei(world):
    request = world.ask()
    sidecars = [world.sidecar(i) for i in range(3)]
    world.settle(*sidecars)
    assert world.market.request_of(request.id).status == RequestStatus.FINISHED
    assert world.market.answer_of(request.id) == world.truth(request)
    part = PRICE * 2_000 // 10_000
    for server in world.servers:
        assert world.market.credit_of(TERMS.token, server.address) == part
    assert world.market.credit_of(TERMS.token, world.model.vault.address) == 3 * (PRICE - part)
    assert not any(each.step() for each in sidecars)
    for name in ("AnswerSealed", "AnswerRevealed"):
        assert len(world.events(name)) == 3
    assert words_in(world.truth(request)) == [int.from_bytes(world.truth(request), "big", signed=True)]


def test_a_request_by_lot_is_routed_when_its_block_is_there(finished_run):
    world = market_world(finished_run, replace(TERMS, routing=Routing.RANDOM, servers=1, quorum=1))
    request = world.ask()
    assert request.status == RequestStatus.OPEN
    sidecars = [world.sidecar(i) for i in range(3)]
    assert not any(each.step() for each in sidecars)  # the block that draws is not there
    finished_run.small.local.mine(3)
    world.settle(*sidecars)
    assert world.market.request_of(request.id).status == RequestStatus.FINISHED
    assert len(world.events("Routed")) == 1 == len(world.events("AnswerSealed"))


@pytest.mark.full
def test_many_requests_are_answered_in_few_looks(finished_run):
    world = market_world(finished_run, replace(TERMS, seal_seconds=3_600, reveal_seconds=3_600))
    for number in range(20):
        world.ask(number)
    world.settle(*(world.sidecar(i) for i in range(3)))
    found = world.market.requests(range(1, 21))
    assert {each.status for each in found} == {RequestStatus.FINISHED}
    assert [world.market.answer_of(each.id) for each in found] == [world.truth(each) for each in found]


def test_what_cannot_be_answered_is_logged_with_its_reason_and_left_and_the_rest_is_answered(world, caplog):
    good = world.answers()

    def answers(version, question):
        if question == world.question(1):
            raise InputError("no model file follows from it")
        return good(version, question)

    for number in (0, 1, 2):
        world.ask(number)
    sidecar = world.sidecar(0, answers=answers)
    for _ in range(3):
        sidecar.step()
    states = [seats[0].state for seats in world.market.routed_to([1, 2, 3])]
    assert states == [SeatState.SEALED, SeatState.ROUTED, SeatState.SEALED]
    said = [record.message for record in caplog.records if "no model file" in record.message]
    assert len(said) == 1 and "request 2 is left" in said[0]


def test_an_answer_that_the_chain_contradicts_is_never_sealed(world, caplog):
    world.ask()
    sidecar = world.sidecar(0, answers=lambda *_: bytes(31) + b"\1")
    assert not sidecar.step() and "nothing is sealed" in caplog.text
    assert not world.events("AnswerSealed")


def test_nothing_is_sealed_before_the_request_is_buried_and_nothing_revealed_before_the_seals_are(world):
    habits = Habits(confirmations=3, stagger_seconds=0.0)
    world.ask()
    sidecars = [world.sidecar(i, habits) for i in range(3)]
    assert not sidecars[0].step()
    world.run.small.local.mine(3)
    assert all([each.step() for each in sidecars])
    assert not any([each.step() for each in sidecars]) and not world.events("AnswerRevealed")
    world.run.small.local.mine(3)
    world.settle(*sidecars)
    assert world.market.request_of(1).status == RequestStatus.FINISHED


def test_what_anybody_may_send_is_left_to_the_first_seat_for_a_while(world):
    world.ask()
    patient = replace(EAGER, stagger_seconds=10.0)
    sidecars = [world.sidecar(i, patient) for i in range(3)]
    for _ in ("seal", "reveal"):
        assert all([each.step() for each in sidecars])
    (seats,) = world.market.routed_to([1])
    last = sidecars[[key.address for key in world.servers].index(seats[2].server)]
    assert world.market.request_of(1).status == RequestStatus.FINAL
    assert not last.step()  # it leaves the end to those before it
    world.time[0] += 20.0
    assert last.step() and world.market.request_of(1).status == RequestStatus.FINISHED


def test_a_silent_server_does_not_hold_up_the_others(world):
    world.ask()
    two = [world.sidecar(i) for i in range(2)]
    world.settle(*two)
    world.pass_time(TERMS.seal_seconds + 1)
    world.settle(*two)
    assert world.market.request_of(1).status == RequestStatus.FINISHED
    assert [event["server"] for event in world.events("Fined")] == [world.servers[2].address]


def test_a_request_that_nobody_can_answer_any_more_is_let_go(world):
    world.ask()
    sidecar = world.sidecar(0)
    sidecar.step()
    world.pass_time(TERMS.seal_seconds + TERMS.reveal_seconds + 1)
    assert not sidecar.step() and not sidecar.awaits_time


def test_credit_is_fetched_when_it_is_worth_it(world):
    world.ask()
    least = 2 * PRICE * 2_000 // 10_000
    habits = replace(EAGER, withdraw_from=least, withdraw_seconds=0.0)
    sidecars = [world.sidecar(i, habits) for i in range(3)]
    world.settle(*sidecars)
    for each in sidecars:
        each.step()
    assert not world.events("Withdrawn")
    world.ask(1)
    world.settle(*sidecars)
    for each in sidecars:
        each.step()
    assert [event["amount"] for event in world.events("Withdrawn")] == [least] * 3
