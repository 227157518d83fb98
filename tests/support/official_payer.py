"""Pays for one call with x402's own client and EVM mechanism, in the environment `x402`, which knows nothing of Andel.

Told on standard input, as JSON: url, question, secret, network, asset, most. Writes status and body as JSON.
"""

import asyncio
import json
import sys
from typing import Any


async def ask(told):
    import httpx
    from eth_account import Account
    from x402 import x402Client
    from x402.http.clients.httpx import x402AsyncTransport
    from x402.mechanisms.evm.exact import register_exact_evm_client
    from x402.mechanisms.evm.signers import EthAccountSigner

    client = x402Client()
    register_exact_evm_client(client, EthAccountSigner(Account.from_key(told["secret"])))
    allowed = {"network": told["network"], "asset": told["asset"], "max_amount_per_payment": told["most"]}
    controls: Any = {"allowed_assets": [allowed]}
    client.set_spend_controls(controls)
    async with httpx.AsyncClient(transport=x402AsyncTransport(client), timeout=30) as http:
        response = await http.post(told["url"], json=told["question"])
        return {"status": response.status_code, "body": response.json(), "headers": dict(response.headers)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(ask(json.load(sys.stdin)))))
