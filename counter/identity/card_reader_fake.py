"""A card reader without a card reader, for tests and for terminals that are simulated."""

from counter.identity.card import CardContents, CardUnreadable


class FakeCardReader:
    """See `counter.identity.ports.CardReader`."""

    def __init__(self) -> None:
        self._contents: CardContents | None = None
        self._unreadable = False

    def insert(self, contents: CardContents | None) -> None:
        """Put a card in; `None`: one that gives no answer."""
        self._contents, self._unreadable = contents, contents is None

    def remove(self) -> None:
        """Take it out."""
        self._contents, self._unreadable = None, False

    async def contents(self) -> CardContents | None:
        if self._unreadable:
            raise CardUnreadable(
                "the card in the reader gives no answer; take it out and try again"
            )
        return self._contents
