"""Who is let in: an operator's keys, accounts by sign-in and by their own signature, and everybody else."""

import stat

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from starlette.testclient import TestClient

from andel.errors import InputError, SettingsError
from andel.ledger.policy import Access, Price
from andel.serving.admission import Admission, Terms, pass_header
from andel.serving.api import build_app
from andel.serving.api_keys import ApiKeys, add_key, read_keys, remove_key
from andel.serving.door import Door, network_of
from andel.serving.http_edge import RefusedRequest, json_response
from andel.serving.limits import Counts, Rate
from andel.serving.sign_in import SESSION_SECONDS, TEXT_SECONDS, SignIn
from andel.units import NOBODY, Address, Digest
from tests.serving.test_predictor import DOMAIN, NOON, NOW, OPERATOR, PREDICTOR, VALUES

ASKER = Account.from_key("0x" + "07" * 32)
ORIGIN = "https://weather.example"
GOOD = {"values": VALUES, "time": NOON}


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


class VotedAdmission(Admission):
    """Terms as a vote would have set them, and a list of who holds a token or a pass, in the place of a chain."""

    __slots__ = ("holders", "voted")
    holders: dict[Address, int]
    voted: Terms

    def terms(self):
        return self.voted

    def _granted(self, terms, holder):
        return self.holders.get(holder)


def admission(access, clock, holders=None, prices=()):
    found = VotedAdmission(DOMAIN, OPERATOR.address, None, None, None, clock)  # type: ignore[arg-type]
    found.voted, found.holders = Terms(access, Digest(bytes(32)), prices), holders or {}
    return found


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def counts(tmp_path, clock):
    counts = Counts(tmp_path / "counts.db", clock)
    yield counts
    counts.close()


@pytest.fixture
def sign_in(clock, counts):
    return SignIn(OPERATOR, DOMAIN, ORIGIN, clock, counts.use_once)


def signed(text, account=ASKER):
    return bytes(account.sign_message(encode_defunct(text=text)).signature)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def ask(door, headers=None, record=GOOD, **options):
    with TestClient(build_app(PREDICTOR, door, **options)) as client:
        return client.post("/predict", json=record, headers=headers)


def test_a_key_is_told_once_and_only_its_hash_is_kept(tmp_path):
    path = tmp_path / "keys.json"
    text, made = add_key(path, "a partner", 100, NOW)
    assert text.split("_", 3)[3] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_keys(path) == (made,)
    assert remove_key(path, made.id) == made
    assert read_keys(path) == ()
    with pytest.raises(InputError, match="no key"):
        remove_key(path, made.id)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format":"andel-keys/1","keys":[{}]}', "\0", "[" * 10_000])
def test_a_file_that_holds_no_keys_is_refused(tmp_path, content):
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(SettingsError):
        read_keys(tmp_path / "keys.json")


def test_a_key_lets_in_at_its_own_rate_until_it_is_removed(tmp_path, clock, counts):
    path = tmp_path / "keys.json"
    text, made = add_key(path, "a partner", 2, NOW)
    door = Door(admission(Access.PAID, clock), ApiKeys(path, clock), counts=counts)
    assert ask(door, bearer(text)).headers["RateLimit"].startswith('"burst";r=119')
    assert ask(door, bearer(text)).status_code == 200
    assert ask(door, bearer(text)).status_code == 429
    assert ask(door, bearer(text[:-1] + ("A" if text[-1] != "A" else "B"))).status_code == 401
    remove_key(path, made.id)
    clock.now += 2
    refused = ask(door, bearer(text))
    assert refused.status_code == 401 and refused.headers["WWW-Authenticate"]


def test_with_keys_only_nobody_else_is_let_in(tmp_path, clock):
    path = tmp_path / "keys.json"
    text, _ = add_key(path, "", 0, NOW)
    door = Door(None, ApiKeys(path, clock), keys_only=True)
    assert [ask(door, headers).status_code for headers in (bearer(text), None, bearer("x"))] == [200, 401, 401]


def test_an_account_signs_in_and_asks_for_an_hour(clock, counts, sign_in):
    door = Door(admission(Access.HOLDERS, clock, {ASKER.address: 0}), sign_in=sign_in, counts=counts)
    with TestClient(build_app(PREDICTOR, door)) as client:
        text = client.post("/sign-in/text", json={"account": ASKER.address}).json()["text"]
        assert text.startswith(f"weather.example wants you to sign in with your Ethereum account:\n{ASKER.address}\n")
        assert f"\nURI: {ORIGIN}\nVersion: 1\nChain ID: {DOMAIN.chain_id}\nNonce: " in text
        answer = client.post("/sign-in", json={"text": text, "signature": "0x" + signed(text).hex()}).json()
        assert answer["until"] == NOW + SESSION_SECONDS
        session = bearer(answer["session"])
        assert client.post("/predict", json=GOOD, headers=session).status_code == 200
        assert client.post("/predict", json=GOOD).status_code == 402
        clock.now += SESSION_SECONDS + 1
        assert client.post("/predict", json=GOOD, headers=session).status_code == 401


def test_a_text_that_is_over_or_signed_by_another_gives_no_session(clock, sign_in):
    text = sign_in.text_for(ASKER.address)
    for signature in (signed(text, Account.from_key("0x" + "08" * 32)), bytes(65), bytes(64)):
        with pytest.raises(RefusedRequest):
            sign_in.session_for(text, signature)
    clock.now += TEXT_SECONDS + 1
    with pytest.raises(RefusedRequest, match="over"):
        sign_in.session_for(text, signed(text))


@pytest.mark.parametrize(
    "origin", ["weather.example", "https://weather.example/", "ftp://x", "https://a b", "https://"]
)
def test_an_origin_is_a_scheme_and_a_host(clock, counts, origin):
    with pytest.raises(SettingsError, match="no origin"):
        SignIn(OPERATOR, DOMAIN, origin, clock, counts.use_once)


def test_one_account_has_one_count_whichever_way_it_comes(clock, counts, sign_in):
    operator = admission(Access.HOLDERS, clock, {OPERATOR.address: 3})
    door = Door(operator, sign_in=sign_in, counts=counts)
    text = sign_in.text_for(OPERATOR.address)
    session, _ = sign_in.session_for(text, signed(text, Account.from_key(OPERATOR.secret_bytes())))
    header = pass_header(OPERATOR, DOMAIN, OPERATOR.address, NOW + 60)
    ways = [bearer(session), {"Authorization": header}, bearer(session), {"Authorization": header}]
    assert [ask(door, way).status_code for way in ways] == [200, 200, 200, 429]


def test_an_open_model_counts_by_the_rate_that_holders_voted(clock, counts):
    price = Price("predict", NOBODY, 0, 2, False, 0)
    door = Door(admission(Access.OPEN, clock, prices=(price,)), counts=counts)
    assert [ask(door).status_code for _ in range(3)] == [200, 200, 429]


def test_a_batch_counts_as_many_questions_as_it_has(clock, counts):
    door = Door(counts=counts, rate=Rate(per_day=10))
    assert ask(door, record={"batch": [GOOD] * 8}).headers["RateLimit"].endswith('"day";r=2;t=' + _day_ends())
    refused = ask(door, record={"batch": [GOOD] * 8})
    assert refused.status_code == 429 and refused.headers["Retry-After"] == _day_ends()


def _day_ends():
    return str(86_400 - NOW % 86_400)


def test_who_has_no_right_may_pay_by_the_call_where_the_server_takes_that(clock):
    async def pays(request, endpoint):
        if request.headers.get("x-paid") != "yes":
            return json_response({"accepts": []}, 402)
        return await endpoint(request)

    door = Door(admission(Access.PAID, clock))
    assert ask(door, pays=pays).json() == {"accepts": []}
    assert ask(door, {"X-Paid": "yes"}, pays=pays).status_code == 200
    assert ask(door, {"X-Paid": "yes"}, {"batch": [GOOD] * 2}, pays=pays).status_code == 400
    holders = Door(admission(Access.HOLDERS, clock))
    assert "error" in ask(holders, {"X-Paid": "yes"}, pays=pays).json()


def test_addresses_of_one_network_are_one_caller():
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("testclient") == network_of("") == "elsewhere"
