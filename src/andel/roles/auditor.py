"""The auditor: replays everything from the chain and the content store, trusting nobody.

Every round that led to the model (registration, commitments, entries, openings, updates, aggregation, value,
attestations), the money, the model file, the code on chain, an answer, and last every byte of the store. It stops at
the first place where evidence and chain disagree, and names it. What it took on somebody's word it counts.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

import andel
from andel.content import ContentStore, digest_of_cid
from andel.encoding import canonical_json
from andel.errors import (
    AndelError,
    ChainError,
    ContentError,
    ContentMissing,
    ContentUnreachable,
    EvidenceError,
    Reverted,
)
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import Founding, RoundState, Status
from andel.ledger.transcript import Transcript, listening
from andel.roles.auditing.answer import audit_model
from andel.roles.auditing.attempts import Outcome, RoundTurns, Scope, compare_nodes
from andel.roles.auditing.checkpoint import Checkpoint, Record, code_hash
from andel.roles.auditing.findings import KINDS, Audit, Checked, Missing, Rests, Step, Tally, Verdict
from andel.roles.auditing.pool import audit_pool
from andel.roles.auditing.processes import Source, outcomes_of
from andel.roles.auditing.rounds import RoundProof, VoidRound
from andel.serving.prediction import Prediction
from andel.value.history import EMPTY_HISTORY

__all__ = ["Audit", "AuditOptions", "Checked", "Source", "Step", "Verdict", "audit"]

SEARCHED_BLOCKS: Final = 1_000_000
"""How far before round 1 registrations and entries are searched when nothing else is said: a month of IoTeX."""


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """How an audit is run; nothing here changes what it finds.

    `only` audits one round alone. With `processes` and a `source` to start them from, rounds are proven in parallel
    once that is worth it. `checkpoint` resumes, `second` is another node to compare with. `from_block` is where the
    search for registrations and entries begins (None: `SEARCHED_BLOCKS` before round 1). `keep_reports` keeps every
    round's report, whose size grows with the model. Processes are started after `alone` rounds, of which the
    first opens the reference set, when those still to prove take longer than `worth_seconds`, judged by the last one.
    `reader` is a validator's key, by which openings that are sealed to it are replayed: in this process alone. `tell`
    is told of each check as it ends; what it raises ends the audit.
    """

    only: int | None = None
    processes: int = 1
    source: Source | None = None
    checkpoint: Checkpoint | None = None
    second: Chain | None = None
    from_block: int | None = None
    reader: AccountKey | None = None
    keep_reports: bool = True
    alone: int = 2
    worth_seconds: float = 8.0
    say: Callable[[str], None] = lambda _: None
    tell: Callable[[Step], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def audit(
    model: ModelContracts,
    store: ContentStore,
    prediction: Prediction | None = None,
    options: AuditOptions | None = None,
) -> Audit:
    """Replays the model's whole evidence; never raises for what evidence holds, but reports the first failure.

    Raises ChainError when the node fails, ContentUnreachable when the store does: neither says anything about the
    evidence.
    """
    return _Auditor(model, store, options or AuditOptions()).run(prediction)


class _Auditor:
    def __init__(self, model: ModelContracts, store: ContentStore, options: AuditOptions) -> None:
        self._model = model
        self._store = store
        self._options = options
        self._result = Audit()
        self._names: dict[str, str] = {}
        self._rounds: list[RoundProof] = []

    def run(self, prediction: Prediction | None) -> Audit:
        result = self._result
        try:
            self._prove(prediction)
        except ContentError as error:
            result.failure = f"{self._names.get(error.cid, 'content store')}: {error.message}"
        except EvidenceError as error:
            result.failure = str(error)
        except ContentUnreachable:
            raise
        except AndelError as error:
            if isinstance(error, ChainError) and not isinstance(error, Reverted):
                raise
            result.failure = f"evidence cannot be read: {error.message}"
        if not result.failure and result.missing:
            result.failure = str(result.missing[0])
        if result.failure:
            place, _, message = result.failure.partition(": ")
            self._options.tell(Step(place, Verdict.FAIL, message))
        _count(result)
        return result

    def _prove(self, prediction: Prediction | None) -> None:
        with listening(self._model.round_manager.chain) as heard:
            founding = self._model.round_manager.founding()
            scope = self._scope(founding)
        self._compare("founding", heard)
        self._options.tell(Step("founding", Verdict.PASS, f"the chain tells of {len(heard)} things about it"))
        if self._options.only is not None:
            self._prove_one(self._options.only, scope)
            return
        self._prove_rounds(founding, scope)
        with listening(self._model.round_manager.chain) as heard:
            if self._rounds:
                self._counted("money", lambda: audit_pool(self._model, self._store, self._rounds, self._result))
            if task := self._task(founding):
                model = (self._model, self._store, task, prediction, self._result, self._names)
                self._counted("model and answer", lambda: audit_model(*model))
        self._compare("money and model", heard)
        self._result.tally.add("blocks", Rests.NODE, len(heard))
        self._counted("every object of the store", self._sweep)

    def _counted(self, name: str, check: Callable[[], None]) -> None:
        """Makes a check and tells of it, with what it added to the tally."""
        before = Tally(self._result.tally.counts.copy())
        check()
        self._options.tell(_step_of(name, Tally(self._result.tally.counts - before.counts)))

    def _scope(self, founding: Founding) -> Scope:
        """What rounds are proven with. Reads the first block too: another chain of the same id is another chain."""
        chain, address = self._model.round_manager.chain, self._model.round_manager.address
        from_block = self._options.from_block
        if from_block is None:
            first = self._model.round_manager.rounds_count() and self._model.round_manager.round_of(1).opened_block
            from_block = max(0, first - SEARCHED_BLOCKS)
        reader = self._options.reader.address if self._options.reader else ""
        about = canonical_json([str(chain.chain_id), address, str(from_block), repr(founding), reader])
        base = sha256(_code(), chain.block_hash(0), about)
        return Scope(base, from_block, self._options.keep_reports)

    def _prove_one(self, number: int, scope: Scope) -> None:
        turns = RoundTurns(
            self._model, self._store, scope, self._options.second, self._options.sleep, self._options.reader
        )
        outcome = turns.take(number, None)
        self._take(outcome)
        self._options.tell(_step(outcome))
        self._result.rests_on.append(f"only round {number} was audited: what it builds on rests on the chain's word")

    def _prove_rounds(self, founding: Founding, scope: Scope) -> None:
        """All rounds in order; those that became final meanwhile as well, so that the money can be compared."""
        manager, first = self._model.round_manager, 1
        while first <= (count := manager.rounds_count()):
            for outcome in self._outcomes(list(range(first, count + 1)), scope):
                before = self._rounds[-1] if self._rounds else None
                if (proof := self._take(outcome)) is not None:
                    _check_link(proof, before, founding)
                self._options.say(f"round {outcome.number} of {count}: {_told(outcome)}")
                self._options.tell(_step(outcome))
            first = count + 1
            if (not self._rounds or self._rounds[-1].number < count) and _is_final(manager.round_of(count)):
                self._result.rests_on.pop()  # it was under way when it had its turn
                self._result.withheld = [item for item in self._result.withheld if item.round != count]
                first = count

    def _outcomes(self, numbers: list[int], scope: Scope) -> Iterator[Outcome]:
        """One after the other; in processes from where it is worth starting them."""
        options = self._options
        turns = RoundTurns(self._model, self._store, scope, options.second, options.sleep, options.reader)
        spent = 0.0
        for done, number in enumerate(numbers):
            worth = done >= options.alone and spent * (len(numbers) - done) > options.worth_seconds
            if worth and options.source is not None and options.processes > 1 and options.reader is None:
                yield from outcomes_of(numbers[done:], self._record_of, options.source, scope, options.processes)
                return
            started = options.clock()
            outcome = turns.take(number, self._record_of(number))
            spent = options.clock() - started
            yield outcome

    def _record_of(self, number: int) -> Record | None:
        """What is remembered of a round; a proof that is to bring its report is always made anew."""
        checkpoint = None if self._options.keep_reports else self._options.checkpoint
        return checkpoint.record_of(number) if checkpoint is not None else None

    def _take(self, outcome: Outcome) -> RoundProof | None:
        """Adds a round's outcome to the result; the proof of a final round. Raises EvidenceError, ChainError."""
        result = self._result
        if outcome.broken is not None:
            kind, message, hint = outcome.broken
            raise kind(message, hint)
        if outcome.failure:
            place, _, message = outcome.failure.partition(": ")
            raise EvidenceError(place, message)
        found = outcome.found
        if not isinstance(found, RoundProof):
            status = found.status if isinstance(found, VoidRound) else "unknown"
            result.rests_on.append(f"round {outcome.number} is {status}: it changed nothing")
            result.withheld += found.withheld if isinstance(found, VoidRound) else ()
            return None
        if self._options.checkpoint is not None and outcome.record is not None and not self._options.keep_reports:
            self._options.checkpoint.keep(outcome.record)
        if found.missing and not found.task:
            result.rests_on.append(f"round {found.number} rests on the signatures of {found.k} of {found.n} validators")
        if unseen := found.tally.of("asked", Rests.SIGNATURES):
            result.rests_on.append(
                f"round {found.number}: openings of {unseen} contributors, sealed to its validators, rest on the"
                f" signatures of {found.k} of {found.n}"
            )
        result.add_missing(found.missing)
        result.frauds += found.frauds
        for place, cid in found.objects:
            self._names.setdefault(cid, place)
        result.tally.merge(found.tally)
        if all(proof.reference != found.reference for proof in self._rounds):
            result.tally.add("references", Rests.RECOMPUTED, found.reference_packets)
        result.checked.rounds += 1
        result.resumed += found.resumed
        result.quorum = (found.k, found.n)
        if found.report is not None:
            result.reports.append(found.report)
        self._rounds.append(found)
        return found

    def _task(self, founding: Founding) -> str:
        tasks = [proof.task for proof in self._rounds if proof.task]
        if any(digest_of_cid(task) != founding.task_hash for task in tasks):
            raise EvidenceError("task", "it is not the one the model was founded with")
        return tasks[-1] if tasks else ""

    def _sweep(self) -> None:
        """Every object's bytes against its name: what no round refers to must be whole as well."""
        verified = {cid for proof in self._rounds for _, cid in proof.objects}
        for cid in self._store.cids():
            self._names.setdefault(cid, "object that no round refers to")
        swept = 0
        for cid in sorted(self._names.keys() - verified):
            try:
                self._store.get(cid)
            except ContentMissing as error:
                self._result.add_missing([Missing(self._names[cid], error.message, Rests.DELETED)])
                continue
            swept += 1
        self._result.tally.add("objects", Rests.RECOMPUTED, swept)
        self._result.checked.objects = len(verified) + swept

    def _compare(self, place: str, heard: Transcript) -> None:
        if self._options.second is not None:
            chain = self._model.round_manager.chain
            compare_nodes(chain, self._options.second, place, heard.questions, heard, self._options.sleep)


def _check_link(proof: RoundProof, before: RoundProof | None, founding: Founding) -> None:
    version = before.version if before else founding.genesis_version
    state = before.state if before else EMPTY_HISTORY.hash
    if proof.parent != version or (proof.task and proof.before != state):
        raise EvidenceError(f"round {proof.number}, plan", "it does not build on the last final round")


def _is_final(state: RoundState) -> bool:
    return state.status == Status.FINALISED


def _told(outcome: Outcome) -> str:
    if isinstance(outcome.found, RoundProof):
        return "proven before, the same answers and objects" if outcome.found.resumed else "proven"
    return "not final"


def _step(outcome: Outcome) -> Step:
    """What is told of a round that nothing contradicts."""
    name = f"round {outcome.number}"
    if not isinstance(outcome.found, RoundProof):
        return Step(name, Verdict.RESTS, "it is not final: it changed nothing")
    if outcome.found.missing:
        return Step(name, Verdict.RESTS, str(outcome.found.missing[0]))
    step = _step_of(name, outcome.found.tally)
    return replace(step, detail=f"proven before; {step.detail}") if outcome.found.resumed else step


def _step_of(name: str, tally: Tally) -> Step:
    rows = [(KINDS[kind], counts) for kind, counts in tally.rows() if kind != "blocks"]
    found = [f"{what} ({sum(counts.values()):,})" for what, counts in rows]
    proven = any(counts[Rests.RECOMPUTED.value] for _, counts in rows)
    return Step(name, Verdict.PASS if proven or not rows else Verdict.RESTS, "; ".join(found))


def _count(result: Audit) -> None:
    checked, tally = result.checked, result.tally
    checked.openings = tally.of("openings")
    checked.packets = checked.openings + tally.of("references")
    checked.updates = tally.of("updates")


@lru_cache(maxsize=1)
def _code() -> bytes:
    """The hash of this package's code and of what it runs on: a proof by other code is no proof here."""
    folder = Path(andel.__file__).parent
    files = [path for path in folder.rglob("*") if path.suffix in (".py", ".json") and path.is_file()]
    return code_hash(files, f"{platform.python_version()} {np.__version__}")
