"""`andel launch` and `andel check` as founders type them: from a file to the first settled round."""

import json
import shutil
from dataclasses import replace

import pytest

from andel.keys import AccountKey, derive_secret
from andel.ledger.round_state import Status
from andel.roles.launching.lock import read_lock, write_lock
from tests.support.launched_files import FOUNDER, launch_by_file
from tests.support.own_data_run import run_andel


@pytest.fixture(scope="module")
def by_file(shared_node, tmp_path_factory):
    """A small world whose model was launched by the command, in a process of its own."""

    def command(words):
        ended = run_andel(words)
        assert ended.returncode == 0, ended.stderr

    return launch_by_file(shared_node, tmp_path_factory.mktemp("launched-by-file"), "launched by file", command)


def test_from_a_file_to_the_first_settled_round(by_file):
    small = by_file.small
    small.play()
    manager = small.world.model.round_manager
    assert manager.round_of(1).status == Status.FINALISED
    small.assert_audited()


def test_nothing_is_left_to_send(by_file, andel):
    ended = andel("launch", by_file.model_file, "--yes", "--key-file", by_file.key_file)
    assert ended.returncode == 0 and "nothing is left to send" in ended.stdout


def test_a_launched_model_is_fit_and_says_so_line_by_line(by_file, andel):
    store = by_file.small.folder / "content"
    ended = andel("check", by_file.model_file, "--key-file", by_file.key_file, "--store", store)
    assert ended.returncode == 0, ended.stdout
    lines = [line for line in ended.stdout.splitlines() if line.strip()]
    assert len(lines) > 60 and all(line.startswith("ok ") for line in lines)
    ended = andel("check", by_file.lock_file, "--rpc", by_file.small.world.chain.url, "--json")
    told = json.loads(ended.stdout)
    assert told["ok"] and {"what", "ok", "found", "remedy"} == set(told["findings"][0])


def test_a_model_that_is_not_what_was_launched_is_told_with_a_remedy(by_file, andel, tmp_path):
    lock = read_lock(by_file.lock_file)
    assert lock is not None
    other = tmp_path / "model.lock.json"
    write_lock(other, replace(lock, model={**lock.model, "Operators": lock.model["Disputes"]}))
    ended = andel("check", other, "--rpc", by_file.small.world.chain.url)
    assert ended.returncode == 1
    wrong = [line for line in ended.stdout.splitlines() if line.startswith("NOT")]
    assert any("Operators" in line for line in wrong)
    assert "do not use it" in ended.stdout


def test_a_changed_file_is_not_what_was_launched(by_file, andel, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(by_file.model_file.parent, folder)
    text = (folder / "model.toml").read_text()
    (folder / "model.toml").write_text(text.replace('minimum = "0.1"', 'minimum = "0.2"'))
    ended = andel("launch", folder / "model.toml", "--yes", "--key-file", by_file.key_file)
    assert ended.returncode == 1 and "a launch cannot be changed" in ended.stderr
    ended = andel("check", folder / "model.toml", "--key-file", by_file.key_file)
    assert ended.returncode == 1 and "NOT model file" in ended.stdout


def test_a_lock_file_stands_for_its_offering(by_file, andel, tmp_path):
    url = by_file.small.world.chain.url
    ended = andel("offering", "show", "--lock", by_file.lock_file, "--rpc", url)
    assert ended.returncode == 0 and "tokens" in ended.stdout, ended.stderr
    lock = read_lock(by_file.lock_file)
    assert lock is not None
    without = tmp_path / "model.lock.json"
    write_lock(without, replace(lock, model={k: v for k, v in lock.model.items() if k != "ModelOffering"}))
    ended = andel("offering", "show", "--lock", without, "--rpc", url)
    assert ended.returncode == 1 and "no offering stands in" in ended.stderr


def test_a_lock_file_stands_for_the_model_s_address(by_file, andel):
    url = by_file.small.world.chain.url
    ended = andel("operator", "status", "--lock", by_file.lock_file, "--rpc", url, "--json")
    assert json.loads(ended.stdout)["n"] == 3
    ended = andel("status", "--model", by_file.lock_file, "--rpc", url)
    assert ended.returncode == 0, ended.stderr


def test_a_lock_file_of_before_passes_successors_and_market_were_shared_leads_to_the_model(by_file, andel, tmp_path):
    lock, url = read_lock(by_file.lock_file), by_file.small.world.chain.url
    later = {"AccessPass", "Successors", "FeeSplitters", "InferenceMarket"}
    assert lock is not None and later <= set(lock.shared)
    old = tmp_path / "model.lock.json"
    shared = {name: at for name, at in lock.shared.items() if name not in later}
    write_lock(old, replace(lock, shared=shared))
    ended = andel("status", "--lock", old, "--rpc", url)
    assert ended.returncode == 0, ended.stderr
    words = ("pass", "show", "--rpc", url, "--account", FOUNDER, "--lock")
    ended = andel(*words, old)
    assert ended.returncode == 1 and "--passes" in ended.stderr
    assert andel(*words, old, "--passes", lock.shared["AccessPass"]).stdout == "pass: none\n"
    assert andel(*words, by_file.lock_file).stdout == "pass: none\n"
    assert andel("check", old, "--rpc", url).returncode == 0


@pytest.fixture
def fresh(by_file, tmp_path, shared_node):
    """The same experiment before its launch, on a chain where nothing is deployed; and a key with coins."""
    folder = tmp_path / "fresh"
    shutil.copytree(by_file.model_file.parent, folder)
    (folder / "model.lock.json").unlink()
    toml = (folder / "model.toml").read_text().split("[network.contracts]")[0]
    (folder / "model.toml").write_text(toml)
    key = AccountKey(derive_secret(b"launch command", str(tmp_path)))
    (folder / "key").write_text(key.secret_bytes().hex())
    shared_node.fund([key.address])
    return folder, key


def test_a_dry_run_shows_costs_and_powers_and_sends_nothing(fresh, andel, shared_node):
    folder, key = fresh
    ended = andel("launch", folder / "model.toml", "--dry-run", "--sender", key.address)
    assert ended.returncode == 0, ended.stderr
    for words in ("implementation RoundManager", "launch", "bond ", "IOTX", "rehearsal", "node", "holders by vote"):
        assert words in ended.stdout
    assert key.address in ended.stdout and FOUNDER in ended.stdout
    assert not (folder / "model.lock.json").exists()
    ended = andel("launch", folder / "model.toml", "--dry-run", "--sender", key.address, "--json")
    bill = json.loads(ended.stdout)["bill"]
    assert len(bill["transactions"]) == 26 and bill["whole"] and int(bill["cost_on_iotex"]) > 50 * 10**18
    chain = shared_node.connect()
    assert chain.next_nonce(key.address) == 0
    chain.close()


def test_without_a_rehearsal_it_says_what_it_does_not_know(fresh, andel):
    folder, key = fresh
    ended = andel("launch", folder / "model.toml", "--dry-run", "--sender", key.address, "--no-rehearsal")
    assert ended.returncode == 0 and "unknown" in ended.stdout and "without the steps" in ended.stdout


def test_an_account_without_coins_is_told_how_much_it_lacks(fresh, andel, shared_node):
    folder, key = fresh
    shared_node.fund([key.address], 10**15)
    before = andel("check", folder / "model.toml", "--key-file", folder / "key")
    assert before.returncode == 1 and "NOT balance" in before.stdout and f"wei to {key.address}" in before.stdout
    ended = andel("launch", folder / "model.toml", "--yes", "--key-file", folder / "key", "--store", folder / "kept")
    assert ended.returncode == 1 and "holds 0.001 coins" in ended.stderr and "hint: send" in ended.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nobody is named who pays"),
        (("--key-file", "key", "--signer", "http://127.0.0.1:9"), "name two accounts"),
        (("--signer", "http://127.0.0.1:9"), "no signer answers"),
        (("--key-file", "key"), "no content store is named"),
        (("--key-file", "key", "--store", "https://content.example.org"), "a content service takes objects for models"),
        (("--key-file", "nowhere"), "cannot be read"),
        (("--key-file", "key", "--sender", "0x" + "11" * 20), "the key is 0x"),
    ],
)
def test_what_is_missing_is_told_in_a_line(fresh, andel, words, said, monkeypatch):
    folder, _ = fresh
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ANDEL_KEY", raising=False)
    ended = andel("launch", "model.toml", "--yes", *words)
    assert ended.returncode == 1 and said in ended.stderr, ended.stderr


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("founded/task.json", b"{}", "model.task founded/task.json: object is not of format andel-task/4"),
        ("founded/task.json", None, "cannot be read"),
        ("policy.json", b'{"format":"andel-policy/2"}', "alliance.policy policy.json: not a policy"),
        ("TERMS.md", None, "TERMS.md cannot be read"),
        ("TERMS.md", bytes(1024 * 1024 + 1), "TERMS.md is over 1048576 bytes"),
        ("model.toml", b"[model]\nname = 7\n", "model.toml, line 1: symbol is missing"),
        ("model.lock.json", b"{}", "is no lock file"),
    ],
)
def test_what_the_file_names_and_is_not_as_it_should_be_is_told(fresh, andel, name, content, said):
    folder, key = fresh
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_bytes(content)
    ended = andel("launch", folder / "model.toml", "--dry-run", "--sender", key.address, "--no-rehearsal")
    assert ended.returncode == 1 and said in ended.stderr and "hint: " in ended.stderr, ended.stderr


def test_check_tells_every_flaw_of_a_file_with_its_line(fresh, andel):
    folder, key = fresh
    text = (folder / "model.toml").read_text().replace('bond = "0.01"', "bond = 0.01").replace("k = 2", "k = 40")
    (folder / "model.toml").write_text(text)
    ended = andel("check", folder / "model.toml", "--sender", key.address)
    wrong = [line for line in ended.stdout.splitlines() if line.startswith("NOT model.toml, line")]
    assert ended.returncode == 1 and len(wrong) == 2
    for name in ("k = 40", "bond = 0.01"):
        line = text.splitlines().index(name) + 1
        assert any(f"line {line}:" in each for each in wrong)


def test_objects_that_the_task_names_and_are_not_there_are_told_before_anything_is_sent(fresh, andel):
    folder, key = fresh
    for path in (folder / "founded" / "objects").rglob("*"):
        if path.is_file() and path.stat().st_size < 3_000:
            path.unlink()
    ended = andel("launch", folder / "model.toml", "--dry-run", "--sender", key.address, "--no-rehearsal")
    assert ended.returncode == 1 and "model.task founded/task.json" in ended.stderr


def test_bonds_can_be_left_to_the_operators(fresh, andel):
    folder, key = fresh
    ended = andel("launch", folder / "model.toml", "--dry-run", "--sender", key.address, "--no-bonds", "--json")
    assert len(json.loads(ended.stdout)["bill"]["transactions"]) == 22


def test_a_founder_is_asked_and_can_say_no(fresh, andel, monkeypatch, shared_node):
    folder, key = fresh
    asked = []
    monkeypatch.setattr("typer.confirm", lambda text, err: asked.append(text))
    words = ["launch", folder / "model.toml", "--key-file", folder / "key", "--store", folder / "kept"]
    ended = andel(*words)
    assert ended.returncode == 1 and asked == [f"26 transactions on chain 31337 from {key.address}. Go on?"]
    assert not (folder / "model.lock.json").exists()
    chain = shared_node.connect()
    assert chain.next_nonce(key.address) == 0
    chain.close()
