"""The papers of a case's service, for both screens: how each stands, and what is still to come."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents.store_checklist import checklist_of, dues_of
from counter.protocol.checklist import ChecklistRow, MissingPaper
from web.shared.i18n import Words
from web.shared.wording import catalogue_language, instant, paper_label, service_or_none, text_in


def checklist_rows(
    conn: Connection,
    catalogue: Catalogue,
    case: Case,
    tag: str,
    before: Mapping[str, str] | None = None,
) -> list[ChecklistRow]:
    """In the order of the catalogue.  before: what became of photographs sent before the visit."""
    service = service_or_none(catalogue, case.service_id)
    papers = {paper.id: paper for paper in (service.papers if service else ())}
    return [
        ChecklistRow(
            item=one.item,
            label=text_in(papers[one.item].names, tag),
            kind=papers[one.item].kind.value,
            state=one.state,
            before=cast(Any, (before or {}).get(one.item)),
            original_seen=instant(one.original_seen) if one.original_seen else None,
            not_needed=one.not_needed,
            green=one.green,
            missing=one.missing,
        )
        for one in checklist_of(conn, case.id, list(papers))
    ]


def missing_papers(
    conn: Connection, catalogue: Catalogue, case: Case, tag: str
) -> list[MissingPaper]:
    """What is still to be handed in, the most urgent first."""
    service = service_or_none(catalogue, case.service_id)
    words = Words(catalogue_language(tag))
    return [
        MissingPaper(label=paper_label(service, item, tag), until=words.day(until))
        for item, until in dues_of(conn, case.id).items()
        if until is not None
    ]
