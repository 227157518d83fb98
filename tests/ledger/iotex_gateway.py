"""A node with IoTeX's habits: everything is passed on to a real EVM, and answered as an IoTeX gateway answers.

The habits are those noted in IoTeX's own sources and issues: receipts that come after their block, raw failure codes
as status, logs in receipts that nobody emitted, at most 2,000 blocks of logs and none beyond the tip, a floor under
fees, no batches (as some gateways), a connection that breaks before the bytes have arrived, or after, gas for calldata
(100 a byte, in all no less than 250), 48 KiB of it at most, views whose answers are remembered whoever asks, a nonce
that counts what waits, and methods that are not there.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from andel.ledger.gas import (
    IOTEX_LEAST_PRICE,
    IOTEX_MAX_DATA_BYTES,
    ethereum_intrinsic,
    gas_use,
    iotex_estimate,
    iotex_gas,
)
from andel.ledger.rpc import NodeRefused, Rpc

BASE_FEE = IOTEX_LEAST_PRICE
MISSING = ("eth_getProof", "eth_createAccessList", "web3_sha3", "eth_sendTransaction", "eth_signTransaction")
REVERTED = "0x6a"
FOREIGN_LOG = {
    "address": "0x" + "00" * 20,
    "topics": ["0x" + "00" * 31 + "01", "0x" + "22" * 32],
    "data": "0x" + "00" * 32,
    "blockNumber": "0x1",
}


class IotexGateway:
    """The gateway, listening on loopback. Attributes are its habits; `asked` counts methods, `raw` keeps bytes sent."""

    def __init__(self, node_url: str) -> None:
        self.receipts_late = 0
        self.takes_batches = True
        self.breaks_after_sending = 0
        self.breaks_before_sending = 0
        self.sends_left: int | None = None
        self.tall = 0
        self.fails_all = False
        self.behind = b""  # calls that begin so are answered as of the block before the newest
        self.charges = False
        self.asked: Counter[str] = Counter()
        self.raw: list[bytes] = []
        self.log_ranges: list[tuple[int, int]] = []
        self._late: Counter[str] = Counter()
        self._views: dict[tuple[str, str, str], Any] = {}
        self._node = Rpc(node_url)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._node.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                answer = gateway.answer(body)
                if answer is None:
                    self.close_connection = True
                    return
                content = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def answer(self, body: Any) -> Any:
        """The JSON that answers `body`; None breaks the connection."""
        with self._lock:
            if isinstance(body, dict):
                return self._one(body)
            self.asked["batch"] += 1
            if not self.takes_batches or len(body) > 100:
                return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches here"}}
            answers = [self._one(each) for each in body]
            return None if None in answers else answers[::-1]  # the order of answers is the node's own affair

    def _one(self, request: dict[str, Any]) -> Any:
        method, params = request["method"], request["params"]
        self.asked[method] += 1
        head = {"jsonrpc": "2.0", "id": request["id"]}
        if self.sends_left == 0:
            return None
        if method == "eth_sendRawTransaction" and self.breaks_before_sending:
            self.breaks_before_sending -= 1
            return None
        try:
            result = self._result(method, params)
        except NodeRefused as error:
            return {**head, "error": {"code": error.code, "message": error.reason, "data": error.data}}
        if method == "eth_sendRawTransaction":
            self.raw.append(bytes.fromhex(params[0][2:]))
            if self.sends_left is not None:
                self.sends_left -= 1
            if self.sends_left == 0:
                return None  # it arrived, and nobody hears of it
            if self.breaks_after_sending:
                self.breaks_after_sending -= 1
                return None
        return {**head, "result": result}

    def _result(self, method: str, params: list[Any]) -> Any:
        if method == "eth_call" and self.behind and params[0]["data"].startswith("0x" + self.behind.hex()):
            params = [params[0], hex(int(self._node.request("eth_blockNumber"), 16) - 1)]
        if method in MISSING or method.startswith(("anvil_", "evm_", "debug_", "trace_", "txpool_")):
            raise NodeRefused(method, -32601, "web3 method not found")
        if method == "eth_getLogs":
            return self._logs(params[0])
        if method == "eth_call":
            return self._view(params)
        if method == "eth_sendRawTransaction":
            return self._send(HexBytes(params[0]))
        if method == "eth_getTransactionCount":
            return self._node.request(method, params[0], "pending")
        if method == "eth_estimateGas" and len(params[0].get("data", "0x")) > 2 * IOTEX_MAX_DATA_BYTES + 2:
            raise NodeRefused(method, -32000, "oversized data")
        result = self._node.request(method, *params)
        if method == "eth_estimateGas":
            return self._estimate(params[0], int(result, 16))
        if method == "eth_gasPrice":
            return hex(max(BASE_FEE, int(result, 16)))
        if method == "eth_blockNumber":
            return hex(int(result, 16) + self.tall)
        if method == "eth_getBlockByNumber" and result is not None:
            return {**result, "baseFeePerGas": hex(BASE_FEE)}
        if method == "eth_maxPriorityFeePerGas":
            return hex(BASE_FEE)
        if method == "eth_getTransactionReceipt" and result is not None:
            return self._receipt(params[0], result)
        return result

    def _receipt(self, transaction: str, receipt: dict[str, Any]) -> Any:
        self._late[transaction] += 1
        if self._late[transaction] <= self.receipts_late:
            return None  # its block is visible already
        passed = receipt["status"] == "0x1" and not self.fails_all
        receipt = {**receipt, "gasUsed": hex(self._gas_used(transaction, receipt))}
        return {
            **receipt,
            "cumulativeGasUsed": receipt["gasUsed"],
            "status": "0x1" if passed else REVERTED,
            "logs": [FOREIGN_LOG, *receipt["logs"]],
        }

    def _estimate(self, fields: dict[str, Any], ethereum: int) -> str:
        """What IoTeX would say of a call for which Ethereum's rules give `ethereum`."""
        data = bytes.fromhex(fields.get("data", "0x")[2:])
        is_creation = not fields.get("to")
        return hex(iotex_estimate(data, max(0, ethereum - ethereum_intrinsic(data, is_creation))))

    def _view(self, params: list[Any]) -> Any:
        """Answers are kept by height, contract and calldata: whoever asks with the same gets the same."""
        key = (self._node.request("eth_blockNumber"), str(params[0].get("to")), params[0].get("data", ""))
        if key not in self._views:
            self._views[key] = self._node.request("eth_call", *params)
        return self._views[key]

    def _send(self, raw: HexBytes) -> Any:
        if raw[0] != 2:
            return self._node.request("eth_sendRawTransaction", "0x" + raw.hex())
        sent = TypedTransaction.from_bytes(raw).as_dict()
        data = bytes(sent["data"])
        if len(data) > IOTEX_MAX_DATA_BYTES:
            raise NodeRefused("eth_sendRawTransaction", -32000, "oversized data")
        if sent["maxFeePerGas"] < BASE_FEE:
            raise NodeRefused("eth_sendRawTransaction", -32000, "transaction underpriced")
        if sent["gas"] < iotex_gas(data, 0):
            raise NodeRefused("eth_sendRawTransaction", -32000, "intrinsic gas too low")
        sender = Account.recover_transaction(raw)
        held = int(self._node.request("eth_getBalance", sender, "latest"), 16)
        if self.charges and held < sent["gas"] * sent["maxFeePerGas"] + sent["value"]:
            raise NodeRefused("eth_sendRawTransaction", -32000, "insufficient funds for gas * price + value")
        name = self._node.request("eth_sendRawTransaction", "0x" + raw.hex())
        if self.charges:
            while (receipt := self._node.request("eth_getTransactionReceipt", name)) is None:
                time.sleep(0.002)  # anvil mines beside answering
            value = sent["value"] if receipt["status"] == "0x1" else 0
            left = held - value - self._gas_used(name, receipt) * BASE_FEE
            self._node.request("anvil_setBalance", sender, hex(left))
        return name

    def _gas_used(self, transaction: str, receipt: dict[str, Any]) -> int:
        sent = self._node.request("eth_getTransactionByHash", transaction)
        data = bytes.fromhex(sent["input"][2:])
        return gas_use(data, not sent.get("to"), int(receipt["gasUsed"], 16)).iotex

    def _logs(self, page: dict[str, Any]) -> Any:
        start, end = int(page["fromBlock"], 16), int(page["toBlock"], 16)
        tip = int(self._node.request("eth_blockNumber"), 16)
        self.log_ranges.append((start, end))
        if start > tip + self.tall:
            raise NodeRefused("eth_getLogs", -32603, f"start block {start} > tip height {tip + self.tall}")
        if end - start >= 2_000:
            raise NodeRefused("eth_getLogs", -32603, "block range is over 2000")
        if start > tip:
            return []
        return self._node.request("eth_getLogs", {**page, "toBlock": hex(min(end, tip))})
