"""Names out of the catalogue and the case, in the language of a screen."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from booking.catalogue import Catalogue, Service
from counter.protocol.message import Language
from web.shared.i18n import N_, TAGS, texts_for

OTHER_PAPER = N_("Another paper")

OUTCOMES = {
    "completed": N_("Done: nothing more to do"),
    "accepted": N_("Accepted: the department goes on with it"),
    "papers_missing": N_("Papers are missing"),
    "referred": N_("To be continued at another place"),
    "no_show": N_("The citizen did not come"),
    "abandoned": N_("Ended before it was finished"),
}


def catalogue_language(tag: str) -> str:
    """`zh-Hant` as the catalogue and gettext call it: `zh_Hant`."""
    return next((name for name, known in TAGS.items() if known == tag), "zh_Hant")


def screen_language(name: str) -> Language:
    """`zh_Hant` as the wire calls it: `zh-Hant`."""
    return cast(Language, TAGS.get(name, "zh-Hant"))


def text_in(texts: Mapping[str, str], tag: str) -> str:
    """The text of a screen's language."""
    return texts[catalogue_language(tag)]


def say(source: str, tag: str) -> str:
    """A marked English source in the language of a screen."""
    return texts_for(catalogue_language(tag)).gettext(source)


def paper_label(service: Service | None, item: str, tag: str) -> str:
    """What a paper of the checklist is called."""
    for paper in service.papers if service else ():
        if paper.id == item:
            return text_in(paper.names, tag)
    return say(OTHER_PAPER, tag)


def service_or_none(catalogue: Catalogue, service_id: str) -> Service | None:
    """The service, if the catalogue still has it: a case may be older than a change."""
    return catalogue.services.get(service_id)


def instant(at: datetime) -> str:
    """RFC 3339 in UTC, as the wire wants it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
