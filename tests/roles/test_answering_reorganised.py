"""A sidecar on a chain that takes blocks back, and on a node that answers late: one answer, and the true one."""

from dataclasses import replace

import pytest

from andel.errors import ChainError
from andel.ledger.market import InferenceMarketContract, RequestStatus, SeatState
from tests.ledger.iotex_gateway import IotexGateway
from tests.support.market_world import EAGER, TERMS, market_world


@pytest.fixture
def world(finished_run):
    alone = replace(TERMS, servers=1, quorum=1, seal_seconds=600, reveal_seconds=600)
    return market_world(finished_run, alone, joined=1)


@pytest.fixture
def taken_back(world):
    """Takes the chain back to where it was when the test began; then everybody connects anew."""
    snapshot = world.rpc("evm_snapshot")

    def back():
        assert world.rpc("evm_revert", snapshot)
        world.chain = world.run.small.local.connect()
        world.market = InferenceMarketContract(world.chain, world.market.address)

    yield back
    world.chain.close()


def test_another_question_under_the_same_number_gets_its_own_answer(world, taken_back):
    chain = world.run.small.local.connect(timeout_seconds=3.0)
    sidecar = world.sidecar(0, chain=chain)
    first = world.ask(0)
    assert sidecar.step()
    salt = sidecar.salt_for(first)
    taken_back()
    second = world.ask(1)
    assert second.id == first.id and second.question_hash != first.question_hash
    assert sidecar.salt_for(second) != salt
    for _ in range(6):
        try:
            sidecar.step()
        except ChainError:  # its nonces are those of a chain that is gone; then they are read again
            continue
        world.time[0] += 60
    sidecar = world.sidecar(0)
    world.settle(sidecar)
    found = world.market.request_of(1)
    assert found.status == RequestStatus.FINISHED and world.market.answer_of(1) == world.truth(second)
    chain.close()


def test_a_seal_that_came_over_to_another_question_is_not_revealed(world, taken_back, caplog):
    """The transaction is as valid on the new chain, where the number stands for another question."""
    sidecar = world.sidecar(0)
    world.ask(0)
    sidecar.step()
    sealed = world.market.seal_of(1, world.servers[0].address)
    taken_back()
    world.ask(1)
    world.market.seal(world.servers[0], 1, sealed)
    sidecar = world.sidecar(0)
    for _ in range(3):
        assert not sidecar.step()
    assert "it is not what this process would have sealed" in caplog.text
    assert world.market.routed_to([1])[0][0].state == SeatState.SEALED and not world.events("AnswerRevealed")


def test_a_request_and_its_seal_that_came_over_to_other_blocks_are_answered(world, taken_back):
    sidecar = world.sidecar(0)
    former = world.ask(0)
    sidecar.step()
    sealed = world.market.seal_of(1, world.servers[0].address)
    taken_back()
    world.run.small.local.mine(2)
    assert world.ask(0).block > former.block
    world.market.seal(world.servers[0], 1, sealed)
    world.settle(world.sidecar(0))
    assert world.market.request_of(1).status == RequestStatus.FINISHED


def test_blocks_taken_back_between_seal_and_reveal_are_made_good(world, taken_back):
    habits = replace(EAGER, confirmations=1)
    world.ask(0)
    world.run.small.local.mine(1)
    assert world.sidecar(0, habits).step()
    taken_back()
    world.ask(0)
    world.run.small.local.mine(1)
    sidecar = world.sidecar(0, habits)
    for _ in range(4):
        world.settle(sidecar)
        world.run.small.local.mine(1)
    assert world.market.request_of(1).status == RequestStatus.FINISHED
    assert len(world.events("AnswerSealed")) == 1 == len(world.events("AnswerRevealed"))


@pytest.mark.full
def test_through_a_node_with_late_receipts_and_lost_connections_each_request_is_answered_once(world):
    gateway = IotexGateway(world.chain.url)
    try:
        chain = type(world.chain).connect(gateway.url, poll_seconds=0.01)
        gateway.receipts_late = 2
        sidecar = world.sidecar(0, chain=chain)
        for number in range(3):
            world.ask(number)
            gateway.breaks_after_sending = 1
            for _ in range(6):
                try:
                    sidecar.step()
                except ChainError:
                    continue
                world.time[0] += 10
        found = world.market.requests([1, 2, 3])
        assert {each.status for each in found} == {RequestStatus.FINISHED}
        assert [world.market.answer_of(each.id) for each in found] == [world.truth(each) for each in found]
        assert len(world.events("AnswerSealed")) == 3
        chain.close()
    finally:
        gateway.stop()
