"""My memos: what this person was told, newest first.

They are told to a pseudonym: who opens the page with the same sign-in, or on the same device within
the hours that it is remembered, sees them.  A memo holds no name and no reference, and leads to the
page that asks for the reference; about a missing paper, to where it is sent, as long as it may be.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.catalogue import Catalogue
from counter.documents.advance import AGAIN_OWED
from counter.documents.later import last_day
from web.citizen.booking_pages import person_of
from web.notices.letter import Facts, facts_of
from web.shared.access import allow
from web.shared.i18n import N_, TAGS, Words, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.shared.wording import paper_label

ZONE = ZoneInfo("Asia/Macau")
"Of Macau and Hengqin alike."
TO_APPOINTMENT = N_("Open my appointment")
TO_BOOKING = N_("Book a new appointment")
TO_OFFER = N_("See what is offered")
TO_PAPERS = N_("Photograph it again")
OFFERED = "waitlist.offered"


class Memo(Protocol):
    """One thing that was told."""

    @property
    def id(self) -> int: ...

    @property
    def kind(self) -> str: ...

    @property
    def body(self) -> dict[str, Any]: ...

    @property
    def made_at(self) -> datetime: ...

    @property
    def read(self) -> bool: ...


class Memos(Protocol):
    """Keeps what people were told.  person: as `person_of` gives it."""

    async def of(self, person: str) -> Sequence[Memo]:
        """The newest, newest first."""
        ...

    async def read_until(self, person: str, memo_id: int, now: datetime) -> None:
        """Mark all up to this one as read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoDeps:
    """What `routes` is given by the composition root."""

    memos: Memos
    catalogue: Callable[[], Awaitable[Catalogue]]
    now: Callable[[], datetime]
    still_open: Callable[[Sequence[str], datetime], Awaitable[set[str]]]
    "Which of these upload links take something now."
    link_address: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A paper that may be sent over a link."""

    paper: str
    until: str
    "The last day."
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A memo as the page says it."""

    facts: Facts
    made_at: datetime
    "In local time."
    read: bool
    next_text: str
    next_href: str
    uploads: tuple[Upload, ...]


def routes(deps: MemoDeps) -> list[web.RouteDef]:
    """`/memos` and `/memos/read`."""

    @allow("anyone")
    async def memos(request: web.Request) -> web.Response:
        found = await deps.memos.of(person_of(request))
        catalogue, language = await deps.catalogue(), language_of(request)
        links = [link["id"] for memo in found for link in memo.body.get("links", ())]
        still = await deps.still_open(links, deps.now())

        def address(link_id: str) -> str | None:
            return deps.link_address(link_id) if link_id in still else None

        return render(
            request,
            "citizen/memos.html",
            memos=[_shown(memo, catalogue, language, address) for memo in found],
            unread=sum(not memo.read for memo in found),
            newest=found[0].id if found else 0,
        )

    @allow("anyone")
    async def read(request: web.Request) -> web.StreamResponse:
        until = str((await request.post()).get("until", ""))
        if until.isascii() and until.isdigit() and len(until) < 16:
            await deps.memos.read_until(person_of(request), int(until), deps.now())
        raise web.HTTPSeeOther("/memos")

    return [web.get("/memos", memos), web.post("/memos/read", read)]


def _shown(
    memo: Memo, catalogue: Catalogue, language: str, address: Callable[[str], str | None]
) -> Shown:
    """address: None for a link that takes nothing now."""
    facts = facts_of(memo.kind, memo.body, catalogue, language)
    service = catalogue.services.get(memo.body.get("service", ""))
    text, href = TO_APPOINTMENT, "/appointment"
    if memo.kind == OFFERED:
        text, href = TO_OFFER, "/waiting"
    elif memo.kind == AGAIN_OWED:
        text, href = TO_PAPERS, "/appointment/papers"
    elif not facts.coming and service is not None and not service.withdrawn:
        text, href = TO_BOOKING, f"/services/{service.id}"
    return Shown(
        facts=facts,
        made_at=memo.made_at.astimezone(ZONE),
        read=memo.read,
        next_text=texts_for(language).gettext(text),
        next_href=href,
        uploads=tuple(
            Upload(
                paper=paper_label(service, link["item"], TAGS[language]),
                until=Words(language).day(last_day(datetime.fromisoformat(link["until"]), ZONE)),
                href=where,
            )
            for link in memo.body.get("links", ())
            if (where := address(link["id"])) is not None
        ),
    )
