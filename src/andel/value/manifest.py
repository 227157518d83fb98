"""The manifest of a round: one object that names all its evidence, whose digest is the attested evidenceHash.

It lists, by CID, the plan, the parent version, the state before the round, for every contributor its batches,
openings and update with the signatures, what was opened of groups, what some disclosed of an earlier round, and the
conflicts that anybody brought. Whoever has the manifest and the
content store can settle the round again; the seeds and roots come from the chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from andel.content import ContentStore, cid_of_digest, digest_of_cid
from andel.data.conflict import MAX_CONFLICT_BYTES, MAX_CONFLICTS
from andel.encoding import canonical_json, parse_hex, parse_json
from andel.errors import ContentError, EvidenceError, InputError
from andel.keys import address_bytes, parse_address
from andel.training.groups import GroupKeys, OpenedMask
from andel.training.integer_mlp import Parameters
from andel.training.plan import RoundPlan, parse_plan
from andel.training.result import DataCommitment, RoundResult, SignedDisclosure, SignedUpdate
from andel.training.secure_sum import SEED_BYTES
from andel.training.task import Task, parse_object, parse_task
from andel.training.updates import decode_version
from andel.units import Address, Digest
from andel.value.history import History
from andel.value.retraining import Disclosed

_FORMAT: Final = "andel-manifest/4"
_MAX_BYTES = 64 * 1024 * 1024
_MAX_ENTRIES = 100_000


@dataclass(frozen=True, slots=True)
class RoundEvidence:
    """A round's evidence, read from the store: all that `settle` takes but the chain's word and the reference."""

    plan: RoundPlan
    task: Task
    commitments: tuple[DataCommitment, ...]
    openings: dict[Address, bytes]
    updates: tuple[SignedUpdate, ...]
    disclosures: tuple[SignedDisclosure, ...]
    masks: tuple[OpenedMask, ...]
    conflicts: tuple[bytes, ...]
    cids: tuple[tuple[str, str], ...]
    """(what, CID) of every object that was read, the manifest first."""


def write_commitments(store: ContentStore, commitments: tuple[DataCommitment, ...]) -> str:
    """Keeps the list of data commitments (and the batches they commit to); returns its CID."""
    for commitment in commitments:
        store.put(commitment.batches)
    return store.put(commitments_object(commitments))


def commitments_object(commitments: tuple[DataCommitment, ...]) -> bytes:
    """The list of data commitments as it is kept: whose, over which batches, signed how."""
    return canonical_json(_commitment_entries(commitments))


def read_commitments(store: ContentStore, commitments_hash: Digest, place: str) -> tuple[DataCommitment, ...]:
    """The list behind the digest that stands on chain since `commitData`. Raises EvidenceError naming what fails."""
    reader = _Reader(store, place)
    data = reader.get("commitments", cid_of_digest(commitments_hash))
    try:
        entries = parse_json(data, _MAX_BYTES)
        found = tuple(_read_commitment(reader, item) for item in _entries({"list": entries}, "list"))
    except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
        raise EvidenceError(f"{place}, commitments", f"the list cannot be read: {error}") from error
    return found


def write_manifest(store: ContentStore, result: RoundResult, conflicts: Sequence[bytes] = ()) -> str:
    """Keeps all of a round's evidence and its manifest; returns the manifest's CID.

    Of `conflicts` (`andel.data.conflict`) those within the bounds are listed, each once, in the order of their bytes.
    """
    plan = result.plan
    for commitment in result.commitments:
        store.put(commitment.batches)
    updates = sorted(result.updates, key=lambda item: address_bytes(item.contributor))
    opened = sorted(result.openings, key=address_bytes)
    manifest = {
        "format": _FORMAT,
        "plan": store.put(plan.to_bytes()),
        "commitments": _commitment_entries(result.commitments),
        "openings": [[contributor, store.put(result.openings[contributor])] for contributor in opened],
        "updates": [
            {
                "contributor": item.contributor,
                # one that was not kept in memory lies in the store already
                "update": store.put(item.update) if item.update else cid_of_digest(item.update_hash),
                "batches": cid_of_digest(item.batches_hash),
                "weight": item.weight,
                "signature": item.signature.hex(),
            }
            for item in updates
        ],
        "disclosures": [
            [item.contributor, store.put(item.disclosure), item.signature.hex()] for item in result.disclosures
        ],
        "masks": [
            [item.keys.contributor, *(part.hex() for part in _mask_parts(item)), item.survived] for item in result.masks
        ],
        "conflicts": [store.put(conflict) for conflict in bounded(conflicts)],
        "refused": [[item.sender, item.phase, item.reason] for item in result.refused],
    }
    return store.put(canonical_json(manifest))


def bounded(conflicts: Sequence[bytes]) -> tuple[bytes, ...]:
    """The conflicts that a manifest can list: not too long, not too many, each once."""
    return tuple(sorted({item for item in conflicts if len(item) <= MAX_CONFLICT_BYTES})[:MAX_CONFLICTS])


def read_evidence(store: ContentStore, evidence_hash: Digest, place: str, *, whole: bool = True) -> RoundEvidence:
    """A round's evidence behind the digest that stands on chain; `place` names the round in errors.

    Not `whole`: without the updates' bytes, which then stay in the store; nothing can be settled from that.
    Raises EvidenceError naming what is missing, altered or not of its format.
    """
    reader = _Reader(store, place)
    try:
        values = parse_object(reader.get("manifest", cid_of_digest(evidence_hash)), _FORMAT, _MAX_BYTES)
        plan = parse_plan(reader.get("plan", values["plan"]))
        task = parse_task(reader.get("task", plan.task))
        commitments = tuple(_read_commitment(reader, item) for item in _entries(values, "commitments"))
        openings = {
            parse_address(contributor): reader.get(f"openings of {contributor}", cid)
            for contributor, cid in _entries(values, "openings")
        }
        updates = tuple(_read_update(reader, item, whole) for item in _entries(values, "updates"))
        disclosures = tuple(_read_disclosure(reader, *item) for item in _entries(values, "disclosures"))
        masks = tuple(_read_mask(*item) for item in _entries(values, "masks"))
        conflicts = tuple(reader.get("conflict", cid) for cid in _entries(values, "conflicts", MAX_CONFLICTS))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EvidenceError(place, f"manifest cannot be read: {error}") from error
    except InputError as error:
        raise EvidenceError(f"{place}, {reader.read[-1][0]}", error.message) from error
    read = tuple(reader.read)
    return RoundEvidence(plan, task, commitments, openings, updates, disclosures, masks, conflicts, read)


def manifest_names(data: bytes) -> list[tuple[str, str]]:
    """(what, CID) of every object that a manifest lists, read or not. Raises InputError when it is none."""
    try:
        values = parse_object(data, _FORMAT, _MAX_BYTES)
        named = [("plan", values["plan"])]
        named += [(f"batches of {item['contributor']}", item["batches"]) for item in _entries(values, "commitments")]
        named += [(f"openings of {contributor}", cid) for contributor, cid in _entries(values, "openings")]
        named += [(f"update of {item['contributor']}", item["update"]) for item in _entries(values, "updates")]
        named += [(f"disclosure of {contributor}", cid) for contributor, cid, _ in _entries(values, "disclosures")]
        named += [("conflict", cid) for cid in _entries(values, "conflicts", MAX_CONFLICTS)]
        return [(what, cid_of_digest(digest_of_cid(cid))) for what, cid in named]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"manifest cannot be read: {error}") from error


def commitment_names(data: bytes) -> dict[Address, str]:
    """Contributor to the CID of its list of batches, of a list of commitments; none of those lists is read.

    Raises InputError when it is none.
    """
    try:
        entries = _entries({"list": parse_json(data, _MAX_BYTES)}, "list")
        return {parse_address(item["contributor"]): str(item["batches"]) for item in entries}
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"the list of commitments cannot be read: {error}") from error


def opening_names(data: bytes) -> dict[Address, str]:
    """Contributor to the CID of its openings, of a manifest; none of those is read. Raises InputError."""
    try:
        values = parse_object(data, _FORMAT, _MAX_BYTES)
        return {parse_address(contributor): str(cid) for contributor, cid in _entries(values, "openings")}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"manifest cannot be read: {error}") from error


def read_disclosed(
    store: ContentStore, history: History, disclosures: Sequence[SignedDisclosure], place: str
) -> dict[Address, Disclosed]:
    """What was disclosed of trainings that `history` says are due, each with its list of batches and its version.

    Raises EvidenceError, naming `place`, when one of those objects is missing or altered.
    """
    found: dict[Address, Disclosed] = {}
    for item in disclosures:
        due = history.due.get(item.contributor)
        if due is None or item.contributor in found:
            continue  # nothing was asked for; it proves nothing
        where = f"{place}, training of {item.contributor} in round {due.round}"
        batches = read_named(store, f"{where}, batches", cid_of_digest(due.batches))
        version = read_named(store, f"{where}, version", cid_of_digest(due.version))
        found[item.contributor] = Disclosed(item.disclosure, item.signature, batches, version)
    return found


def read_former(store: ContentStore, plan: RoundPlan, task: Task, history: History) -> list[Parameters]:
    """The versions from which the model's last steps began, which the state names. Raises EvidenceError, InputError."""
    place = f"round {plan.round}, former version"
    return [decode_version(read_named(store, place, cid_of_digest(named)), task) for named in history.versions]


def read_named(store: ContentStore, place: str, cid: str) -> bytes:
    """An object of the evidence. Raises EvidenceError naming `place` when it is missing or altered."""
    try:
        return store.get(cid)
    except ContentError as error:
        raise EvidenceError(place, error.message) from error


class _Reader:
    def __init__(self, store: ContentStore, place: str) -> None:
        self._store = store
        self._place = place
        self.read: list[tuple[str, str]] = []

    def get(self, what: str, cid: str) -> bytes:
        """The object; its name stays in `read`, so that an error can say what was being read."""
        self.read.append((what, cid))
        return read_named(self._store, f"{self._place}, {what}", cid)


def _commitment_entries(commitments: tuple[DataCommitment, ...]) -> list[dict[str, str]]:
    ordered = sorted(commitments, key=lambda item: address_bytes(item.contributor))
    return [
        {
            "contributor": item.contributor,
            "batches": cid_of_digest(item.batches_hash),
            "signature": item.signature.hex(),
        }
        for item in ordered
    ]


def _read_commitment(reader: _Reader, item: dict[str, Any]) -> DataCommitment:
    contributor = parse_address(item["contributor"])
    batches = reader.get(f"batches of {contributor}", item["batches"])
    return DataCommitment(contributor, batches, _signature(item["signature"]))


def _signature(text: str) -> bytes:
    """The bytes of lower-case hex; a manifest has one form, whoever signs what."""
    signature = bytes.fromhex(text)
    if signature.hex() != text:
        raise InputError(f"a signature is not in lower-case hex: {text[:60]!r}")
    return signature


def _read_disclosure(reader: _Reader, contributor: str, cid: str, signature: str) -> SignedDisclosure:
    whose = parse_address(contributor)
    return SignedDisclosure(whose, reader.get(f"disclosure of {whose}", cid), _signature(signature))


def _mask_parts(item: OpenedMask) -> tuple[bytes, ...]:
    keys = item.keys
    return keys.mask_key, keys.share_key, keys.seed_hash, keys.signature, item.seed


def _read_mask(contributor: str, *parts: Any) -> OpenedMask:
    *texts, survived = parts
    if len(texts) != 5 or type(survived) is not bool:
        raise InputError(f"no opened mask: {str(parts)[:60]}")
    mask, share, seed = (parse_hex(text, 32) for text in texts[:3])
    keys = GroupKeys(parse_address(contributor), mask, share, Digest(seed), parse_hex(texts[3], 65))
    return OpenedMask(keys, parse_hex(texts[4], SEED_BYTES), survived)


def _read_update(reader: _Reader, item: dict[str, Any], whole: bool) -> SignedUpdate:
    contributor = parse_address(item["contributor"])
    update = reader.get(f"update of {contributor}", item["update"]) if whole else b""
    return SignedUpdate(
        contributor,
        digest_of_cid(item["update"]),
        digest_of_cid(item["batches"]),
        _weight(item["weight"]),
        _signature(item["signature"]),
        update,
    )


def _weight(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise InputError(f"weight {str(value)[:40]} is no uint32")
    return value


def _entries(values: dict[str, Any], name: str, most: int = _MAX_ENTRIES) -> list[Any]:
    entries = values[name]
    if not isinstance(entries, list) or len(entries) > most:
        raise InputError(f"manifest's {name} are not a list of at most {most}")
    return entries
