"""A server that is paid by the call, as a process: told its chain, token, payee and folder; prints its address.

`dies=answering` kills it as soon as the model is asked, `dies=settled` between a transfer that was mined and the note
of it, `dies=sending` after the note that a transfer goes out and before it does.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.serving.http_edge import serve_in_thread
from andel.serving.payment_wire import CallPrice
from tests.support.paid_calls import PRICE, paid_app, paid_calls


def main() -> None:
    told = dict(argument.split("=", 1) for argument in sys.argv[1:])
    chain, folder, dies = Chain.connect(told["chain"]), Path(told["folder"]), told.get("dies", "")
    lease = float(told.get("lease", "10"))
    price = CallPrice(chain.chain_id, parse_address(told["token"]), PRICE, parse_address(told["payee"]))
    pays = paid_calls(chain, lambda: price, folder / "book.sqlite", lease_seconds=lease, wait_seconds=90.0)

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if dies == "settled":
        type(pays.book).paid = die  # type: ignore[method-assign, assignment]
    if dies == "sending":
        type(pays.facilitator).settle = die  # type: ignore[method-assign, assignment]

    def answer(body: bytes) -> object:
        if dies == "answering":
            die()
        with (folder / "runs").open("ab") as runs:
            runs.write(body + b"\n")
        time.sleep(0.2)
        return {"answer": 42, "by": os.getpid()}

    with serve_in_thread(paid_app(pays, answer)) as running:
        print(running.url, flush=True)  # noqa: T201  # how the test finds it
        threading.Event().wait()


if __name__ == "__main__":
    main()
