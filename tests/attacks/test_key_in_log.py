"""Attack: a secret key is read from a log, a report, standard output or anything else that a run leaves or shows.

Who: whoever sees a terminal, a log, a crash report, a published store. What stops it: keys have no printable form,
errors never repeat what a key file or variable held, and the only files with keys are the validators' own key files,
which nobody else may read. Here the whole command runs, as verbose as it can be, and everything it left is searched; so
does a launch, with its key in a file, in a keystore and in the environment.
"""

import base64
import json
import shutil
import stat

import pytest
from eth_account import Account

from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.sealing import sealing_key
from andel.simulation.actors import make_actors
from tests.support.launched_files import launch_by_file
from tests.support.own_data_run import call_main, run_andel, run_seed, small_table, table_options

KEY_FILES = "validator-*.key"
LAUNCH = "launched and searched"
PASSWORD = "a password of 27 characters"


def secrets_of_the_run():
    """Name → secret, of everybody in the own-data run."""
    seed = run_seed()
    names: list[tuple[str | int, ...]] = [
        ("account", role) for role in ("founder", "lister", "coordinator", "consumer")
    ]
    names += [("account", "validator", number) for number in range(3)]
    names += [(kind, "owner", number) for kind in ("account", "device") for number in range(8)]
    names += [("device", "reference", number) for number in range(2)]
    return {"/".join(map(str, name)): derive_secret(seed, *name) for name in names} | {"the seed": seed}


def forms(secret):
    """How a secret could be written."""
    return {
        "bytes": secret,
        "hex": secret.hex().encode(),
        "capital hex": secret.hex().upper().encode(),
        "base64": base64.b64encode(secret),
        "base64 in a URL": base64.urlsafe_b64encode(secret).rstrip(b"="),
        "number": str(int.from_bytes(secret, "big")).encode(),
        "Python": repr(secret)[2:-1].encode(),
    }


def found_in(data):
    """Which secrets, in which form, the data holds."""
    return [
        f"{name} as {form}"
        for name, secret in secrets_of_the_run().items()
        for form, text in forms(secret).items()
        if text in data
    ]


def test_the_secrets_searched_for_are_those_of_the_run(own_data_run):
    actors = make_actors(run_seed(), 8, 2)
    secrets = secrets_of_the_run()
    assert AccountKey(secrets["account/owner/3"]).address == actors.owners[3].address
    assert DeviceKey(secrets["device/reference/1"]).address == actors.reference_devices[1].address
    seen = "".join(path.read_text(errors="replace") for path in own_data_run.folder.glob("validators/*.log"))
    assert all(key.address in seen for key in actors.validators)  # it really was this run, and it really was verbose


def test_the_search_finds_a_secret_where_there_is_one():
    secret = derive_secret(run_seed(), "account", "founder")
    assert found_in(b"key=" + secret.hex().encode()) == ["account/founder as hex"]


def test_no_secret_is_printed(own_data_run):
    assert len(own_data_run.stderr) > 1_000
    assert found_in(own_data_run.stdout.encode()) == []
    assert found_in(own_data_run.stderr.encode()) == []


def test_no_secret_is_in_any_file_but_the_validators_own_key_files(own_data_run):
    searched = 0
    for path in own_data_run.folder.rglob("*"):
        if path.is_file() and not path.match(KEY_FILES):
            assert found_in(path.read_bytes()) == [], path.name
            searched += 1
    assert searched > 30
    assert {path.name for path in own_data_run.folder.glob("*.log")} == {"anvil.log"}


def test_nobody_else_may_read_a_key_file(own_data_run):
    for path in own_data_run.folder.rglob(KEY_FILES):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_sealing_key_of_a_validator_is_not_shown_either(own_data_run):
    for number in range(3):
        key = AccountKey(derive_secret(run_seed(), "account", "validator", number))
        sealing = sealing_key(key).private_bytes_raw()
        for path in own_data_run.folder.rglob("*"):
            if path.is_file():
                assert sealing not in path.read_bytes() and sealing.hex().encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize("text", ["{}z", "{}{}", " {} , ", "{}00", "key={}"])
def test_a_bad_key_is_refused_without_being_repeated(tmp_path, monkeypatch, capsys, text):
    secret = sha256(b"a key that somebody mistyped").hex()
    mistyped = text.format(secret, secret)
    key_file = tmp_path / "mistyped.key"
    key_file.write_text(mistyped)
    arguments = ["validate", "--rpc", "http://127.0.0.1:9", "--model", "0x" + "11" * 20]
    by_file = call_main([*arguments, "--store", str(tmp_path), "--key-file", str(key_file)], monkeypatch, capsys)
    monkeypatch.setenv("ANDEL_FUNDER_KEY", mistyped)
    table = small_table(tmp_path / "roof.csv")
    options = [*table_options(table), "--folder", str(tmp_path / "run")]
    by_variable = call_main(["demo", *options, "--rpc", "http://127.0.0.1:9"], monkeypatch, capsys)
    for ended in (by_file, by_variable):
        assert ended.returncode == 1
        assert secret[:16] not in ended.stdout + ended.stderr
        assert "does not hold a secret key" in ended.stderr


@pytest.fixture(scope="module")
def launched(shared_node, tmp_path_factory):
    """A launch as verbose as it can be: the folder, what was printed, and the key."""
    printed = []

    def command(words):
        ended = run_andel(["--verbose", *words], environment={"COLUMNS": "250"})
        assert ended.returncode == 0, ended.stderr
        printed.append(ended.stdout + ended.stderr)

    by_file = launch_by_file(shared_node, tmp_path_factory.mktemp("searched"), LAUNCH, command)
    return by_file, printed[0], by_file.small.world.actors.founder


def forms_in(secret, text):
    """In which forms a secret stands in a text."""
    return [form for form, written in forms(secret).items() if written in text]


def test_a_launch_prints_no_key_and_leaves_none_in_its_lock_file(launched):
    by_file, printed, key = launched
    assert key.address in printed
    assert forms_in(key.secret_bytes(), printed.encode()) == []
    assert forms_in(key.secret_bytes(), by_file.lock_file.read_bytes()) == []


@pytest.mark.parametrize("way", ["file", "keystore", "environment"])
def test_no_way_to_give_a_key_shows_it(launched, tmp_path, monkeypatch, capsys, way):
    by_file, _, key = launched
    folder = tmp_path / "again"
    shutil.copytree(by_file.model_file.parent, folder)
    (folder / "model.lock.json").unlink()
    words = ["--verbose", "launch", str(folder / "model.toml"), "--dry-run", "--no-rehearsal"]
    monkeypatch.delenv("ANDEL_KEY", raising=False)
    if way == "environment":
        monkeypatch.setenv("ANDEL_KEY", key.secret_bytes().hex())
    elif way == "keystore":
        keystore = Account.encrypt(key.secret_bytes(), PASSWORD, iterations=2**12)
        (tmp_path / "key.json").write_text(json.dumps(keystore))
        (tmp_path / "password").write_text(PASSWORD + "\n")
        words += ["--key-file", str(tmp_path / "key.json"), "--password-file", str(tmp_path / "password")]
    else:
        words += ["--key-file", str(by_file.key_file)]
    ended = call_main(words, monkeypatch, capsys)
    assert ended.returncode == 0, ended.stderr
    printed = ended.stdout + ended.stderr
    assert forms_in(key.secret_bytes(), printed.encode()) == [] and PASSWORD not in printed


@pytest.mark.parametrize(
    ("environment", "password"),
    [({"ANDEL_KEY": "{}z"}, ""), ({"ANDEL_KEY": "{}00"}, ""), ({}, "horse battery"), ({}, None)],
)
def test_a_key_that_does_not_open_is_not_repeated(launched, tmp_path, monkeypatch, capsys, environment, password):
    by_file, _, key = launched
    secret = key.secret_bytes().hex()
    words = ["--verbose", "check", str(by_file.model_file)]
    if not environment:
        keystore = Account.encrypt(key.secret_bytes(), PASSWORD, iterations=2**12)
        (tmp_path / "key.json").write_text(json.dumps(keystore))
        words += ["--key-file", str(tmp_path / "key.json")]
        if password is not None:
            (tmp_path / "password").write_text(password)
            words += ["--password-file", str(tmp_path / "password")]
    monkeypatch.delenv("ANDEL_KEY", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(secret))
    ended = call_main(words, monkeypatch, capsys)
    printed = ended.stdout + ended.stderr
    assert ended.returncode == 1 and "NOT key" in printed
    assert secret[:16] not in printed and "horse battery" not in printed


def test_what_stands_before_an_at_sign_in_an_address_is_not_shown(launched, monkeypatch, capsys):
    by_file, _, _ = launched
    for option in ("--signer", "--rpc"):
        words = ["check", str(by_file.model_file), option, "http://name:secretword@127.0.0.1:9"]
        ended = call_main(words, monkeypatch, capsys)
        assert ended.returncode == 1 and "secretword" not in ended.stdout + ended.stderr
