"""Sessions, credentials and enrolments as rows.  Secrets are kept as digests only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    String,
    Table,
    delete,
    exists,
    false,
    select,
    update,
)

from counter.identity.refusals import EnrolmentUsed, TooManyTries
from counter.identity.session import BOOT, ENROLMENT, OF_A_MACHINE, Kind, Session, digest
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata

TRIES = 5
REST = timedelta(minutes=15)

web_session = Table(
    "web_session",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String(40), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

credential = Table(
    "credential",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String(40), nullable=False),
    Column("stored", String(200), nullable=False),
    Column("misses", Integer, nullable=False, default=0),
    Column("rests_until", UtcDateTime),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("terminal_id", String(40), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("boot", Boolean, nullable=False, server_default=false()),
)
"`boot`: given to the terminal's own program for the browser that it starts, not to a person."


def put_credential(
    conn: Connection, name: str, kind: Kind, subject: str, stored: str, now: datetime
) -> None:
    """Let `name` sign in as `subject`; replaces an older passphrase."""
    values: dict[str, Any] = {"kind": kind, "subject": subject, "stored": stored, "misses": 0}
    values["rests_until"] = None
    conn.execute(
        insert_for(conn, credential)
        .values(name=name, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )
    record(
        conn,
        actor="counter:setup",
        action="credential.set",
        subject=f"{kind}:{subject}",
        facts={},
        now=now,
    )


def take_try(conn: Connection, name: str, now: datetime) -> Any | None:
    """The row to check a passphrase against; None for a name that nobody has.

    The try counts as a miss before it is checked, so that tries at the same moment are counted
    like tries one after the other; `begin` forgives them.  After five the name rests, and counting
    starts anew.  Raises `TooManyTries` while it rests.
    """
    of_name = credential.c.name == name
    row = conn.execute(select(credential).where(of_name).with_for_update()).one_or_none()
    if row is None:
        return None
    if row.rests_until is not None and now < row.rests_until:
        raise TooManyTries("a name rests after five wrong passphrases")
    after: dict[str, Any] = {"misses": row.misses + 1}
    if after["misses"] >= TRIES:
        after = {"misses": 0, "rests_until": now + REST}
        who = f"{row.kind}:{row.subject}"
        record(conn, actor=who, action="credential.rests", subject=who, facts={}, now=now)
    conn.execute(update(credential).where(of_name).values(after))
    return row


def begin(
    conn: Connection, *, kind: Kind, subject: str, token: str, csrf: str, now: datetime
) -> Session:
    """A new session for `subject`; the caller hands `token` to the browser and forgets it."""
    session = Session(
        token_sha256=digest(token),
        kind=kind,
        subject=subject,
        csrf=csrf,
        created_at=now,
        seen_at=now,
    )
    conn.execute(
        web_session.insert().values(
            token_sha256=session.token_sha256,
            kind=kind,
            subject=subject,
            csrf=csrf,
            created_at=now,
            seen_at=now,
        )
    )
    conn.execute(
        update(credential)
        .where(credential.c.subject == subject, credential.c.kind == kind)
        .values(misses=0, rests_until=None)
    )
    record(
        conn,
        actor=f"{kind}:{subject}",
        action="session.begun",
        subject=f"{kind}:{subject}",
        facts={},
        now=now,
    )
    return session


def find(conn: Connection, token: str, now: datetime) -> Session | None:
    """The living session of this token."""
    living = living_of(conn, [digest(token)], now)
    return living[0] if living else None


def living_of(conn: Connection, digests: Sequence[str], now: datetime) -> list[Session]:
    """Those of these sessions that are alive."""
    rows = conn.execute(select(web_session).where(web_session.c.token_sha256.in_(digests)))
    sessions = [
        Session(
            token_sha256=row.token_sha256,
            kind=cast(Kind, row.kind),
            subject=row.subject,
            csrf=row.csrf,
            created_at=row.created_at,
            seen_at=row.seen_at,
        )
        for row in rows
    ]
    return [session for session in sessions if session.alive(now)]


def seen(conn: Connection, digests: Sequence[str], now: datetime) -> None:
    """These sessions were used."""
    conn.execute(
        update(web_session).where(web_session.c.token_sha256.in_(digests)).values(seen_at=now)
    )


def end(conn: Connection, token_sha256: str, now: datetime) -> None:
    """End a session; harmless when there is none."""
    gone = conn.execute(
        delete(web_session)
        .where(web_session.c.token_sha256 == token_sha256)
        .returning(web_session.c.kind, web_session.c.subject)
    ).one_or_none()
    if gone is not None:
        who = f"{gone.kind}:{gone.subject}"
        record(conn, actor=who, action="session.ended", subject=who, facts={}, now=now)


def at_work_since(conn: Connection, subject: str, since: datetime) -> bool:
    """Whether a page of this agent or supervisor was open after `since`, in any session left."""
    return bool(
        conn.execute(
            select(
                exists().where(
                    web_session.c.kind.in_(("agent", "supervisor")),
                    web_session.c.subject == subject,
                    web_session.c.seen_at > since,
                )
            )
        ).scalar_one()
    )


def issue_enrolment(
    conn: Connection, terminal_id: str, token: str, now: datetime, *, boot: bool = False
) -> None:
    """One link for one terminal; an older unused one of that terminal is void.

    boot: asked for by the terminal's own program, for its browser.
    """
    conn.execute(
        delete(enrolment).where(enrolment.c.terminal_id == terminal_id, enrolment.c.boot == boot)
    )
    conn.execute(
        enrolment.insert().values(
            token_sha256=digest(token), terminal_id=terminal_id, issued_at=now, boot=boot
        )
    )
    record(
        conn,
        actor=f"device:{terminal_id}" if boot else "counter:operator",
        action="enrolment.issued",
        subject=f"terminal:{terminal_id}",
        facts={"boot": boot} if boot else {},
        now=now,
    )


def end_sessions_of_person(conn: Connection, subject: str) -> int:
    """Whoever works as this agent, or did as a supervisor, signs in anew; how many there were."""
    return conn.execute(
        delete(web_session).where(
            web_session.c.kind.in_(("agent", "supervisor")), web_session.c.subject == subject
        )
    ).rowcount


def has_program(conn: Connection, terminal_id: str) -> bool:
    """Whether a program has a session as this terminal; one that ran out counts until it is tidied
    away."""
    return (
        conn.execute(
            select(web_session.c.token_sha256)
            .where(web_session.c.kind == "device", web_session.c.subject == terminal_id)
            .limit(1)
        ).first()
        is not None
    )


def end_sessions_of_program(conn: Connection, terminal_id: str) -> bool:
    """Whatever ran as this terminal's program is nobody any more; whether there was one."""
    ended = conn.execute(
        delete(web_session).where(
            web_session.c.kind == "device", web_session.c.subject == terminal_id
        )
    ).rowcount
    return bool(ended)


def enrol(
    conn: Connection,
    enrolment_token: str,
    token: str,
    csrf: str,
    now: datetime,
    *,
    kind: Kind = "terminal",
) -> Session:
    """Turn an enrolment link into the session of the terminal's page, or of its program.

    Sessions the terminal had before end: a place has one machine.  The page that a program lets in
    ends only that of an older page.
    Raises `EnrolmentUsed` when the link is unknown, used, too old, or was for a browser.
    """
    row = conn.execute(
        delete(enrolment)
        .where(enrolment.c.token_sha256 == digest(enrolment_token))
        .returning(enrolment.c.terminal_id, enrolment.c.issued_at, enrolment.c.boot)
    ).one_or_none()
    if row is None or now > row.issued_at + (BOOT if row.boot else ENROLMENT):
        raise EnrolmentUsed("an enrolment link was used that is unknown, used or too old")
    if row.boot and kind != "terminal":
        raise EnrolmentUsed("a ticket for a browser was used by something else")
    ended = ("terminal",) if row.boot else OF_A_MACHINE
    conn.execute(
        delete(web_session).where(
            web_session.c.kind.in_(ended), web_session.c.subject == row.terminal_id
        )
    )
    return begin(conn, kind=kind, subject=row.terminal_id, token=token, csrf=csrf, now=now)
