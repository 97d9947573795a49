"""The card reader's port, on the one without a reader."""

from datetime import date

import pytest

from counter.identity.card import CardContents, CardUnreadable
from counter.identity.card_reader_fake import FakeCardReader
from counter.identity.ports import CardReader


async def test_a_card_is_there_until_it_is_taken_out() -> None:
    fake = FakeCardReader()
    reader: CardReader = fake
    contents = CardContents(
        document="bir",
        number="12345678",
        names=("陳大文", "CHAN TAI MAN"),
        birth=date(1990, 1, 2),
        expiry=None,
    )
    assert await reader.contents() is None
    fake.insert(contents)
    assert await reader.contents() == contents
    fake.insert(None)
    with pytest.raises(CardUnreadable):
        await reader.contents()
    fake.remove()
    assert await reader.contents() is None
