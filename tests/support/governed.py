"""A small world whose holders govern it: clones of governor, timelock and policy beside a model founded before.

A factory makes all of a model at once; here a model that stands already is given its clones, on an embedded chain that
lets a test act as any account. The policy becomes the model's publisher, two holders get tokens and their votes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from andel.keys import AccountKey, address_bytes, derive_secret, parse_address
from andel.ledger.abi import encode_call, encode_creation
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts
from andel.ledger.governance import ModelGovernorContract, ModelTimelockContract, ProposedCall, Support
from andel.ledger.interface import Contract, interface_of
from andel.ledger.policy import ModelPolicyContract
from andel.ledger.rpc import Rpc
from andel.simulation.local_chain import LocalChain
from andel.units import TOKEN, Address

SECONDS = 60
HELD = 10 * TOKEN
"""Base units that each holder has; the cap that the governor goes by is six times as much."""


@dataclass(slots=True)
class Governed:
    """The clones, and two holders with votes."""

    local: LocalChain
    chain: Chain
    governor: ModelGovernorContract
    timelock: ModelTimelockContract
    policy: ModelPolicyContract
    holders: tuple[AccountKey, AccountKey]

    def decide(self, calls: list[ProposedCall], why: str) -> int:
        """The whole way: proposed, one vote cast, one signed and brought by another, queued, executed."""
        anne, bert = self.holders
        identity, _ = self.governor.propose(anne, calls, why)
        self.local.advance(SECONDS + 1)
        self.governor.cast(anne, identity, Support.FOR)
        signature = self.governor.sign_vote(bert, identity, Support.FOR)
        self.governor.cast_signed(anne, identity, Support.FOR, bert.address, signature)
        self.local.advance(2 * SECONDS)
        self.governor.queue(anne, identity)
        self.local.advance(SECONDS)
        self.governor.execute(anne, identity)
        return identity


class Impersonator:
    """Sends as any account of an embedded chain."""

    def __init__(self, local: LocalChain) -> None:
        self._local = local
        self._rpc = Rpc(local.url)

    def send(self, sender: Address, to: Address | None, data: bytes) -> Address | None:
        """A transaction; the address of what it created."""
        self._local.fund([sender])
        self._rpc.request("anvil_impersonateAccount", sender)
        sent = {"from": sender, "data": "0x" + data.hex(), "gas": hex(12_000_000)} | ({"to": to} if to else {})
        transaction, receipt = self._rpc.request("eth_sendTransaction", sent), None
        for _ in range(200):  # a receipt comes a little after its transaction
            if receipt := self._rpc.request("eth_getTransactionReceipt", transaction):
                break
            time.sleep(0.01)
        assert receipt is not None, f"no receipt of {transaction}"
        assert int(receipt["status"], 16) == 1, f"{sender} to {to}"
        created = receipt.get("contractAddress")
        return parse_address(created) if created else None

    def create(self, sender: Address, data: bytes) -> Address:
        """A contract."""
        made = self.send(sender, None, data)
        assert made is not None
        return made

    def call(self, sender: Address, name: str, at: Address, function: str, *arguments: object) -> None:
        """A call of one of our contracts."""
        self.send(sender, at, encode_call(Contract(name, at), function, arguments))

    def clone(self, sender: Address, implementation: Address, words: list[bytes]) -> Address:
        """A clone with words in its code, byte for byte as OpenZeppelin's `Clones` writes it."""
        args = b"".join(words)
        code = bytes.fromhex("61") + (len(args) + 0x2D).to_bytes(2, "big")
        code += bytes.fromhex("3d81600a3d39f3363d3d373d3d3d363d73") + address_bytes(implementation)
        return self.create(sender, code + bytes.fromhex("5af43d82803e903d91602b57fd5bf3") + args)


def govern(local: LocalChain, model: ModelContracts, founder: AccountKey, name: str, training: bytes) -> Governed:
    """Gives a model its clones, makes the policy its publisher, and two holders their tokens."""
    chain, act = model.round_manager.chain, Impersonator(local)
    factory = AccountKey(derive_secret(b"factory", name)).address
    codes = {
        kind: act.create(factory, encode_creation(interface_of(kind), [factory]))
        for kind in ("ModelTimelock", "ModelGovernor", "ModelPolicy")
    }
    nonce = chain.next_nonce(factory)
    timelock, governor, policy = (chain.created_address(factory, nonce + i) for i in range(3))
    registry = model.onchain_models
    assert registry is not None
    account = lambda address: bytes(12) + address_bytes(address)  # noqa: E731  # a word of an address
    number = lambda value: value.to_bytes(32, "big")  # noqa: E731
    assert act.clone(factory, codes["ModelTimelock"], [account(governor), number(SECONDS)]) == timelock
    words = [account(model.token.address), account(timelock), bytes(32), account(model.pool.address)]
    words += [number(6 * HELD), number(1_000), number(3_333), number(SECONDS)]
    assert act.clone(factory, codes["ModelGovernor"], words) == governor
    words = [account(timelock), account(model.round_manager.address), account(registry.address)]
    assert act.clone(factory, codes["ModelPolicy"], words) == policy
    zero = "0x" + "00" * 20
    act.call(factory, "ModelTimelock", timelock, "initialize", SECONDS, [governor], [governor], zero)
    act.call(factory, "ModelGovernor", governor, "initialize", SECONDS, 2 * SECONDS, TOKEN // 10, SECONDS)
    founding: tuple[object, ...] = (training, bytes(32), bytes(32), bytes(32), 0, [], (10**9, True, True))
    act.call(factory, "ModelPolicy", policy, "initialize", founding)
    # until a founding names the publisher, it is whoever owns the operators
    model.operators.offer_ownership(founder, policy)
    act.call(policy, "Operators", model.operators.address, "acceptOwnership")
    holders = tuple(AccountKey(derive_secret(b"holder", name, i)) for i in range(2))
    local.fund([key.address for key in holders])
    for key in holders:
        act.call(model.pool.address, "ModelToken", model.token.address, "mint", key.address, HELD)
        act.call(key.address, "ModelToken", model.token.address, "delegate", key.address)
    local.advance(5)
    return Governed(
        local,
        chain,
        ModelGovernorContract(chain, governor),
        ModelTimelockContract(chain, timelock),
        ModelPolicyContract(chain, policy),
        (holders[0], holders[1]),
    )
