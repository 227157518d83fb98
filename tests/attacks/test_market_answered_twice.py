"""Attack: a server of the market answers one request twice, or two processes with its key answer differently.

Who: an operator who runs its sidecar twice, by mistake or to sell two answers; whoever copies a seal. What stops it: a
server seals once and reveals that or nothing; the sidecar's salt and answer follow from key and request, so a second
process makes the same bytes; and a seal names its server, so one copied opens for nobody else.
"""

import threading

import pytest

from andel.errors import Reverted
from andel.ledger.market import RequestStatus, SeatState
from tests.support.market_world import market_world


@pytest.fixture
def world(finished_run):
    return market_world(finished_run)


def test_two_sidecars_with_one_key_at_once_seal_and_reveal_once(world):
    for number in range(3):
        world.ask(number)
    chains = [world.run.small.local.connect() for _ in range(2)]
    twins = [world.sidecar(0, chain=chain) for chain in chains]
    errors = []

    def answer(sidecar):
        try:
            for _ in range(8):
                sidecar.step()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=answer, args=(twin,)) for twin in twins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    sealed = [event["id"] for event in world.events("AnswerSealed", server=world.servers[0].address)]
    assert sorted(sealed) == [1, 2, 3]
    for chain in chains:
        chain.close()


def test_a_second_process_makes_the_same_bytes(world):
    request = world.ask()
    first, second = world.sidecar(0), world.sidecar(0)
    assert first.salt_for(request) == second.salt_for(request)
    assert first.salt_for(request) != world.sidecar(1).salt_for(request)
    assert first.step() and not second.step()


def test_a_server_that_sealed_can_neither_seal_nor_reveal_anything_else(world):
    request, (own, *_) = world.ask(), world.servers
    world.sidecar(0).step()
    other = world.market.seal_hash(request.id, own.address, bytes(32), bytes(32))
    with pytest.raises(Reverted, match="WrongSeat"):
        world.market.seal(own, request.id, other)
    for number in (1, 2):
        world.sidecar(number).step()
    with pytest.raises(Reverted, match="WrongReveal"):
        world.market.reveal(own, request.id, bytes(32), bytes(32))
    sidecar = world.sidecar(0)
    assert sidecar.step()
    with pytest.raises(Reverted, match="WrongSeat"):
        world.market.reveal(own, request.id, world.truth(request), sidecar.salt_for(request))


def test_a_copied_seal_opens_for_nobody_else(world):
    request, (honest, thief, _) = world.ask(), world.servers
    sidecar = world.sidecar(0)
    sidecar.step()
    world.market.seal(thief, request.id, world.market.seal_of(request.id, honest.address))
    world.pass_time(61)
    assert sidecar.step()
    with pytest.raises(Reverted, match="WrongReveal"):
        world.market.reveal(thief, request.id, world.truth(request), sidecar.salt_for(request))
    assert [seat.state for seat in world.market.routed_to([1])[0]].count(SeatState.REVEALED) == 1
    assert world.market.request_of(1).status == RequestStatus.ROUTED
