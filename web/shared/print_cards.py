"""Prints as both screens show them, and how many sheets each would take."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents.bundle import Leaf, size_mm
from counter.documents.page import PageState
from counter.documents.printing import Print
from counter.documents.store_bundles import leaves_of
from counter.documents.store_printing import print_now, prints_of
from counter.esign.forms import Forms
from counter.esign.record_ports import CeremonyState
from counter.esign.store_reading import signing_of
from counter.protocol.message import Language
from counter.protocol.printing import PrintCard, PrintFailed, PrintRow, PrintSheet
from web.shared.i18n import N_
from web.shared.print_words import CITIZENS_REASONS, REASONS
from web.shared.wording import paper_label, say, service_or_none, text_in

RECEIPT = N_("What was handed in")
HANDED_IN = N_("Handed in")
SIGNED = N_("Signed")
NUMBER = N_("Number")


def sheets_for(conn: Connection, case: Case, what: str, ref: str) -> int:
    """How many sheets it takes; 0: there is nothing of this kind to print."""
    match what:
        case "document":
            counts = _counts(signing_of(conn, case.id), ref)
            return len(counts.sheets) if counts else 0
        case "paper":
            return len(_accepted(leaves_of(conn, case.id), ref))
        case _:
            return 1


def print_card(
    conn: Connection, case: Case, forms: Forms, catalogue: Catalogue, tag: str
) -> PrintCard | None:
    """What the terminal prints now."""
    now = print_now(prints_of(conn, case.id))
    if now is None:
        return None
    if now.maker == "program":
        signed = signing_of(conn, case.id)
        return _card(now, _label(now, signed, forms, case, catalogue, tag), by_device=True)
    leaves, signed = leaves_of(conn, case.id), signing_of(conn, case.id)
    card = _card(now, _label(now, signed, forms, case, catalogue, tag))
    if now.what == "receipt":
        lines = receipt_lines(case, leaves, signed, forms, catalogue, tag)
        return card.model_copy(update={"lines": lines})
    return card.model_copy(update={"sheets": _sheets(now, leaves, signed)})


def print_failed(
    conn: Connection, case: Case, forms: Forms, catalogue: Catalogue, tag: str
) -> PrintFailed | None:
    """What did not come out, when it was asked for last."""
    last = next(reversed(prints_of(conn, case.id)), None)
    if last is None or last.reason is None:
        return None
    return PrintFailed(
        print_id=last.id,
        label=_label(last, signing_of(conn, case.id), forms, case, catalogue, tag),
        reason=say(CITIZENS_REASONS[last.reason], tag),
    )


def _card(now: Print, label: str, *, by_device: bool = False) -> PrintCard:
    return PrintCard(
        print_id=now.id,
        what=now.what,
        label=label,
        state="asked" if now.state == "asked" else "printing",
        sheets=[],
        lines=[],
        by_device=by_device,
    )


def print_rows(
    conn: Connection, case: Case, forms: Forms, catalogue: Catalogue, tag: str
) -> list[PrintRow]:
    """All prints of the case, the newest first."""
    known = prints_of(conn, case.id)
    signed = signing_of(conn, case.id) if known else ()
    return [
        PrintRow(
            print_id=one.id,
            what=one.what,
            ref=one.ref,
            label=_label(one, signed, forms, case, catalogue, tag),
            state=one.state.value,
            reason=say(REASONS[one.reason], tag) if one.reason else "",
        )
        for one in reversed(known)
    ]


def _sealed(signed: Sequence[CeremonyState], sha256: str) -> CeremonyState | None:
    return next((one for one in signed if one.sealed_sha256 == sha256), None)


def _counts(signed: Sequence[CeremonyState], sha256: str) -> CeremonyState | None:
    """The document, unless it was voided since: that is printed no more."""
    found = _sealed(signed, sha256)
    return found if found is not None and found.state == "sealed" else None


def _accepted(leaves: Sequence[Leaf], item: str) -> list[Leaf]:
    return [leaf for leaf in leaves if leaf.item == item and leaf.state is PageState.ACCEPTED]


def _label(
    one: Print,
    signed: Sequence[CeremonyState],
    forms: Forms,
    case: Case,
    catalogue: Catalogue,
    tag: str,
) -> str:
    if one.what == "receipt":
        return say(RECEIPT, tag)
    if one.what == "paper":
        return paper_label(service_or_none(catalogue, case.service_id), one.ref, tag)
    document = _sealed(signed, one.ref)
    return forms.title(document.form, cast(Language, tag)) if document else ""


def _sheets(
    one: Print, leaves: Sequence[Leaf], signed: Sequence[CeremonyState]
) -> list[PrintSheet]:
    if one.what == "paper":
        return [
            _sheet(f"/pages/{leaf.page_sha256}", leaf.size_mm)
            for leaf in _accepted(leaves, one.ref)
        ]
    document = _counts(signed, one.ref) if one.what == "document" else None
    return [
        _sheet(f"/sheets/{sheet.sha256}", size_mm("a4", sheet.width_px, sheet.height_px))
        for sheet in (document.sheets if document else ())
    ]


def _sheet(src: str, size: tuple[float, float]) -> PrintSheet:
    return PrintSheet(src=src, width_mm=round(size[0], 2), height_mm=round(size[1], 2))


def receipt_lines(
    case: Case,
    leaves: Sequence[Leaf],
    signed: Sequence[CeremonyState],
    forms: Forms,
    catalogue: Catalogue,
    tag: str,
) -> list[str]:
    """The receipt: number, where, when, what; nobody's name."""
    service = service_or_none(catalogue, case.service_id)
    site = catalogue.site(case.site_id)
    opened: datetime = case.opened_at.astimezone(ZoneInfo(site.hours.zone))
    papers = dict.fromkeys(
        paper_label(service, leaf.item, tag)
        for leaf in leaves
        if leaf.state in (PageState.STORED, PageState.ACCEPTED)
    )
    titles = [
        f"{forms.title(one.form, cast(Language, tag))} · {one.sha256[:6]}"
        for one in signed
        if one.state == "sealed"
    ]
    return [
        f"{say(NUMBER, tag)} {case.number}",
        text_in(catalogue.department(case.department_id).names, tag),
        text_in(service.names, tag) if service else case.service_id,
        f"{opened:%Y-%m-%d %H:%M} · {text_in(site.names, tag)}",
        *(f"{say(HANDED_IN, tag)}: {paper}" for paper in papers),
        *(f"{say(SIGNED, tag)}: {title}" for title in titles),
    ]
