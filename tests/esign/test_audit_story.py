"""What a pack's entries tell; entries of older versions tell less, and nothing is made up."""

import hashlib
from typing import Any

import pytest

from counter.esign.audit_story import OtherSentence, PageRead, Story, identification, story_of
from counter.journal import GENESIS, Entry, next_entry
from tests.esign.moment import NOW

Said = tuple[str, dict[str, Any]]


def chain(*said: Said) -> list[Entry]:
    entries: list[Entry] = []
    for number, (action, facts) in enumerate(said):
        entries.append(
            next_entry(
                number,
                entries[-1].leaf if entries else GENESIS,
                actor="agent:a",
                action=action,
                subject="case:c",
                facts=facts,
                now=NOW,
            )
        )
    return entries


def decided(of: str, state: str = "identified") -> Said:
    facts = {"proofing_id": of, "state": state, "level": "L2", "record_sha256": "5a" * 32}
    return "identity.decided", facts


def test_entries_that_say_nothing_tell_nothing() -> None:
    empty = {"form": "", "form_version": "", "template_sha256": "", "drawn_by": "", "sealed_by": ""}
    nothing = Story(**empty, identified=None, pages=(), agreed=None)
    assert story_of([]) == nothing
    assert story_of(chain(("hand.used", {}), ("document.sealed", {"sha256": "ab"}))) == nothing


def test_a_form_that_was_drawn_anew_is_of_what_drew_it_last() -> None:
    entries = chain(
        ("document.prepared", {"form": "f", "form_version": 3, "template_sha256": "a"}),
        ("document.corrected", {"template_sha256": "b", "software": "counter 2"}),
    )
    story = story_of(entries)
    assert (story.form, story.form_version) == ("f", "3")
    assert (story.template_sha256, story.drawn_by) == ("b", "counter 2")
    # Older ones named the form's version when it was presented only.
    older = chain(("document.prepared", {"form": "f"}), ("document.presented", {"form_version": 3}))
    assert story_of(older).form_version == "3"


def test_every_sentence_has_to_be_the_one_whose_digest_was_kept() -> None:
    def agreed(sentence: str, of: str) -> Said:
        digest = hashlib.sha256(of.encode()).hexdigest()
        facts = {"text": "t-1", "language": "pt", "sentence": sentence, "text_sha256": digest}
        return "ceremony.consented", facts

    said = story_of(chain(agreed("Sim.", "Sim."), agreed("Sim!", "Sim!"))).agreed
    assert said is not None and said.sentence == "Sim!"
    for wrong in (agreed("Não.", "Sim."), agreed("", "Sim.")):
        with pytest.raises(OtherSentence, match="sentence"):
            story_of(chain(wrong, agreed("Sim.", "Sim.")))


def test_who_turned_a_page_is_told() -> None:
    pages = [
        {"page": 1, "seconds": 3},
        {"page": 2, "seconds": 4, "turned_by": ["agent", "citizen"]},
        {"page": 3, "seconds": 5, "turned_by": ["citizen"]},
    ]
    facts = {"language": "pt", "pages": pages}
    assert story_of(chain(("ceremony.consented", facts))).pages == (
        PageRead(page=1, seconds=3, by_agent=False),
        PageRead(page=2, seconds=4, by_agent=True),
        PageRead(page=3, seconds=5, by_agent=False),
    )


def test_the_newest_decision_before_the_pen_counts_with_its_steps_alone() -> None:
    step = ("identity.step", {"proofing_id": "p-1", "step": "face", "verdict": "doubt"})
    mended = ("identity.step", {"proofing_id": "p-1", "step": "face", "verdict": "ok"})
    entries = chain(
        decided("p-0"),
        ("identity.begun", {"proofing_id": "p-1", "document": "bir"}),
        step,
        mended,
        decided("p-1"),
        decided("p-2", "aborted"),
        ("hand.used", {"to": "identity."}),
        decided("p-3", "refused"),
    )
    assert [one.seq for one in identification(entries, 8)] == [2, 3, 4, 5]
    assert [one.seq for one in identification(entries, 9)] == [8]
    assert [one.seq for one in identification(entries, 5)] == [1]
    assert identification(entries, 1) == []
    found = story_of(identification(entries, 8)).identified
    assert found is not None and (found.document, found.steps) == ("bir", (("face", "ok"),))
