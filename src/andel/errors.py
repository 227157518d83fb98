"""The one tree of errors.

AndelError
├── InputError              what came from outside cannot be used
│   ├── PacketError         bytes are not a device's packet
│   ├── TableError          a table cannot be read
│   ├── ModelFileError      a model file breaks its format or its bounds
│   │   └── NotInTheEvm     a version has a model file, and the EVM does not take its code
│   ├── FoundingFileError   a model.toml breaks its schema or its rules
│   ├── PlanError           a plan contradicts itself or the chain
│   └── SettingsError       a setting or an option is unusable
├── SourceError             packets cannot be fetched from where they were said to come
├── EvidenceError           evidence and chain disagree; names the place
│   └── EvidenceDue         evidence is still to come, and may
├── StoreError              the evidence store cannot be read or written
├── ContentError            the content store
│   ├── ContentMissing      an object is not there
│   └── ContentCorrupt      an object's bytes are not those of its name
├── ContentUnreachable      the content store does not answer: says nothing about what it holds
├── ChainError              the chain or the way to it
│   ├── RpcUnreachable      no answer from the RPC address
│   ├── Reverted            a contract refused, with its own error's name
│   ├── NodeMissing         no `anvil` on this machine
│   └── PortInUse           another program listens there
├── LinkError               a SuperLink cannot be reached, or refuses
│   ├── CertificateRefused  its certificate is not of the given authority
│   ├── NodeUnknown         it does not know this node's key
│   └── MessageLost         it will not give or take one message
└── TrainingError           a round of training could not be completed
    └── QuorumMissed        too few contributors answered in time

Every class keeps the values that it speaks of, and a hint for the person who reads it. The command line
prints `message` and `hint`, one line each; nothing here prints.
"""

from __future__ import annotations

from dataclasses import dataclass


class AndelError(Exception):
    """Base of all errors that are expected in operation; `hint` says what a person can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(AndelError):
    """Something from outside (bytes, a file, an option) cannot be used."""


class PacketError(InputError):
    """Bytes are not a packet of the format they were read as."""


class TableError(InputError):
    """A table cannot be read, or none of its rows can."""


class ModelFileError(InputError):
    """A model file breaks its format or a bound that its answers rest on."""


class NotInTheEvm(ModelFileError):
    """A version has a model file, and the EVM does not take its code: signed predictions are its answers."""


class FoundingFileError(InputError):
    """A model.toml breaks its schema or its rules; `flaws` are all that were found, at least one, by line."""

    @dataclass(frozen=True, slots=True)
    class Flaw:
        """What is wrong at one place: its line, the key, the reason, the remedy."""

        line: int
        key: str
        reason: str
        remedy: str

    def __init__(self, name: str, flaws: tuple[Flaw, ...]) -> None:
        first, more = flaws[0], len(flaws) - 1
        rest = f" ({more} more in lines {', '.join(str(flaw.line) for flaw in flaws[1:9])})" if more else ""
        super().__init__(f"{name}, line {first.line}: {first.reason}{rest}", first.remedy)
        self.flaws = flaws


class PlanError(InputError):
    """A plan contradicts itself, its task or the chain."""


class SettingsError(InputError):
    """A setting or an option is unusable."""


class SourceError(AndelError):
    """Packets cannot be fetched from where they were said to come; `source` names the place, without secrets."""

    def __init__(self, source: str, reason: str, hint: str = "") -> None:
        super().__init__(f"{source}: {reason}", hint)
        self.source = source


class EvidenceError(AndelError):
    """Evidence and chain disagree, or evidence disagrees with itself; `place` names where."""

    def __init__(self, place: str, message: str, hint: str = "") -> None:
        super().__init__(f"{place}: {message}", hint)
        self.place = place


class EvidenceDue(EvidenceError):
    """Evidence that the round's rules still wait for; nothing is wrong yet."""


class StoreError(AndelError):
    """The evidence store, or a process that writes into it, failed; what was acknowledged is kept."""


class ContentError(AndelError):
    """The content store cannot give what was asked; `cid` names the object."""

    def __init__(self, cid: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.cid = cid


class ContentMissing(ContentError):
    """The object is not in the store."""


class ContentCorrupt(ContentError):
    """The object's bytes do not hash to its name."""


class ContentUnreachable(AndelError):
    """The content store does not answer, or not as one does. No ContentError: no object is missing because of it."""


class ChainError(AndelError):
    """The chain, or the way to it, failed."""


class RpcUnreachable(ChainError):
    """Nothing answers at the RPC address; `url` keeps it."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no chain answers at {url}: {reason}", "check the address, or leave --rpc out to use anvil")
        self.url = url


class Reverted(ChainError):
    """A contract refused a call; `error` is its own error's name, `arguments` that error's values."""

    def __init__(self, action: str, error: str, arguments: tuple[object, ...] = ()) -> None:
        values = ", ".join(str(value) for value in arguments)
        super().__init__(f"{action} was refused on chain: {error}({values})")
        self.action = action
        self.error = error
        self.arguments = arguments


class NodeMissing(ChainError):
    """No `anvil` can be found."""


class PortInUse(ChainError):
    """Another program listens on the port; `port` keeps it."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use", "choose another port, or stop what listens there")
        self.port = port


class LinkError(AndelError):
    """A SuperLink cannot be reached, or answers in another way than a SuperLink does; trying later may help."""


class CertificateRefused(LinkError):
    """The SuperLink's certificate is not of the given authority, or of another host."""


class NodeUnknown(LinkError):
    """The SuperLink does not know this node's key."""


class MessageLost(LinkError):
    """The SuperLink does not give or take one message: its run ended, or parts of it are missing or too big."""


class TrainingError(AndelError):
    """A round of training could not be completed."""


class QuorumMissed(TrainingError):
    """Too few contributors answered before the deadline."""

    def __init__(self, answered: int, needed: int) -> None:
        super().__init__(
            f"{answered} contributors answered, {needed} are needed",
            "retry the round, or lower the plan's quorum",
        )
        self.answered = answered
        self.needed = needed
