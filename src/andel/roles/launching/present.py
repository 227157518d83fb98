"""What of a launch is on the chain already, looked at and not believed.

Takes a `Chain`, a `Founding` and the lock file's `Lock`. Gives a `Standing`, after the code behind every address that
is to be used was compared with this release's own. Never sends.
"""

from __future__ import annotations

from collections.abc import Mapping

from andel.errors import ChainError, InputError
from andel.ledger.clones import is_code_of
from andel.ledger.connection import Chain
from andel.ledger.factory import IMPLEMENTATIONS, ModelFactoryContract
from andel.ledger.operators import OperatorsContract
from andel.roles.launching.founding import Founding
from andel.roles.launching.lock import Lock
from andel.roles.launching.steps import Standing, bond_step
from andel.units import Address

_HINT = "name the contracts of this release, or leave them out: they are deployed then"


def shared_of(founding: Founding, lock: Lock) -> dict[str, Address]:
    """The shared contracts that are there, by name. Raises InputError when file and lock file differ."""
    for name, address in founding.shared.items():
        if lock.shared.get(name, address) != address:
            raise InputError(
                f"the file names {name} at {address}, the lock file at {lock.shared[name]}",
                "name what the lock file names, or move the lock file away",
            )
    return {**founding.shared, **lock.shared}


def standing_of(chain: Chain, founding: Founding, lock: Lock) -> Standing:
    """What is there. Raises InputError, ChainError when it is no code of this release."""
    shared = shared_of(founding, lock)
    require_code(chain, shared)
    creations = 0
    if "ModelFactory" in shared:
        factory = ModelFactoryContract(chain, shared["ModelFactory"])
        require_code(chain, {IMPLEMENTATIONS[name][0]: at for name, at in factory.implementations().items()})
        creations = factory.creations()
    return Standing(
        shared=shared,
        implementations=lock.implementations,
        factory=lock.factory,
        creations=creations,
        is_launched=lock.is_launched,
        operators=lock.model.get("Operators"),
        lacking=_lacking(chain, founding, lock) if lock.is_launched else None,
    )


def require_code(chain: Chain, named: Mapping[str, Address]) -> None:
    """Raises ChainError unless each address has this release's code of the contract it is named by."""
    for name, address in named.items():
        code = chain.code(address)
        if not code:
            raise ChainError(f"there is no {name} at {address} on chain {chain.chain_id}", _HINT)
        if not is_code_of(name, code):
            raise ChainError(f"{address} has other code than this release's {name}", _HINT)


def _lacking(chain: Chain, founding: Founding, lock: Lock) -> dict[Address, int]:
    """What each operator lacks of its bond, unless this launch deposited it before: a slash is not made good here."""
    operators = OperatorsContract(chain, lock.model["Operators"])
    bond = operators.bond()
    waiting = [account for account in founding.operators if lock.done(bond_step(account)) is None]
    return {account: max(0, bond - operators.bond_of(account).bonded) for account in waiting}
