"""The journal: an append-only, hash-chained record of who did what.

Each entry commits to the one before it, so a changed, dropped or reordered entry breaks the chain
at a place that `verify` names.  This file is arithmetic on entries only; rows are written by
`counter.store.journal_sql`.  Chain: leaf = SHA-256(0x00 || previous leaf || canonical body), the
leaf hash of RFC 9162 with the previous leaf bound in.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
"What the first entry commits to."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal as it is stored."""

    seq: int
    "Counted from 1 without gaps."
    body: str
    "Canonical JSON of seq, at, actor, action, subject, facts."
    previous: str
    "Leaf of entry seq - 1, 64 hexadecimal digits."
    leaf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Where the chain does not hold, and how."""

    seq: int
    what: str


def canonical(body: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces, so that equal facts are equal bytes (after RFC 8785)."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def leaf_of(previous: str, body: str) -> str:
    """The hash an entry is known by, 64 hexadecimal digits."""
    return hashlib.sha256(b"\0" + bytes.fromhex(previous) + body.encode()).hexdigest()


def next_entry(
    last_seq: int,
    previous: str,
    *,
    actor: str,
    action: str,
    subject: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> Entry:
    """The entry after `last_seq`; `previous` is that one's leaf (GENESIS before the first)."""
    seq = last_seq + 1
    body = canonical(
        {
            "seq": seq,
            "at": now.astimezone(UTC).isoformat(timespec="milliseconds"),
            "actor": actor,
            "action": action,
            "subject": subject,
            "facts": dict(facts),
        }
    )
    return Entry(seq=seq, body=body, previous=previous, leaf=leaf_of(previous, body))


def verify(entries: Iterable[Entry], *, last_leaf: str | None = None) -> list[Fault]:
    """Every place where the chain does not hold, in order of seq; empty means whole.

    last_leaf: the leaf the journal is known to end with, so that a cut tail is seen too.
    """
    faults: list[Fault] = []
    seq, previous = 0, GENESIS
    for entry in entries:
        seq += 1
        if entry.seq != seq:
            faults.append(Fault(seq=seq, what=f"entry {seq} is missing, {entry.seq} stands there"))
            seq = entry.seq
        elif entry.previous != previous:
            faults.append(Fault(seq=seq, what="does not follow the entry before it"))
        if leaf_of(entry.previous, entry.body) != entry.leaf:
            faults.append(Fault(seq=seq, what="its text is not the text that was written"))
        elif json.loads(entry.body).get("seq") != entry.seq:
            faults.append(Fault(seq=seq, what="its number is not the number that was written"))
        previous = entry.leaf
    if last_leaf is not None and previous != last_leaf:
        faults.append(Fault(seq=seq, what="the journal ends before its last known entry"))
    return faults
