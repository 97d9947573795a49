"""Which document the terminal shows in a conversation."""

from counter.protocol.ceremonies import CeremonyCard
from web.terminal.screen import shown_ceremony


def card(name: str, state: str) -> CeremonyCard:
    return CeremonyCard.model_validate(
        {
            "ceremony_id": name,
            "title": "Form",
            "state": state,
            "sha256": "ab" * 32,
            "sheets": [],
            "signed_sha256": "cd" * 32 if state == "sealed" else None,
        }
    )


def test_a_document_under_way_comes_before_one_that_was_signed() -> None:
    for state in ("presented", "consented", "signing"):
        cards = [card("newest", "sealed"), card("open", state)]
        assert shown_ceremony(cards) is cards[1]


def test_what_was_signed_last_stays() -> None:
    cards = [card("newest", "declined"), card("second", "sealed"), card("first", "sealed")]
    assert shown_ceremony(cards) is cards[1]


def test_what_was_not_signed_is_not_shown() -> None:
    assert shown_ceremony([card("a", "declined"), card("b", "withdrawn")]) is None
    assert shown_ceremony([]) is None
