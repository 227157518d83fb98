"""A node with IoTeX's habits: everything is passed on to a real EVM, and answered as an IoTeX gateway answers.

The habits are those noted in IoTeX's own sources and issues: receipts that come after their block, raw failure codes
as status, logs in receipts that nobody emitted, at most 2,000 blocks of logs and none beyond the tip, a floor under
fees, no batches (as some gateways), and a connection that breaks before the bytes have arrived, or after.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from andel.ledger.rpc import NodeRefused, Rpc

BASE_FEE = 10**12
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
        self.tall = 0
        self.fails_all = False
        self.behind = b""  # calls that begin so are answered as of the block before the newest
        self.asked: Counter[str] = Counter()
        self.raw: list[bytes] = []
        self.log_ranges: list[tuple[int, int]] = []
        self._late: Counter[str] = Counter()
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
        if method == "eth_sendRawTransaction" and self.breaks_before_sending:
            self.breaks_before_sending -= 1
            return None
        try:
            result = self._result(method, params)
        except NodeRefused as error:
            return {**head, "error": {"code": error.code, "message": error.reason, "data": error.data}}
        if method == "eth_sendRawTransaction":
            self.raw.append(bytes.fromhex(params[0][2:]))
            if self.breaks_after_sending:
                self.breaks_after_sending -= 1
                return None
        return {**head, "result": result}

    def _result(self, method: str, params: list[Any]) -> Any:
        if method == "eth_call" and self.behind and params[0]["data"].startswith("0x" + self.behind.hex()):
            params = [params[0], hex(int(self._node.request("eth_blockNumber"), 16) - 1)]
        if method == "eth_getLogs":
            return self._logs(params[0])
        result = self._node.request(method, *params)
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
        return {**receipt, "status": "0x1" if passed else REVERTED, "logs": [FOREIGN_LOG, *receipt["logs"]]}

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
