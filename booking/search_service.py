"""Searching the catalogue in use; its index is made once for each version, beside the loop."""

import asyncio

from booking.catalogue import Catalogue
from booking.search import Found, Index, Simplify


def as_written(text: str) -> str:
    """Do not fold scripts: traditional and simplified letters are then different ones."""
    return text


class SearchService:
    """Answers from memory; whoever asks first after a change waits for the index, with the rest."""

    def __init__(self, simplify: Simplify = as_written) -> None:
        self._simplify = simplify
        self._index: Index | None = None
        self._making = asyncio.Lock()
        self.made = 0
        "How many indexes were made, for who measures."

    async def search(self, catalogue: Catalogue, text: str) -> list[Found]:
        """Services that fit, the best first; see `booking.search.Index`."""
        return (await self._of(catalogue)).search(text)

    async def _of(self, catalogue: Catalogue) -> Index:
        async with self._making:
            if self._index is None or self._index.version != catalogue.version:
                self._index = await asyncio.to_thread(Index, catalogue, self._simplify)
                self.made += 1
            return self._index
