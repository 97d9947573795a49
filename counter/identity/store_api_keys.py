"""Keys of programs as rows; of a secret only its digest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Integer, Row, String, Table, select, update

from counter.errors import NotFound
from counter.identity.api_key import ApiKey, Scope
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, metadata

api_key = Table(
    "api_key",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("department", String(40)),
    Column("per_s", Integer, nullable=False),
    Column("made_by", String(80), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
"department: whose services it may see and book; none: all.  A row stays when it is revoked."


class SqlApiKeys:
    """See `counter.identity.ports.ApiKeyStore`."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def add(self, key: ApiKey, secret_sha256: str, now: datetime) -> None:
        await self._executor.write(add, key, secret_sha256, now)

    async def listed(self) -> list[ApiKey]:
        return await self._executor.read(listed)

    async def renew(self, key_id: str, secret_sha256: str, by: str, now: datetime) -> None:
        await self._executor.write(renew, key_id, secret_sha256, by, now)

    async def revoke(self, key_id: str, by: str, now: datetime) -> None:
        await self._executor.write(revoke, key_id, by, now)

    async def living(self, key_id: str) -> tuple[ApiKey, str] | None:
        return await self._executor.read(living, key_id)


def add(conn: Connection, key: ApiKey, secret_sha256: str, now: datetime) -> None:
    """Keep a new one."""
    scopes = [str(scope) for scope in key.scopes]
    conn.execute(
        api_key.insert().values(
            id=key.id,
            name=key.name,
            secret_sha256=secret_sha256,
            scopes=scopes,
            department=key.department,
            per_s=key.per_s,
            made_by=key.made_by,
            made_at=now,
        )
    )
    facts = {"scopes": scopes, "department": key.department, "per_s": key.per_s}
    _record(conn, key.made_by, "made", key.id, facts, now)


def listed(conn: Connection) -> list[ApiKey]:
    """Oldest first, revoked ones among them."""
    return [
        _key(row) for row in conn.execute(select(api_key).order_by(api_key.c.made_at, api_key.c.id))
    ]


def renew(conn: Connection, key_id: str, secret_sha256: str, by: str, now: datetime) -> None:
    """Another secret.  Raises `NotFound` for one that is not there, or revoked."""
    _change(conn, key_id, {"secret_sha256": secret_sha256})
    _record(conn, by, "renewed", key_id, {}, now)


def revoke(conn: Connection, key_id: str, by: str, now: datetime) -> None:
    """Know it no more.  Raises `NotFound` for one that is not there, or revoked already."""
    _change(conn, key_id, {"revoked_at": now})
    _record(conn, by, "revoked", key_id, {}, now)


def living(conn: Connection, key_id: str) -> tuple[ApiKey, str] | None:
    """The key and the digest of its secret; None when it was revoked."""
    row = conn.execute(
        select(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
    ).one_or_none()
    return None if row is None else (_key(row), row.secret_sha256)


def _change(conn: Connection, key_id: str, values: Mapping[str, Any]) -> None:
    changed = conn.execute(
        update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None)).values(values)
    ).rowcount
    if not changed:
        raise NotFound(f"no key {key_id[:40]}, or it was revoked")


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        scopes=tuple(Scope(scope) for scope in row.scopes),
        department=row.department,
        per_s=row.per_s,
        made_by=row.made_by,
        made_at=row.made_at,
        revoked_at=row.revoked_at,
    )


def _record(
    conn: Connection, by: str, what: str, key_id: str, facts: Mapping[str, Any], now: datetime
) -> None:
    record(
        conn, actor=by, action=f"api_key.{what}", subject=f"api_key:{key_id}", facts=facts, now=now
    )
