"""Where papers, signed documents, the case and the journal meet in a folder."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents.folder import CaseFacts, SignedDocument
from counter.documents.store_bundles import leaves_of
from counter.esign.record_ports import CeremonyState
from counter.esign.store_given_out import line_of
from counter.esign.store_reading import ever_seen, signing_of
from counter.ids import CaseId, Digest
from counter.store import journal_sql
from counter.store.cases import get_case
from counter.store.executor import Executor
from web.shared.wording import paper_label, service_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlCaseSource:
    """See `counter.documents.folder_ports.CaseSource`."""

    executor: Executor
    catalogue: Callable[[], Catalogue]

    async def facts(self, case_id: CaseId) -> CaseFacts:
        return await self.executor.read(self._facts, case_id)

    def _facts(self, conn: Connection, case_id: CaseId) -> CaseFacts:
        return facts_of(conn, get_case(conn, case_id), self.catalogue())

    def unchanged(self, conn: Connection, facts: CaseFacts) -> bool:
        """Whether its pages and documents are still those; the case is locked until COMMIT."""
        by_now = facts_of(conn, get_case(conn, facts.id, lock=True), self.catalogue())
        return (by_now.leaves, by_now.documents) == (facts.leaves, facts.documents)


def facts_of(conn: Connection, case: Case, catalogue: Catalogue) -> CaseFacts:
    """What the folder of this case says."""
    leaves = leaves_of(conn, case.id)
    service = service_or_none(catalogue, case.service_id)
    seq, head = journal_sql.newest(conn)
    seen = ever_seen(conn, case.id)
    return CaseFacts(
        id=case.id,
        number=case.number,
        department=case.department_id,
        service=case.service_id,
        site=case.site_id,
        language=case.language,
        appointment_id=case.appointment_id,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        outcome=case.outcome.value if case.outcome else None,
        checklist=tuple(paper.id for paper in service.papers) if service else (),
        labels={
            item: paper_label(service, item, case.language) for item in {one.item for one in leaves}
        },
        leaves=leaves,
        documents=tuple(
            SignedDocument(
                ceremony_id=one.ceremony_id,
                form=one.form,
                state=one.state,
                presented_sha256=one.sha256,
                # What was voided is not given out.
                sealed_sha256=None if one.state == "voided" else one.sealed_sha256,
                archived=_archived(conn, one),
            )
            for one in reversed(signing_of(conn, case.id))
            if one.ceremony_id in seen
        ),
        journal_seq=seq,
        journal_head=head,
    )


def _archived(conn: Connection, one: CeremonyState) -> tuple[Digest, ...]:
    if one.sealed_sha256 is None or one.state == "voided":
        return ()
    return tuple(given.sha256 for given in line_of(conn, one.document_id, one.sealed_sha256)[1:])
