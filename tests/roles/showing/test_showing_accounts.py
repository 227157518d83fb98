"""What an account has, what an offering and a vote came to: each figure is the chain's."""

from dataclasses import asdict

import pytest

from andel.errors import InputError, SettingsError
from andel.ledger.delegation import votes_of
from andel.ledger.governance import find_governor
from andel.ledger.offering import OfferingStatus
from andel.ledger.payment import COIN
from andel.ledger.proposed_calls import in_words
from andel.roles.holder import find_claim
from andel.roles.showing.offering import phase_of
from andel.roles.voter import names_of
from andel.units import TOKEN
from tests.roles.showing.conftest import shown


@pytest.fixture
def votes(voted):
    """The facts of the model whose holders vote."""
    return shown(voted.model, voted.small.store)


def test_the_claim_that_is_told_is_what_the_pool_pays_by(finished_run, source):
    pool = finished_run.world.model.pool
    for member in finished_run.small.honest():
        account = member.contributor.address
        told = source.account(account)
        claim, found = told["claim"], find_claim(finished_run.world.model, finished_run.small.store, account)
        assert (claim["cumulative"], claim["running_sum"]) == (str(found.cumulative), str(found.running_sum))
        proof = [bytes.fromhex(each[2:]) for each in claim["proof"]]
        asked = (account, int(claim["cumulative"]), int(claim["running_sum"]), proof)
        assert pool.chain.call(pool.contract, "claim", *asked) == int(told["claimable"]) > 0
        assert told["claimed"] == str(pool.claimed(account)) and told["balance"] == "0"
        assert told["consent"]["accepted"] is True and told["threshold"] is None
        assert [each["device"] for each in told["devices"]] == list(member.contributor.devices)
        assert told["nonces"]["alliance"] == str(finished_run.world.model.alliance.nonce_of(account))


def test_who_has_earned_nothing_has_no_claim(finished_run, source):
    told = source.account(finished_run.world.actors.consumer.address)
    assert (told["earned"], told["claimable"], told["claim"], told["devices"]) == ("0", "0", None, [])
    assert told["consent"]["accepted"] is False and told["pass"] is None


def test_a_holders_tokens_votes_and_delegate(voted, votes):
    told, token = votes.account(voted.anne.address), voted.model.token
    assert told["balance"] == str(token.balance_of(voted.anne.address)) == str(100_000 * TOKEN)
    assert told["votes"] == str(votes_of(token, voted.anne.address)) and told["delegate"] == voted.anne.address
    assert told["threshold"] == str(find_governor(voted.policy).proposal_threshold())
    assert told["nonces"]["votes"] == str(find_governor(voted.policy).nonce_of(voted.anne.address))
    assert votes.account(voted.bert.address)["nonces"]["token"] == "1"  # his delegation was signed, and brought


def test_the_offering_is_its_terms_and_books(voted, votes):
    told, address = votes.offering(voted.anne.address), votes.network()["contracts"]["ModelOffering"]
    offering = voted.model.launched is None and votes._memory.offering
    assert offering and offering.address == address == told["address"]
    terms, books = offering.terms(), offering.books()
    for name in ("price", "offered", "minimum"):
        assert told[name] == str(asdict(terms)[name])
    for name in ("raised", "sold", "released", "refunded", "proceeds"):
        assert told[name] == str(asdict(books)[name])
    assert (told["opens"], told["closes"], told["phase"]) == (terms.opens, terms.closes, "succeeded")
    assert told["buyers"] == 2 and told["cap_per_buyer"] is None and told["admission"] == "open"
    assert told["milestones"]["rounds"] == terms.milestone_rounds and told["milestones"]["first_bps"] == terms.first_bps
    assert told["account"]["paid"] == str(offering.buyer_of(voted.anne.address).paid) == str(10**18)
    assert told["account"]["claimed"] is True and told["account"]["may_pay_more"] == "0"


def test_a_model_without_an_offering_says_none(source):
    assert source.offering(None) == {"status": "none", "phase": "none", "account": None}


@pytest.mark.parametrize(
    ("status", "settled", "now", "phase"),
    [
        (OfferingStatus.OPEN, False, -1, "before"),
        (OfferingStatus.OPEN, False, 0, "open"),
        (OfferingStatus.OPEN, False, 1, "settling"),
        (OfferingStatus.FAILED, True, 1, "failed"),
        (OfferingStatus.SUCCEEDED, True, 1, "succeeded"),
    ],
)
def test_the_phase_follows_the_chains_clock(votes, status, settled, now, phase):
    from dataclasses import replace

    offering = votes._memory.offering
    terms, books = offering.terms(), replace(offering.books(), status=status)
    at = {-1: terms.opens - 1, 0: terms.closes, 1: terms.closes + 1}[now]
    assert phase_of(books, terms, settled, at) == phase


def test_a_proposal_is_told_in_its_words_with_its_votes(voted, votes):
    governor = find_governor(voted.policy)
    page = votes.proposals(0, 50, voted.anne.address)
    (item,) = page["items"]
    proposal, standing = governor.proposal_at(0), governor.standing_of(governor.proposal_at(0).id)
    assert item["id"] == str(proposal.id) and item["state"] == standing.state.name.lower() == "executed"
    assert item["title"] == "Hold the bar" and item["description"] == "# Hold the bar\n\nIt is low enough."
    assert (item["for"], item["against"], item["abstain"], item["quorum"]) == tuple(
        map(str, (standing.in_favour, standing.against, standing.abstaining, standing.quorum))
    )
    assert (item["snapshot"], item["deadline"], item["eta"]) == (standing.snapshot, standing.deadline, standing.eta)
    assert item["veto"]["needed"] == str(standing.veto_needed) and item["proposer"] == voted.anne.address
    names = names_of(voted.model)
    for told, call in zip(item["calls"], proposal.calls, strict=True):
        assert told["call"] == in_words(call, names) and told["value"] == str(call.value)
        assert told["data"] == "0x" + call.data.hex() and told["name"] == names.get(call.target)
    said = " ".join(told["words"] for told in item["calls"])
    assert "Pay 0.000000000000001 ETH from the treasury to" in said
    assert item["voted"] == {"support": "for"} and page["can_propose"] is True and page["why_not"] is None


def test_of_one_who_may_not_propose_it_says_why(voted, votes):
    page = votes.proposals(0, 50, voted.sponsor.address)
    assert page["can_propose"] is False and "has the votes of 0 tokens, and a proposer needs" in page["why_not"]
    assert page["items"][0]["voted"] is None


def test_one_proposal_is_as_in_the_list_and_an_unknown_one_is_refused(voted, votes):
    (item,) = votes.proposals(0, 50, None)["items"]
    one = votes.proposal(int(item["id"]), None)
    assert item.items() <= one.items() and one["threshold"] == votes.proposals(0, 50, None)["threshold"]
    with pytest.raises(InputError, match="there is no proposal 5"):
        votes.proposal(5, None)


def test_where_nobody_votes_there_is_no_proposal(source):
    page = source.proposals(0, 50, None)
    assert (page["total"], page["items"], page["threshold"]) == (0, [], None) and "nobody votes" in page["why_not"]
    with pytest.raises(SettingsError):
        source.proposal(1, None)


def test_revenue_is_told_by_epoch_and_as_each_holders_part(voted):
    vault, token = voted.model.vault, voted.model.token
    epoch = vault.calendar().present
    voted.andel("revenue", "deposit", "1", key=voted.sponsor)
    told = shown(voted.model, voted.small.store).model()["revenue"]
    (coin,) = told["tokens"]
    assert {each["epoch"]: each["amount"] for each in coin["epochs"]}[epoch] == str(vault.revenue_of(COIN, [epoch])[0])
    assert (told["present"], told["epoch_seconds"], coin["redeemable"]) == (epoch, 3_600, str(vault.pot_of(COIN)))
    voted.local.advance(3_600)
    account = shown(voted.model, voted.small.store).account(voted.anne.address)
    due = vault.claimable(voted.anne.address, COIN)
    (revenue,) = account["revenue"]
    assert due and (revenue["claimable"], revenue["epochs"]) == (str(sum(due.values())), list(due))
    worth = vault.pot_of(COIN) * token.balance_of(voted.anne.address) // token.total_supply()
    assert [int(each["amount"]) for each in account["redeemable"]] == [worth] and worth > 0
