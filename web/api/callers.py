"""Which program asks: by its key, in the header Authorization, and by nothing else.

Promise: below `/api/` no cookie counts, so no page of anybody can make a browser ask there with
what it knows; and a program's key opens nothing else.
"""

from typing import Protocol

from aiohttp import web

from counter.identity.api_key import ApiKey
from web.shared.access import NOBODY, Principal, Sessions
from web.shared.language import PROGRAMS

CALLER = web.RequestKey("caller", ApiKey)


class Keys(Protocol):
    """`counter.identity.api_key_service.ApiKeyService`, as far as it is used here."""

    async def known(self, key: str) -> ApiKey | None:
        """Whose key this is; None for none of ours."""
        ...


class Callers:
    """See `web.shared.access.Sessions`; of all but programs, `others` knows."""

    def __init__(self, keys: Keys, others: Sessions) -> None:
        self._keys = keys
        self._others = others

    async def principal(self, request: web.Request) -> Principal:
        if not request.path.startswith(PROGRAMS):
            return await self._others.principal(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        key = await self._keys.known(token.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            return NOBODY
        request[CALLER] = key
        return Principal(kind="program", subject=key.id, bearer=True)
