"""`andel alliance …` as the alliance's owner runs it, against a chain; rounds opened afterwards show the effect."""

import json
from dataclasses import replace

import pytest

from andel.content import ContentStore
from andel.data.policy import EVERYWHERE, Policy, parse_policy
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.simulation.world import terms_hash
from tests.support.own_data_run import call_main

KNOWN = "0xE540678F0B995BF3B287E47f84f84aeA44CFEb31"
STRANGE = DeviceKey(derive_secret(b"alliance owner", "strange")).address


class Desk:
    """One alliance, whoever sits before it: the command with the options that say which."""

    def __init__(self, small, folder, call):
        self.small, self.folder, self._call = small, folder, call
        self.founder = self.key_file(small.world.actors.founder)

    def key_file(self, key):
        """A file with the key."""
        path = self.folder / f"{key.address}.key"
        path.write_text(key.secret_bytes().hex())
        return path

    def __call__(self, command, *arguments, key=None):
        """`andel alliance COMMAND …`, as the founder unless another key is given."""
        model = ["--rpc", self.small.world.chain.url, "--model", self.small.world.model.round_manager.address]
        signer = [] if command == "show" else ["--key-file", key or self.founder]
        told = self._call([str(word) for word in ("alliance", command, *arguments, *model, *signer)])
        self.small.local.mine()
        return told

    def done(self, command, *arguments, key=None):
        """The same, which succeeds; its lines."""
        told = self(command, *arguments, key=key)
        assert told.returncode == 0, told.stderr
        return told.stdout.splitlines()

    def refused(self, words, command, *arguments, key=None):
        """The same, which ends with one line and perhaps a hint."""
        told = self(command, *arguments, key=key)
        assert told.returncode == 1 and "Traceback" not in told.stderr
        lines = [line for line in told.stderr.splitlines() if not line.startswith("gas ")]
        assert lines[0].startswith("andel: ") and words in lines[0], told.stderr
        assert len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("hint: "))

    def shown(self, *arguments):
        """What `show` says, as values."""
        return json.loads(self("show", *arguments, "--json").stdout)


@pytest.fixture
def desk_of(tmp_path, monkeypatch, capsys):
    """A desk for a world."""
    return lambda small: Desk(small, tmp_path, lambda arguments: call_main(arguments, monkeypatch, capsys))


def lines_of(small, number):
    """What a round says of each honest member, by its device."""
    values = {value.contributor: value for value in small.report(number).contributors}
    return {
        member.device.key.address: values[member.contributor.address]
        for member in small.honest()
        if member.contributor.address in values
    }


@pytest.mark.full
def test_a_dismissed_and_a_barred_device_do_not_count_in_a_round_opened_afterwards(desk_of, launch_world):
    small = launch_world("alliance owner")
    desk, lister = desk_of(small), small.world.actors.lister.address
    first, second, *others = (member.device.key.address for member in small.honest())
    assert desk.shown()["listers"] == [lister] and desk.shown()["admitted_devices"] == []
    assert desk.done("admit", first, second, f"did:io:{others[0].lower()}") == [
        f"{device} admitted" for device in (first, second, others[0])
    ]
    assert desk.done("drop", lister) == [f"{lister} dropped"]
    found = desk.shown("--device", others[0], "--device", others[-1])
    assert found["listers"] == [] and set(found["admitted_devices"]) == {first, second, others[0]}
    assert list(found["admitted"].values()) == [True, False]
    small.play()
    before = lines_of(small, 1)
    assert before[first].weight > 0 and before[second].weight > 0 and before[others[0]].weight > 0
    assert before[others[-1]].weight == 0 and "does not admit the device" in before[others[-1]].reason
    assert desk.done("dismiss", first) == [f"{first} dismissed"]
    assert desk.done("bar", second) == [f"{second} barred"]
    assert desk.done("trust", lister) == [f"{lister} trusted"], "a barred device stays out whoever lists it"
    assert desk.done("drop", lister) == [f"{lister} dropped"]
    found = desk.shown()
    assert found["admitted_devices"] == sorted([second, others[0]]) and found["barred_devices"] == [second]
    text = desk("show").stdout
    assert f"barred devices: {second}" in text and "listers: none" in text and "pending owner: none" in text
    small.play()
    after = lines_of(small, 2)
    assert after[first].weight == after[second].weight == 0 < after[others[0]].weight
    assert desk.done("unbar", second) == [f"{second} barred no longer"]
    assert desk.shown()["barred_devices"] == []
    small.play()
    assert lines_of(small, 3)[second].weight > 0 == lines_of(small, 3)[first].weight


def test_region_channels_and_terms_are_set_and_felt(desk_of, launch_world, tmp_path):
    small = launch_world("alliance rules")
    desk, member = desk_of(small), small.honest()[0]
    at = ["--store", small.folder / "content"]
    channels = ["--channel", "pressure", "--channel", "humidity"]
    told = desk.done("rules", "--box", "59.2,-17.8,59.5,18.3000001", *channels, *at)
    policy = Policy(((592_000_000, -178_000_000, 595_000_000, 183_000_001),), ("humidity", "pressure"))
    assert told[0].startswith(f"policy {policy.hash.hex()} b") and told[1].endswith("(as before)")
    found = desk.shown(*at)
    assert (found["policy"], found["terms"]) == (policy.hash.hex(), terms_hash().hex())
    assert found["boxes"] == [list(policy.boxes[0])] and found["channels"] == ["humidity", "pressure"]
    terms, written = tmp_path / "terms.txt", tmp_path / "policy.json"
    terms.write_text("All openings are public.\n")
    written.write_text('{\n  "format": "andel-policy/1", "channels": ["pressure"],\n  "boxes": []\n}\n')
    told = desk("rules", "--policy", written, "--terms", terms, *at)
    assert told.returncode == 0 and "once they have accepted: --terms" in told.stderr
    found = desk.shown(*at)
    assert found["terms_text"] == "All openings are public.\n" and found["channels"] == ["pressure"]
    desk.done("accept", "--terms", found["terms"], key=desk.key_file(member.contributor.key))
    store = ContentStore(str(small.folder / "content"))
    rules = small.world.model.alliance.rules_at(small.world.chain.block_time() + 1)
    assert parse_policy(store.get_digest(rules.policy)) == Policy((), ("pressure",))
    member.contributor._terms = rules.terms
    small.results.append(
        small.coordinator().run_round(replace(small.plan(), policy=rules.policy, terms=rules.terms)),
    )
    assert {item.contributor for item in small.results[0].commitments} == {member.contributor.address}
    assert desk.done("rules", "--anywhere", *at)[0].startswith(f"policy {EVERYWHERE.hash.hex()}")


@pytest.mark.full
def test_the_ownership_goes_over_in_two_steps_and_ends(desk_of, launch_world):
    small = launch_world("alliance heirs")
    desk, founder = desk_of(small), small.world.actors.founder
    heir, other = (AccountKey(derive_secret(b"alliance owner", name)) for name in ("heir", "other"))
    small.local.fund([heir.address, other.address])
    mine, theirs = desk.key_file(heir), desk.key_file(other)
    desk.refused(f"was not offered to {heir.address}: it is offered to nobody", "take-over", key=mine)
    desk.done("hand-over", other.address)
    desk.done("hand-over", heir.address)
    desk.refused("is offered to", "hand-over", heir.address)
    found = desk.shown()
    assert (found["owner"], found["pending_owner"]) == (founder.address, heir.address)
    desk.refused(f"it is offered to {heir.address}", "take-over", key=theirs)
    assert desk.done("take-over", key=mine)[0].startswith(f"{heir.address} owns the alliance, gas ")
    assert desk.shown()["owner"] == heir.address and desk.shown()["pending_owner"] is None
    desk.refused(f"{founder.address} is not the owner of the alliance: that is {heir.address}", "bar", STRANGE)
    assert desk("give-up", key=mine).returncode == 1, "not without a yes"
    desk.done("give-up", "--yes", key=mine)
    assert desk.shown()["owner"] is None and "owner: none" in desk("show").stdout
    desk.refused("has no owner any more", "bar", STRANGE, key=mine)


def test_refusals_are_told_in_one_line_with_a_hint(desk_of, launch_world, tmp_path):
    small = launch_world("alliance refusals")
    desk, world = desk_of(small), small.world
    device, lister = world.actors.devices[0].address, world.actors.lister.address
    stranger = desk.key_file(world.actors.consumer)
    at = ["--store", small.folder / "content"]
    calls = (["trust", STRANGE], ["drop", lister], ["admit", device], ["bar", device], ["rules", "--anywhere", *at])
    for call in (*calls, ["hand-over", STRANGE], ["give-up", "--yes"]):
        desk.refused("is not the owner of the alliance", *call, key=stranger)
    desk.refused(f"does not know {STRANGE}", "admit", STRANGE)
    assert desk.done("admit", STRANGE, "--unclaimed") == [f"{STRANGE} admitted"]
    assert desk.done("admit", STRANGE, device, "--unclaimed") == [f"{STRANGE} admitted already", f"{device} admitted"]
    desk.refused("nothing was changed: admitted already", "admit", STRANGE, "--unclaimed")
    desk.refused("nothing was changed: trusted already", "trust", lister)
    desk.refused("is public", "admit", KNOWN, "--unclaimed")
    desk.refused("there is nothing to end", "drop", STRANGE)
    desk.refused("there is nothing to end", "dismiss", lister)
    desk.refused("there is nothing to end", "unbar", device)
    desk.refused("zero address", "trust", "0x" + "00" * 20)
    desk.refused("not a device", "bar", "x")
    desk.refused("no device is named", "bar")
    desk.refused("not an address", "trust", "x")
    desk.refused("no rule is named", "rules", *at)
    desk.refused("in force already", "rules", "--anywhere", *at)
    desk.refused("more than one policy", "rules", "--anywhere", "--channel", "light", *at)
    desk.refused("not a box", "rules", "--box", "1,2,3", *at)
    desk.refused("not a box", "rules", "--box", "1,2,3,4.00000001", *at)
    desk.refused("no box on the globe", "rules", "--box", "10,2,3,4", *at)
    for data, says in ((b"\xff\xfe", "no text"), (b" \n", "a text of 1 to"), (b"x" * (1 << 20) + b"y", "a text of 1")):
        (tmp_path / "terms").write_bytes(data)
        desk.refused(says, "rules", "--terms", tmp_path / "terms", *at)
    for data in (
        b"",
        b"[" * 60_000,
        b"[" * 70_000,
        b"[]",
        b'{"format":"andel-policy/1","channels":[],"boxes":[[1.5,1,2,2]]}',
    ):
        (tmp_path / "policy").write_bytes(data)
        desk.refused("not a policy", "rules", "--policy", tmp_path / "policy", *at)
    desk.refused("cannot be read", "rules", "--terms", tmp_path / "none", *at)
    registry, owner = world.model.device_registry, world.actors.owners[0]
    registry.revoke(owner, device)
    desk.refused("was revoked, for ever", "admit", device)


@pytest.mark.full
def test_devices_are_not_looked_for_over_too_many_blocks(desk_of, launch_world, monkeypatch):
    desk = desk_of(launch_world("alliance far back"))
    monkeypatch.setattr("andel.roles.device_facts.MAX_BLOCKS", 3)
    told = desk("show", "--json")
    assert json.loads(told.stdout)["admitted_devices"] is None and "name --from-block" in told.stderr
