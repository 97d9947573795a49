"""A form that is drawn and cannot be certified: taken back, told why, its fields a draft again.

Promise: it is on no screen for longer than it takes to find out, and nobody types it twice.
"""

from datetime import datetime

from sqlalchemy import Connection, Row, select

from counter.esign.attendance import GivenUp
from counter.esign.ceremony import Prepared
from counter.esign.forms import FormTemplate
from counter.esign.store_attendance import NO_CALLS
from counter.esign.store_attendance import begin as begin_attendance
from counter.esign.store_ceremony import find, stage_of
from counter.esign.store_drafts import begin, form_draft_field
from counter.esign.store_endings import end, set_reason
from counter.esign.store_tables import esign_document
from counter.ids import Digest
from counter.store.metadata import insert_for
from counter.store.session_log import Audiences

BY = "counter:esign"


def give_up(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    drawn_sha256: Digest,
    form: FormTemplate | None,
    reason: GivenUp,
    *,
    audiences: Audiences,
    now: datetime,
) -> bool:
    """Take it back; False for what is certified, over, or drawn anew since.

    drawn_sha256: what could not be certified.  form: as it was drawn; None: it is gone, and nobody
    fills it in again.
    """
    row = find(conn, case_id, ceremony_id)
    if not isinstance(stage_of(conn, row), Prepared) or row.sha256 != drawn_sha256:
        return False
    begin_attendance(conn, case_id, ceremony_id, calls=NO_CALLS, now=now)
    set_reason(conn, ceremony_id, reason)
    end(conn, row, "withdrawn", BY, audiences, now, reason=reason)
    if form is not None:
        by = row.presented_by or BY
        draft_id = begin(conn, audiences, row.id, case_id, form, by=by, now=now)
        _write_back(conn, row, draft_id, form, now)
    return True


def _write_back(
    conn: Connection, row: Row[object], draft_id: str, form: FormTemplate, now: datetime
) -> None:
    """What people wrote, with what was corrected since."""
    data: dict[str, str] = conn.execute(
        select(esign_document.c.data).where(esign_document.c.id == row.document_id)
    ).scalar_one()
    written = select(form_draft_field).where(form_draft_field.c.draft_id == draft_id)
    known = {one.name: one for one in conn.execute(written)}
    for name in (field.name for field in form.typed):
        text, before = data.get(name, ""), known.get(name)
        if text == (before.text if before is not None else ""):
            continue
        version = (before.version if before is not None else 0) + 1
        conn.execute(
            insert_for(conn, form_draft_field)
            .values(draft_id=draft_id, name=name, text=text, version=version, at=now)
            .on_conflict_do_update(
                index_elements=["draft_id", "name"],
                set_={"text": text, "version": version, "at": now},
            )
        )
