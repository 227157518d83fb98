"""Attack: a request names a receiver that reverts, eats all its gas, or answers without end, to harm servers.

Who: whoever asks. What stops it: the call is given exactly the gas that was asked for or is not made, nothing of what
it returns is read, and whatever comes of it changes nothing: the answer stays, everybody is paid. A receiver that wants
more gas than a server pays for waits for somebody who does.
"""

from dataclasses import replace

import pytest

from andel.ledger.market import RequestStatus
from tests.support.market_world import EAGER, market_world

HOSTILE = {
    "reverts": bytes.fromhex("60006000fd"),
    "eats all gas": bytes.fromhex("fe"),
    "never ends": bytes.fromhex("5b600056"),
    "answers with 16 MB": bytes.fromhex("62ffffff6000f3"),
    "reverts with 16 MB": bytes.fromhex("62ffffff6000fd"),
}


def deployed(world, code):
    """A contract whose code is exactly this."""
    header = bytearray.fromhex("6000600c60003960006000f3")
    header[1] = header[8] = len(code)
    contract, _ = world.chain.create(world.asker, "PredictionLog", bytes(header) + code)
    return contract.address


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_receiver_is_called_once_and_harms_nobody(finished_run, code):
    world = market_world(finished_run)
    request = world.ask(receiver=deployed(world, code), receiver_gas=200_000)
    sidecars = [world.sidecar(i) for i in range(3)]
    world.settle(*sidecars)
    found = world.market.request_of(request.id)
    assert found.status == RequestStatus.FINISHED and found.delivered
    assert [event["success"] for event in world.events("Delivered")] == [False]
    assert world.market.answer_of(request.id) == world.truth(request)
    assert not any(each.step() for each in sidecars)


def test_a_receiver_that_wants_more_gas_than_a_server_pays_for_is_left_to_others(finished_run):
    world = market_world(finished_run)
    request = world.ask(receiver=deployed(world, HOSTILE["never ends"]), receiver_gas=1_000_000)
    world.settle(*(world.sidecar(i, replace(EAGER, delivery_gas=300_000)) for i in range(3)))
    found = world.market.request_of(request.id)
    assert found.status == RequestStatus.FINISHED and not found.delivered
    success, receipt = world.market.deliver(world.asker, request.id)
    assert not success and receipt.gas_used > 1_000_000
