"""What a proposal does is told in plain words; what cannot be read is said to be unknown, never guessed."""

from andel.keys import AccountKey, derive_secret
from andel.ledger.governance import ProposedCall
from andel.ledger.proposed_calls import call_of, in_words

POLICY, STRANGE = (AccountKey(derive_secret(b"proposed", name)).address for name in ("policy", "strange"))
NAMES = {POLICY: "ModelPolicy"}


def test_calls_are_told_by_contract_function_and_values():
    call = call_of("ModelPolicy", POLICY, "setBar", [(-5, True, False)])
    assert in_words(call, NAMES) == "ModelPolicy.setBar(next [-5, True, False])"
    call = call_of("ModelPolicy", POLICY, "setLicence", [bytes(31) + b"\7"], 10**17)
    assert in_words(call, NAMES).endswith(" with 0.1 of the chain's coin (100000000000000000 wei)")
    assert in_words(ProposedCall(STRANGE, 10**18, b""), NAMES).startswith("pay 1 of the chain's coin")


def test_what_cannot_be_read_is_shown_as_bytes_and_said_to_be_unknown():
    data = call_of("ModelPolicy", POLICY, "setLicence", [bytes(32)]).data
    assert in_words(ProposedCall(STRANGE, 0, data), NAMES).startswith(f"call UNKNOWN contract {STRANGE}: 0x")
    assert "UNKNOWN function of ModelPolicy" in in_words(ProposedCall(POLICY, 0, b"\1\2\3\4"), NAMES)
    assert "UNKNOWN function of ModelPolicy" in in_words(ProposedCall(POLICY, 0, data[:10]), NAMES)
