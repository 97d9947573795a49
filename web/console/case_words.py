"""What the pages of served cases show, in the reader's language."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.catalogue import Catalogue
from counter.documents.later import last_day
from counter.documents.page import PageState
from counter.documents.printing import PrintState
from counter.documents.text_layer import Layer, layer_of
from counter.identity.proofing import Level
from web.console.case_ports import NOTE_MAX, CaseView, Served
from web.shared.i18n import N_, TAGS, Words, texts_for
from web.shared.lasting_words import ROLES, revoked_later_words
from web.shared.print_words import REASONS
from web.shared.wording import OUTCOMES, paper_label, service_or_none

LIST = "/console/cases"

LAYERS: dict[Layer, str] = {
    "whole": N_("The words of all pages can be searched"),
    "part": N_("The words of some pages can be searched"),
    "none": N_("No words to search yet"),
}
NO_TOOLS = N_("No text layer on this machine: whoever runs the counter can install tesseract")
PRINTS = {
    PrintState.ASKED: (N_("Asked for"), "yellow"),
    PrintState.PRINTING: (N_("Printing"), "yellow"),
    PrintState.PRINTED: (N_("Sent to the printer"), "green"),
    PrintState.FAILED: (N_("Not printed"), "red"),
}
IDENTITY = {
    Level.NONE: N_("L0, nobody checked"),
    Level.ACCOUNT: N_("L1, code of the appointment"),
    Level.DOCUMENT: N_("L2, identity document"),
    Level.WITNESSED: N_("L3, document and second officer"),
}
PRINTED = {
    "document": N_("Signed document"),
    "receipt": N_("What was handed in"),
}


def row_of(one: Served, catalogue: Catalogue, language: str) -> dict[str, Any]:
    words, gettext = Words(language), texts_for(language).gettext
    service = service_or_none(catalogue, one.service)
    site = catalogue.site(one.site)
    return {
        "href": f"{LIST}/{one.case_id}",
        "number": one.number,
        "service": words.pick(service.names) if service else one.service,
        "when": words.moment(one.opened_at.astimezone(ZoneInfo(site.hours.zone))),
        "outcome": gettext(OUTCOMES[one.outcome]) if one.outcome else gettext(N_("Open")),
    }


def named(view: CaseView, catalogue: Catalogue, language: str) -> dict[str, Any]:
    """What the page shows of a case."""
    facts = view.facts
    gettext = texts_for(language).gettext
    tag = TAGS[language]
    row = row_of(
        Served(
            case_id=facts.id,
            number=facts.number,
            service=facts.service,
            site=facts.site,
            opened_at=facts.opened_at,
            closed_at=facts.closed_at,
            outcome=facts.outcome,
        ),
        catalogue,
        language,
    )
    service = service_or_none(catalogue, facts.service)
    accepted = {chapter.item: len(chapter.leaves) for chapter in facts.chapters}
    items = dict.fromkeys([*accepted, *(leaf.item for leaf in facts.leaves)])
    layer = layer_of(facts.chapters)
    words, zone = Words(language), ZoneInfo(catalogue.site(facts.site).hours.zone)
    taken = {one.sha256: words.moment(one.first_at.astimezone(zone)) for one in view.deliveries}
    return {
        **row,
        "next_step": view.left.next_step,
        "note": view.left.note,
        "add_note": f"{row['href']}/note" if facts.closed_at else "",
        "note_max": NOTE_MAX,
        "level": gettext(IDENTITY[view.left.level]),
        "missing": [
            {"name": paper_label(service, item, tag), "until": words.day(until)}
            for item, until in view.left.missing
        ],
        "papers": [
            {
                "name": paper_label(service, item, tag),
                "pages": accepted.get(item, 0),
                "back": sum(
                    leaf.item == item and leaf.state in (PageState.STORED, PageState.REJECTED)
                    for leaf in facts.leaves
                ),
                "href": f"{row['href']}/papers/{item}.pdf" if item in accepted else None,
            }
            for item in items
        ],
        "bundle": f"{row['href']}/bundle.pdf" if accepted else None,
        "documents": [
            {
                "title": view.form_titles.get(one.ceremony_id, one.form),
                "href": f"{row['href']}/documents/{one.ceremony_id}.pdf"
                if one.sealed_sha256
                else None,
                "proof": f"{row['href']}/documents/{one.ceremony_id}.asice",
                "voided": one.state == "voided",
                "revoked": _revoked(view.revoked_later.get(one.ceremony_id, {}), zone, language)
                if one.sealed_sha256
                else [],
                "taken": next(
                    (taken[sha] for sha in (one.sealed_sha256, *one.archived) if sha in taken), ""
                ),
            }
            for one in facts.documents
        ],
        "link_until": words.day(last_day(view.link_until, zone)) if view.link_until else "",
        "revoke": f"{row['href']}/documents/revoke",
        "folder": f"{row['href']}/folder.zip",
        "layer": gettext(LAYERS[layer]) if accepted else "",
        "no_tools": gettext(NO_TOOLS) if layer == "none" and not view.reads_words else "",
        "handover": view.handover,
        "prints": [
            {
                "name": gettext(PRINTED[one.what])
                if one.what in PRINTED
                else paper_label(service, one.ref, tag),
                "sheets": one.sheets,
                "state": gettext(PRINTS[one.state][0]),
                "colour": PRINTS[one.state][1],
                "reason": gettext(REASONS[one.reason]) if one.reason else "",
            }
            for one in view.prints
        ],
    }


def _revoked(
    found: Mapping[str, datetime | None], zone: ZoneInfo, language: str
) -> list[dict[str, str]]:
    gettext = texts_for(language).gettext
    return [
        {
            "role": gettext(ROLES[name]) if name in ROLES else name,
            "said": revoked_later_words(at.astimezone(zone).date() if at else None, language),
        }
        for name, at in found.items()
    ]
