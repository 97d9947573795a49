"""How tests ask whether a document is sound: with its file, as time goes by."""

from datetime import timedelta
from pathlib import Path

import aiohttp

from tests.esign.conftest import NOW
from tests.web.citizen.walk import Citizen

NEXT_DAY = NOW + timedelta(days=1)
OLDER = Path(__file__).parents[1] / "packs" / "2026-11.asice"
"Of a counter with keys of its own: a stranger's, whose fields are called like ours."


class Time:
    """Seconds that go by as the test says."""

    def __init__(self) -> None:
        self.s = 0.0
        self.today = NOW

    def __call__(self) -> float:
        return self.s


async def send(
    person: Citizen, path: str, content: bytes, passing: Time, seconds: float = 60
) -> Citizen:
    """seconds: that went by since what was sent last."""
    passing.s += seconds
    await person.get(path)
    form = aiohttp.FormData({"csrf": person.value("csrf")})
    form.add_field("document", content, filename="form.pdf", content_type="application/pdf")
    answer = await person.client.post(path, data=form, headers=person.headers)
    return await person._take(answer)
