"""Programs that ask: the API as the composition root makes it, and a client of one key."""

import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient

from booking.service import BookingService
from booking.store_sql import booking_service
from counter.identity.api_key_service import ApiKeyService
from counter.identity.store_api_keys import SqlApiKeys
from counter.notify.store_webhooks import SqlWebhooks
from counter.notify.webhook_service import WebhookService
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.outbox import owe
from tests.web.conftest import Clock
from tests.web.fakes import SECRET, chance
from web.api.callers import Callers
from web.api.limits import Limits
from web.api.once_local import LocalOnce
from web.api.ports import ApiDeps
from web.api.routes import routes
from web.api.table import ROOT
from web.shared.access import NoSessions, Sessions
from web.shared.setup import Base, install

SERVICE = "dsi-criminal-record"
SITE = "hengqin-neighbourhood"
DAY = "2026-11-25"
PERSON = "person-0001"
DETAILS = {"name": "陳大文", "contact": "demo@example.org", "language": "pt"}
BY = "operator:socket"


def new_booking(executor: Executor) -> BookingService:
    """Return the booking that pages use, with the counter's own journal and outbox."""
    random_bytes = chance()
    return booking_service(
        executor,
        record=record,
        owe=owe,
        new_id=lambda: random_bytes(16).hex(),
        random_bytes=random_bytes,
    )


def new_keys(executor: Executor, clock: Callable[[], datetime]) -> ApiKeyService:
    """Return who knows the keys of programs."""
    return ApiKeyService(
        SqlApiKeys(executor),
        lambda: uuid.uuid4().hex,
        lambda: secrets.token_urlsafe(32),
        clock,
    )


async def never(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Send nothing: here nobody is told."""
    raise AssertionError("nothing is delivered here")


def api_app(
    executor: Executor,
    booking: BookingService,
    keys: ApiKeyService,
    clock: Callable[[], datetime],
    others: Sessions | None = None,
) -> web.Application:
    """The API behind the same middlewares as in the counter, over plain HTTP."""
    app = web.Application()
    sessions = Callers(keys, others or NoSessions())
    install(app, Base(sessions=sessions, random_bytes=chance(), secret=SECRET, secure=False))
    deps = ApiDeps(
        booking=booking,
        webhooks=WebhookService(
            SqlWebhooks(executor),
            never,
            lambda: uuid.uuid4().hex,
            secrets.token_bytes,
            clock,
        ),
        once=LocalOnce(executor),
        limits=Limits(lambda: clock().timestamp()),
        now=clock,
        secret=SECRET,
        domain="counter.example",
    )
    app.add_routes(routes(deps))
    return app


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a program was told."""

    status: int
    headers: Mapping[str, str]
    text: str
    json: Any

    @property
    def code(self) -> str:
        return str(self.json["code"])


class Program:
    """A program with its key, which speaks English."""

    def __init__(self, client: TestClient[web.Request, web.Application], key: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
        self._numbers = count(1)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers=headers)

    async def post(self, path: str, key: str | None = None, **body: Any) -> Answer:
        """With a key of its own, unless one is named."""
        named = key or f"request-{next(self._numbers):04}"
        return await self.ask("POST", path, headers={"Idempotency-Key": named}, json=body)

    async def ask(self, method: str, path: str, headers: Any = (), **more: Any) -> Answer:
        async with self.client.request(
            method, f"{ROOT}{path}", headers={**self.headers, **dict(headers)}, **more
        ) as answer:
            text = await answer.text()
            of_json = "json" in answer.content_type and bool(text)
            return Answer(
                status=answer.status,
                headers=answer.headers,
                text=text,
                json=await answer.json(content_type=None) if of_json else None,
            )

    async def starts(self, day: str = DAY, service: str = SERVICE) -> list[str]:
        """The free times of a day."""
        path = f"/services/{service}/availability?site={SITE}&from={day}"
        told = (await self.get(path)).json
        return [slot["start"] for slot in told["days"][0]["slots"]]

    async def hold(self, start: str, person: str = PERSON, **more: Any) -> Answer:
        body = {"service": SERVICE, "site": SITE, "start": start, "person": person, **more}
        return await self.post("/hold", **body)

    async def book(self, day: str = DAY, person: str = PERSON) -> str:
        """Book the first free time of a day; the reference."""
        held = await self.hold((await self.starts(day))[0], person)
        assert held.status == 201, held.text
        reference = str(held.json["reference"])
        booked = await self.post("/appointment/confirm", reference=reference, **DETAILS)
        assert booked.status == 200, booked.text
        return reference

    async def wish(self, start: str) -> dict[str, str]:
        """What somebody says who waits for this very time."""
        minutes = (await self.get(f"/services/{SERVICE}")).json["slot_minutes"]
        end = datetime.fromisoformat(start) + timedelta(minutes=minutes)
        return {
            "service": SERVICE,
            "site": SITE,
            "from_at": start,
            "until_at": end.isoformat(),
            "contact": "demo@example.org",
            "language": "zh-Hant",
            "person": "who-waits",
        }

    async def take_all(self, start: str, clock: Clock) -> list[str]:
        """Hold every place of a time, each for somebody else; the references."""
        taken: list[str] = []
        while start in await self.starts():
            held = await self.hold(start, person=f"somebody-{len(taken)}")
            assert held.status == 201, held.text
            taken.append(held.json["reference"])
            clock.advance(seconds=1)  # what is free is told again
        return taken
