"""How the model is run: the round under way, its operators, and who answers for pay.

Takes a memory. Gives what `andel status` and `andel market` tell, from the chain alone. What the server itself says of
its health is added by the server.
"""

from __future__ import annotations

from andel.ledger.market import InferenceMarketContract
from andel.ledger.payment import COIN
from andel.ledger.round_state import RoundState, Status
from andel.roles.model_state import ModelState, OperatorState, model_state
from andel.roles.showing.measured import Baselines
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts, word_of
from andel.roles.showing.rounds import round_facts


def operator_facts(memory: Memory, baselines: Baselines) -> Facts:
    """Round, operators, market. Bonds are wei, `claimable` base units of the model's token. Raises ChainError."""
    state = memory.head.get("model state", lambda: model_state(memory.model))
    return {
        "round": None if state.round is None else _round(memory, baselines, state, state.round),
        "operators": [_operator(each) for each in state.operators],
        "k": state.k,
        "idle_at": state.idle_at,
        "accrued": str(state.accrued),
        "minted": str(state.minted),
        "health": None,
        "market": memory.head.get("market", lambda: market_facts(memory)),
        "coin": memory.token(COIN),
        "symbol": memory.symbol,
        "decimals": 18,
    }


def phase_words(newest: RoundState) -> str:
    """What a round waits for, for people."""
    seed = f", its seed comes from block {newest.seed_block:,}" if newest.seed_awaited else ""
    match newest.status:
        case Status.OPEN:
            return "contributors say which readings they bring"
        case Status.DATA_COMMITTED:
            return f"data is committed to{seed}" if seed else "contributors train"
        case Status.CLOSED:
            return f"updates are in{seed}" if seed else "validators compute the result and seal their votes"
        case Status.ATTESTED:
            return "validators agree; the result can be disputed until it is final"
        case Status.CHALLENGED:
            return "the result is disputed, and a hearing is on"
        case Status.FINALISED:
            return "final"
        case _:
            return f"void: {word_of(newest.void_reason.name)}"


def _round(memory: Memory, baselines: Baselines, state: ModelState, newest: RoundState) -> Facts:
    (facts,) = round_facts(memory, baselines, [newest])
    return facts | {
        "deadline": newest.deadline,
        "voidable_at": state.voidable_at,
        "finalisable_at": newest.finalisable_at or None,
        "phase": phase_words(newest),
        "plant": word_of(state.plant.name),
        "commits": newest.commit_count,
        "reveals": newest.reveal_count,
        "n": newest.n,
        "k": newest.k,
        "unresolved": newest.unresolved,
    }


def _operator(each: OperatorState) -> Facts:
    return {
        "account": each.account,
        "role": each.role,
        "bond": str(each.bonded),
        "unbonding": str(each.unbonding),
        "is_bonded": each.is_bonded,
        "claimable": str(each.claimable),
        "voted": each.voted or None,
    }


def market_facts(memory: Memory) -> Facts | None:
    """Terms and servers of the model in the market; None where it is not asked there, or no market is known."""
    market: InferenceMarketContract | None = memory.model.market
    found = None if market is None else market.terms_of(memory.manager.address)
    if market is None or found is None or not found.terms.servers:
        return None
    terms = found.terms
    return {
        "address": market.address,
        "terms": {
            "number": found.number,
            "price": str(terms.price),
            "token": memory.token(terms.token),
            "servers": terms.servers,
            "quorum": terms.quorum,
            "routing": word_of(terms.routing.name),
            "seal_seconds": terms.seal_seconds,
            "reveal_seconds": terms.reveal_seconds,
            "bond": str(terms.bond),
        },
        "servers": [
            {
                "account": each.account,
                "endpoint": each.endpoint,
                "price": str(each.price),
                "bond": str(each.bond),
                "agreed": each.terms == found.number,
                "leaving": each.withdrawable_at or None,
            }
            for each in market.servers(memory.manager.address)
        ],
    }
