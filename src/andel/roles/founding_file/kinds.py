"""What a key of model.toml may hold: for each kind its JSON Schema, how it is said to people, and its exact value.

Takes values as TOML has them, dates as RFC 3339 text. Gives integers, addresses and
texts. Money is decimal text and becomes an integer of smallest units or is refused; no float is ever made of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from andel.errors import InputError
from andel.keys import parse_address
from andel.units import DAY_SECONDS, Address

BPS: Final = 10_000
WHOLE: Final = 18
"""Decimals of the chain's coin, of a model's token, and of most payment tokens."""

MAX_UNITS: Final = (1 << 128) - 1
"""The most that an amount may be, in units: what contracts hold in 128 bits."""

_UNITS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": DAY_SECONDS, "week": 7 * DAY_SECONDS}
_DURATION: Final = r"[0-9]{1,9} (second|minute|hour|day|week)s?"
_TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})"
_FILE: Final = r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$"
_AMOUNT: Final = r"(0|[1-9][0-9]{0,2}(_[0-9]{3})+|[1-9][0-9]{0,30})(\.[0-9]{1,18})?"


class Refused(Exception):
    """A value that has the right form and is out of bounds: the reason, and the remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Kind(Protocol):
    """One kind of value. `words` finish the sentence "… is not", `example` is how it is written in the file."""

    @property
    def words(self) -> str: ...

    @property
    def example(self) -> str: ...

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        ...

    def read(self, value: Any) -> Any:
        """The exact value of one that fits the schema. Raises Refused."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer within bounds, ends included."""

    low: int
    high: int
    example: str = "1"

    @property
    def words(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    def read(self, value: Any) -> int:
        return int(value)


@dataclass(frozen=True, slots=True)
class Range:
    """Two integers, the lower first, within bounds."""

    low: int
    high: int
    example: str

    @property
    def words(self) -> str:
        return f"a pair of whole numbers from {self.low} to {self.high}, the lower first"

    def schema(self) -> dict[str, Any]:
        item = {"type": "integer", "minimum": self.low, "maximum": self.high}
        return {"type": "array", "items": item, "minItems": 2, "maxItems": 2}

    def read(self, value: Any) -> tuple[int, int]:
        if value[0] > value[1]:
            raise Refused(f"{value[0]} to {value[1]} is empty", "write the lower number first")
        return int(value[0]), int(value[1])


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    words: str = "true or false"
    example: str = "false"

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def read(self, value: Any) -> bool:
        return bool(value)


@dataclass(frozen=True, slots=True)
class Amount:
    """Money: decimal text of whole tokens or coins, as an integer of its smallest units (1e-18)."""

    low: int = 0
    high: int = MAX_UNITS
    example: str = '"1_000_000"'

    @property
    def words(self) -> str:
        return "an amount: decimal text in quotes, at most 18 places"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_AMOUNT}$", "maxLength": 64}

    def read(self, value: Any) -> int:
        units = to_units(value, WHOLE)
        if not self.low <= units <= self.high:
            raise Refused(
                f"{value} is outside {from_units(self.low)} to {from_units(self.high)}",
                "write an amount within these bounds",
            )
        return units


@dataclass(frozen=True, slots=True)
class Text:
    """Text of a length within bounds, in one line, of a form where one is given."""

    longest: int
    example: str
    pattern: str = r"^[^\u0000-\u001f\u007f]*$"
    said: str = "text in one line"
    shortest: int = 1

    @property
    def words(self) -> str:
        return f"{self.said}, {self.shortest} to {self.longest} characters"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": self.shortest, "maxLength": self.longest, "pattern": self.pattern}

    def read(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a few."""

    options: tuple[str, ...]

    @property
    def words(self) -> str:
        return f"one of {', '.join(self.options)}"

    @property
    def example(self) -> str:
        return f'"{self.options[0]}"'

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.options)}

    def read(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Seconds:
    """A length of time, as text with its unit; gives seconds."""

    low: int
    high: int
    example: str = '"7 days"'

    @property
    def words(self) -> str:
        return "a length of time: a whole number and seconds, minutes, hours, days or weeks, in quotes"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_DURATION}$"}

    def read(self, value: Any) -> int:
        seconds = _seconds(value)
        if not self.low <= seconds <= self.high:
            raise Refused(
                f"{value} is outside {in_words(self.low)} to {in_words(self.high)}", "write a time within these bounds"
            )
        return seconds


@dataclass(frozen=True, slots=True)
class Moment:
    """A second: `at` in unix time, or, where that is None, `after` so many seconds from the launch."""

    at: int | None
    after: int = 0

    def given(self, launch: int) -> int:
        """The second, when the launch is at second `launch`."""
        return launch + self.after if self.at is None else self.at


@dataclass(frozen=True, slots=True)
class When:
    """A `Moment`: a date with its offset from UTC, or a time after the launch."""

    words: str = "a time: a date with Z or an offset, or a length of time after the launch in quotes"
    example: str = "2027-01-31T12:00:00Z"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^({_DURATION}|{_TIME})$"}

    def read(self, value: Any) -> Moment:
        if re.fullmatch(_DURATION, value):
            return Moment(None, _seconds(value))
        try:
            return Moment(int(datetime.fromisoformat(value).astimezone(UTC).timestamp()))
        except (ValueError, OverflowError):
            raise Refused(f"there is no such date: {value}", "write it like " + self.example) from None


@dataclass(frozen=True, slots=True)
class Account:
    """An address, checksummed where it has both cases."""

    words: str = "an address: 0x and 40 hex digits, in quotes"
    example: str = '"0x1111111111111111111111111111111111111111"'

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}

    def read(self, value: Any) -> Address:
        try:
            address = parse_address(value)
        except InputError as error:
            raise Refused(error.message, "copy the address again") from None
        digits = value[2:]
        if digits not in (digits.lower(), digits.upper()) and value != address:
            raise Refused(f"the checksum of {value} is wrong", "copy the address again: a digit is mistyped")
        if int(address, 16) == 0:
            raise Refused("the zero address is nobody", "name an account that somebody holds")
        return address


@dataclass(frozen=True, slots=True)
class Accounts:
    """A list of different addresses."""

    most: int
    example: str = '["0x1111111111111111111111111111111111111111"]'

    @property
    def words(self) -> str:
        return f"a list of at most {self.most} addresses"

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": Account().schema(), "maxItems": self.most}

    def read(self, value: Any) -> tuple[Address, ...]:
        found = tuple(Account().read(each) for each in value)
        if len(set(found)) != len(found):
            twice = next(each for each in found if found.count(each) > 1)
            raise Refused(f"{twice} stands there twice", "name each once")
        return found


@dataclass(frozen=True, slots=True)
class Words:
    """A list of different words of a few."""

    options: tuple[str, ...]

    @property
    def words(self) -> str:
        return f"a list of: {', '.join(self.options)}"

    @property
    def example(self) -> str:
        return f'["{self.options[0]}"]'

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"enum": list(self.options)}, "uniqueItems": True}

    def read(self, value: Any) -> tuple[str, ...]:
        return tuple(sorted(value))


@dataclass(frozen=True, slots=True)
class Hex:
    """So many bytes as hex digits."""

    size: int

    @property
    def words(self) -> str:
        return f"{2 * self.size} hex digits, in quotes"

    @property
    def example(self) -> str:
        return f'"{"1f" * self.size}"'

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^(0x)?[0-9a-fA-F]{{{2 * self.size}}}$"}

    def read(self, value: Any) -> bytes:
        return bytes.fromhex(value.removeprefix("0x"))


@dataclass(frozen=True, slots=True)
class Payment:
    """What is paid with: the chain's coin (None) or an ERC-20."""

    words: str = 'what is paid with: "coin", or the address of an ERC-20'
    example: str = '"coin"'

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^(coin|0x[0-9a-fA-F]{40})$"}

    def read(self, value: Any) -> Address | None:
        return None if value == "coin" else Account().read(value)


def file_named(example: str) -> Text:
    """The kind of a path below model.toml's folder."""
    return Text(200, f'"{example}"', _FILE, "a file's path from the folder of model.toml, with / between names")


def to_units(text: str, decimals: int) -> int:
    """Decimal text as an integer of 10**-`decimals`. Raises Refused where that would not be exact."""
    whole, _, places = text.replace("_", "").partition(".")
    if len(places.rstrip("0")) > decimals:
        raise Refused(
            f"{text} has more than the {decimals} places of what it is paid in", "shorten it, or set decimals"
        )
    return int(whole + places.rstrip("0").ljust(decimals, "0"))


def power_of_ten(exponent: int) -> int:
    """10**`exponent`, which is not negative."""
    return int(f"1{'0' * exponent}")


def from_units(units: int, decimals: int = WHOLE) -> str:
    """The shortest decimal text of an integer of 10**-`decimals`."""
    whole, part = divmod(units, 10**decimals)
    return f"{whole}.{part:0{decimals}}".rstrip("0").rstrip(".") if decimals else str(whole)


def in_words(seconds: int) -> str:
    """A length of time in the greatest unit that divides it, as the file writes it."""
    for name in ("day", "hour", "minute"):
        if seconds and seconds % _UNITS[name] == 0:
            count = seconds // _UNITS[name]
            return f"{count} {name}" + ("s" if count > 1 else "")
    return f"{seconds} second" + ("s" if seconds != 1 else "")


def _seconds(text: str) -> int:
    count, unit = text.split()
    return int(count) * _UNITS[unit.removesuffix("s")]
