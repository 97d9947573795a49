"""A citizen without JavaScript: follows links, fills in forms, keeps cookies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient

# What a browser says of itself when a page of ours is submitted.
BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Origin": "null"}
SERVICE = "dsi-criminal-record"
SITE = "hengqin-neighbourhood"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button that is an answer by itself."""

    action: str
    value: str


@dataclass(slots=True)
class Citizen:
    """One browser and the page it shows."""

    client: TestClient[web.Request, web.Application]
    path: str = ""
    status: int = 0
    body: str = ""
    headers: dict[str, str] = field(default_factory=lambda: dict(BROWSER))
    "Of what is asked."
    answered: Mapping[str, str] = field(default_factory=dict)
    "Headers of the answer."

    async def get(self, path: str) -> "Citizen":
        return await self._take(await self.client.get(path, headers=self.headers))

    async def post(self, path: str, **fields: Any) -> "Citizen":
        data = {"csrf": self.value("csrf"), **fields}
        return await self._take(await self.client.post(path, data=data, headers=self.headers))

    async def _take(self, answer: Any) -> "Citizen":
        self.path, self.status = answer.url.path_qs, answer.status
        self.answered = answer.headers
        self.body = await answer.text() if "text" in answer.content_type else ""
        return self

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.body, re.S)
        assert found, self.body[:300]
        return unescape(found[1])

    @property
    def text(self) -> str:
        """What the page says, without its tags."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.body)).split())

    def value(self, name: str) -> str:
        found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', self.body)
        return unescape(found[1]) if found else ""

    def values(self, name: str) -> list[str]:
        return [
            unescape(one)
            for one in re.findall(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', self.body)
        ]

    def links(self, part: str) -> list[str]:
        """Addresses of the page's links that hold `part`, those of its masthead not among them."""
        found = re.findall(r'<a [^>]*href="([^"]*)"', self.body.split("<main")[1])
        return [address for one in found if part in (address := unescape(one))]

    def link(self, part: str) -> str:
        """The last of them; what was chosen before stands before what can be chosen."""
        found = self.links(part)
        assert found, f"no link with {part}: {self.text[:600]}"
        return found[-1]

    def action(self, part: str) -> str:
        """Where the first form whose address holds `part` is sent."""
        found = re.findall(r'<form[^>]*action="([^"]*)"', self.body)
        return next(address for one in found if part in (address := unescape(one)))

    def buttons(self, name: str) -> list["Button"]:
        """Buttons that send a value of this name, each with the address of its form."""
        return [
            Button(action=unescape(action), value=unescape(value))
            for action, form in re.findall(
                r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', self.body, re.S
            )
            for value in re.findall(rf'<button[^>]*name="{name}"[^>]*value="([^"]*)"', form)
        ]

    async def choose_time(self, day: str, nth: int = 0) -> "Citizen":
        """Go to the times of a day and keep the nth."""
        times = f"/services/{SERVICE}/time?site={SITE}&day={day}"
        await self.get(times)
        return await self.post(times, start=self.values("start")[nth], key=self.value("key"))

    async def book(self, day: str, nth: int = 0, name: str = "陳大文") -> str:
        """Book and return the reference that the page shows."""
        await self.choose_time(day, nth)
        await self.post("/booking/details", name=name, contact="", language="zh_Hant")
        await self.post("/booking/check")
        return self.reference()

    def reference(self) -> str:
        """The appointment number that the page shows."""
        found = re.search(r'<p class="vc-reference">(.*?)</p>', self.body, re.S)
        assert found, self.text
        return "-".join(re.findall(r"<span>(\w{5})</span>", found[1]))
