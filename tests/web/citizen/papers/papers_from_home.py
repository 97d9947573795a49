"""Papers before the trip over a store that remembers what it was asked."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from aiohttp import FormData, web
from playwright.async_api import FilePayload

from counter.documents.admit import AdmitLimits, sniff_file
from counter.documents.advance import AdvancePaper, AdvanceState, Reason
from counter.documents.refusals import PageUnknown
from counter.documents.sample_page import sample_photograph
from counter.ids import AppointmentId, PageId
from tests.web.citizen.walk import SITE, Citizen
from tests.web.conftest import Clock
from tests.web.fakes import SECRET, FakeBooking, chance, citizen_app
from web.citizen.paper_pages import LIST, PaperDeps, routes
from web.citizen.ports import Deps
from web.shared.sealed import Sealer

DAY = "2026-11-25"
SITTING = f"also=fss-old-age-pension&speak=yue&site={SITE}&day={DAY}"


@dataclass(slots=True)
class FakePapers:
    """Papers of everybody in one dictionary; finds in a photograph what it is told to."""

    kept: dict[tuple[str, str], AdvancePaper] = field(default_factory=dict)
    advice: str | None = None
    refuse: Exception | None = None
    came: list[bytes] = field(default_factory=list)

    async def of(self, appointment_ids: Any) -> list[AdvancePaper]:
        return [one for one in self.kept.values() if one.appointment_id in appointment_ids]

    async def take(
        self, appointment_id: AppointmentId, item: str, photograph: bytes, now: datetime
    ) -> AdvancePaper:
        sniff_file(photograph, AdmitLimits())
        if self.refuse is not None:
            raise self.refuse
        self.came.append(photograph)
        state = AdvanceState.SENT if self.advice is None else AdvanceState.ADVISED
        self.kept[appointment_id, item] = AdvancePaper(
            paper_id=PageId(f"p-{len(self.came)}"),
            appointment_id=appointment_id,
            item=item,
            state=state,
            advice=self.advice,
            reason=None,
            width_px=1654,
            height_px=2339,
            taken_at=now,
        )
        return self.kept[appointment_id, item]

    async def use(self, appointment_id: AppointmentId, item: str, now: datetime) -> AdvancePaper:
        try:
            paper = self.kept[appointment_id, item]
        except KeyError:
            raise PageUnknown("none") from None
        self.kept[appointment_id, item] = replace(paper, state=AdvanceState.SENT)
        return self.kept[appointment_id, item]

    async def take_back(self, appointment_id: AppointmentId, item: str, now: datetime) -> None:
        self.kept.pop((appointment_id, item), None)

    async def image(self, appointment_id: str, item: str, picture: str, number: int = 1) -> bytes:
        if (appointment_id, item) not in self.kept or (picture, number) != ("thumb", 1):
            raise PageUnknown("none")
        return sample_photograph(1, width_px=480, height_px=360)

    def say(self, state: AdvanceState, reason: Reason | None = None) -> None:
        """Let the agent say it of all papers."""
        for key, paper in self.kept.items():
            self.kept[key] = replace(paper, state=state, reason=reason)


def application(
    fake: FakeBooking, papers: FakePapers, clock: Clock, body_limit_bytes: int = 21 * 1024 * 1024
) -> web.Application:
    """Make the citizen's face with papers, as the composition root does."""
    app = citizen_app(fake, clock, body_limit_bytes=body_limit_bytes)
    deps = Deps(
        booking=fake,
        now=clock,
        new_id=lambda: "k",
        sealer=Sealer(secret=SECRET, random_bytes=chance()),
        secure=False,
    )
    app.add_routes(routes(PaperDeps(citizen=deps, papers=papers)))
    return app


async def send(
    person: Citizen, path: str, content: bytes, name: str = "photograph", **more: str
) -> Citizen:
    """Send a file as a browser does."""
    form = FormData({"csrf": person.value("csrf"), **more})
    form.add_field(name, content, filename="IMG_1.jpg", content_type="image/jpeg")
    return await person._take(await person.client.post(path, data=form, headers=person.headers))


async def first_paper(person: Citizen) -> str:
    """Book, and open the first paper of the list; return its address."""
    await person.book(DAY)
    await person.get(person.link("/appointment/papers"))
    path = person.links(f"{LIST}/")[0]
    await person.get(path)
    return path


def picture(content: bytes) -> FilePayload:
    """A file as a telephone's camera gives it."""
    return {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": content}
