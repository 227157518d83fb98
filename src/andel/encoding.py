"""Canonical bytes: the only place where a thing becomes what is signed or hashed.

Objects become canonical JSON (RFC 8785) without floats; integers beyond 2**53 travel as decimal strings.
Arrays of integers become a tag, their shapes, and little-endian values of one width. What is read back is
bounded in size and refused when it is not canonical, so that one object has one hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from andel.errors import InputError

MAX_OBJECT_BYTES = 64 * 1024 * 1024
"""Largest canonical object that is parsed."""

WORD_BYTES: Final = 32
"""Of a word of the EVM."""

IntArray = npt.NDArray[np.int64]

_SIGN_THEN_VALUE: Final = np.array([63, 63, 63, 0])
"""Shifts that leave of an int64 its sign three times over, and itself: an int256 in four parts."""


def canonical_json(value: object) -> bytes:
    """RFC 8785 bytes of `value` (dicts, lists, strings, integers, booleans, null).

    Raises InputError for floats, bytes, integers beyond 2**53 and keys that are not ASCII (whose order RFC 8785
    takes from UTF-16).
    """
    try:
        _check_canonical(value)
        # orjson writes RFC 8785's own form for what `_check_canonical` lets through, an order of magnitude faster
        # than a general implementation; the tests compare the two
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise InputError(f"cannot be written as canonical JSON: {error}") from error


def parse_json(data: bytes, max_bytes: int = MAX_OBJECT_BYTES) -> Any:
    """The object whose canonical JSON is exactly `data`.

    Raises InputError when `data` is too long, no JSON, or not in canonical form (so that each object has one
    hash; this also refuses repeated keys and floats).
    """
    if len(data) > max_bytes:
        raise InputError(f"object of {len(data)} bytes is over the limit of {max_bytes}")
    try:
        # not json.loads: it recurses as deep as the interpreter's limit allows, which eth-account's py_ecc lifts to
        # 100,000, and nested brackets then end the process; orjson stops at 1,024 levels
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError(f"not JSON: {str(error)[:120]}") from error
    if canonical_json(value) != data:
        raise InputError("JSON is not in canonical form (RFC 8785)")
    return value


def canonical_text(data: bytes, max_bytes: int) -> bytes:
    """The canonical JSON of what a person wrote, whatever its spaces and the order of its keys. Raises InputError."""
    if len(data) > max_bytes:
        raise InputError(f"text of over {max_bytes} bytes")
    try:
        return canonical_json(orjson.loads(data))
    except orjson.JSONDecodeError as error:
        raise InputError(f"not JSON: {str(error)[:120]}") from error


def parse_hex(value: object, *sizes: int) -> bytes:
    """The bytes of lower-case hex, of one of the `sizes`. Raises InputError for anything else."""
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) not in sizes or data.hex() != value:
        raise InputError(f"not {' or '.join(map(str, sizes))} bytes in lower-case hex: {str(value)[:60]!r}")
    return data


def encode_arrays(tag: bytes, arrays: Sequence[npt.NDArray[np.integer[Any]]], bits: int) -> bytes:
    """Canonical bytes of integer arrays: `tag`, count, shapes, then little-endian values of `bits` (32 or 64).

    Raises InputError when a value does not fit.
    """
    limit = 1 << (bits - 1)
    parts = [array_header(tag, [array.shape for array in arrays], bits)]
    for array in arrays:
        if array.size and (int(array.min()) < -limit or int(array.max()) >= limit):
            raise InputError(f"array value does not fit {bits} bits")
        parts.append(np.ascontiguousarray(array, dtype=f"<i{bits // 8}").tobytes())
    return b"".join(parts)


def array_header(tag: bytes, shapes: Sequence[tuple[int, ...]], bits: int) -> bytes:
    """What stands before the values of arrays of these shapes."""
    sizes = (bytes([len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape) for shape in shapes)
    return tag + b"\x00" + bytes([bits, len(shapes)]) + b"".join(sizes)


def decode_arrays(tag: bytes, data: bytes, shapes: Sequence[tuple[int, ...]]) -> list[IntArray]:
    """The int64 arrays that `encode_arrays` wrote under `tag` with exactly these `shapes`; see `decode_values`."""
    arrays, start = [], 0
    values = decode_values(tag, data, shapes)
    for shape in shapes:
        size = prod(shape)
        arrays.append(values[start : start + size].reshape(shape))
        start += size
    return arrays


def decode_values(tag: bytes, data: bytes, shapes: Sequence[tuple[int, ...]]) -> IntArray:
    """All values of the arrays that `encode_arrays` wrote under `tag` with exactly these `shapes`, in their order.

    Raises InputError when the tag, the shapes or the length differ.
    """
    bits = data[len(tag) + 1] if len(data) > len(tag) + 1 else 0
    header = array_header(tag, shapes, bits)
    size = sum(map(prod, shapes))
    if bits not in (32, 64) or not data.startswith(header):
        raise InputError(f"not {tag.decode('ascii', 'replace')} arrays of the expected shapes")
    if len(data) != len(header) + size * bits // 8:
        raise InputError(f"arrays of {len(data)} bytes have the wrong length")
    return np.frombuffer(data, dtype=f"<i{bits // 8}", offset=len(header)).astype(np.int64)


def words_of(values: Iterable[int]) -> bytes:
    """The integers as int256 words, big-endian in two's complement, one after another. Raises OverflowError."""
    return b"".join([value.to_bytes(WORD_BYTES, "big", signed=True) for value in values])


def words_of_array(values: IntArray) -> bytes:
    """As `words_of`, of integers (n,), at once."""
    # three words of 8 bytes of the sign, then the integer, each the other way round
    words: IntArray = values[:, None] >> _SIGN_THEN_VALUE
    return words.byteswap(inplace=True).tobytes()


def words_in(data: bytes) -> list[int]:
    """The integers of int256 words, as `words_of` writes them; a last word that is cut counts as a shorter integer."""
    return [int.from_bytes(data[at : at + WORD_BYTES], "big", signed=True) for at in range(0, len(data), WORD_BYTES)]


def _check_canonical(value: object) -> None:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return
    if kind is dict:
        for key, item in value.items():  # type: ignore[attr-defined]  # kind is dict
            if type(key) is not str or not key.isascii():
                raise InputError(f"key {key!r} has no canonical form here")
            _check_canonical(item)
    elif kind is list or kind is tuple:
        for item in value:  # type: ignore[attr-defined]  # kind is list or tuple
            _check_canonical(item)
    elif isinstance(value, float):
        raise InputError(f"float {value!r} has no canonical form here; scale it to an integer")
    elif isinstance(value, str):
        return  # Address and other named texts
    else:
        raise InputError(f"{kind.__name__} has no canonical form here")
