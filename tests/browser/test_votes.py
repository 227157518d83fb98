"""A proposal goes its whole way on the page, from its words to the coins that the treasury pays."""

import pytest
from playwright.sync_api import expect

from andel.keys import AccountKey, derive_secret
from andel.ledger.governance import ProposalState, find_governor
from tests.support.browser import opened, problems_of
from tests.support.gateway_process import GatewayProcess
from tests.support.page_steps import CHAIN_MS, connect, go, is_marked, mark, part, signed_and_done, until
from tests.support.page_worlds import wallet_of
from tests.support.voting_world import SECONDS, voting_world

pytestmark = pytest.mark.full

PAYEE = AccountKey(derive_secret(b"votes on the page", "payee")).address
COINS = "0.0125"
WEI = 125 * 10**14
TITLE = "Pay who maintains the sensors"


@pytest.fixture(scope="module")
def voting(shared_node, tmp_path_factory):
    return voting_world(shared_node, tmp_path_factory.mktemp("voting"), "votes on the page")


@pytest.fixture(scope="module")
def url(voting, tmp_path_factory):
    small = voting.small
    folder = tmp_path_factory.mktemp("page")
    process = GatewayProcess(small.local.url, voting.by_file.lock_file, small.folder / "content", folder, None)
    yield process.start().url
    process.stop()


def test_a_proposal_is_made_voted_for_queued_and_carried_out(browser, voting, url):
    governor, chain = find_governor(voting.policy), voting.small.world.chain
    page = opened(browser, wallet_of(voting.anne, voting.local))
    go(page, url, "votes")
    connect(page)
    mark(page)
    form = part(page, "Propose something")
    form.get_by_label("What kind").select_option("pay")
    form.get_by_role("textbox", name="To").fill(PAYEE)
    form.get_by_role("textbox", name="Amount").fill(COINS)
    form.get_by_role("textbox", name="Why").fill(f"{TITLE}\n\nThey were cleaned twice.")
    form.get_by_role("button", name="Show what it would do").click()
    expect(form.get_by_role("listitem").first).to_contain_text(COINS, timeout=CHAIN_MS)
    before = governor.proposals_count()
    form.get_by_role("button", name="Propose it").click()
    signed_and_done(page)
    assert governor.proposals_count() == before + 1
    proposal = governor.proposal_at(before)
    assert [(call.target, call.value) for call in proposal.calls] == [(PAYEE, WEI)]

    page.get_by_role("link", name=TITLE).click(timeout=CHAIN_MS)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    vote, way = part(page, "Your vote"), part(page, "Its way")
    expect(vote.get_by_text("Votes have not begun yet.")).to_be_visible(timeout=CHAIN_MS)
    expect(way.get_by_role("button", name="Take it back")).to_be_visible()
    voting.local.advance(SECONDS + 1)
    vote.get_by_role("radio", name="For").check(timeout=CHAIN_MS)
    expect(way.get_by_role("button")).to_have_count(0)
    vote.get_by_role("button", name="Cast my vote").click()
    signed_and_done(page)
    assert governor.has_voted(proposal.id, voting.anne.address)
    assert governor.standing_of(proposal.id).in_favour == governor.votes_of(voting.anne.address, chain.block_time() - 1)
    expect(vote.get_by_text("You voted for.")).to_be_visible(timeout=CHAIN_MS)

    voting.andel("vote", "cast", str(before + 1), "for", key=voting.bert, payer=voting.sponsor)
    voting.local.advance(2 * SECONDS + 1)
    way.get_by_role("button", name="Queue it").click(timeout=CHAIN_MS)
    signed_and_done(page)
    assert governor.standing_of(proposal.id).state == ProposalState.QUEUED
    expect(way.get_by_role("button", name="Can be carried out in")).to_be_disabled(timeout=CHAIN_MS)
    voting.local.advance(SECONDS + 1)
    assert chain.balance(PAYEE) == 0
    way.get_by_role("button", name="Carry it out").click(timeout=CHAIN_MS)
    signed_and_done(page)
    assert governor.standing_of(proposal.id).state == ProposalState.EXECUTED
    assert until(lambda: chain.balance(PAYEE), bool) == WEI
    expect(part(page, "How it stands").get_by_text("carried out", exact=True)).to_be_visible(timeout=CHAIN_MS)
    assert is_marked(page) and problems_of(page) == []


def test_whoever_has_no_votes_is_told_why_before_anything_is_signed(browser, voting, url):
    wallet = wallet_of(voting.sponsor, voting.local)
    page = opened(browser, wallet)
    go(page, url, "votes")
    connect(page)
    expect(part(page, "Propose something").get_by_text("You cannot propose now")).to_be_visible(timeout=CHAIN_MS)
    assert wallet.sent == []
