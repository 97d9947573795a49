"""Keys of programs, one method per use case: made, listed, renewed, revoked, and recognised."""

from collections.abc import Callable, Sequence
from datetime import datetime

from counter.identity.api_key import (
    USUAL_PER_S,
    ApiKey,
    checked_name,
    checked_per_s,
    checked_scopes,
    is_secret_of,
    taken_apart,
    written,
)
from counter.identity.ports import ApiKeyStore, NewToken
from counter.identity.session import digest
from counter.ids import NewId


class ApiKeyService:
    """Which programs may ask.  by: `kind:id`, for the journal."""

    def __init__(
        self,
        store: ApiKeyStore,
        new_id: NewId,
        new_token: NewToken,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._new_token = new_token
        self._clock = clock

    async def make(
        self,
        name: str,
        scopes: Sequence[str],
        department: str | None,
        by: str,
        per_s: int = USUAL_PER_S,
    ) -> tuple[ApiKey, str]:
        """A new one, and the key as its program sends it, which is told this once.

        Raises `BadInput`.
        """
        now, secret = self._clock(), self._new_token()
        key = ApiKey(
            id=self._new_id(),
            name=checked_name(name),
            scopes=checked_scopes(scopes),
            department=department,
            per_s=checked_per_s(per_s),
            made_by=by,
            made_at=now,
        )
        await self._store.add(key, digest(secret), now)
        return key, written(key.id, secret)

    async def listed(self) -> list[ApiKey]:
        """All there ever were, oldest first; without their secrets."""
        return await self._store.listed()

    async def renew(self, key_id: str, by: str) -> str:
        """Another secret for the same program; the old one is void.  Raises `NotFound`."""
        secret = self._new_token()
        await self._store.renew(key_id, digest(secret), by, self._clock())
        return written(key_id, secret)

    async def revoke(self, key_id: str, by: str) -> None:
        """Let it ask nothing any more; what it booked stays.  Raises `NotFound`."""
        await self._store.revoke(key_id, by, self._clock())

    async def known(self, key: str) -> ApiKey | None:
        """Whose key this is, unless it was revoked or renewed."""
        parts = taken_apart(key)
        found = await self._store.living(parts[0]) if parts else None
        if parts is None or found is None or not is_secret_of(parts[1], found[1]):
            return None
        return found[0]
