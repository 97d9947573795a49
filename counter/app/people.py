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
from counter.store.executor import Executor

ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
NAME_MOST = 60
"Characters; what a queue's screen has room for."


def new_passphrase() -> str:
    """64 bits, in groups that can be read out; never a default."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


class Letting(Protocol):
    """The part of `counter.identity.service.IdentityService` that is used here."""

    async def let_in(
        self, name: str, kind: Kind, subject: str, passphrase: str, now: datetime
    ) -> None: ...


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

        def put(conn: Connection) -> None:
            put_person(conn, person, tuple(languages) or LANGUAGES, now)

        await self._executor.write(put)
        passphrase = self._new_passphrase()
        kind: Kind = "supervisor" if supervisor else "agent"
        await self._identity.let_in(agent_id, kind, agent_id, passphrase, now)
        return passphrase
