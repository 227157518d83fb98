"""What a source hands on: one packet as it arrived, with the name it was announced under.

Takes topics and names as other people wrote them; gives an `Arrival`, or nothing. Never looks into a packet, and
never trusts a name: whether the packet is that device's is for intake to say.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

MAX_NAME_CHARACTERS: Final = 64
"""Longest name of a device: an IMEI has 15 digits, an address 42, a `did:io:` 49 characters."""

_TOPIC = re.compile(r"device/([^/]+)/(data|confirm)", re.DOTALL)


class Kind(StrEnum):
    """What an arrival is, by the place it came in at."""

    DATA = "data"
    CONFIRMATION = "confirmation"
    UNREADABLE = "unreadable"


class Arrival(NamedTuple):
    """One packet of a source; `detail` says of an unreadable one where it stood and what is wrong.

    A tuple, because thousands pass in a second.
    """

    announced: str
    raw: bytes
    kind: Kind = Kind.DATA
    detail: str = ""


def read_topic(topic: str) -> tuple[str, Kind] | None:
    """The device's name and what is sent, of a topic as Pebbles publish under; None for any other topic.

    `device/<name>/data` is a packet, `device/<name>/confirm` a claim. A name that is too long is cut, so that it
    is still refused under something a person can recognise.
    """
    match = _TOPIC.fullmatch(topic)
    if match is None:
        return None
    return match[1][:MAX_NAME_CHARACTERS], Kind.DATA if match[2] == "data" else Kind.CONFIRMATION
