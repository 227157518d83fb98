"""`andel content serve|copy|check`, and the commands that take a service's address as their store."""

import json
import os
import re
import shutil
import socket
import time
from pathlib import Path

import pytest

from andel.content import ContentStore, cid_of_digest
from andel.content_remote import open_content
from andel.errors import ContentUnreachable
from andel.hashing import sha256
from andel.ledger.round_state import Status
from andel.roles.founder import publish_reference
from tests.cli.test_operators import key_file, started, until

__all__ = ["started"]

PATIENCE_SECONDS = 90


@pytest.fixture
def andel(andel):
    """Exit code, output and errors of `andel …`."""

    def run(*arguments):
        outcome = andel(*arguments)
        return outcome.returncode, outcome.stdout, outcome.stderr

    return run


@pytest.fixture
def served(started, tmp_path):
    """Starts `andel content serve` over a folder; gives its address once it answers."""

    def start(small, folder, *more):
        port = free_port()
        model = small.world.model.round_manager.address
        shown = ("--rpc", small.local.url, "--model", model, "--store", folder, "--port", port)
        process = started("content", "serve", *shown, *more)
        url = f"http://127.0.0.1:{port}"

        def answers():
            assert process.poll() is None, "it ended by itself"
            try:
                return not open_content(url).has(cid_of_digest(sha256(b"nothing")))
            except ContentUnreachable:
                return False

        until(answers, PATIENCE_SECONDS)
        return url

    return start


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.full
def test_validators_over_http_settle_rounds_and_an_auditor_over_http_finds_that_all_holds(
    launch_world, served, started, andel, tmp_path, monkeypatch
):
    small = launch_world("validators over http")
    url = served(small, small.folder / "content", "--list-after-hours", 0)
    model, actors = small.world.model.round_manager.address, small.world.actors
    at = ("--rpc", small.local.url, "--model", model, "--store", url)
    copies = [tmp_path / f"copies-{number}" for number in range(3)]
    processes = [
        started(
            "validate", *at, "--key-file", key_file(tmp_path, key), "--copies", folder, "--until-round", 2,
            *(["--drop-copies"] if folder is copies[2] else []),
        )
        for key, folder in zip(actors.validators, copies, strict=True)
    ]  # fmt: skip
    manager = small.world.model.round_manager
    for number in (1, 2):
        small.close_round()

        def is_final(number=number):
            assert all(process.poll() in (None, 0) for process in processes)
            return manager.round_of(number).status == Status.FINALISED

        until(is_final, PATIENCE_SECONDS)
    publish_reference(small.store, small.world.founded)
    for process in processes:
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
    # each has a copy of all that the round rests on: the service's own could be lost
    for folder in copies[:2]:
        held = open_content(str(folder))
        for number in (1, 2):
            evidence = json.loads(held.get_digest(manager.round_of(number).evidence_hash))
            for item in evidence["updates"]:
                held.get(item["update"])
    assert len(list(copies[2].iterdir())) <= len(list(copies[0].iterdir()))
    status, out, _ = andel("audit", "--rpc", small.local.url, "--store", url, model, "--json", "--jobs", 1)
    assert status == 0 and json.loads(out)["ok"]
    status, out, _ = andel("content", "check", "--store", url, *at[:4])
    assert status == 0 and "0 missing, 0 damaged" in out
    # what a contributor and a watcher ask of the same address
    account = next(v.contributor for v in small.report(2).contributors if v.share)
    payer = key_file(tmp_path, actors.consumer)
    status, out, _ = andel("claim", *at, "--key-file", payer, "--account", account)
    assert status == 0, out
    status, out, _ = andel("value", "explain", model, 2, account, "--rpc", small.local.url, "--store", url)
    assert status == 0, out
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert andel("watch", *at, "--key-file", payer, "--once")[0] == 0


@pytest.mark.full
def test_operators_and_contributors_keep_objects_and_strangers_do_not(launch_world, served, andel, tmp_path):
    small = launch_world("writers over http")
    url = served(small, tmp_path / "served", "--contributor-mib", 1, "--list-after-hours", 0)
    model, actors = small.world.model.round_manager.address, small.world.actors
    source = ContentStore(str(tmp_path / "mine"))
    member = small.honest()[0].contributor
    device = member.entries()[0].device

    def push(data, key, *more):
        source.put(data)
        signed = ("--rpc", small.local.url, "--model", model, "--key-file", key_file(tmp_path, key))
        return andel("content", "copy", tmp_path / "mine", url, *signed, *more)

    # the model's own evidence is not in this folder: it is told as missing, and what is listed is copied
    for key, more in ((actors.coordinator, ()), (actors.validators[0], ()), (member.key, ("--device", device))):
        data = os.urandom(1_000)
        push(data, key, *more)
        assert ContentStore(str(tmp_path / "served")).has(cid_of_digest(sha256(data))), key
    other = small.honest()[1].contributor
    for key, more in (
        (actors.consumer, ()),
        (actors.consumer, ("--device", device)),
        (other.key, ("--device", device)),
        (member.key, ()),
    ):
        status, _, err = push(b"by a stranger", key, *more)
        assert status == 1 and "403" in err
    (tmp_path / "mine" / cid_of_digest(sha256(b"by a stranger"))).unlink()
    status, _, err = push(os.urandom(1_100_000), member.key, "--device", device)
    assert status == 1 and "429" in err
    status, _, err = andel("content", "copy", tmp_path / "mine", url)
    assert status == 1 and "signed only" in err


def test_a_backup_broken_off_goes_on_and_a_restored_store_passes_the_audit(finished_run, andel, tmp_path):
    model, rpc = finished_run.world.model.round_manager.address, finished_run.small.local.url
    at, backup = ("--rpc", rpc, "--model", model), tmp_path / "backup"
    total = len(list(finished_run.store_folder.iterdir()))
    shutil.copytree(finished_run.store_folder, backup)
    names = sorted(path.name for path in backup.iterdir())
    for name in names[::2]:
        (backup / name).unlink()  # as far as it had come
    (backup / f"{names[1]}.0123.partial").write_bytes(b"ha")
    status, out, _ = andel("content", "copy", finished_run.store_folder, backup, *at, "--json")
    kept = json.loads(out)
    assert status == 0 and kept["copied"] == len(names[::2]) and kept["there"] == total - kept["copied"]
    restored = tmp_path / "restored"
    assert andel("content", "copy", backup, restored)[0] == 0
    assert sorted(path.name for path in restored.iterdir()) == names
    status, out, _ = andel("audit", "--rpc", rpc, "--store", restored, model, "--json", "--jobs", 1)
    assert status == 0 and json.loads(out)["ok"]


def test_check_names_what_is_missing_and_damaged_with_its_place_in_a_round(finished_run, andel, tmp_path):
    folder = finished_run.copied_store(tmp_path)
    model, rpc = finished_run.world.model.round_manager.address, finished_run.small.local.url
    manager = finished_run.world.model.round_manager
    evidence = json.loads(ContentStore(str(folder)).get_digest(manager.round_of(2).evidence_hash))
    gone, spoilt = evidence["updates"][0]["update"], evidence["openings"][0][1] if evidence["openings"] else ""
    spoilt = spoilt or evidence["updates"][1]["update"]
    (folder / gone).unlink()
    (folder / spoilt).write_bytes(b"spoilt")
    (folder / "notes.txt").write_bytes(b"no object")
    status, out, _ = andel("content", "check", "--store", folder, "--rpc", rpc, "--model", model)
    assert status == 1
    assert re.search(rf"missing: round \d, update of 0x\w+: {gone}", out)
    assert re.search(rf"damaged: round \d, .*: {spoilt}", out)
    assert "whose name is no object's: notes.txt" in out
    status, out, _ = andel("content", "check", "--store", folder, "--json")
    assert status == 1 and not json.loads(out)["missing"] and len(json.loads(out)["damaged"]) == 2
    # the original heals it
    (folder / "notes.txt").unlink()
    status, out, _ = andel("content", "copy", finished_run.store_folder, folder, "--verify")
    assert status == 0 and "2 copied" in out


def test_a_damaged_object_is_not_copied(tmp_path, andel):
    store = ContentStore(str(tmp_path / "a"))
    good, bad = store.put(b"good"), store.put(b"bad")
    (tmp_path / "a" / bad).write_bytes(b"worse")
    status, out, _ = andel("content", "copy", tmp_path / "a", tmp_path / "b")
    assert status == 1 and f"damaged: object that the store lists: {bad}" in out
    assert [path.name for path in Path(tmp_path / "b").iterdir()] == [good]


def test_a_service_that_is_not_there_is_told_in_a_line(finished_run, andel, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    rpc, model = finished_run.small.local.url, finished_run.world.model.round_manager.address
    status, _, err = andel("audit", "--rpc", rpc, "--store", "http://127.0.0.1:9", model)
    assert status == 1 and "no content service answers at http://127.0.0.1:9" in err and "hint" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("check", "--store", "/nowhere/at/all"), "there is no content store"),
        (("check", "--store", "http:///x"), "not an address"),
        (("check", "--store", "nosuch://x"), "cannot be opened"),
        (("copy", "/tmp", "/tmp/x", "--rpc", "http://127.0.0.1:9"), "go together"),
        (("copy", "/tmp", "/tmp/x", "--key-file", "/nowhere"), "signs for a model"),
        (("serve", "--rpc", "x", "--model", "x", "--store", "http://x"), "does not stand on another"),
    ],
)
def test_what_cannot_work_is_told_in_a_line(andel, arguments, told):
    status, _, err = andel("content", *arguments)
    assert status == 1 and told in err
