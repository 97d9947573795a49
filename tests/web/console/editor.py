"""A supervisor without JavaScript who fills in forms, and the application they work on."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from io import BytesIO
from itertools import count
from typing import Any

from aiohttp import web

from booking.service import BookingService
from tests.web.citizen.walk import BROWSER
from tests.web.conftest import Client
from tests.web.fakes import citizen_app
from web.console import admin_pages
from web.console.admin_ports import AdminDeps
from web.shared.access import NOBODY, Principal

DEPARTMENTS: Mapping[str, Sequence[str]] = {
    "mok": ("dsf", "dsi"),
    "hong": ("dsf",),
    "lei": ("dsf", "dsi"),
    "wang": ("hq_tax",),
}
SUPERVISORS = ("mok", "hong", "wang")


class CookieSessions:
    """A cookie with a name is all it takes."""

    async def principal(self, request: web.Request) -> Principal:
        who = request.cookies.get("who", "")
        if who not in DEPARTMENTS:
            return NOBODY
        kind: Any = "supervisor" if who in SUPERVISORS else "agent"
        return Principal(kind=kind, subject=who, session_id=who, csrf="c" * 32)


def admin_app(booking: BookingService, clock: Callable[[], datetime]) -> web.Application:
    """The administration beside the citizen's pages, on one booking."""
    app = citizen_app(booking, clock, CookieSessions())
    numbers = count(1)

    async def departments(who: str) -> Sequence[str]:
        return DEPARTMENTS[who]

    app.add_routes(
        admin_pages.routes(
            AdminDeps(
                booking=booking,
                departments=departments,
                now=clock,
                new_id=lambda: f"n{next(numbers)}",
            )
        )
    )
    return app


class _Fields(HTMLParser):
    """What a browser would send of the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        name = own.get("name", "")
        if tag == "input" and name:
            chosen = own.get("type") not in ("radio", "checkbox") or "checked" in own
            if chosen:
                self.fields[name] = own.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in own:
            self.fields[self._select] = own.get("value", "")


@dataclass(slots=True)
class Editor:
    """One browser and the page it shows."""

    client: Client
    who: str
    path: str = ""
    status: int = 0
    body: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str) -> "Editor":
        return await self._take(await self.client.get(path, headers=self._headers()))

    async def send(self, step: str, **typed: str) -> "Editor":
        """Send the form on this page, with what is typed into it."""
        data = {**self.fields, "csrf": "c" * 32, "step": step}
        data |= {name.replace("__", "-"): value for name, value in typed.items()}
        return await self._take(
            await self.client.post(self.path, data=data, headers=self._headers())
        )

    async def upload(self, step: str, name: str, content: bytes, **typed: str) -> "Editor":
        """Send the form on this page as a browser does that has chosen a file."""
        data: dict[str, Any] = {**self.fields, **typed, "csrf": "c" * 32, "step": step}
        data[name] = BytesIO(content)
        return await self._take(
            await self.client.post(self.path, data=data, headers=self._headers())
        )

    async def post(self, path: str) -> "Editor":
        data = {"csrf": "c" * 32}
        return await self._take(await self.client.post(path, data=data, headers=self._headers()))

    def _headers(self) -> dict[str, str]:
        return {**BROWSER, "Cookie": f"who={self.who}; language=en"}

    async def _take(self, answer: Any) -> "Editor":
        self.path, self.status, self.body = answer.url.path_qs, answer.status, await answer.text()
        found = _Fields()
        found.feed(self.body)
        self.fields = found.fields
        return self

    @property
    def text(self) -> str:
        """What the page says, without its tags."""
        gathered: list[str] = []
        parser = HTMLParser()
        vars(parser)["handle_data"] = gathered.append
        parser.feed(self.body)
        return " ".join(" ".join(gathered).split())


As = Callable[[str], Awaitable[Editor]]
"Opens a browser of somebody."
