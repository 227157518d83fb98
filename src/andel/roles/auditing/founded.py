"""What a model's launch minted: for its sale, its founders and its treasury.

Takes the model's token, a clone whose code is known: the pool mints it, and the factory in the launch's transaction.
Gives base units. The launch's second stands in the token's code, and the block is found by it. Never sends.
"""

from __future__ import annotations

from typing import Final

from andel.ledger.connection import Chain
from andel.ledger.contracts import ModelTokenContract

_NOBODY: Final = "0x" + 40 * "0"
_BLOCKS_OF_ONE_SECOND: Final = 1_000


def minted_at_launch(token: ModelTokenContract) -> int:
    """Base units that were minted in the second of the launch, in which no round can end. Raises ChainError."""
    chain, second = token.chain, token.launched_at()
    block = _first_block(chain, second)
    last = min(_first_block(chain, second + 1), block + _BLOCKS_OF_ONE_SECOND) - 1
    return sum(int(event.arguments["value"]) for event in token.logs("Transfer", block, last, **{"from": _NOBODY}))


def _first_block(chain: Chain, second: int) -> int:
    """The first block of that second or a later one; the one after the newest if there is none."""
    low, high = 0, chain.block_number() + 1
    while low < high:
        middle = (low + high) // 2
        if chain.block_time(middle) < second:
            low = middle + 1
        else:
            high = middle
    return low
