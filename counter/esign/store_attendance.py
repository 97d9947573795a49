"""Commands about reading: what was on the screen, who is there, and what becomes of it else.

Each one is one transaction, and locks the ceremony first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from counter.errors import BadInput
from counter.esign.attendance import EVIDENCE_KEPT, Attendance, counted_ms, require_moment
from counter.esign.ceremony import Consented, Presented, Sealed, Signed, Voided
from counter.esign.ports import NewRevision
from counter.esign.reading_ports import Correction, Remains, Watched
from counter.esign.refusals import CeremonyPaused, DigestMismatch, IdentityFirst
from counter.esign.store_attendance_tables import ceremony_attendance, ceremony_page_time
from counter.esign.store_certificate import forget_certificate
from counter.esign.store_esign import (
    Audiences,
    add_revision,
    change,
    digest_of,
    end,
    forget_ink,
    not_now,
    page_seen,
    tell_case,
)
from counter.esign.store_reading import find, stage_of
from counter.esign.store_tables import (
    SIGNED_ONLY,
    ceremony,
    esign_document,
    esign_page_image,
    esign_revision,
    esign_ticket,
)
from counter.esign.store_tickets import drop_ticket
from counter.esign.ticket import FIELDS, ORIGIN
from counter.ids import CaseId, CeremonyId, Digest, DocumentId
from counter.store.journal_sql import record
from counter.store.metadata import insert_for

READING = ("presented", "consented")
"States in which a citizen has a document before him."


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What is asked about conversations, inside the transaction."""

    now: Callable[[Connection, str], str | None]
    "The call of a case that is on, by its id."
    ended_at: Callable[[Connection, str], datetime | None]
    "When a call ended; None: it is on."
    last: Callable[[Connection, str], str | None]
    "The newest call of a case that has ended, by its id."
    known_again: Callable[[Connection, str, str], bool]
    "Whether the citizen of this case is identified in this call, as far as he ever was."


NO_CALLS = Calls(
    now=lambda conn, case_id: None,
    ended_at=lambda conn, call_id: None,
    last=lambda conn, case_id: None,
    known_again=lambda conn, case_id, call_id: True,
)
"A counter without conversations: nobody watches over ceremonies."


def require_known(conn: Connection, case_id: str, calls: Calls) -> None:
    """Raise `IdentityFirst` in a call in which the citizen was not identified anew."""
    call_id = calls.now(conn, case_id)
    if call_id is not None and not calls.known_again(conn, case_id, call_id):
        raise IdentityFirst(f"case {case_id}: identify the citizen in this call first")


def _watched_by(conn: Connection, case_id: str, calls: Calls) -> str | None:
    """The call in which a document that appears now is read.

    That of before, where there is none now or nobody was identified anew in it: the document waits
    then, as every other one whose call was interrupted.
    """
    call_id = calls.now(conn, case_id)
    if call_id is not None and calls.known_again(conn, case_id, call_id):
        return call_id
    return calls.last(conn, case_id) or call_id


def begin(conn: Connection, case_id: str, ceremony_id: str, *, calls: Calls, now: datetime) -> None:
    """A document appears on the screen, anew when it was corrected."""
    if _attendance_row(conn, ceremony_id) is not None:
        _write(conn, ceremony_id, touched_at=now)
    else:
        conn.execute(
            ceremony_attendance.insert().values(
                ceremony_id=ceremony_id,
                call_id=_watched_by(conn, case_id, calls),
                touched_at=now,
                corrected=[],
                revision=1,
            )
        )


def attendance_of(conn: Connection, row: Row[Any], calls: Calls) -> Attendance:
    """Of a row of `ceremony_attendance`."""
    ended_at = None if row.call_id is None else calls.ended_at(conn, row.call_id)
    return Attendance(touched_at=row.touched_at, call_id=row.call_id, call_ended_at=ended_at)


def attend(
    conn: Connection, case_id: str, ceremony_id: str, *, calls: Calls, now: datetime
) -> Row[Any]:
    """The citizen does something: the ceremony's row, locked.

    Raises `CeremonyPaused` while the call in which it is read is interrupted.
    """
    row = find(conn, case_id, ceremony_id)
    here = _attendance_row(conn, ceremony_id)
    if here is None or row.state not in READING:
        return row
    if attendance_of(conn, here, calls).paused:
        raise CeremonyPaused(f"ceremony {ceremony_id} waits until somebody resumes it")
    _write(conn, ceremony_id, touched_at=now)
    return row


def touch(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The citizen is there.  Raises `CeremonyPaused`."""
    attend(conn, case_id, ceremony_id, calls=calls, now=now)
    tell_case(conn, audiences, case_id, "ceremony.here", {"ceremony_id": ceremony_id}, now)


def page_shown(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    page: int | None,
    *,
    still: bool,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> None:
    """This page is on the screen now; None: none is.

    still: it was there before, and nobody need have touched anything.  Raises `BadInput` for a page
    there is not.
    """
    row = find(conn, case_id, ceremony_id) if still or page is None else None
    row = row or attend(conn, case_id, ceremony_id, calls=calls, now=now)
    here = _attendance_row(conn, ceremony_id)
    if here is None or row.state != "presented":
        return
    if page is not None and not 1 <= page <= row.pages:
        raise BadInput(f"case {case_id}: page {page} of {row.pages}")
    if page is not None and attendance_of(conn, here, calls).paused:
        raise CeremonyPaused(f"ceremony {ceremony_id} waits until somebody resumes it")
    _count(conn, row, here, now)
    if page is None:
        _write(conn, ceremony_id, page=None, opened_at=None, counted_at=None)
    elif page == here.page:
        _write(conn, ceremony_id, counted_at=now)
    else:
        _write(conn, ceremony_id, page=page, opened_at=now, counted_at=now)
        _page_row(conn, row, page, now)
    body = {"ceremony_id": ceremony_id, "page": page or 0}
    tell_case(conn, audiences, case_id, "ceremony.page_shown", body, now)


def page_read(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    page: int,
    *,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> tuple[int, ...]:
    """The whole page was on the screen; answers the pages still unseen.

    Raises `PageTooShort` before it was there for a moment, `BadInput` for a page there is not.
    """
    row = attend(conn, case_id, ceremony_id, calls=calls, now=now)
    here = _attendance_row(conn, ceremony_id)
    fresh = row.state == "presented" and page not in row.seen
    if here is not None and fresh:
        require_moment(here.opened_at if here.page == page else None, now)
        _count(conn, row, here, now)
        _write(conn, ceremony_id, counted_at=now)
        conn.execute(
            update(ceremony_page_time)
            .where(*_is(ceremony_id, row.sha256, page))
            .values(seen_at=now)
        )
    unseen = page_seen(conn, case_id, ceremony_id, page, audiences=audiences, now=now)
    if here is not None and fresh:
        record(
            conn,
            actor=f"citizen:{case_id}",
            action="ceremony.page_seen",
            subject=f"ceremony:{ceremony_id}",
            facts={"page": page, "sha256": row.sha256},
            now=now,
        )
    return unseen


def close_page(conn: Connection, row: Row[Any], now: datetime) -> None:
    """No page is on the screen any more: its time is counted."""
    here = _attendance_row(conn, row.id)
    if here is not None:
        _count(conn, row, here, now)
        _write(conn, row.id, page=None, opened_at=None, counted_at=None)


def times_said(conn: Connection, row: Row[Any]) -> dict[str, Any]:
    """What the journal keeps of the reading, with the consent: whole seconds per page."""
    here = _attendance_row(conn, row.id)
    if here is None:
        return {}
    found = conn.execute(
        select(ceremony_page_time)
        .where(
            ceremony_page_time.c.ceremony_id == row.id,
            ceremony_page_time.c.sha256 == row.sha256,
        )
        .order_by(ceremony_page_time.c.page)
    )
    return {
        "pages": [
            {
                "page": one.page,
                "first_at": one.first_at.isoformat(),
                "last_at": one.last_at.isoformat(),
                "seconds": one.total_ms // 1000,
            }
            for one in found
        ],
        # Beside the pictures, the same data went to the screen as text.
        "text_of": "data",
        "read_aloud": here.aloud or "",
    }


def read_aloud(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    by: str,
    language: str,
    *,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The citizen asked to have it read out.  by: `machine`, or `agent` where it has no voice."""
    row = attend(conn, case_id, ceremony_id, calls=calls, now=now)
    here = _attendance_row(conn, ceremony_id)
    if here is None or row.state not in READING:
        raise not_now(row, "ceremony.aloud")
    if (here.aloud, here.aloud_language) == (by, language):
        return
    _write(conn, ceremony_id, aloud=by, aloud_language=language)
    facts = {"by": by, "language": language, "sha256": row.sha256}
    record(
        conn,
        actor=f"citizen:{case_id}",
        action="ceremony.read_aloud",
        subject=f"ceremony:{ceremony_id}",
        facts=facts,
        now=now,
    )
    body = {"ceremony_id": ceremony_id, "by": by}
    tell_case(conn, audiences, case_id, "ceremony.read_aloud", body, now)


def correct(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    new: Correction,
    *,
    by: str,
    audiences: Audiences,
    now: datetime,
) -> None:
    """Another revision takes the place of the one that is being read; all is read anew.

    It is prepared, and presented once the department has certified it.  Raises `DigestMismatch`
    when it is not the one that was corrected.
    """
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if row.sha256 == new.sha256:
        return
    if not isinstance(stage, Presented | Consented):
        raise not_now(row, "form.correct")
    if row.sha256 != new.parent_sha256:
        raise DigestMismatch(f"case {case_id}: another correction came first; look at it again")
    close_page(conn, row, now)
    document = DocumentId(row.document_id)
    drawn = NewRevision(kind="prepared", sha256=new.sha256, size_bytes=new.size_bytes)
    add_revision(conn, document, drawn, new.parent_sha256, now)
    # The department certifies the new one; its signature of the old one stays in that file.
    conn.execute(
        delete(esign_ticket).where(
            esign_ticket.c.ceremony_id == ceremony_id, esign_ticket.c.field == ORIGIN
        )
    )
    drop_ticket(conn, ceremony_id)
    forget_certificate(conn, ceremony_id)
    was = conn.execute(
        select(esign_document.c.data_sha256).where(esign_document.c.id == document)
    ).scalar_one()
    data_sha256 = digest_of(new.data)
    conn.execute(
        update(esign_document)
        .where(esign_document.c.id == document)
        .values(data=new.data, data_sha256=data_sha256)
    )
    change(
        conn,
        row,
        state="prepared",
        sha256=new.sha256,
        pages=0,
        seen=[],
        consented_at=None,
        agreed=None,
        presented_by=by,
        fields=list(FIELDS),
    )
    _write(
        conn,
        ceremony_id,
        corrected=list(new.corrected),
        revision=ceremony_attendance.c.revision + 1,
        touched_at=now,
    )
    record(
        conn,
        actor=by,
        action="document.corrected",
        subject=f"ceremony:{ceremony_id}",
        facts={
            "was": row.state,
            "fields": list(new.corrected),
            "sha256": new.sha256,
            "was_sha256": row.sha256,
            "data_sha256": data_sha256,
            "was_data_sha256": was,
        },
        now=now,
    )
    body = {"ceremony_id": ceremony_id, "sha256": new.sha256}
    tell_case(conn, audiences, case_id, "document.corrected", body, now)


def resume(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    by: str,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> None:
    """Go on in the call that is on now; what was read before stays read.

    Raises `IdentityFirst` before the citizen was identified anew in it.
    """
    row = find(conn, case_id, ceremony_id)
    here = _attendance_row(conn, ceremony_id)
    call_id = calls.now(conn, case_id)
    if here is None or call_id is None or row.state not in READING:
        raise not_now(row, "ceremony.resume")
    if here.call_id == call_id:
        return
    require_known(conn, case_id, calls)
    _write(conn, ceremony_id, call_id=call_id, touched_at=now)
    record(
        conn,
        actor=by,
        action="ceremony.resumed",
        subject=f"ceremony:{ceremony_id}",
        facts={"call": call_id, "was_call": here.call_id, "sha256": row.sha256},
        now=now,
    )
    tell_case(conn, audiences, case_id, "ceremony.resumed", {"ceremony_id": ceremony_id}, now)


def void(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    reason: str,
    *,
    by: str,
    audiences: Audiences,
    now: datetime,
) -> Digest | None:
    """What was signed does not count: a new fact; the document stays and is not given out.

    Answers the sealed document that counts no more, if there is one.
    """
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Voided):
        return None
    if not isinstance(stage, Signed | Sealed):
        raise not_now(row, "ceremony.void")
    stage.voided()
    set_reason(conn, ceremony_id, reason)
    conn.execute(update(ceremony).where(ceremony.c.id == ceremony_id).values(voided_at=now))
    end(conn, row, "voided", by, audiences, now, reason=reason)
    return stage.sealed_sha256 if isinstance(stage, Sealed) else None


def abandon(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    by: str,
    reason: str,
    audiences: Audiences,
    now: datetime,
) -> bool:
    """The citizen has gone, before the ink.  Answers False for what nobody was reading."""
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if not isinstance(stage, Presented | Consented):
        return False
    close_page(conn, row, now)
    stage.abandoned()
    set_reason(conn, ceremony_id, reason)
    end(conn, row, "abandoned", by, audiences, now, reason=reason)
    return True


def expire(
    conn: Connection,
    ceremony_id: str,
    *,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> None:
    """Carry out what time has decided, if it still holds."""
    row = find(conn, None, ceremony_id)
    here = _attendance_row(conn, ceremony_id)
    stage = stage_of(conn, row)
    if here is None or not isinstance(stage, Presented | Consented):
        return
    fate = attendance_of(conn, here, calls).expire(now)
    if fate is None:
        return
    close_page(conn, row, now)
    reason = "idle" if fate == "abandoned" else "line"
    set_reason(conn, ceremony_id, reason)
    end(conn, row, fate, "counter:esign", audiences, now, reason=reason)


def overdue(conn: Connection, calls: Calls, now: datetime) -> tuple[CeremonyId, ...]:
    """Ceremonies that time has decided about."""
    rows = conn.execute(
        select(ceremony_attendance)
        .join(ceremony, ceremony.c.id == ceremony_attendance.c.ceremony_id)
        .where(ceremony.c.state.in_(READING))
        .order_by(ceremony_attendance.c.touched_at)
    ).all()
    return tuple(
        CeremonyId(row.ceremony_id) for row in rows if attendance_of(conn, row, calls).expire(now)
    )


def watched_of(conn: Connection, case_id: str, calls: Calls) -> dict[str, Watched]:
    """How each document of a case is or was read, by the ceremony's id."""
    rows = conn.execute(
        select(ceremony_attendance, ceremony.c.state, ceremony.c.sha256, esign_document.c.data)
        .join(ceremony, ceremony.c.id == ceremony_attendance.c.ceremony_id)
        .join(esign_document, esign_document.c.id == ceremony.c.document_id)
        .where(ceremony.c.case_id == case_id)
    ).all()
    call_id = calls.now(conn, case_id) if any(row.state in READING for row in rows) else None
    return {row.ceremony_id: _watched(conn, row, case_id, call_id, calls) for row in rows}


def _watched(
    conn: Connection, row: Row[Any], case_id: str, call_id: str | None, calls: Calls
) -> Watched:
    times = conn.execute(
        select(ceremony_page_time.c.page, ceremony_page_time.c.total_ms).where(
            ceremony_page_time.c.ceremony_id == row.ceremony_id,
            ceremony_page_time.c.sha256 == row.sha256,
        )
    )
    attendance = attendance_of(conn, row, calls)
    reading = row.state in READING
    return Watched(
        attendance=attendance,
        may_resume=(
            reading
            and attendance.paused
            and call_id is not None
            and calls.known_again(conn, case_id, call_id)
        ),
        reason=row.reason,
        aloud=row.aloud,
        revision=row.revision,
        corrected=tuple(row.corrected),
        page=row.page,
        seconds={one.page: one.total_ms // 1000 for one in times},
        data=row.data if reading else {},
    )


def set_reason(conn: Connection, ceremony_id: str, reason: str) -> None:
    """Why it ended; screens say it."""
    _write(conn, ceremony_id, reason=reason)


def remains(conn: Connection, now: datetime) -> tuple[Remains, ...]:
    """What is still kept of documents that ended before the ink, however they did.

    Of those that ended between the ink and the seal, once `EVIDENCE_KEPT` is over.
    """
    before_ink = ceremony.c.state.in_(
        ("abandoned", "expired", "declined", "withdrawn")
    ) & ceremony.c.signed_at.is_(None)
    rows = conn.execute(
        select(ceremony)
        # Nobody read what older versions took back before it was presented.
        .outerjoin(ceremony_attendance, ceremony_attendance.c.ceremony_id == ceremony.c.id)
        .where(
            before_ink | (SIGNED_ONLY & (ceremony.c.signed_at <= now - EVIDENCE_KEPT)),
            ceremony_attendance.c.forgotten_at.is_(None),
        )
    ).all()
    return tuple(_remains(conn, row) for row in rows)


def forgotten(conn: Connection, one: Remains, now: datetime) -> None:
    """Its files are out of the blobs: what it said goes too; digests and the journal stay.

    Page images go with the rows that named them, by the collector: others may look the same.
    """
    of_document = esign_page_image.c.document_id == one.document_id
    conn.execute(delete(esign_page_image).where(of_document))
    conn.execute(
        update(esign_document).where(esign_document.c.id == one.document_id).values(data={})
    )
    conn.execute(
        insert_for(conn, ceremony_attendance)
        .values(
            ceremony_id=one.ceremony_id, touched_at=now, corrected=[], revision=1, forgotten_at=now
        )
        .on_conflict_do_update(index_elements=["ceremony_id"], set_={"forgotten_at": now})
    )
    signed_at = conn.execute(
        select(ceremony.c.signed_at).where(ceremony.c.id == one.ceremony_id)
    ).scalar_one()
    if signed_at is not None:
        forget_ink(conn, one.ceremony_id)
        conn.execute(delete(esign_ticket).where(esign_ticket.c.ceremony_id == one.ceremony_id))
        record(
            conn,
            actor="counter:esign",
            action="ceremony.forgotten",
            subject=f"ceremony:{one.ceremony_id}",
            facts={"signed_at": signed_at.isoformat(), "days": EVIDENCE_KEPT.days},
            now=now,
        )


def _remains(conn: Connection, row: Row[Any]) -> Remains:
    mine = esign_revision.c.document_id == row.document_id
    named = [set(conn.execute(select(esign_revision.c.sha256).where(mine)).scalars())]
    begun = esign_ticket.c.ceremony_id == row.id
    for column in (esign_ticket.c.hole_sha256, esign_ticket.c.revision_sha256):
        named.append(set(conn.execute(select(column).where(begun)).scalars()) - {None})
    files = set().union(*named)
    # The same form drawn twice in one moment is the same file.
    foreign = select(esign_revision.c.sha256).where(esign_revision.c.sha256.in_(files), ~mine)
    return Remains(
        ceremony_id=CeremonyId(row.id),
        case_id=CaseId(row.case_id),
        document_id=DocumentId(row.document_id),
        files=tuple(Digest(one) for one in sorted(files - set(conn.execute(foreign).scalars()))),
    )


def _attendance_row(conn: Connection, ceremony_id: str) -> Row[Any] | None:
    return conn.execute(
        select(ceremony_attendance).where(ceremony_attendance.c.ceremony_id == ceremony_id)
    ).one_or_none()


def _write(conn: Connection, ceremony_id: str, **values: Any) -> None:
    conn.execute(
        update(ceremony_attendance)
        .where(ceremony_attendance.c.ceremony_id == ceremony_id)
        .values(**values)
    )


def _page_row(conn: Connection, row: Row[Any], page: int, now: datetime) -> None:
    """Its first time on the screen, or one more."""
    again = conn.execute(
        update(ceremony_page_time).where(*_is(row.id, row.sha256, page)).values(last_at=now)
    ).rowcount
    if not again:
        conn.execute(
            ceremony_page_time.insert().values(
                ceremony_id=row.id,
                sha256=row.sha256,
                page=page,
                first_at=now,
                last_at=now,
                total_ms=0,
            )
        )


def _count(conn: Connection, row: Row[Any], here: Row[Any], now: datetime) -> None:
    """Add the time since the last ask to the page that is on the screen."""
    if here.page is None or here.counted_at is None:
        return
    counted = counted_ms(here.counted_at, now)
    conn.execute(
        update(ceremony_page_time)
        .where(*_is(row.id, row.sha256, here.page))
        .values(
            last_at=here.counted_at + timedelta(milliseconds=counted),
            total_ms=ceremony_page_time.c.total_ms + counted,
        )
    )


def _is(ceremony_id: str, sha256: str, page: int) -> tuple[Any, Any, Any]:
    return (
        ceremony_page_time.c.ceremony_id == ceremony_id,
        ceremony_page_time.c.sha256 == sha256,
        ceremony_page_time.c.page == page,
    )
