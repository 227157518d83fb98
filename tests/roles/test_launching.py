"""A launch is sent once, wherever it is stopped; what it leaves is what was founded, and ruled as it was said."""

from collections import Counter
from dataclasses import replace

import pytest

from andel.content import ContentStore
from andel.errors import ChainError, InputError, Reverted
from andel.keys import AccountKey, derive_secret
from andel.ledger.clones import words_of
from andel.ledger.connection import Chain
from andel.ledger.factory import IMPLEMENTATIONS
from andel.ledger.gas import gas_use, iotex_gas
from andel.roles.launching.checking import Findings, check_bonds, check_model, check_shared
from andel.roles.launching.costs import Source, bill_of, rehearse
from andel.roles.launching.founding import SHARED
from andel.roles.launching.launcher import Launcher, publish
from andel.roles.launching.lock import Lock, read_lock, write_lock
from andel.roles.launching.powers import powers_of
from andel.roles.launching.steps import LAUNCH
from tests.ledger.actors import Actors
from tests.support.launches import BENEFICIARY, governed

SHARED_STEPS = len(SHARED) + len(IMPLEMENTATIONS)


class Killed(BaseException):
    """The process is gone."""


class Desk:
    """A founder's account and lock file; `launcher` is a new process over them each time."""

    def __init__(self, node, folder, word, **changes):
        self.node = node
        self.chain = node.connect()
        self.key = AccountKey(derive_secret(b"launching", word))
        node.fund([self.key.address])
        self.actors = Actors.make(b"launching")
        self.founding = governed(self.actors, self.chain.block_time(), **changes)
        self.path = folder / "model.lock.json"

    def launcher(self, keep=None, chain=None):
        lock = read_lock(self.path) or Lock(self.chain.chain_id, self.key.address)
        kept = keep or (lambda lock: write_lock(self.path, lock))
        chain = chain or Chain(self.chain._rpc, self.chain.chain_id, mine=self.node.mine)
        return Launcher(chain, self.key, self.founding, lock, kept, lambda _: None, sleep=lambda _: None)

    @property
    def lock(self) -> Lock:
        found = read_lock(self.path)
        assert found is not None
        return found

    def findings(self, lock=None, founding=None):
        lock, told = lock or self.lock, Findings()
        check_shared(told, self.chain, dict(lock.shared))
        check_model(told, self.chain, lock, founding or self.founding)
        check_bonds(told, self.chain, lock)
        return told.lines


@pytest.fixture
def desk(shared_node, tmp_path, request):
    return Desk(shared_node, tmp_path, request.node.nodeid)


@pytest.fixture(scope="module")
def launched(shared_node, tmp_path_factory):
    """A launch that went well; never changed."""
    desk = Desk(shared_node, tmp_path_factory.mktemp("launched"), "launched")
    desk.launcher().run()
    return desk


def test_a_launch_leaves_a_whole_model_that_nobody_but_holders_rules(launched):
    lock = launched.lock
    assert len(lock.model) == len(IMPLEMENTATIONS) - 1 and len(lock.vestings) == 1
    findings = launched.findings()
    assert [each for each in findings if not each.ok] == []
    assert {each.what.split()[0] for each in findings} >= {"ModelToken", "timelock", "FounderVesting", "bond", "launch"}


def test_every_transaction_of_the_lock_file_is_done_and_nothing_is_left_to_send(launched):
    lock = launched.lock
    assert len(lock.tries) == SHARED_STEPS + 1 + 4
    assert not any(each.is_open or each.failed for each in lock.tries)
    before = launched.chain.next_nonce(launched.key.address)
    assert launched.launcher().run() == lock
    assert launched.chain.next_nonce(launched.key.address) == before == len(lock.tries)


def test_a_second_model_uses_what_the_first_one_deployed(launched, shared_node, tmp_path):
    desk = Desk(shared_node, tmp_path, "second")
    desk.founding = replace(desk.founding, shared=launched.lock.shared)
    lock = desk.launcher().run()
    assert [each.step for each in lock.tries][:1] == [LAUNCH] and len(lock.tries) == 5
    assert lock.model["RoundManager"] != launched.lock.model["RoundManager"]
    assert all(each.ok for each in desk.findings(lock))


class Stopping:
    """Stops a launch before or after a write of the lock file, or around the sending of a transaction."""

    def __init__(self, desk, place, number):
        self.desk, self.place, self.number = desk, place, number
        self.seen: Counter[str] = Counter()

    def at(self, place):
        self.seen[place] += 1
        if place == self.place and self.seen[place] == self.number:
            raise Killed

    def keep(self, lock):
        self.at("before keeping")
        write_lock(self.desk.path, lock)
        self.at("after keeping")

    def chain(self):
        chain = Chain(self.desk.chain._rpc, self.desk.chain.chain_id, mine=self.desk.node.mine)
        deliver = chain.deliver

        def delivered(prepared):
            self.at("before sending")
            receipt = deliver(prepared)
            self.at("after sending")
            return receipt

        setattr(chain, "deliver", delivered)  # noqa: B010
        return chain


@pytest.mark.full
@pytest.mark.parametrize("place", ["before keeping", "after keeping", "before sending", "after sending"])
def test_stopped_at_every_step_and_begun_again_nothing_is_sent_twice(shared_node, tmp_path, place):
    desk = Desk(shared_node, tmp_path, place)
    transactions = SHARED_STEPS + 1 + 4
    stops = 0
    for _ in range(3 * transactions):
        stopping = Stopping(desk, place, 1 if place == "after sending" else 2)
        try:
            desk.launcher(stopping.keep, stopping.chain()).run()
            break
        except Killed:
            stops += 1
    lock = desk.lock
    assert stops >= transactions - 1
    assert desk.chain.next_nonce(desk.key.address) == transactions
    done = [each for each in lock.tries if each.block and not each.failed]
    assert len({each.step for each in done}) == len(done) == transactions
    assert all(each.ok for each in desk.findings(lock))


def test_what_another_program_sent_in_between_costs_only_what_knew_the_factory(desk):
    class Stop(Exception):
        pass

    def keep(lock):
        write_lock(desk.path, lock)
        if len(lock.implementations) == len(IMPLEMENTATIONS) - 2:
            raise Stop

    with pytest.raises(Stop):
        desk.launcher(keep).run()
    desk.chain.transfer(desk.key, BENEFICIARY, 1)
    lock = desk.launcher().run()
    assert all(each.ok for each in desk.findings(lock))
    twice = {step for step, count in Counter(each.step for each in lock.tries).items() if count > 1}
    knowing = {f"implementation {name}" for name, knows in IMPLEMENTATIONS.values() if knows}
    assert twice <= knowing and twice


def test_a_lock_of_another_account_chain_or_file_is_not_gone_on_with(launched, desk):
    lock = launched.lock
    for other, why in (
        (replace(lock, chain_id=1), "is of chain 1"),
        (replace(lock, sender=BENEFICIARY), f"begun by {BENEFICIARY}"),
        (replace(lock, sender=desk.key.address, model_file="00" * 32), "the file is another"),
    ):
        write_lock(desk.path, other)
        with pytest.raises(InputError, match=why):
            desk.launcher().run()


def test_terms_out_of_bounds_are_refused_before_anything_is_paid(desk, shared_node):
    desk.founding = replace(desk.founding, config=replace(desk.founding.config, k=1))
    with pytest.raises(Reverted, match=r"Operators_BadQuorum\(1, 3\)"):
        rehearse(desk.chain, desk.founding, AccountKey(derive_secret(b"a rehearsal", "bounds")).address)
    assert desk.chain.next_nonce(desk.key.address) == 0


def test_named_contracts_with_other_code_are_not_used(launched, desk):
    shared = dict(launched.lock.shared)
    desk.founding = replace(desk.founding, shared=shared | {"OnchainModels": shared["DeviceRegistry"]})
    with pytest.raises(ChainError, match="has other code than this release's OnchainModels"):
        desk.launcher().run()
    desk.founding = replace(desk.founding, shared=shared | {"OnchainModels": BENEFICIARY})
    with pytest.raises(ChainError, match="there is no OnchainModels"):
        desk.launcher().run()
    with pytest.raises(InputError, match="no shared contract is called 'Registry'"):
        replace(desk.founding, shared={"Registry": BENEFICIARY})


def test_the_bill_of_a_rehearsal_is_what_is_paid(launched, shared_node):
    sender = AccountKey(derive_secret(b"a rehearsal", "bill")).address
    rehearsed = rehearse(launched.chain, launched.founding, sender)
    lock = launched.lock
    for step in ("DeviceRegistry", "implementation RoundManager", LAUNCH):
        paid = lock.done(step).gas_used
        assert abs(rehearsed[step].ethereum - paid) <= 1_000, step  # addresses have other numbers of zeros
    shared_node.fund([sender])
    launcher = Launcher(
        launched.chain, launched.key, launched.founding, Lock(31_337, sender), lambda _: None, lambda _: None
    )
    bill = bill_of(launched.chain, sender, launcher.steps(), rehearsed)
    assert bill.is_whole and bill.deposits == 4 * launched.founding.config.bond
    assert {each.source for each in bill.quotes} == {Source.NODE, Source.REHEARSAL}
    assert bill.too_large_for_iotex() == []
    without = bill_of(launched.chain, sender, launcher.steps(), {})
    assert not without.is_whole and without.gas < bill.gas


def test_iotex_counts_bytes_otherwise():
    assert iotex_gas(bytes(520), 1_000) == 10_000 + 250 * 520
    assert iotex_gas(bytes(36), 27_000) == 10_000 + 3_600 + 27_000
    use = gas_use(b"\x01" * 10 + bytes(10), False, 21_000 + 160 + 40 + 5_000)
    assert (use.ethereum, use.iotex) == (26_200, 10_000 + 2_000 + 5_000)


def test_the_powers_name_everybody_and_give_the_launching_key_nothing(launched):
    lock = launched.lock
    powers = powers_of(launched.founding, lock)
    assert powers[0].who == f"holders by vote, through the timelock {lock.model['ModelTimelock']}"
    mine = [each for each in powers if launched.key.address in each.who]
    assert [each.may for each in mine] == ["nothing"]
    said = " ".join(each.who for each in powers)
    for account in (*launched.founding.operators, BENEFICIARY, *launched.founding.config.listers):
        assert account in said
    owned = replace(launched.founding.config, owner=BENEFICIARY, governance=None)
    assert "alone and at once" in powers_of(replace(launched.founding, config=owned))[0].bound


def test_a_look_finds_what_is_otherwise(launched):
    lock = launched.lock
    swapped = replace(lock, model={**lock.model, "RewardPool": lock.model["RevenueVault"]})
    bad = {each.what for each in launched.findings(swapped) if not each.ok}
    assert f"RewardPool {swapped.model['RewardPool']}" in bad and "RewardPool words" in bad
    other = replace(launched.founding, file_hash="11" * 32)
    assert [each.what for each in launched.findings(lock, other) if not each.ok] == ["model file"]
    genesis = launched.founding.config.genesis_version
    forged = replace(lock, terms=lock.terms.replace(genesis, bytes(31) + b"\x01"))
    different = [each.what for each in launched.findings(forged) if not each.ok]
    assert different == ["launch", "RoundManager words"]
    assert all(each.remedy for each in launched.findings(swapped) if not each.ok)


def test_the_words_that_the_launch_block_knows_are_its_second(launched):
    lock = launched.lock
    block = lock.done(LAUNCH).block
    words = words_of(launched.chain.code(lock.model["ModelToken"]))
    assert int.from_bytes(words[4], "big") == launched.chain.block_time(block)


def test_objects_are_in_the_store_before_the_chain_names_them(launched, tmp_path):
    store = ContentStore(str(tmp_path / "content"))
    lock = publish(launched.founding, store, Lock(31_337, launched.key.address))
    assert {store.get(cid) for cid in lock.objects.values()} == {each.data for each in launched.founding.objects}
    assert publish(launched.founding, store, lock) == lock


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data.replace(b"andel-lock/1", b"andel-lock/2"),
        lambda data: data.replace(b'"nonce":0', b'"nonce":-1'),
        lambda data: data.replace(b'"RewardPool"', b'"RewardPond"'),
        lambda data: data.replace(b'{"chain_id"', b'{"a":1,"chain_id"'),
        lambda data: data.replace(b'"failed":false', b'"failed":0', 1),
        lambda data: b"[" * 100_000,
    ],
)
def test_a_damaged_lock_file_is_refused(launched, tmp_path, damage):
    path = tmp_path / "model.lock.json"
    path.write_bytes(damage(launched.path.read_bytes()))
    with pytest.raises(InputError, match="is no lock file"):
        read_lock(path)


def test_a_lock_file_leads_to_the_model(launched):
    deployment = launched.lock.deployment()
    model = deployment.model(launched.chain)
    assert model.operators.owner() == launched.lock.model["ModelTimelock"]
    with pytest.raises(InputError, match="the launch is not complete"):
        replace(launched.lock, model={}).deployment()
