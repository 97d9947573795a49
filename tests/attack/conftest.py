"""A running counter to attack, one for all attacks, and pages that misbehave on purpose."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import socketio

from tests.e2e.lines import all_pause
from tests.e2e.running import RunningCounter
from tests.e2e.waiting import until
from tests.servers import run_apart

PATIENCE_S = 60


def done_without(screen: dict[str, Any]) -> list[dict[str, Any]]:
    """Said at closing: what is missing is not needed."""
    rows = screen["case"]["checklist"] if screen.get("case") else []
    return [{"item": row["item"], "until": None} for row in rows if row["missing"]]


async def look_at(page: "Page", ceremony_id: str, number: int) -> None:
    """Have a page of a document on the screen until it counts."""
    about: dict[str, Any] = {"ceremony_id": ceremony_id, "number": number}
    assert (await page.ask("page.shown", **about))["ok"]

    async def seen() -> bool:
        answer = await page.ask("page.seen", **about)
        assert answer["ok"] or answer["code"] == "page_too_short", answer
        return bool(answer["ok"])

    await until(seen, f"page {number} never counted as seen", within_s=PATIENCE_S)


class Page:
    """A page over a bearer session: its last screen, and whether it was put out of use."""

    def __init__(self, target: RunningCounter, namespace: str) -> None:
        self.screen: dict[str, Any] = {}
        self.displaced = asyncio.Event()
        self._target, self._namespace = target, namespace
        self._news = asyncio.Event()
        self._client = socketio.AsyncClient(reconnection=False)
        self._client.on("screen.changed", self._on_screen, namespace=namespace)
        self._client.on("displaced", self._on_displaced, namespace=namespace)

    async def _on_screen(self, body: dict[str, Any]) -> None:
        self.screen = body["screen"]
        self._news.set()

    async def _on_displaced(self, body: dict[str, Any]) -> None:
        self.displaced.set()

    async def open(self, token: str) -> "Page":
        await self._client.connect(
            self._target.address,
            headers={"Authorization": f"Bearer {token}"},
            transports=["websocket"],
            namespaces=[self._namespace],
            wait_timeout=PATIENCE_S,
        )
        return self

    async def ask(self, event: str, key: str | None = None, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self._client.call(
            event,
            {"key": key or uuid.uuid4().hex, **body},
            namespace=self._namespace,
            timeout=PATIENCE_S,
        )
        return answer

    async def until(self, fits: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (self.screen and fits(self.screen)):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"the screen did not become so: {self.screen}") from None
        return self.screen

    async def close(self) -> None:
        await self._client.disconnect()


class Attacker:
    """Opens pages on the counter and closes them."""

    def __init__(self, target: RunningCounter) -> None:
        self.target = target
        self._pages: list[Page] = []

    async def token(self, role: str, subject: str) -> str:
        told = await self.target.operator("/session", {"role": role, "subject": subject})
        return str(told["token"])

    async def page(self, role: str, subject: str, token: str | None = None) -> Page:
        namespace = "/agent" if role == "agent" else "/terminal"
        page = Page(self.target, namespace)
        self._pages.append(page)
        return await page.open(token or await self.token(role, subject))

    async def close(self) -> None:
        for page in self._pages:
            await page.close()


@pytest.fixture(scope="session")
def target() -> Iterator[RunningCounter]:
    """Yield a counter that stands through all the attacks."""
    running = RunningCounter()
    run_apart(running.start())
    try:
        yield running
    finally:
        run_apart(running.close())


@pytest.fixture
async def attacker(target: RunningCounter) -> AsyncIterator[Attacker]:
    """Yield an attacker of the running counter."""
    made = Attacker(target)
    yield made
    await made.close()
    await all_pause(target)
