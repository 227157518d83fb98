"""An offering on a real chain: bought, settled, claimed, refunded, released; with and without coin for gas."""

import pytest

from andel.errors import ChainError, InputError, Reverted
from andel.hashing import keccak
from andel.keys import AccountKey, derive_secret
from andel.ledger.offering import Allowed, OfferingBuyer, OfferingStatus, parse_allowed
from andel.ledger.payment import COIN, PaymentToken, amount_text, money_of, parse_amount
from andel.roles.buyer import buy_tokens, claim_tokens, fetch_refund, release_proceeds
from andel.typed_data import abi_word
from andel.units import TOKEN
from tests.ledger.actors import Play
from tests.support.offerings import DAY, found_offering, make_token, offering_terms, token_of

TREASURY = AccountKey(derive_secret(b"treasury of an offering")).address


@pytest.fixture(scope="module")
def play(chain, actors, shared):
    return Play.launch(chain, actors, shared)


@pytest.fixture
def found(chain, actors, play):
    """An offering on changed terms."""

    def make(**changes):
        terms = offering_terms(chain, play.model.round_manager.address, TREASURY, **changes)
        return found_offering(chain, actors.founder, terms)

    return make


def test_a_sale_for_coin_from_the_first_payment_to_the_last_release(local_chain, chain, actors, play, found):
    offering, (alice, bob) = found(), actors.owners
    treasury = chain.balance(TREASURY)
    assert offering.target() == 2 * TOKEN and not offering.is_settled()
    assert buy_tokens(offering, alice, 3 * TOKEN)[0] == 3 * TOKEN
    assert buy_tokens(offering, alice, TOKEN, account=bob.address)[0] == TOKEN
    with pytest.raises(ChainError, match="open until .* by the chain's clock"):
        claim_tokens(offering, bob, alice.address)
    local_chain.advance(3_700)
    with pytest.raises(ChainError, match="one can buy from"):
        buy_tokens(offering, bob, 1)
    tokens, _ = claim_tokens(offering, bob, alice.address)
    assert tokens == 750 * TOKEN == token_of(offering).balance_of(alice.address)
    assert offering.due_to([alice.address, bob.address]) == [(0, 3 * TOKEN // 2), (250 * TOKEN, TOKEN // 2)]
    assert fetch_refund(offering, bob, alice.address)[0] == 3 * TOKEN // 2
    assert fetch_refund(offering, bob, alice.address)[0] == 0
    assert offering.buyer_of(alice.address) == OfferingBuyer(3 * TOKEN, True, True, False)
    assert release_proceeds(offering, bob)[0] == TOKEN
    books = offering.books()
    assert (books.status, books.raised, books.proceeds) == (OfferingStatus.SUCCEEDED, 4 * TOKEN, 2 * TOKEN)
    assert (books.refunded, books.released, books.claimed) == (3 * TOKEN // 2, TOKEN, 750 * TOKEN)
    local_chain.advance(DAY)
    assert fetch_refund(offering, bob, bob.address)[0] == TOKEN // 2 + TOKEN // 4
    assert fetch_refund(offering, bob, alice.address)[0] == 3 * TOKEN // 4
    assert offering.books().ended and offering.releasable() == 0
    assert chain.balance(TREASURY) - treasury == TOKEN and chain.balance(offering.address) == 0


def test_a_failed_sale_gives_all_back(local_chain, chain, actors, found):
    offering, (alice, bob) = found(), actors.owners
    buy_tokens(offering, alice, TOKEN // 4)
    local_chain.advance(3_700)
    with pytest.raises(InputError, match="itself sends its refund elsewhere"):
        fetch_refund(offering, bob, alice.address, bob.address)
    before = chain.balance(TREASURY)
    assert fetch_refund(offering, alice, alice.address, TREASURY)[0] == TOKEN // 4
    assert chain.balance(TREASURY) - before == TOKEN // 4
    assert offering.books().status == OfferingStatus.FAILED and token_of(offering).balance_of(offering.address) == 0
    assert claim_tokens(offering, bob, alice.address)[0] == 0
    assert release_proceeds(offering, bob)[0] == 0


def test_a_buyer_without_coin_signs_and_another_brings_it(chain, actors, found):
    buyer = AccountKey(derive_secret(b"a buyer without coin"))
    payment = make_token(chain, actors.founder, 10 * TOKEN, buyer.address)
    offering = found(payment=payment)
    assert chain.balance(buyer.address) == 0
    taken, receipt = buy_tokens(offering, buyer, 3 * TOKEN, payer=actors.stranger)
    assert taken == 3 * TOKEN and receipt.event("Bought").arguments["payer"] == buyer.address
    assert PaymentToken(chain, payment).balance_of(buyer.address) == 7 * TOKEN
    assert offering.buyer_of(buyer.address).paid == 3 * TOKEN and offering.nonce_of(buyer.address) == 1
    with pytest.raises(InputError, match="signer's own"):
        buy_tokens(offering, buyer, 1, account=actors.stranger.address, payer=actors.stranger)
    with pytest.raises(InputError, match="coin cannot be paid by signature"):
        buy_tokens(found(), buyer, 1, payer=actors.stranger)
    with pytest.raises(Reverted, match="ModelOffering_BadSignature"):
        offering.buy_signed(actors.stranger, buyer.address, 1, b"", chain.block_time() + 60, bytes(65))


def test_an_allowance_is_given_only_where_it_is_missing(chain, actors, found):
    alice = actors.owners[0]
    payment = make_token(chain, actors.founder, 10 * TOKEN, alice.address)
    offering = found(payment=payment, cap_per_buyer=2 * TOKEN)
    assert buy_tokens(offering, alice, 3 * TOKEN)[0] == 2 * TOKEN
    assert PaymentToken(chain, payment).allowance(alice.address, offering.address) == TOKEN
    with pytest.raises(ChainError, match="may pay at most"):
        buy_tokens(offering, alice, TOKEN)


def test_only_accounts_on_the_list_buy(actors, found):
    alice, bob = actors.owners
    leaves = [
        keccak(keccak(abi_word("", "address", key.address), abi_word("", "uint256", most)))
        for key, most in ((alice, TOKEN), (bob, 2 * TOKEN))
    ]
    offering = found(allow_root=keccak(*sorted(leaves)))
    place = parse_allowed({"most": str(TOKEN), "proof": ["0x" + leaves[1].hex()]})
    assert place == Allowed(TOKEN, (leaves[1],))
    assert buy_tokens(offering, alice, 3 * TOKEN, place.admission())[0] == TOKEN
    with pytest.raises(ChainError, match="not on this offering's list"):
        buy_tokens(offering, bob, TOKEN, place.admission())


@pytest.mark.parametrize(
    "record",
    [None, [], {"most": "1"}, {"most": 1, "proof": []}, {"most": "-1", "proof": []}, {"most": "1", "proof": "0x"}]
    + [{"most": "1", "proof": ["0xzz"]}, {"most": "1", "proof": ["00"] * 65}, {"most": "9" * 79, "proof": []}],
)
def test_a_bad_place_on_a_list_is_refused(record):
    with pytest.raises(InputError):
        parse_allowed(record)


def test_amounts_are_exact_in_any_number_of_decimals(chain, actors):
    assert parse_amount("12.5", 6) == 12_500_000 and amount_text(12_500_000, 6) == "12.5"
    assert parse_amount("3", 0) == 3 and amount_text(3, 0) == "3" and amount_text(0, 6) == "0"
    for text in ("0", "-1", "1.5", "much", "1e60", "nan", "9" * 101):
        with pytest.raises(InputError, match="not an amount"):
            parse_amount(text, 0)
    assert money_of(chain, COIN) == (18, "coins")
    assert money_of(chain, make_token(chain, actors.founder, 1, actors.founder.address)) == (18, "T")
