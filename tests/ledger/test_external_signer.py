"""A signer elsewhere signs what is asked, in either dialect; whatever else it answers is never passed on."""

import pytest
from eth_account import Account

from andel.errors import ChainError, InputError
from andel.keys import AccountKey, derive_secret
from andel.ledger.external_signer import ExternalSigner
from andel.transactions import Transaction, sign_transaction, signed_elsewhere
from tests.support.launches import SmallSigner

SECRET, OTHER = derive_secret(b"signer", 0), derive_secret(b"signer", 1)
KEY = AccountKey(SECRET)
CLEF = ("account_list", "account_signTransaction")
WEB3SIGNER = ("eth_accounts", "eth_signTransaction")
TRANSACTION = Transaction(4690, 7, AccountKey(OTHER).address, 5, b"\x00data", 90_000, 2 * 10**12, 10**9)
LEGACY = Transaction(4690, 0, None, 0, b"code", 90_000, 10**12, None)


@pytest.fixture
def signer():
    running: list[SmallSigner] = []

    def start(methods=CLEF, secrets=(SECRET,)):
        running.append(SmallSigner(list(secrets), methods))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.mark.parametrize("methods", [CLEF, WEB3SIGNER])
@pytest.mark.parametrize("transaction", [TRANSACTION, LEGACY])
def test_it_signs_as_the_key_itself_would(signer, methods, transaction):
    elsewhere = ExternalSigner.connect(signer(methods).url)
    assert elsewhere.address == KEY.address
    assert sign_transaction(elsewhere, transaction) == sign_transaction(KEY, transaction)


def test_a_deployment_passes_through_it(signer, chain, local_chain):
    local_chain.fund([KEY.address])
    contract, _ = chain.deploy(ExternalSigner.connect(signer().url), "DeviceRegistry")
    assert chain.code(contract.address)


@pytest.mark.parametrize(
    "alter",
    [
        {"value": "0x6"},
        {"to": KEY.address},
        {"nonce": "0x8"},
        {"data": "0x"},
        {"gas": "0xffffff"},
        {"maxFeePerGas": "0xffffffffffff"},
        {"chainId": "0x1"},
    ],
)
def test_another_transaction_than_asked_for_is_not_passed_on(signer, alter):
    small = signer()
    elsewhere = ExternalSigner.connect(small.url)
    small.alter = alter
    with pytest.raises(InputError, match="signed another transaction"):
        elsewhere.sign_transaction(TRANSACTION)


def test_an_access_list_or_another_kind_of_transaction_is_another_transaction():
    fields = {"chainId": 4690, "nonce": 7, "to": TRANSACTION.to, "value": 5, "data": b"\x00data", "gas": 90_000}
    dear = {"type": 2, "maxFeePerGas": 2 * 10**12, "maxPriorityFeePerGas": 10**9}
    listed = [{"address": KEY.address, "storageKeys": []}]
    for other in ({**fields, **dear, "accessList": listed}, {**fields, "gasPrice": 2 * 10**12}):
        raw = bytes(Account.sign_transaction(other, SECRET).raw_transaction)
        with pytest.raises(InputError, match="another transaction|no signed transaction"):
            signed_elsewhere(TRANSACTION, raw, KEY.address)


def test_another_account_s_signature_is_not_passed_on(signer):
    small = signer()
    elsewhere = ExternalSigner.connect(small.url)
    small.signs_as = OTHER
    with pytest.raises(InputError, match="signed as"):
        elsewhere.sign_transaction(TRANSACTION)


def test_a_refusal_and_an_answer_that_is_none_are_told(signer):
    small = signer()
    elsewhere = ExternalSigner.connect(small.url)
    small.refuses = "request denied"
    with pytest.raises(ChainError, match="the signer refused: request denied"):
        elsewhere.sign_transaction(TRANSACTION)
    small.refuses, small.garbles = "", True
    with pytest.raises(InputError, match="signed another|no signed transaction"):
        elsewhere.sign_transaction(TRANSACTION)


def test_the_account_is_named_where_there_are_several(signer):
    url = signer(secrets=(SECRET, OTHER)).url
    with pytest.raises(InputError, match="keeps 2 accounts"):
        ExternalSigner.connect(url)
    assert ExternalSigner.connect(url, AccountKey(OTHER).address.lower()).address == AccountKey(OTHER).address
    with pytest.raises(InputError, match="does not keep"):
        ExternalSigner.connect(url, "0x" + "11" * 20)


def test_what_is_no_signer_is_told(signer, local_chain):
    with pytest.raises(ChainError, match="is no signer"):
        ExternalSigner.connect(signer(("a", "b")).url)
    with pytest.raises(ChainError, match=r"no signer answers at http://127\.0\.0\.1:9/"):
        ExternalSigner.connect("http://name:secret@127.0.0.1:9/", timeout_seconds=1)


def test_bytes_of_any_kind_are_refused_in_words():
    for raw in (b"", b"\x02", b"\xc0", b"\x02\xc0", b"\x02" + b"\xff" * 40, bytes(600_000)):
        with pytest.raises(InputError):
            signed_elsewhere(TRANSACTION, raw, KEY.address)
