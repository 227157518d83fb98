"""Whether a launch can be made, and whether a launched model is what its file says: one finding a line.

Takes a `Chain`, a `Founding` (what the file says), a `Lock` (what was launched), the account that pays. Gives
`Finding`s, each with a remedy where it is not as it should be; one that cannot be told is not. Never sends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from andel.content import ContentStore
from andel.errors import AndelError
from andel.ledger.clones import implementation_of, is_code_of, words_of
from andel.ledger.connection import Chain
from andel.ledger.factory import IMPLEMENTATIONS, ModelFactoryContract
from andel.ledger.gas import IOTEX_CHAINS, IOTEX_LEAST_PRICE
from andel.ledger.interface import Contract
from andel.ledger.operators import OperatorsContract
from andel.roles.launching.costs import Bill
from andel.roles.launching.founding import Founding
from andel.roles.launching.lock import Lock
from andel.roles.launching.words import expected_words, ruler_of, terms_in
from andel.units import NOBODY, Address

_NOT_OURS = "do not use it; take the release that the model was launched with, or the address from who launched it"
_OTHER_RULER = "somebody holds a power that the file does not give: do not trust this model"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what, whether it is fit, what was found, and what to do if not."""

    what: str
    ok: bool
    found: str
    remedy: str = ""


@dataclass(slots=True)
class Findings:
    """Findings as they come."""

    lines: list[Finding] = field(default_factory=list)

    def tell(self, what: str, ok: bool, found: str, remedy: str = "") -> None:
        """Adds one."""
        self.lines.append(Finding(what, ok, found, "" if ok else remedy))

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """An error inside is a finding."""
        try:
            yield
        except AndelError as error:
            self.tell(what, False, error.message, error.hint)


def check_price(told: Findings, chain: Chain) -> None:
    """Whether the node takes gas for what its chain takes it."""
    with told.trying("gas price"):
        price = chain.gas_price()
        least = IOTEX_LEAST_PRICE if chain.chain_id in IOTEX_CHAINS else 1
        told.tell(
            "gas price", price >= least, f"{price} wei", f"the chain takes no less than {least} wei: another node"
        )


def check_balance(told: Findings, chain: Chain, account: Address, bill: Bill) -> None:
    """Whether the account can pay for what is still to be sent, and the chain would take it."""
    with told.trying("balance"):
        held = chain.balance(account)
        lacks = max(0, bill.needed - held)
        told.tell("balance", not lacks, f"{held} wei of {bill.needed}", f"send {lacks} wei to {account}")
    if chain.chain_id in IOTEX_CHAINS:
        large = bill.too_large_for_iotex()
        named = ", ".join(each.step.name for each in large)
        told.tell("sizes", not large, named or "all within IoTeX's limits", "shorten the file's lists")
    if not bill.is_whole:
        told.tell("costs", False, "not every step could be tried", "install anvil: npm ci in contracts/, or Foundry")


def check_shared(told: Findings, chain: Chain, shared: dict[str, Address]) -> None:
    """Whether the contracts that models share have this release's code, behind the factory as well."""
    for name, address in shared.items():
        _check_code(told, chain, name, address)
    if "InferenceMarket" in shared:
        _check_market(told, chain, shared)
    if "ModelFactory" in shared:
        with told.trying("implementations"):
            makes = ModelFactoryContract(chain, shared["ModelFactory"]).implementations()
            for part, address in makes.items():
                _check_code(told, chain, IMPLEMENTATIONS[part][0], address)


def check_objects(told: Findings, store: ContentStore, objects: dict[str, str]) -> None:
    """Whether the content store holds what the chain names."""
    for name, cid in objects.items():
        with told.trying(f"object {name}"):
            told.tell(f"object {name}", store.has(cid), cid, "run `andel launch` again with this --store")


def check_model(told: Findings, chain: Chain, lock: Lock, founding: Founding | None) -> None:
    """Whether what was launched is there, is ours, says what was founded, and is ruled by whom it should be."""
    with told.trying("terms"):
        terms = terms_in(lock.terms)
        sent = lock.done("launch")
        if sent is not None:
            ((to, data),) = chain.sent_to([sent.hash])
            is_it = (to, data) == (lock.shared.get("ModelFactory"), lock.terms)
            told.tell("launch", is_it, sent.hash, "the lock file is not of this launch: " + _NOT_OURS)
        if founding is not None:
            same = lock.model_file == founding.file_hash
            told.tell("model file", same, lock.model_file, "the file is another than the one that was launched")
        words = expected_words(terms, lock.shared["ModelFactory"], lock.model, lock.vestings)
        makes = ModelFactoryContract(chain, lock.shared["ModelFactory"]).implementations()
        for part, (name, _) in IMPLEMENTATIONS.items():
            if name in words and name != "FounderVesting":
                _check_clone(told, chain, name, lock.model[name], makes[part], words[name])
        for wallet in lock.vestings:
            _check_clone(told, chain, "FounderVesting", wallet, makes["vesting"], ())
        _check_rulers(told, chain, lock, ruler_of(terms, lock.model), terms["alliance"]["existing"] == NOBODY)
        for wallet, allocation in zip(lock.vestings, terms["allocations"], strict=True):
            named = Address(allocation["beneficiary"])
            holder = ruler_of(terms, lock.model) if named == NOBODY else named
            _check_holder(told, chain, "FounderVesting", wallet, "owner", holder)


def check_bonds(told: Findings, chain: Chain, lock: Lock) -> None:
    """Whether everybody of the present epoch has put down a whole bond: no round opens before."""
    with told.trying("bonds"):
        operators = OperatorsContract(chain, lock.model["Operators"])
        bond = operators.bond()
        for account in operators.of_epoch().accounts:
            held = operators.bond_of(account).bonded
            told.tell(
                f"bond of {account}", held >= bond, f"{held} of {bond} wei", "andel operator deposit --for " + account
            )


def _check_market(told: Findings, chain: Chain, shared: dict[str, Address]) -> None:
    market = Contract("InferenceMarket", shared["InferenceMarket"])
    for function, name in (("registry", "OnchainModels"), ("splitters", "FeeSplitters")):
        with told.trying(f"InferenceMarket {function}"):
            found = chain.call(market, function)
            told.tell(f"InferenceMarket {function}", found == shared.get(name), str(found), _NOT_OURS)


def _check_code(told: Findings, chain: Chain, name: str, address: Address) -> None:
    with told.trying(name):
        code = chain.code(address)
        found = "this release's code" if code and is_code_of(name, code) else "other code" if code else "no code"
        told.tell(f"{name} {address}", found == "this release's code", found, _NOT_OURS)


def _check_clone(
    told: Findings, chain: Chain, name: str, address: Address, makes: Address, words: tuple[bytes | None, ...]
) -> None:
    with told.trying(name):
        code = chain.code(address)
        is_clone = implementation_of(code) == makes
        told.tell(f"{name} {address}", is_clone, "the factory's clone" if is_clone else "no such clone", _NOT_OURS)
        found = words_of(code)
        wrong = [
            i
            for i, (word, wanted) in enumerate(zip(found, words, strict=False))
            if wanted is not None and word != wanted
        ]
        is_founded = is_clone and len(found) == len(words) and not wrong
        said = "as the file says" if is_founded else f"{len(found)} words, different at {wrong}"
        told.tell(f"{name} words", is_founded, said, "the model was founded otherwise than the lock file says")


def _check_rulers(told: Findings, chain: Chain, lock: Lock, ruler: Address, own_alliance: bool) -> None:
    owned = ["Operators", *(["Alliance"] if own_alliance else [])]
    for name in owned:
        _check_holder(told, chain, name, lock.model[name], "owner", ruler)
        _check_holder(told, chain, name, lock.model[name], "pendingOwner", NOBODY)
    if "ModelTimelock" not in lock.model:
        told.tell("ruler", False, f"{ruler} alone", "for tests and demonstrations; found it with [governance] instead")
        return
    timelock, governor = Contract("ModelTimelock", lock.model["ModelTimelock"]), lock.model["ModelGovernor"]
    for role in ("PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE"):
        with told.trying(role):
            held = chain.call(timelock, "hasRole", chain.call(timelock, role), governor)
            told.tell(f"timelock {role}", bool(held), "the governor" if held else "not the governor", _OTHER_RULER)
    _check_holder(told, chain, "ModelGovernor", governor, "timelock", timelock.address)


def _check_holder(told: Findings, chain: Chain, name: str, at: Address, function: str, wanted: Address) -> None:
    with told.trying(f"{name} {function}"):
        holder = chain.call(Contract(name, at), function)
        told.tell(f"{name} {function}", holder == wanted, str(holder), _OTHER_RULER)
