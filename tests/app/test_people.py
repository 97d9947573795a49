"""The operator's command that lets people in: one transaction, journalled, and sessions end."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Connection, select, update

from counter.app.people import OPERATOR, People
from counter.app.seed import PEOPLE, let_people_in
from counter.identity import store_identity
from counter.identity.commands_store import StoredCommands
from counter.identity.passphrases_argon2 import Argon2Passphrases
from counter.identity.service import IdentityService
from counter.identity.store_identity import credential
from counter.signaling.store_desk import put_skill
from counter.signaling.tables import skill
from counter.store.executor import Executor
from counter.store.journal_sql import read_all

DSI = "dsi"


class Plain:
    """Keeps passphrases as they are."""

    async def stored(self, passphrase: str) -> str:
        return passphrase


def known() -> Sequence[str]:
    return [DSI, "dsf"]


@pytest.fixture
def people(executor: Executor) -> People:
    numbers = count()
    return People(executor, Plain(), known, lambda: f"phrase-{next(numbers)}")


async def test_who_is_let_in_again_has_no_session_no_rest_and_the_same_levels(
    executor: Executor, people: People, now: datetime
) -> None:
    await people.let_in("lei", "Lei", [DSI], ["pt"], now, supervisor=True)

    def work(conn: Connection) -> None:
        store_identity.begin(conn, kind="supervisor", subject="lei", token="t-1", csrf="c", now=now)
        store_identity.begin(conn, kind="agent", subject="ana", token="t-2", csrf="c", now=now)
        put_skill(conn, "lei", DSI, "pt", 3)
        conn.execute(update(credential).values(rests_until=now + timedelta(hours=1)))

    await executor.write(work)
    assert await people.let_in("lei", "Lei", [DSI, "dsf"], ["pt"], now, supervisor=False)

    def left(conn: Connection) -> tuple[bool, bool, object, dict[str, int]]:
        levels = conn.execute(select(skill.c.department_id, skill.c.level)).all()
        return (
            store_identity.find(conn, "t-1", now) is not None,
            store_identity.find(conn, "t-2", now) is not None,
            conn.execute(select(credential.c.rests_until)).scalar_one(),
            {row.department_id: row.level for row in levels},
        )

    assert await executor.read(left) == (False, True, None, {DSI: 3, "dsf": 1})
    said = [json.loads(one.body) for one in await executor.read(read_all)]
    entries = [one for one in said if one["action"] == "agent.let_in"]
    assert [one["actor"] for one in entries] == [OPERATOR] * 2
    assert entries[1]["subject"] == "agent:lei"


async def test_the_invented_people_share_one_passphrase_that_is_hashed_once(
    executor: Executor, now: datetime
) -> None:
    hashed: list[str] = []

    class Counting(Argon2Passphrases):
        def stored(self, passphrase: str) -> str:
            hashed.append(passphrase)
            return super().stored(passphrase)

    names = iter("abcdefghijklmnop")
    identity = IdentityService(
        StoredCommands(executor), Counting(time_cost=1, memory_kib=8), lambda: next(names)
    )
    await executor.write(let_people_in, await identity.stored("tile lotus bridge"), now)
    assert hashed == ["tile lotus bridge"]
    for person in PEOPLE:
        session = (await identity.sign_in(person.id, "tile lotus bridge", now)).session
        assert session.subject == person.id
        assert session.kind == ("supervisor" if person.supervisor else "agent")
