"""Attack: a text that somebody signed to sign in is used again, elsewhere, for longer, or after a byte was changed.

Who: whoever sees the text and its signature, or shows an account a text of its own making. What stops it: a server
takes only texts of its own, sealed and equal to the byte, for ten minutes, once for all its workers; a session is
sealed too.
"""

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from andel.serving.http_edge import RefusedRequest
from andel.serving.limits import Counts
from andel.serving.sign_in import PREFIX, SignIn
from andel.typed_data import Domain
from tests.serving.test_predictor import DOMAIN, NOW, OPERATOR

VICTIM = Account.from_key("0x" + "07" * 32)


def signed(text):
    return bytes(VICTIM.sign_message(encode_defunct(text=text)).signature)


@pytest.fixture
def workers(tmp_path):
    """Two workers of one server."""
    counts = [Counts(tmp_path / "counts.db", lambda: NOW) for _ in range(2)]
    yield [SignIn(OPERATOR, DOMAIN, "https://weather.example", lambda: NOW, each.use_once) for each in counts]
    for each in counts:
        each.close()


def test_a_text_signs_in_once_at_all_workers_together(workers):
    text = workers[0].text_for(VICTIM.address)
    session, _ = workers[1].session_for(text, signed(text))
    assert workers[0].account_of(session) == VICTIM.address
    for worker in workers:
        with pytest.raises(RefusedRequest, match="used before"):
            worker.session_for(text, signed(text))


def test_a_thief_without_the_signature_cannot_use_a_text_up(workers):
    text = workers[0].text_for(VICTIM.address)
    with pytest.raises(RefusedRequest):
        workers[0].session_for(text, bytes(64) + b"\x1b")
    assert workers[0].session_for(text, signed(text))


def test_a_text_of_another_server_chain_or_origin_is_refused(workers, tmp_path):
    other = Domain(DOMAIN.chain_id + 1, DOMAIN.contract)
    for place in (
        SignIn(OPERATOR, other, "https://weather.example", lambda: NOW, lambda *_: True),
        SignIn(OPERATOR, DOMAIN, "https://evil.example", lambda: NOW, lambda *_: True),
    ):
        text = place.text_for(VICTIM.address)
        with pytest.raises(RefusedRequest, match="no text of this server"):
            workers[0].session_for(text, signed(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("weather.example wants", "evil.example wants"),
        ("for an hour", "for ever"),
        ("Chain ID: 31337", "Chain ID: 1"),
        ("Version: 1", "Version: 2"),
        ("Expiration Time: 2027", "Expiration Time: 2099"),
        ("\n\nURI", "\n\n\nURI"),
        ("Nonce: 0", "Nonce: 1"),
    ],
)
def test_a_text_that_was_changed_is_refused_although_it_is_signed(workers, old, new):
    text = workers[0].text_for(VICTIM.address)
    assert old in text
    changed = text.replace(old, new)
    with pytest.raises(RefusedRequest, match="no text of this server"):
        workers[0].session_for(changed, signed(changed))
    appended = text + "\nResources:\n- https://evil.example"
    with pytest.raises(RefusedRequest, match="no text of this server"):
        workers[0].session_for(appended, signed(appended))


def test_a_session_that_was_made_up_or_changed_is_nobodys(workers):
    text = workers[0].text_for(VICTIM.address)
    session, _ = workers[0].session_for(text, signed(text))
    for place in range(len(PREFIX), len(session)):
        changed = session[:place] + ("A" if session[place] != "A" else "B") + session[place + 1 :]
        assert workers[0].account_of(changed) is None
    for made_up in ("", PREFIX, PREFIX + "A" * 80, session + "A", "é" * 88):
        assert workers[0].account_of(made_up) is None
