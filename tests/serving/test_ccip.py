"""Pulled by a contract: three servers, a gateway, a contract and a client of ERC-3668, on a chain."""

from dataclasses import replace

import httpx
import pytest
from eth_abi.abi import encode

from andel.errors import ChainError, InputError, Reverted
from andel.hashing import keccak
from andel.ledger.onchain_models import model_id
from andel.ledger.policy import Access, ModelPolicyContract
from andel.roles.paid_serving import gateway_of
from andel.serving.admission import Admission, Terms
from andel.serving.ccip_api import Gateway, read_call
from andel.serving.ccip_client import ask_offchain
from andel.serving.http_edge import make_app, serve_in_thread
from andel.typed_data import Domain
from andel.units import Digest
from tests.serving.test_predictor import NOON, PREDICTOR, VALUES
from tests.support.gateways import AGE, QUESTION, PulledWorld

EXPECTED = PREDICTOR.ask_values(VALUES, NOON).answer
HEAD = "0x" + "00" * 4
SELECTOR = keccak(b"answerOf(bytes32,bytes32,uint256,bytes)")[:4]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = PulledWorld.make(tmp_path_factory.mktemp("chain"))
    yield made
    made.chain.close()
    made.local.stop()


@pytest.fixture
def pulled(world):
    """A gateway at the first validator, with the two others as its peers."""
    with world.servers(world.predictors[1:]) as peers:
        with world.gateway(world.predictors[0], [peer.url for peer in peers]) as made:
            yield (*made, peers)


def test_the_contract_answers_what_its_servers_answer(world, pulled):
    _, _, contract, _ = pulled
    assert contract.threshold() == 2
    assert ask_offchain(contract, QUESTION, allow_local=True) == EXPECTED
    version = world.predictors[0].model_file.version
    assert ask_offchain(contract, QUESTION, version=version, age=60, allow_local=True) == EXPECTED
    with pytest.raises(Reverted, match="BadInput"):
        ask_offchain(contract, QUESTION[:31], allow_local=True)
    with pytest.raises(ChainError, match="status 404"):
        ask_offchain(contract, QUESTION, version=b"\x09" * 32, allow_local=True)


def test_a_gateway_is_asked_by_post_where_its_address_has_no_place_for_data(world, pulled):
    url, gateway, _, _ = pulled
    contract = world.contract("http://127.0.0.1:1/gone/{data}", url + "/ccip")
    gateway.contracts.append(contract)
    assert ask_offchain(contract, QUESTION, allow_local=True) == EXPECTED


def test_one_server_may_be_gone_and_two_may_not(world, pulled):
    _, gateway, contract, peers = pulled
    peers[0].stop()
    assert ask_offchain(contract, QUESTION, allow_local=True) == EXPECTED
    peers[1].stop()
    gateway._kept.clear()
    with pytest.raises(ChainError, match="status 503"):
        ask_offchain(contract, QUESTION, allow_local=True)


def test_a_server_that_is_no_operator_gathers_the_signatures_of_those_who_are(world):
    stranger = world.predictor(world.chain, world.play, world.play.actors.stranger)
    with world.servers((stranger, *world.predictors)) as peers:
        with world.gateway(stranger, [peer.url for peer in peers]) as (_, _, contract):
            assert ask_offchain(contract, QUESTION, allow_local=True) == EXPECTED
    with world.servers((stranger, world.predictors[0])) as peers:
        with world.gateway(stranger, [peer.url for peer in peers]) as (_, _, contract):
            with pytest.raises(ChainError, match="503"):
                ask_offchain(contract, QUESTION, allow_local=True)


def test_an_answer_ages_by_the_chains_clock(world, pulled):
    _, gateway, contract, _ = pulled
    lookup = contract.lookup(QUESTION)
    said = httpx.get(lookup.urls[0].format(sender=lookup.sender, data="0x" + lookup.call_data.hex())).json()["data"]
    response = bytes.fromhex(said[2:])
    assert contract.answered(response, lookup) == EXPECTED
    world.local.advance(AGE + 60)
    with pytest.raises(Reverted, match="Stale"):
        contract.answered(response, lookup)
    assert ask_offchain(contract, QUESTION, allow_local=True) == EXPECTED


def call(world, threshold=2, question=QUESTION, version=bytes(32), model=None):
    words = [model or model_id(world.predictors[0].domain.contract), version, threshold, question]
    return "0x" + SELECTOR.hex() + encode(["bytes32", "bytes32", "uint256", "bytes"], words).hex()


def test_what_is_no_call_is_refused(world, pulled):
    url, _, contract, _ = pulled
    model = world.predictors[0].domain.contract
    assert read_call(call(world), model).question == QUESTION
    bad = ["", "0x", HEAD, call(world)[:-2], call(world, model=b"\x01" * 32), call(world, 0), call(world, 33), None, 7]
    bad += ["0x" + "zz", call(world) + "00" * 4_000, call(world, 2**255)]
    for data in bad:
        with pytest.raises(InputError):
            read_call(data, model)
        body = {"sender": contract.address, "data": data}
        assert httpx.post(url + "/ccip", json=body).status_code == 400
    others: tuple[object, ...] = ({}, [], {"sender": 7, "data": call(world)}, {"sender": contract.address})
    for other in others:
        assert httpx.post(url + "/ccip", json=other).status_code in (400, 404)
    assert httpx.get(f"{url}/ccip/{model}/{call(world)}.json").status_code == 404
    assert httpx.get(f"{url}/ccip/{contract.address}/{call(world, question=b'1' * 64)}.json").status_code == 400
    with pytest.raises(InputError, match="no URL"):
        Gateway(lambda: world.predictors[0], [], ["ftp://x"])


def test_a_gateway_stands_before_open_models_and_its_own_contracts(world):
    def gateway(access):
        class Decided(Admission):
            """Terms as holders could have decided them."""

            def terms(self):
                return Terms(access, Digest(bytes(32)), ())

        model, domain = world.play.model, world.predictors[0].domain
        policy = ModelPolicyContract(world.chain, domain.contract)
        terms = Decided(domain, domain.contract, policy, model.token, None, world.chain.block_time)
        return gateway_of(lambda: world.predictors[0], world.chain, [contract.address], [], terms)

    contract = world.contract("http://127.0.0.1:1/ccip")
    body = {"sender": contract.address, "data": call(world, threshold=1)}
    for access, status in ((Access.PAID, 402), (Access.HOLDERS, 402), (Access.OPEN, 200)):
        with serve_in_thread(make_app(gateway(access).endpoints(), "ccip")) as running:
            assert httpx.post(running.url + "/ccip", json=body).status_code == status
    other = replace(world.predictors[0], domain=Domain(31_337, world.play.actors.stranger.address))
    with pytest.raises(InputError, match="pulls answers of"):
        gateway_of(lambda: other, world.chain, [contract.address], [])


def test_a_client_does_not_look_into_its_own_network_for_a_stranger(world, pulled):
    _, _, contract, _ = pulled
    with pytest.raises(ChainError, match="private network"):
        ask_offchain(contract, QUESTION)
    for url in ("file:///etc/passwd", "http://", "gopher://x/{data}", "http://[::1"):
        with pytest.raises(ChainError, match="URL"):
            ask_offchain(world.contract(url), QUESTION, allow_local=True)
