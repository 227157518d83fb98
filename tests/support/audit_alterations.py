"""Where a recorded audit is altered: bytes of objects, relinked objects, words of the node's answers.

Places are drawn by a seeded generator, so that a failure repeats. Each alteration gives what `Material.audit` takes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from andel.content import cid_of_digest, digest_of_cid
from andel.encoding import canonical_json
from andel.hashing import sha256
from tests.support.recorded_audit import Answers, Material, flipped


@dataclass(frozen=True, slots=True)
class Alteration:
    """One altered audit: what was altered, and how the audit is to be asked."""

    kind: str
    what: str
    only: int | None
    objects: Mapping[str, bytes] | None = None
    altered: Answers | None = None


def plain_flips(material: Material, each: int, seed: str) -> Iterator[Alteration]:
    """`each` flipped bytes in objects of every kind, under their old names."""
    generator = random.Random(seed)
    for kind, cids in material.kinds.items():
        for number in range(each):
            cid = cids[number % len(cids)]
            changed = flipped(material.objects[cid], generator)
            yield Alteration(kind, cid, None, {**material.objects, cid: changed})


def relinked(material: Material, each: int, seed: str) -> Iterator[Alteration]:
    """`each` flipped bytes in objects of every kind that a round reads, each under its true name, linked up to the
    manifest, and the node telling the new hashes everywhere: in states, events and calldata.
    """
    generator = random.Random(seed)
    for kind, cids in material.kinds.items():
        if kind == "model file":
            continue  # nothing names it but its hash on chain
        for number in range(each):
            cid = cids[number % len(cids)]
            changed = flipped(material.objects[cid], generator)
            objects, renamed = relink(material, cid, changed)
            only = 2 if kind == "state after it" else None
            yield Alteration(kind, cid, only, objects, forged(material.answers, renamed))


def relink(material: Material, cid: str, changed: bytes) -> tuple[dict[str, bytes], dict[str, str]]:
    """The store with an object changed and everything that names it, up to the manifests; old CID → new CID."""
    objects = dict(material.objects)
    renamed = {cid: cid_of_digest(sha256(changed))}
    del objects[cid]
    objects[renamed[cid]] = changed
    while True:
        again = False
        for name, data in list(objects.items()):
            new = _renamed(data, renamed) if data.startswith((b"{", b"[")) else data
            if new != data:
                del objects[name]
                renamed[name] = cid_of_digest(sha256(new))
                objects[renamed[name]] = new
                again = True
        if not again:
            return objects, renamed


def forged(answers: Answers, renamed: Mapping[str, str]) -> Answers:
    """The node's answers with every old digest replaced by the new one."""
    told = {}
    pairs = {digest_of_cid(old).hex(): digest_of_cid(new).hex() for old, new in renamed.items()}
    for question, answer in answers.items():
        new, asked = _replaced(orjson.dumps(answer), pairs), _replaced(question, pairs)
        if new != orjson.dumps(answer) or asked != question:
            told[asked] = orjson.loads(new)
    return told


def answer_alterations(material: Material, count: int, seed: str) -> Iterator[Alteration]:
    """`count` turned bits in the node's answers to a whole audit; each text of each answer as likely as any other."""
    generator = random.Random(seed)
    by_text: dict[tuple[bytes, tuple[str | int, ...]], list[int]] = {}
    for question, path, offset in answer_words(material):
        by_text.setdefault((question, path), []).append(offset)
    texts = sorted(by_text, key=repr)
    for question, path in generator.choices(texts, k=count):
        offset = generator.choice(by_text[question, path])
        told = told_otherwise(material, question, path, offset, generator.randrange(8))
        method = orjson.loads(question)[0]
        yield Alteration(method, f"{question[:120]!r} {path} byte {offset}", None, altered=told)


def answer_words(material: Material) -> list[tuple[bytes, tuple[str | int, ...], int]]:
    """Every place in the node's answers that an audit reads: question, path to a hex text, byte offset."""
    found = []
    for question in material.asked:
        method, answer = orjson.loads(question)[0], material.answers[question]
        for path in _paths(method, answer):
            text = _at(answer, path)
            size = (len(text) - 1) // 2  # hex digits, two a byte, after 0x
            found += [(question, path, offset) for offset in range(size)]
    return found


def told_otherwise(material: Material, question: bytes, path: tuple[str | int, ...], offset: int, bit: int) -> Answers:
    """The node's answer with one bit of one byte turned."""
    answer = orjson.loads(orjson.dumps(material.answers[question]))
    text = _at(answer, path)
    digits = text[2:]
    data = bytearray(bytes.fromhex(digits if len(digits) % 2 == 0 else f"0{digits}"))
    data[min(offset, len(data) - 1)] ^= 1 << bit
    quantity = path and path[-1] in ("number", "timestamp", "blockNumber")
    new = hex(int.from_bytes(data, "big")) if quantity else f"0x{bytes(data).hex()}"
    return {question: new if not path else _put(answer, path, new)}


def _renamed(data: bytes, renamed: Mapping[str, str]) -> bytes:
    pairs = {**renamed, **{digest_of_cid(a).hex(): digest_of_cid(b).hex() for a, b in renamed.items()}}
    new = _replaced(data, pairs)
    if new == data:
        return data
    try:
        return canonical_json(json.loads(new))
    except ValueError:
        return new


def _replaced(data: bytes, pairs: Mapping[str, str]) -> bytes:
    for old, new in pairs.items():
        data = data.replace(old.encode(), new.encode())
    return data


_READ = {
    "eth_getBlockByNumber": ("number", "hash", "timestamp", "transactions"),
    "eth_getLogs": ("address", "topics", "data", "blockNumber", "blockHash", "transactionHash"),
    "eth_getTransactionByHash": ("to", "input"),
}


def _paths(method: str, answer: Any) -> Iterator[tuple[str | int, ...]]:
    if isinstance(answer, str):
        if method not in ("eth_blockNumber", "eth_chainId") and len(answer) > 2:
            yield ()
        return
    items = enumerate(answer) if isinstance(answer, list) else [(None, answer)]
    for number, item in items:
        start: tuple[str | int, ...] = () if number is None else (number,)
        for name in _READ[method]:
            if isinstance(item[name], list):
                yield from ((*start, name, place) for place in range(len(item[name])))
            elif isinstance(item[name], str) and len(item[name]) > 2:
                yield (*start, name)


def _at(answer: Any, path: tuple[str | int, ...]) -> str:
    for step in path:
        answer = answer[step]
    return str(answer)


def _put(answer: Any, path: tuple[str | int, ...], text: str) -> Any:
    inner = answer
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = text
    return answer
