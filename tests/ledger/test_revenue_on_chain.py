"""Revenue arrives in coin and in a payment token, and holders are paid by the time they held, on a real chain."""

from dataclasses import dataclass

import pytest

from andel.errors import InputError, Reverted
from andel.keys import AccountKey, checksummed
from andel.ledger.clones import clone_code
from andel.ledger.connection import Chain
from andel.ledger.contracts import ModelTokenContract
from andel.ledger.revenue import COIN, RevenueVaultContract
from andel.units import TOKEN, Address

HOUR = 3_600
TREASURY = checksummed(b"\x7e" * 20)


@dataclass(frozen=True, slots=True)
class Ownership:
    """A token whose minter is `founder`, and its vault; `epoch` hours have gone by when `to_epoch` returns."""

    chain: Chain
    founder: AccountKey
    token: ModelTokenContract
    vault: RevenueVaultContract

    @classmethod
    def found(cls, chain: Chain, founder: AccountKey, redeemable_bps: int = 0) -> "Ownership":
        """Made as a factory makes it: implementations, then two clones that name each other."""
        token_code, _ = chain.deploy(founder, "ModelToken")
        vault_code, _ = chain.deploy(founder, "RevenueVault")
        token_address = chain.created_address(founder.address, chain.next_nonce(founder.address) + 1)
        epochs = (chain.block_time(), HOUR)
        words: list[Address | int] = [token_address, *epochs, redeemable_bps]
        vault, _ = chain.create(founder, "RevenueVault", clone_code(vault_code.address, words))
        words = [founder.address, founder.address, vault.address, 10**9 * TOKEN, *epochs, TREASURY]
        token, _ = chain.create(founder, "ModelToken", clone_code(token_code.address, words))
        chain.send(founder, token, "initialize", "Weather", "W", "ipfs://card")
        return cls(chain, founder, ModelTokenContract(chain, token.address), RevenueVaultContract(chain, vault.address))

    def mint(self, to: Address, amount: int) -> None:
        """New tokens."""
        self.chain.send(self.founder, self.token.contract, "mint", to, amount)

    def to_epoch(self, epoch: int) -> None:
        """Lets time go by up to the first second of an epoch."""
        time = self.vault.calendar().end_of(epoch - 1)
        if self.chain.block_time() < time:
            self.chain.ask([("evm_setNextBlockTimestamp", (hex(time),)), ("evm_mine", ())])
        assert self.vault.calendar().present == epoch


@pytest.fixture
def model(chain, actors):
    return Ownership.found(chain, actors.founder)


def test_words_of_a_clone_are_what_it_was_made_with(model):
    assert model.token.vault() == model.vault.address and model.vault.model_token() == model.token.address
    assert (model.token.minter(), model.token.treasury()) == (model.founder.address, TREASURY)
    assert (model.token.name(), model.token.contract_uri()) == ("Weather", "ipfs://card")
    assert model.token.set_aside_accounts() == [model.founder.address, model.vault.address, TREASURY]
    assert model.vault.redeemable_bps() == 0 and model.vault.calendar().length == HOUR
    assert len(model.chain.code(model.vault.address)) == 45 + 4 * 32


def test_holders_are_paid_by_time_held_and_by_anybody(model, actors):
    (first, second), stranger = actors.owners, actors.stranger
    vault, token = model.vault, model.token
    model.mint(first.address, 100 * TOKEN)
    vault.deposit(stranger, COIN, 10**18)
    model.to_epoch(1)
    token.transfer(first, second.address, 50 * TOKEN)
    vault.deposit(stranger, COIN, 10**18)
    assert vault.claimable(first.address, COIN) == {0: 10**18}
    with pytest.raises(Reverted, match="RevenueVault_EpochOpen"):
        vault.claim_for(stranger, first.address, COIN, [1])
    model.to_epoch(2)

    weights = [token.held_seconds(key.address, 1) for key in (first, second)]
    assert sum(weights) == token.held_seconds_of_all(1) == 100 * TOKEN * HOUR
    expected = {1: 10**18 * weights[1] // sum(weights)}
    assert vault.claimable(second.address, COIN) == expected
    before = model.chain.balance(second.address)
    paid, receipts = vault.claim_all_for(stranger, second.address, COIN)
    assert paid == expected[1] == model.chain.balance(second.address) - before and len(receipts) == 1
    assert vault.is_claimed(second.address, COIN, 1) and not vault.is_claimed(first.address, COIN, 1)
    assert vault.claim_all_for(stranger, second.address, COIN) == (0, [])
    assert vault.claim_all_for(stranger, first.address, COIN)[0] == 2 * 10**18 - paid - 1
    assert vault.accounted_of(COIN) == 1
    assert vault.revenue_of(COIN, [0, 1, 2]) == [10**18, 10**18, 0]


def test_another_token_is_revenue_and_burning_redeems_its_part(chain, actors):
    model = Ownership.found(chain, actors.founder, redeemable_bps=2_000)
    payment = Ownership.found(chain, actors.founder).token
    payer, holder = actors.owners
    chain.send(actors.founder, payment.contract, "mint", payer.address, 1_000)
    model.mint(holder.address, 4)
    payment.approve(payer, model.vault.address, 600)
    model.vault.deposit(payer, payment.address, 600)
    payment.transfer(payer, model.vault.address, 400)
    model.vault.sync(payer, payment.address)
    assert model.vault.revenue_of(payment.address, [0]) == [800]
    model.token.burn_and_redeem(holder, 1, [payment.address, COIN])
    assert payment.balance_of(holder.address) == 50 and model.vault.pot_of(payment.address) == 150
    model.to_epoch(1)
    assert model.vault.claim_all_for(payer, holder.address, payment.address)[0] == 800
    assert payment.balance_of(holder.address) == 850


def test_revenue_without_holders_is_carried_on(model, actors):
    model.vault.deposit(actors.stranger, COIN, 1_000)
    model.to_epoch(1)
    model.mint(actors.owners[0].address, 1)
    model.vault.carry(actors.stranger, COIN, 0)
    assert model.vault.revenue_of(COIN, [0, 1]) == [0, 1_000]
    model.to_epoch(2)
    assert model.vault.claimable(actors.owners[0].address, COIN) == {1: 1_000}
    with pytest.raises(InputError, match="-1"):
        model.vault.claimable(actors.owners[0].address, COIN, -1)


def test_a_word_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="no word"):
        clone_code(TREASURY, [2**256])
    with pytest.raises(InputError, match="767"):
        clone_code(TREASURY, [0] * 767)
