"""Attack: a gateway of ERC-3668 brings a contract another answer than the one that k operators signed for its question.

Who: whoever runs a gateway that a contract names, alone or with one operator; or who stands between. It answers another
question, alters the answer or its dates, shows an old answer, one operator's signature twice, or a stranger's. What
stops it: the contract makes the hash of its own question, counts k distinct operators that are present and bonded now,
and judges age by its own clock. A gateway can keep silent; then the next one is asked.
"""

import pytest
from eth_abi.abi import encode
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from andel.errors import ChainError, Reverted
from andel.serving.ccip_api import response_of
from andel.serving.ccip_client import MAX_RESPONSE_BYTES, ask_offchain
from andel.serving.http_edge import serve_in_thread
from andel.serving.prediction import sign_prediction
from tests.serving.test_predictor import NOON, PREDICTOR, VALUES
from tests.support.gateways import PATH, QUESTION, PulledWorld

OTHER = PREDICTOR.ask_values(VALUES | {"temperature": "-5"}, NOON).question
EXPECTED = PREDICTOR.ask_values(VALUES, NOON).answer


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = PulledWorld.make(tmp_path_factory.mktemp("chain"))
    yield made
    made.chain.close()
    made.local.stop()


@pytest.fixture
def lying(world):
    """A gateway that says what a test tells it to, and a contract that names it."""
    told: list[Response | bytes] = []

    async def answer(_):
        said = told[0]
        return said if isinstance(said, Response) else JSONResponse({"data": "0x" + said.hex()})

    with serve_in_thread(Starlette(routes=[Route(PATH, answer)])) as running:
        yield world.contract(running.url + PATH), told


def signed_by(world, question, *signers, **changes):
    """The response that these predictors sign together."""
    issued = world.chain.block_time() - 30
    first = signers[0].ask_question(question, issued)
    fields = {
        "version": first.version,
        "question": question,
        "answer": first.answer,
        "unit": first.unit,
        "issued_at": first.issued_at,
        "valid_until": first.valid_until,
    }
    made = [sign_prediction(signer.key, signer.domain, **(fields | changes)) for signer in signers]
    return made[0], made


def refused(world, lying, response, why="refused"):
    contract, told = lying
    told[:] = [response]
    with pytest.raises(ChainError, match=why):
        ask_offchain(contract, QUESTION, allow_local=True)


def test_an_honest_response_is_believed(world, lying):
    contract, told = lying
    told[:] = [response_of(*signed_by(world, QUESTION, *world.predictors[:2]))]
    assert ask_offchain(contract, QUESTION, allow_local=True) == EXPECTED


def test_another_questions_answer_is_refused_though_k_operators_signed_it(world, lying):
    own, made = signed_by(world, OTHER, *world.predictors[:2])
    assert own.answer != EXPECTED
    refused(world, lying, response_of(own, made))
    contract, _ = lying
    # even where the caller of the callback itself says what was asked: it gets that question's answer, no other
    with pytest.raises(Reverted):
        contract.answered(response_of(own, made), contract.lookup(QUESTION))
    assert contract.answered(response_of(own, made), contract.lookup(OTHER)) == own.answer


def test_an_altered_answer_date_or_version_is_refused(world, lying):
    own, made = signed_by(world, QUESTION, *world.predictors[:2])
    signatures = b"".join(each.signature for each in sorted(made, key=lambda each: int(each.signer, 16)))
    claim = (own.model, own.version, own.issued_at, own.valid_until)
    for altered, answer in (
        (claim, own.answer + 1),
        ((own.model, own.version, own.issued_at + 1, own.valid_until), own.answer),
        ((own.model, own.version, own.issued_at, own.valid_until + 1), own.answer),
        ((own.model, bytes(32), own.issued_at, own.valid_until), own.answer),
        ((world.play.actors.stranger.address, *claim[1:]), own.answer),
    ):
        words = encode(["(address,bytes32,uint64,uint64)", "int256", "bytes"], [altered, answer, signatures])
        refused(world, lying, words)


def test_an_operator_alone_twice_or_with_a_stranger_is_refused(world, lying):
    one = world.predictors[0]
    stranger = world.predictor(world.chain, world.play, world.play.actors.stranger)
    refused(world, lying, response_of(*signed_by(world, QUESTION, one)))
    refused(world, lying, response_of(*signed_by(world, QUESTION, one, one)))
    refused(world, lying, response_of(*signed_by(world, QUESTION, one, stranger)))


def test_an_old_answer_and_one_of_tomorrow_are_refused(world, lying):
    now, pair = world.chain.block_time(), world.predictors[:2]
    old = signed_by(world, QUESTION, *pair, issued_at=now - 1_000, valid_until=now + 1_000)
    refused(world, lying, response_of(*old), "Stale")
    early = signed_by(world, QUESTION, *pair, issued_at=now + 1_000, valid_until=now + 2_000)
    refused(world, lying, response_of(*early), "NotYet")


@pytest.mark.parametrize(
    "said",
    [
        Response(b"x" * (MAX_RESPONSE_BYTES + 1)),
        Response(b"no JSON"),
        JSONResponse([]),
        JSONResponse({"data": 7}),
        JSONResponse({"data": "0xzz"}),
        Response(status_code=302, headers={"location": "http://127.0.0.1/"}),
        Response(status_code=500),
    ],
    ids=["huge", "text", "list", "number", "not hex", "elsewhere", "fails"],
)
def test_rubbish_is_refused(world, lying, said):
    refused(world, lying, said, "brought an answer")


def test_random_bytes_are_refused(world, lying):
    for response in (b"", b"\xff" * 32, b"\xff" * 512, bytes(192)):
        refused(world, lying, response)
