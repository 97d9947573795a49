"""The keys of requests, kept in the store beside those of the sockets' asks, for as long."""

from datetime import datetime

from counter.errors import BadInput
from counter.store.executor import Executor
from counter.store.once import once
from web.api.refusals import IdempotencyKeyUsed


class LocalOnce:
    """See `web.api.ports.Once`."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def claim(self, who: str, key: str, fingerprint: str, now: datetime) -> None:
        command = f"api:{fingerprint[:56]}"
        try:
            await self._executor.write(once, who, key, command, lambda conn: True, now)
        except BadInput:
            raise IdempotencyKeyUsed(f"{who} used a key of a request again") from None

    async def first(self, who: str, key: str, value: int, now: datetime) -> int:
        seen = await self._executor.write(
            once, f"{who}:seen", key, "api.seen", lambda conn: value, now
        )
        return int(seen)
