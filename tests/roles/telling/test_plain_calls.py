"""Calls are told in plain words: whatever a vote or the page can send has a sentence, and the rest is shown decoded."""

import json
import re
from pathlib import Path

import pytest

from andel.errors import ChainError
from andel.keys import AccountKey, derive_secret
from andel.ledger.governance import ProposedCall
from andel.ledger.interface import interface_of
from andel.ledger.payment import COIN
from andel.ledger.proposed_calls import call_of, in_words
from andel.roles.telling.naming import TREASURY, Naming, moment, percent, quoted, span
from andel.roles.telling.plain_calls import plain_words, sentence_for

ROOT = Path(__file__).resolve().parents[3]
POLICY, TOKEN, DOLLAR, POOL, GOVERNOR, TIMELOCK, MODEL, OPERATORS, MARKET, STRANGE = (
    AccountKey(derive_secret(b"telling", name)).address for name in "PTDOGLMRKS"
)
NAMES = {
    POLICY: "ModelPolicy",
    TOKEN: "ModelToken",
    DOLLAR: "AuthorizedToken",
    POOL: "RewardPool",
    GOVERNOR: "ModelGovernor",
    TIMELOCK: "ModelTimelock",
    MODEL: "RoundManager",
    OPERATORS: "Operators",
    MARKET: "InferenceMarket",
}
MONEY = {COIN: (18, "IOTX"), TOKEN: (18, "ROOF"), DOLLAR: (6, "USDC")}
SHARED = {"InferenceMarket": ["setTerms"], "FeeSplitters": ["setOperatorsPart"], "Successors": None}
PAGE_ABIS = {"erc20": "AuthorizedToken"}


def money(token):
    if token not in MONEY:
        raise ChainError("nothing answers")
    return MONEY[token]


OWN = Naming(NAMES, TOKEN, DOLLAR, money)
VOTES = Naming(NAMES, TOKEN, DOLLAR, money, TREASURY)


def governed():
    """Every function that the timelock may call, as the list of permissions has it."""
    listed = json.loads((ROOT / "vectors" / "permissions.json").read_text(encoding="utf-8"))["functions"]
    ruled = {(each["contract"], each["function"]) for each in listed if "timelock" in each["by"].split(",")[0]}
    found = {(name, signature.split("(")[0]) for name, signature in ruled if not signature.startswith("execute")}
    for name, functions in SHARED.items():
        names = functions or ["nameSuccessor", "withdrawSuccessor", "acceptPredecessor"]
        found |= {(name, function) for function in names}
    return sorted(found)


def sent_by_the_page():
    """Every function that the page's sources encode for sending."""
    found = set()
    for file in (ROOT / "page" / "src").rglob("*.ts*"):
        text = file.read_text(encoding="utf-8")
        pairs = re.findall(r'callOf\(\s*[\w.]+,\s*(\w+),\s*"(\w+)"', text)
        pairs += re.findall(r'encodeFunctionData\(\{\s*abi: (\w+),\s*functionName: "(\w+)"', text)
        found |= {(PAGE_ABIS.get(abi, abi[0].upper() + abi[1:]), function) for abi, function in pairs}
    return sorted(found)


@pytest.mark.parametrize(("name", "function"), governed())
def test_every_function_that_a_vote_may_call_has_a_sentence(name, function):
    assert function in interface_of(name).functions
    assert sentence_for(name, function) is not None


def test_the_list_of_what_a_vote_may_call_is_not_empty():
    assert len(governed()) > 30 and ("ModelPolicy", "setPrices") in governed()


def test_every_function_that_the_page_sends_has_a_sentence():
    sent = sent_by_the_page()
    assert len(sent) > 15 and ("AuthorizedToken", "approve") in sent
    for name, function in sent:
        assert sentence_for(name, function) is not None, f"{name}.{function}"


def said(contract, address, function, arguments, value=0, naming=VOTES):
    return plain_words(call_of(contract, address, function, arguments, value), naming)


def test_access_and_prices_are_told_as_who_may_ask_for_how_much():
    assert said("ModelPolicy", POLICY, "setPrices", [0, []]).startswith("Let everybody ask the model, for nothing")
    assert "holders of ROOF" in said("ModelPolicy", POLICY, "setPrices", [1, []])
    month = (b"month".ljust(32, b"\0"), DOLLAR, 30 * 86_400, 50, True, 12_500_000)
    call = (b"call".ljust(32, b"\0"), COIN, 0, 0, False, 5 * 10**16)
    told = said("ModelPolicy", POLICY, "setPrices", [2, [month, call]])
    assert "“month” costs 12.5 USDC" in told and f"(the token {DOLLAR})" in told
    assert "for a pass of 30 days, at most 50 questions a day, which can change hands" in told
    assert "“call” costs 0.05 IOTX for a question" in told


def test_a_payment_names_its_amount_its_token_and_whose_it_is():
    assert said("AuthorizedToken", DOLLAR, "transfer", [STRANGE, 1_234_500_000]) == (
        f"Pay 1,234.5 USDC from the treasury to {STRANGE}"
    )
    assert said("AuthorizedToken", DOLLAR, "transfer", [STRANGE, 1], naming=OWN) == f"Pay 0.000001 USDC to {STRANGE}"
    assert plain_words(ProposedCall(STRANGE, 7_000, b""), VOTES).startswith("Pay 0.000000000000007 IOTX from")
    assert plain_words(ProposedCall(STRANGE, 10**18, b""), VOTES) == f"Pay 1 IOTX from the treasury to {STRANGE}"
    assert said("AuthorizedToken", DOLLAR, "approve", [TIMELOCK, 2**256 - 1]) == (
        "Allow the treasury to take up to any amount of USDC"
    )


def test_what_is_rounded_says_so():
    claim = [STRANGE, 302_590857944911746239, 0, []]
    assert "its earnings, about 302.5908 ROOF in all" in said("RewardPool", POOL, "claim", claim, naming=OWN)


def test_emission_operators_and_the_vote_itself_are_told_in_their_units():
    assert "at most 86.4 ROOF a day" in said("RewardPool", POOL, "lowerRate", [10**15])
    assert "until 2026-01-01 00:00:00 UTC" in said("RewardPool", POOL, "pauseEmission", [1_767_225_600])
    told = said("Operators", OPERATORS, "setValidators", [2, [(STRANGE, bytes(32)), (MODEL, bytes(32))]])
    assert told == f"From the next attempt on, 2 of these validators must agree: {STRANGE}, this model"
    assert said("ModelGovernor", GOVERNOR, "setVotingPeriod", [90_000]) == "Let a vote last 1 day 1 hour"
    assert "3 servers answer, 2 must agree" in said(
        "InferenceMarket", MARKET, "setTerms", [MODEL, (DOLLAR, 10**6, 3, 2, 0, 60, 60, 10**18)]
    )


def test_what_a_proposal_carries_is_told_with_it():
    bar = call_of("ModelPolicy", POLICY, "setBar", [(250, True, True)])
    told = said("ModelGovernor", GOVERNOR, "propose", [[POLICY], [0], [bar.data], "Lower\nit"], naming=OWN)
    assert told.startswith("Propose to all holders “Lower”: 1. Let a newer version become current without a vote")
    relayed = said("ModelGovernor", GOVERNOR, "relay", [STRANGE, 5 * 10**17, b""])
    assert relayed == f"Have the governor itself do this: Pay 0.5 IOTX to {STRANGE}"


def test_calls_that_carry_one_another_are_told_to_one_depth():
    call = ProposedCall(STRANGE, 1, b"")
    for _ in range(50):
        call = call_of("ModelGovernor", GOVERNOR, "relay", [call.target, call.value, call.data])
    assert len(plain_words(call, VOTES)) < 4 * len(call.data)


def test_what_has_no_sentence_or_cannot_be_read_is_shown_decoded():
    for call in (
        call_of("ModelPolicy", POLICY, "promote", [bytes(32)]),
        ProposedCall(STRANGE, 0, b"\1\2\3\4"),
        ProposedCall(POLICY, 0, b"\1\2\3\4"),
        call_of("ModelPolicy", POLICY, "setLicence", [bytes(32)]).__class__(POLICY, 0, b"\1\2\3\4\5"),
    ):
        assert plain_words(call, VOTES) == in_words(call, NAMES)
    data = bytearray(call_of("ModelPolicy", POLICY, "setPrices", [0, []]).data)
    data[35] = 9
    assert plain_words(ProposedCall(POLICY, 0, bytes(data)), VOTES).startswith("ModelPolicy.setPrices(mode 9")


def test_coins_that_go_along_and_tokens_that_do_not_answer_are_told():
    assert said("ModelPolicy", POLICY, "rollback", [bytes(32)], 10**18).endswith("; 1 IOTX goes along")
    price = (b"x".ljust(32, b"\0"), STRANGE, 0, 0, False, 7)
    assert f"7 base units of the token {STRANGE}" in said("ModelPolicy", POLICY, "setPrices", [2, [price]])


def test_units_are_said_as_people_say_them():
    assert span(3 * 86_400 + 61) == "3 days 1 minute 1 second" and span(0) == "0 seconds"
    assert percent(1250) == "12.5%" and percent(60_000) == "60000 ten-thousandths"
    assert moment(2**63) == f"second {2**63}"
    assert quoted("a\nb\x1b[31m" + "c" * 200).count("\n") == 0 and len(quoted("c" * 200)) < 130
