"""Keystore files open with their password, and tell nothing of key or password when they do not."""

import json

import pytest
from eth_account import Account

from andel.errors import InputError
from andel.keys import AccountKey, derive_secret
from andel.keystore import open_keystore

SECRET = derive_secret(b"keystores")
PASSWORD = "correct horse 7"


@pytest.fixture(scope="module", params=["scrypt", "pbkdf2"])
def keystore(request):
    rounds = 2**12 if request.param == "scrypt" else 1_000
    return Account.encrypt(SECRET, PASSWORD, kdf=request.param, iterations=rounds)


def test_a_keystore_opens_with_its_password(keystore):
    data = json.dumps(keystore).encode()
    assert open_keystore(data, PASSWORD).address == AccountKey(SECRET).address
    older = {("Crypto" if name == "crypto" else name): value for name, value in keystore.items()}
    assert open_keystore(json.dumps(older).encode(), PASSWORD).address == AccountKey(SECRET).address


def test_another_password_is_refused_without_being_repeated(keystore):
    with pytest.raises(InputError) as refused:
        open_keystore(json.dumps(keystore).encode(), "another word 8")
    assert "another word" not in refused.value.message + refused.value.hint
    assert refused.value.__cause__ is None and refused.value.__suppress_context__


@pytest.mark.parametrize(
    "change",
    [
        {"version": 4},
        {"version": "x"},
        {"crypto": None},
        {"crypto": {"kdf": "scrypt", "kdfparams": {"n": 2**30, "r": 8, "p": 1}}},
        {"crypto": {"kdf": "scrypt", "kdfparams": {"n": 2**12, "r": 8, "p": 1_000}}},
        {"crypto": {"kdf": "pbkdf2", "kdfparams": {"c": 10**12}}},
        {"crypto": {"kdf": "scrypt", "kdfparams": {"n": 2**12, "r": 8, "p": 1}}},
        {"crypto": []},
    ],
)
def test_a_file_of_another_form_or_of_endless_work_is_refused(keystore, change):
    with pytest.raises(InputError, match="keystore"):
        open_keystore(json.dumps({**keystore, **change}).encode(), PASSWORD)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"7", b"{}", b"[" * 20_000, b" " * 20_000, b"\xff"])
def test_what_is_no_keystore_is_refused(data):
    with pytest.raises(InputError, match="keystore"):
        open_keystore(data, PASSWORD)
