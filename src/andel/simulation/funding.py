"""Gas for the actors of a run on a chain that is not our own: plain transfers from one funded account."""

from __future__ import annotations

from andel.errors import SettingsError
from andel.keys import AccountKey
from andel.ledger.connection import Chain
from andel.simulation.actors import BOND, Actors

FOUNDER_GAS = 60_000_000
ACTOR_GAS = 12_000_000


def fund_by_transfer(chain: Chain, funder: AccountKey, actors: Actors) -> None:
    """Sends each actor what its transactions can cost at twice today's gas price.

    Raises SettingsError when the funder has less than that.
    """
    price = 2 * chain.gas_price()
    amounts = [(key, FOUNDER_GAS if key is actors.founder else ACTOR_GAS) for key in actors.accounts]
    bonds = BOND * (1 + len(actors.validators))  # the founder deposits them
    needed = sum(gas for _, gas in amounts) * price + bonds
    if chain.balance(funder.address) < needed:
        raise SettingsError(
            f"{funder.address} has {chain.balance(funder.address)} wei, the run needs up to {needed}",
            "fund it, or leave --rpc out",
        )
    for key, gas in amounts:
        chain.transfer(funder, key.address, gas * price + (bonds if key is actors.founder else 0))
