"""A hash is named by its digits or as a CID, whatever digit it begins with."""

import pytest

from andel.cli.contribute_acceptance import parse_one_hash
from andel.cli.options import parse_digest
from andel.content import cid_of_digest
from andel.errors import InputError, SettingsError
from andel.units import Digest


@pytest.mark.parametrize("first", [0x0B, 0xB0, 0xBA, 0xFF])
def test_digits_and_cid_name_the_same_hash(first):
    digest = Digest(bytes([first]) + bytes(range(31)))
    for text in (digest.hex(), f"0x{digest.hex()}", digest.hex().upper(), cid_of_digest(digest)):
        assert parse_digest(text, "terms") == parse_one_hash(text, "--accept-terms") == digest


@pytest.mark.parametrize("text", ["", "0x", "b", "12" * 31, "12" * 33, "bafy", "g" * 64])
def test_anything_else_is_refused(text):
    with pytest.raises(InputError):
        parse_digest(text, "terms")
    with pytest.raises(SettingsError):
        parse_one_hash(text, "--accept-terms")
