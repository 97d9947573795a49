"""Lets a person of a department work at a desk: the operator's command, in every profile."""

import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from counter.app.seed import LANGUAGES, Person, put_person
from counter.errors import BadInput, NotFound
from counter.identity.session import Kind
from counter.identity.store_identity import end_sessions_of_person, put_credential
from counter.store.executor import Executor
from counter.store.journal_sql import record

ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
OPERATOR = "operator:socket"
NAME_MOST = 60
"Characters; what a queue's screen has room for."


def new_passphrase() -> str:
    """64 bits, in groups that can be read out; never a default."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


class Letting(Protocol):
    """The part of `counter.identity.service.IdentityService` that is used here."""

    async def stored(self, passphrase: str) -> str: ...


class People:
    """Who may sit at desks."""

    def __init__(
        self,
        executor: Executor,
        identity: Letting,
        departments: Callable[[], Sequence[str]],
        new_passphrase: Callable[[], str],
    ) -> None:
        self._executor = executor
        self._identity = identity
        self._departments = departments
        self._new_passphrase = new_passphrase

    async def let_in(
        self,
        agent_id: str,
        name: str,
        departments: Sequence[str],
        languages: Sequence[str],
        now: datetime,
        *,
        supervisor: bool,
    ) -> str:
        """Make the person known, or change what is known; answers the passphrase, this once.

        Whoever is signed in as this person is so no more.

        departments: the own one first; none is taken away that was given before.
        languages: of `LANGUAGES`; none: all.
        Raises `BadInput`, `NotFound` for a department.
        """
        if ID.fullmatch(agent_id) is None:
            raise BadInput("an agent's id is 2 to 40 small letters, digits and hyphens")
        if not name.strip() or len(name) > NAME_MOST:
            raise BadInput(f"a name has 1 to {NAME_MOST} characters")
        if not departments:
            raise BadInput("an agent belongs to a department")
        known = self._departments()
        if strange := [one for one in departments if one not in known]:
            raise NotFound(f"there is no department {strange[0][:40]!r}")
        if strange := [one for one in languages if one not in LANGUAGES]:
            raise BadInput(f"{strange[0][:20]!r} is none of {', '.join(LANGUAGES)}")
        person = Person(
            id=agent_id,
            name=name.strip(),
            departments=tuple(departments),
            supervisor=supervisor,
        )

        passphrase = self._new_passphrase()
        stored = await self._identity.stored(passphrase)
        kind: Kind = "supervisor" if supervisor else "agent"
        spoken = tuple(languages) or LANGUAGES

        def put(conn: Connection) -> None:
            put_person(conn, person, spoken, now)
            put_credential(conn, agent_id, kind, agent_id, stored, now)
            facts = {
                "departments": list(departments),
                "languages": list(spoken),
                "supervisor": supervisor,
                "sessions_ended": end_sessions_of_person(conn, agent_id),
            }
            record(
                conn,
                actor=OPERATOR,
                action="agent.let_in",
                subject=f"agent:{agent_id}",
                facts=facts,
                now=now,
            )

        await self._executor.write(put)
        return passphrase
