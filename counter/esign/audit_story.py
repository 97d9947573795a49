"""What a pack's journal entries tell, in the order in which people ask: who, what, how.

A pack is read when nobody runs this counter any more: all that is said comes from its entries.
Entries of older versions say less; then it is empty, and never made up.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counter.journal import Entry

DECIDED = ("identified", "refused")
"Ends of an identification that say something; one that was broken off says nothing."


class OtherSentence(ValueError):
    """A sentence is not the one whose digest was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journalled:
    """What the journal says about a ceremony."""

    entries: Sequence[Entry]
    "In order; those of the identification that counted among them."
    head: tuple[int, str]
    "Number and leaf of its last entry now."
    officers: Mapping[str, str]
    "By id, the names of the agents who made sure who signs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """How it was made sure who signs: never with whose name or number, nor a picture."""

    state: str
    level: str
    "`L0` to `L3`."
    document: str
    "Which kind of paper was looked at."
    at: datetime
    steps: tuple[tuple[str, str], ...]
    "What was looked at, with what came of it, in order."
    officers: tuple[str, ...]
    "Ids of the agents who looked, the first one first."
    record_sha256: str
    "Of the whole record, which the counter keeps."


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """The sentence that the citizen agreed to before signing."""

    at: datetime
    text_id: str
    language: str
    sentence: str
    "Empty where only its digest was kept."
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRead:
    """How long a page was on the citizen's screen."""

    page: int
    seconds: int
    by_agent: bool
    "The agent turned to it, once at least."


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What led to a sealed document."""

    form: str
    form_version: str
    template_sha256: str
    "Empty, as what follows, where it was not kept."
    drawn_by: str
    sealed_by: str
    "Which software."
    identified: Identified | None
    pages: tuple[PageRead, ...]
    agreed: Agreed | None


def story_of(entries: Sequence[Entry]) -> Story:
    """Of the entries of one ceremony and of its identification.

    Raises `OtherSentence`, and whatever comes of entries that are not ours.
    """
    bodies = [json.loads(one.body) for one in entries]
    drawn, shown = _last(bodies, "document.prepared"), _last(bodies, "document.presented")
    # Drawn anew, perhaps by newer software.
    made = drawn | _last(bodies, "document.corrected")
    return Story(
        form=str(drawn.get("form", shown.get("form", ""))),
        form_version=str(drawn.get("form_version", shown.get("form_version", ""))),
        template_sha256=str(made.get("template_sha256", "")),
        drawn_by=str(made.get("software", "")),
        sealed_by=str(_last(bodies, "document.sealed").get("software", "")),
        identified=_identified(bodies),
        pages=tuple(
            PageRead(
                page=int(one["page"]),
                seconds=int(one["seconds"]),
                by_agent="agent" in one.get("turned_by", ()),
            )
            for one in _last(bodies, "ceremony.consented").get("pages", ())
        ),
        agreed=_agreed(bodies),
    )


def identification(entries: Sequence[Entry], before: int) -> list[Entry]:
    """Of a case's entries, those of the identification that counted when entry `before` was made.

    The newest decision counts, as everywhere.
    """
    found = [
        (one, json.loads(one.body))
        for one in entries
        if one.seq < before and '"identity.' in one.body
    ]
    decided = [
        body["facts"]["proofing_id"]
        for _, body in found
        if body["action"] == "identity.decided" and body["facts"]["state"] in DECIDED
    ]
    return [
        one
        for one, body in found
        if decided
        and body["action"].startswith("identity.")
        and body["facts"].get("proofing_id") == decided[-1]
    ]


def _identified(bodies: Sequence[Mapping[str, Any]]) -> Identified | None:
    about = [one for one in bodies if one["action"].startswith("identity.")]
    decided = [one for one in about if one["action"] == "identity.decided"]
    if not decided:
        return None
    facts = decided[-1]["facts"]
    steps = {
        str(one["facts"]["step"]): str(one["facts"]["verdict"])
        for one in about
        if one["action"] == "identity.step"
    }
    looked = [one["actor"] for one in about if one["actor"].startswith("agent:")]
    return Identified(
        state=str(facts["state"]),
        level=str(facts["level"]),
        document=str(_last(about, "identity.begun").get("document", "")),
        at=datetime.fromisoformat(decided[-1]["at"]),
        steps=tuple(steps.items()),
        officers=tuple(dict.fromkeys(one.removeprefix("agent:") for one in looked)),
        record_sha256=str(facts["record_sha256"]),
    )


def _agreed(bodies: Sequence[Mapping[str, Any]]) -> Agreed | None:
    said = [one for one in bodies if one["action"] == "ceremony.consented"]
    for one in said:
        sentence = one["facts"].get("sentence")
        if sentence is None:
            continue
        if hashlib.sha256(sentence.encode()).hexdigest() != one["facts"]["text_sha256"]:
            raise OtherSentence(f"entry {one['seq']}: not the sentence whose digest was kept")
    if not said:
        return None
    facts = said[-1]["facts"]
    return Agreed(
        at=datetime.fromisoformat(said[-1]["at"]),
        text_id=str(facts.get("text", "")),
        language=str(facts["language"]),
        sentence=str(facts.get("sentence", "")),
        sha256=str(facts.get("text_sha256", "")),
    )


def _last(bodies: Sequence[Mapping[str, Any]], action: str) -> dict[str, Any]:
    """The facts of the last entry about it; empty when there is none."""
    found = [one["facts"] for one in bodies if one["action"] == action]
    return dict(found[-1]) if found else {}
