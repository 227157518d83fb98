"""A wallet as browsers have it (EIP-1193, announced by EIP-6963), with real keys, before a real node.

The page's requests come to `BrowserWallet.answer`; it signs by the account's key, sends to the node, and refuses what a
test told it to refuse. What it was asked stands in `asked`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from andel.keys import AccountKey, parse_address
from andel.ledger.rpc import NodeRefused, Rpc
from andel.transactions import Transaction, sign_transaction

REJECTED = 4001
UNKNOWN_CHAIN = 4902
BINDING = "andelTestWallet"

PROVIDER = """
(() => {
  const listeners = new Map();
  const provider = {
    async request({method, params}) {
      const told = JSON.parse(await window.BINDING(method, JSON.stringify(params ?? [])));
      const {error} = told;
      if (error) throw Object.assign(new Error(error.message), {code: error.code, data: error.data});
      for (const [name, value] of told.events ?? []) provider.emit(name, value);
      return told.result;
    },
    on(name, listener) { listeners.set(name, [...(listeners.get(name) ?? []), listener]); return provider; },
    removeListener(name, listener) {
      listeners.set(name, (listeners.get(name) ?? []).filter(each => each !== listener)); return provider;
    },
    emit(name, value) { for (const listener of listeners.get(name) ?? []) listener(value); },
  };
  const icon = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3C/svg%3E";
  const name = "Wallet of the test", uuid = "0b6f4b0e-6f55-4d56-a3ad-8a2f5b1f0a11";
  const info = Object.freeze({uuid, name, icon, rdns: "test.wallet"});
  const announce = () => window.dispatchEvent(
    new CustomEvent("eip6963:announceProvider", {detail: Object.freeze({info, provider})}));
  window.addEventListener("eip6963:requestProvider", announce);
  window.andelTestProvider = provider;
  announce();
})();
""".replace("BINDING", BINDING)
"""Run in each page before its own scripts."""


class Refusal(Exception):
    """What the page is told as an error of the wallet."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code, self.data = code, data


@dataclass(slots=True)
class BrowserWallet:
    """One account before one node. `rejects` are methods that its owner says no to; `chain_id` is where it stands.

    With `gas` it asks the node for no estimate, as wallets do whose owner sets the limit; `sent` are the transactions
    that it signed, raw.
    """

    key: AccountKey
    node: str
    chain_id: int
    rejects: set[str] = field(default_factory=set)
    knows: set[int] = field(default_factory=set)
    connected: bool = False
    asked: list[tuple[str, Any]] = field(default_factory=list)
    gas: int = 0
    sent: list[bytes] = field(default_factory=list)
    rpc: Rpc = field(init=False)

    def __post_init__(self) -> None:
        self.rpc = Rpc(self.node)
        self.knows.add(self.chain_id)

    def answer(self, method: str, params: str) -> str:
        """The answer to one request, as JSON for the page."""
        read = json.loads(params)
        self.asked.append((method, read))
        events: list[tuple[str, object]] = []
        try:
            result = self._result(method, read, events)
        except Refusal as refusal:
            return json.dumps({"error": {"code": refusal.code, "message": str(refusal), "data": refusal.data}})
        except NodeRefused as refused:
            return json.dumps({"error": {"code": refused.code, "message": refused.reason, "data": refused.data}})
        return json.dumps({"result": result, "events": events})

    def methods(self) -> list[str]:
        """What was asked, in order."""
        return [method for method, _ in self.asked]

    def _result(self, method: str, params: list[Any], events: list[tuple[str, object]]) -> object:
        if method in self.rejects:
            raise Refusal(REJECTED, "User rejected the request.")
        match method:
            case "eth_requestAccounts":
                self.connected = True
                return [self.key.address]
            case "eth_accounts":
                return [self.key.address] if self.connected else []
            case "eth_chainId":
                return hex(self.chain_id)
            case "wallet_switchEthereumChain":
                self._switch(int(params[0]["chainId"], 16), events)
                return None
            case "wallet_addEthereumChain":
                self.knows.add(int(params[0]["chainId"], 16))
                self._switch(int(params[0]["chainId"], 16), events)
                return None
            case "eth_sendTransaction":
                return self._send(params[0])
            case "personal_sign":
                return self._signed(encode_defunct(hexstr=params[0]))
            case "eth_signTypedData_v4":
                record = json.loads(params[1]) if isinstance(params[1], str) else params[1]
                return self._signed(encode_typed_data(full_message=record))
        return self.rpc.request(method, *params)

    def _switch(self, chain_id: int, events: list[tuple[str, object]]) -> None:
        if chain_id not in self.knows:
            raise Refusal(UNKNOWN_CHAIN, "Unrecognized chain ID.")
        self.chain_id = chain_id
        events.append(("chainChanged", hex(chain_id)))

    def _signed(self, message: Any) -> str:
        signed = Account.sign_message(message, self.key.secret_bytes())
        return "0x" + bytes(signed.signature).hex()

    def _send(self, fields: Mapping[str, str]) -> object:
        if self.chain_id != int(self.rpc.request("eth_chainId"), 16):
            raise Refusal(4901, "The wallet is not connected to the requested chain.")
        asked = {name: value for name, value in fields.items() if name in ("from", "to", "data", "value")}
        gas = hex(self.gas) if self.gas else fields.get("gas") or self.rpc.request("eth_estimateGas", asked)
        nonce = self.rpc.request("eth_getTransactionCount", self.key.address, "pending")
        signed = sign_transaction(
            self.key,
            Transaction(
                chain_id=self.chain_id,
                nonce=int(nonce, 16),
                to=parse_address(fields["to"]),
                value=int(fields.get("value", "0x0"), 16),
                data=bytes.fromhex(fields.get("data", "0x").removeprefix("0x")),
                gas=int(gas, 16),
                max_fee=2 * int(self.rpc.request("eth_gasPrice"), 16),
                priority_fee=None,
            ),
        )
        self.sent.append(signed.raw)
        return self.rpc.request("eth_sendRawTransaction", "0x" + signed.raw.hex())
