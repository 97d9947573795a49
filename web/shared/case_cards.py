"""The parts of a case that both screens show: the call, the papers, the documents to be signed."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents.papers import Arriving, CaseDocuments
from counter.esign.forms import Forms
from counter.esign.record_ports import CeremonyState
from counter.esign.store_lasting import Lasting
from counter.ids import DocumentId
from counter.protocol.calling import CallCard, LegCard
from counter.protocol.ceremonies import CeremonyCard, SheetCard
from counter.protocol.message import Language
from counter.protocol.scanning import ArrivingCard, CasePage, PageCode, ScanCard
from counter.signaling.store_legs_reading import leg_view
from counter.signaling.store_screens import CallView
from web.shared.lasting_words import lasting_words
from web.shared.wording import instant, paper_label, service_or_none, text_in

NOTHING_LASTS: Mapping[DocumentId, Lasting] = MappingProxyType({})

OPEN = ("presented", "consented", "signing")
"States of a ceremony that is under way."


def page_cards(
    case: Case,
    documents: CaseDocuments,
    catalogue: Catalogue,
    tag: str,
    *,
    with_codes: bool = False,
) -> list[CasePage]:
    """The scanned pages, in the order in which they came."""
    service = service_or_none(catalogue, case.service_id)
    return [
        CasePage(
            page_id=row.page_id,
            item=row.item,
            label=paper_label(service, row.item, tag),
            state=row.state.value,
            sha256=row.page_sha256,
            thumb_sha256=row.thumb_sha256,
            width_px=row.width_px,
            height_px=row.height_px,
            shown=row.shown,
            format=row.format,
            notes=list(row.notes),
            same_as=row.same_as,
            codes=[PageCode(kind=one.kind, text=one.text) for one in row.codes]
            if with_codes
            else [],
        )
        for row in documents.pages
    ]


def scan_card(
    case: Case,
    documents: CaseDocuments,
    catalogue: Catalogue,
    tag: str,
    *,
    by_device: bool = False,
    sources: Sequence[str] = (),
) -> ScanCard | None:
    """What the citizen is being asked to lay under the camera.

    by_device: the terminal's program photographs it.  sources: what the agent may choose from.
    """
    asked = documents.open_request
    if asked is None:
        return None
    service = service_or_none(catalogue, case.service_id)
    return ScanCard(
        request_id=asked.request_id,
        item=asked.item,
        label=paper_label(service, asked.item, tag),
        refusal=asked.refusal,
        by_device=by_device,
        taking=asked.taking,
        retake=asked.retake_of is not None,
        source=cast(Any, asked.source),
        sources=cast(Any, list(sources)) if by_device else [],
        arriving=_arriving(asked.arriving) if asked.arriving else None,
    )


def _arriving(photograph: Arriving) -> ArrivingCard:
    return ArrivingCard(
        state=cast(Any, photograph.state.value),
        thumb_sha256=photograph.thumb_sha256,
        preview_sha256=photograph.preview_sha256,
        quarters=photograph.quarters,
    )


def ceremony_cards(
    ceremonies: Sequence[CeremonyState],
    forms: Forms,
    tag: str,
    lasting: Mapping[DocumentId, Lasting] = NOTHING_LASTS,
) -> list[CeremonyCard]:
    """The documents that were presented, newest first.  lasting: for the agent."""
    return [
        CeremonyCard(
            **_lasts(lasting.get(one.document_id), tag),
            ceremony_id=one.ceremony_id,
            title=forms.title(one.form, cast(Language, tag)),
            state=cast(Any, one.state),
            sha256=one.sha256,
            signed_at=instant(one.signed_at) if one.signed_at else None,
            citizen_signed=one.citizen_signed,
            sheets=[
                SheetCard(
                    number=sheet.page,
                    sha256=sheet.sha256,
                    width_px=sheet.width_px,
                    height_px=sheet.height_px,
                    seen=sheet.seen,
                )
                for sheet in one.sheets
            ],
            signed_sha256=one.sealed_sha256,
        )
        for one in ceremonies
    ]


def _lasts(lasting: Lasting | None, tag: str) -> dict[str, Any]:
    if lasting is None:
        return {}
    return {
        "level": lasting.level.value,
        "lasting": lasting_words(lasting, tag),
        "archived_sha256": lasting.archived_sha256,
    }


def leg_card(conn: Connection, owner: str) -> LegCard | None:
    """The leg that the page of this owner shall have."""
    view = leg_view(conn, owner)
    if view is None:
        return None
    return LegCard(tag=view.tag, sending=view.sending, expects=view.expects)


def call_card(
    case: Case,
    call: CallView | None,
    ceremonies: Sequence[CeremonyCard],
    scan: ScanCard | None,
    catalogue: Catalogue,
    tag: str,
    *,
    seen_from_terminal: bool,
) -> CallCard | None:
    """The conversation, and what the two are busy with in it."""
    if call is None:
        return None
    away = call.agent_away if seen_from_terminal else call.terminal_away
    return CallCard(
        call_id=call.call_id,
        agent_name=call.agent_name,
        department=text_in(catalogue.departments[case.department_id].names, tag),
        since=instant(call.since),
        task=cast(Any, _task(ceremonies, scan)),
        other_side="away" if away else "present",
    )


def _task(ceremonies: Sequence[CeremonyCard], scan: ScanCard | None) -> str:
    """A paper under the camera comes before a form on the screen.

    A form's task ends with the citizen's own signature; nobody waits for those of the department.
    """
    if scan is not None:
        return "scan"
    going_on = [
        one.state
        for one in ceremonies
        if one.state in OPEN and not (one.paused or one.citizen_signed)
    ]
    tasks = {"presented": "read", "consented": "sign", "signing": "sealing"}
    return tasks[going_on[0]] if going_on else "talk"
