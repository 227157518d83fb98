"""Calls, results and refusals as bytes and back, for every contract of this package."""

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import ChainError, InputError
from andel.hashing import keccak
from andel.keys import checksummed
from andel.ledger.abi import decode_error, decode_event, decode_result, encode_call
from andel.ledger.interface import CONTRACTS, Contract, canonical_type, interface_of
from andel.ledger.refusals import refused, revert_data
from andel.ledger.rpc import NodeRefused

HERE = checksummed(b"\x11" * 20)
ROUNDS = Contract("RoundManager", HERE)
OPERATORS = Contract("Operators", HERE)
ATTESTATION = {
    "model": HERE,
    "round": 7,
    "attempt": 1,
    "planHash": b"\1" * 32,
    "updatesRoot": b"\2" * 32,
    "versionHash": b"\3" * 32,
    "valueRoot": b"\4" * 32,
    "stateHash": b"\5" * 32,
    "evaluation": -3,
    "evidenceHash": b"\6" * 32,
}


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_contract_comes_with_its_code_and_errors(name):
    interface = interface_of(name)
    assert len(interface.creation_code) > 500
    for selector, error in interface.errors.items():
        types = ",".join(canonical_type(component) for component in error.inputs)
        assert keccak(f"{error.name}({types})".encode())[:4] == selector


def test_a_struct_is_given_by_its_fields_names():
    data = encode_call(ROUNDS, "attestationHash", [ATTESTATION])
    shuffled = dict(reversed(list(ATTESTATION.items())))
    assert data == encode_call(ROUNDS, "attestationHash", [shuffled])
    assert data == encode_call(ROUNDS, "attestationHash", [tuple(ATTESTATION.values())])
    assert len(data) == 4 + 10 * 32
    for wrong in (
        {**ATTESTATION, "more": 1},
        {"model": HERE},
        {**ATTESTATION, "round": -1},
        {**ATTESTATION, "round": "1"},
    ):
        with pytest.raises(InputError):
            encode_call(ROUNDS, "attestationHash", [wrong])


@given(st.lists(st.tuples(st.binary(min_size=20, max_size=20), st.binary(min_size=32, max_size=32)), max_size=5))
def test_results_are_plain_values(validators):
    words = encode(
        ["address", "uint32", "(address,bytes32)[]", "address[]"],
        [b"\x22" * 20, 2, [tuple(each) for each in validators], [b"\x33" * 20]],
    )
    coordinator, k, records, standbys = decode_result(OPERATORS, "operatorsOf", words)
    assert (coordinator, k, standbys) == (checksummed(b"\x22" * 20), 2, (checksummed(b"\x33" * 20),))
    assert records == tuple((checksummed(account), key) for account, key in validators)


@given(st.binary(max_size=200))
def test_any_answer_is_decoded_or_refused(data):
    for contract, function in (
        (ROUNDS, "roundOf"),
        (ROUNDS, "alliance"),
        (ROUNDS, "owner"),
        (OPERATORS, "operatorsOf"),
        (OPERATORS, "operatorsEpoch"),
    ):
        try:
            decode_result(contract, function, data)
        except ChainError:
            continue


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=4), st.binary(max_size=100))
def test_any_log_is_decoded_refused_or_passed_over(topics, data):
    known = [event.topic for event in interface_of("RoundManager").events.values()]
    for first in ([], known[:1], known[1:2]):
        try:
            decode_event([*first, *topics], data)
        except ChainError:
            continue


def test_an_error_of_another_contract_is_known_too():
    error = next(each for each in interface_of("RewardPool").errors.values() if each.name == "RewardPool_OverAccrued")
    data = error.selector + encode(["uint256", "uint256"], [5, 3])
    for name in ("RoundManager", "RewardPool", None):
        assert decode_error(name, data) == ("RewardPool_OverAccrued", (5, 3))


def test_solidity_s_own_errors_have_names():
    assert decode_error(None, b"\x08\xc3\x79\xa0" + encode(["string"], ["no"])) == ("Error", ("no",))
    assert decode_error(None, b"\x4e\x48\x7b\x71" + encode(["uint256"], [0x11])) == ("Panic", ("arithmetic overflow",))
    assert decode_error(None, b"\x4e\x48\x7b\x71" + encode(["uint256"], [0x99])) == ("Panic", ("0x99",))
    assert decode_error(None, b"\xde\xad\xbe\xef") is None


@pytest.mark.parametrize(
    "data",
    ["0xdeadbeef", {"data": "0xdeadbeef"}, {"result": "0xdeadbeef"}, "Reverted 0xdeadbeef"],
)
def test_revert_bytes_are_found_wherever_a_node_puts_them(data):
    assert revert_data(NodeRefused("eth_call", 3, "execution reverted", data)) == bytes.fromhex("deadbeef")


@pytest.mark.parametrize("data", [None, "", "0x", "0xzz", "0x12", 7, {}, {"data": 3}, []])
def test_without_revert_bytes_the_nodes_words_stand(data):
    answer = NodeRefused("eth_call", 3, "execution reverted", data)
    assert revert_data(answer) is None
    assert "execution reverted" in str(refused("RoundManager.open", "RoundManager", answer))


def test_an_unknown_error_is_told_by_its_selector():
    answer = NodeRefused("eth_call", 3, "execution reverted", "0xdeadbeef01")
    assert "0xdeadbeef(0x01)" in str(refused("RoundManager.open", "RoundManager", answer))
