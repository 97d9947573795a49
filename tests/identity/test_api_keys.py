"""Keys of programs: told once, known by their digest, void when revoked or renewed."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Connection, select

from counter.errors import BadInput, NotFound
from counter.identity.api_key import Scope, taken_apart, written
from counter.identity.api_key_service import ApiKeyService
from counter.identity.store_api_keys import SqlApiKeys, api_key
from counter.store.executor import Executor
from counter.store.journal_sql import read_all

BY = "operator:socket"


@pytest.fixture
def keys(executor: Executor, now: datetime, new_id: Callable[[], str]) -> ApiKeyService:
    return ApiKeyService(
        SqlApiKeys(executor), new_id, lambda: f"a_secret-of-256-bits_{new_id()}", lambda: now
    )


async def test_a_key_is_known_until_it_is_revoked(keys: ApiKeyService, now: datetime) -> None:
    made, key = await keys.make(" One  app ", ["book", "read", "read"], "dsi", BY, 7)
    assert (made.name, made.scopes, made.department) == (
        "One app",
        (Scope.READ, Scope.BOOK),
        "dsi",
    )
    assert (made.per_s, made.made_by, made.made_at) == (7, BY, now)
    assert await keys.known(key) == made
    assert await keys.listed() == [made]
    await keys.revoke(made.id, BY)
    assert await keys.known(key) is None
    (listed,) = await keys.listed()
    assert listed.revoked_at == now
    with pytest.raises(NotFound):
        await keys.revoke(made.id, BY)
    with pytest.raises(NotFound):
        await keys.renew(made.id, BY)


async def test_a_renewed_key_is_the_same_program(keys: ApiKeyService) -> None:
    made, old = await keys.make("One app", ["read"], None, BY)
    new = await keys.renew(made.id, BY)
    assert await keys.known(old) is None
    assert await keys.known(new) == made
    with pytest.raises(NotFound):
        await keys.renew("nobody", BY)


async def test_the_secret_of_another_key_opens_nothing(keys: ApiKeyService) -> None:
    one, key = await keys.make("One", ["read"], None, BY)
    other, other_key = await keys.make("Other", ["read"], None, BY)
    parts, other_parts = taken_apart(key), taken_apart(other_key)
    assert parts and other_parts
    assert await keys.known(written(one.id, other_parts[1])) is None
    assert await keys.known(written(other.id, parts[1])) is None
    assert await keys.known(written("nobody", parts[1])) is None


@pytest.mark.parametrize(
    "key",
    ["", "rvc", "rvc_", "rvc__", "rvc_id-1_", "rvc_id-1_short", "x" * 500, "rvc_ä_" + "x" * 43],
)
async def test_what_is_no_key_is_not_looked_up(key: str) -> None:
    class Nowhere:
        async def living(self, key_id: str) -> None:
            raise AssertionError("asked the store")

    keys = ApiKeyService(Nowhere(), str, str, datetime.now)  # type: ignore[arg-type]
    assert await keys.known(key) is None


@pytest.mark.parametrize(
    ("name", "scopes", "per_s"),
    [
        ("", ["read"], 1),
        ("x" * 61, ["read"], 1),
        ("a\u0000b", ["read"], 1),
        ("One", [], 1),
        ("One", ["read", "everything"], 1),
        ("One", ["read"], 0),
        ("One", ["read"], 10_001),
    ],
)
async def test_a_key_that_cannot_be_is_refused(
    keys: ApiKeyService, name: str, scopes: list[str], per_s: int
) -> None:
    with pytest.raises(BadInput):
        await keys.make(name, scopes, None, BY, per_s)
    assert await keys.listed() == []


async def test_neither_store_nor_journal_holds_a_secret(
    keys: ApiKeyService, executor: Executor
) -> None:
    made, first = await keys.make("One app", ["read"], "dsi", BY)
    second = await keys.renew(made.id, BY)
    await keys.revoke(made.id, BY)

    def rows(conn: Connection) -> str:
        return repr(conn.execute(select(api_key)).all())

    entries = [json.loads(entry.body) for entry in await executor.read(read_all)]
    assert [(entry["actor"], entry["action"]) for entry in entries] == [
        (BY, f"api_key.{what}") for what in ("made", "renewed", "revoked")
    ]
    everything = repr(entries) + await executor.read(rows)
    for key in (first, second):
        parts = taken_apart(key)
        assert parts and parts[1] not in everything
