"""A document counts no more: what else comes of it, in the transaction that says so."""

from datetime import datetime

from sqlalchemy import Connection

from counter.documents.store_handover import tell_voided
from counter.documents.store_printing import give_up
from counter.ids import CaseId, Digest
from counter.store.cases import audiences, get_case


def document_voided(
    conn: Connection, case_id: str, ceremony_id: str, sealed: Digest, by: str, now: datetime
) -> None:
    """Of what can be taken back no paper comes out; who got the case's folder hears."""
    give_up(conn, audiences, case_id, "voided", now, by=by, document=sealed)
    case = get_case(conn, CaseId(case_id))
    about = {"department": case.department_id, "service": case.service_id, "site": case.site_id}
    tell_voided(conn, case_id, about, ceremony_id, now)
