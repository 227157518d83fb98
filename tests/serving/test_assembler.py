"""Bytes and instructions are two forms of one thing; what is not listed is refused where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import ModelFileError
from andel.serving.assembler import LISTED_OPCODES, assemble, disassemble, opcodes_used

PLAIN = [opcode.name for opcode in LISTED_OPCODES if not opcode.name.startswith("PUSH")]
ITEMS = st.lists(st.sampled_from(PLAIN) | st.integers(0, 2**256 - 1))

# What a model must never do: read state or environment, call, create, log, or destroy.
UNLISTED = {
    "ADDRESS": 0x30,
    "BALANCE": 0x31,
    "CALLER": 0x33,
    "CODECOPY": 0x39,
    "EXTCODECOPY": 0x3C,
    "BLOCKHASH": 0x40,
    "TIMESTAMP": 0x42,
    "BLOBHASH": 0x49,
    "SLOAD": 0x54,
    "SSTORE": 0x55,
    "GAS": 0x5A,
    "TLOAD": 0x5C,
    "TSTORE": 0x5D,
    "LOG0": 0xA0,
    "LOG4": 0xA4,
    "CREATE": 0xF0,
    "CALL": 0xF1,
    "CALLCODE": 0xF2,
    "DELEGATECALL": 0xF4,
    "CREATE2": 0xF5,
    "STATICCALL": 0xFA,
    "INVALID": 0xFE,
    "SELFDESTRUCT": 0xFF,
}


@given(ITEMS)
def test_what_is_assembled_reads_back(items):
    instructions = disassemble(assemble(items))
    assert [i.opcode.name if i.pushed is None else i.pushed for i in instructions] == items


@given(ITEMS)
def test_positions_are_those_of_the_bytes(items):
    code = assemble(items)
    assert all(code[i.position] == i.opcode.byte for i in disassemble(code))


@pytest.mark.parametrize(
    ("value", "code"),
    [(0, "5f"), (1, "6001"), (255, "60ff"), (256, "610100"), (2**256 - 1, "7f" + "ff" * 32)],
)
def test_a_number_is_pushed_in_its_shortest_form(value, code):
    assert assemble([value]).hex() == code


@pytest.mark.parametrize("name", UNLISTED)
def test_an_opcode_that_is_not_listed_is_refused_with_its_position(name):
    with pytest.raises(ModelFileError, match=rf"byte 3: opcode 0x{UNLISTED[name]:02x}"):
        opcodes_used(bytes.fromhex("60545f") + bytes([UNLISTED[name]]))


def test_a_forbidden_byte_inside_a_push_is_data():
    assert opcodes_used(bytes.fromhex("60f1")) == {"PUSH1"}


def test_a_push_cut_short_is_refused():
    with pytest.raises(ModelFileError, match="byte 1: PUSH32 has 31 bytes"):
        disassemble(b"\x5f\x7f" + bytes(31))


@pytest.mark.parametrize("value", [-1, 2**256])
def test_a_number_outside_the_word_is_a_mistake_of_the_caller(value):
    with pytest.raises(OverflowError):
        assemble([value])


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(code):
    try:
        instructions = disassemble(code)
    except ModelFileError:
        return
    assert sum(1 + (i.opcode.byte - 0x5F if i.pushed is not None else 0) for i in instructions) == len(code)
