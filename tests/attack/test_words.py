"""Texts that a store cannot keep, or that do not belong where they would end up."""

from typing import Any

import pytest

from booking.appointment import Details, checked
from booking.errors import BadDetails
from counter.errors import BadInput
from counter.protocol.codec import decode

KEY = {"key": "12345678"}


@pytest.mark.parametrize("strange", ["\0", "a\x1bb", "\ud800"])
@pytest.mark.parametrize(
    ("audience", "event", "body"),
    [
        ("/terminal", "appointment.find", {"reference": "{}"}),
        ("/agent", "case.close", {"outcome": "completed", "next_step": "{}"}),
        ("/agent", "case.close", {"outcome": "completed", "note": "{}"}),
        ("/agent", "scan.request", {"item": "{}"}),
        ("/agent", "form.present", {"form": "f", "fields": {"name": "{}"}}),
        ("/agent", "form.present", {"form": "f", "fields": {"{}": "x"}}),
    ],
)
def test_control_characters_are_refused_before_they_reach_a_store(
    audience: str, event: str, body: dict[str, Any], strange: str
) -> None:
    def filled(value: Any, text: str) -> Any:
        if isinstance(value, dict):
            return {filled(name, text): filled(one, text) for name, one in value.items()}
        return value.replace("{}", text)

    decode(audience, event, {**KEY, **filled(body, "plain text\nof two lines")})
    with pytest.raises(BadInput):
        decode(audience, event, {**KEY, **filled(body, strange)})


def test_a_contact_is_printable() -> None:
    with pytest.raises(BadDetails, match="contact"):
        checked(Details(name="A", contact="a\0b@example.org", language="pt", needs=()))
