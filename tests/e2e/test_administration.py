"""A supervisor closes a day on a running counter, and a citizen reads why."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import aiohttp
import pytest

from tests.e2e.running import RunningCounter
from tests.web.citizen.walk import BROWSER, SERVICE, SITE

pytestmark = pytest.mark.timeout(600)

HOME = "/console/booking/dsi"
REASON = {
    "reason-zh_Hant": "員工培訓",
    "reason-zh_Hans": "员工培训",
    "reason-pt": "Formação",
    "reason-en": "Staff training",
}


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


async def test_a_supervisor_closes_a_day_and_a_citizen_reads_why(
    shared_counter: RunningCounter,
) -> None:
    counter, said_before = shared_counter, len(shared_counter.log())
    # A day on which no other test books here.
    day = (datetime.now(UTC) + timedelta(hours=8, days=7)).date().isoformat()
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(
        counter.address, headers={**BROWSER, "Accept-Language": "en"}, cookie_jar=jar
    ) as staff:

        async def page(path: str, **fields: str) -> str:
            ask = staff.post(path, data=fields) if fields else staff.get(path)
            async with ask as answer:
                return await answer.text()

        fields = hidden(await page("/console/sign-in"))
        signed = {**fields, "name": "mok", "passphrase": counter.passphrase}
        await page("/console/sign-in", **signed)
        assert "Identification Services Bureau" in await page("/console/booking")
        async with staff.get("/console/booking/hq_tax") as foreign:
            assert foreign.status == 403
        form = hidden(await page(f"{HOME}/closure"))
        chosen = {**form, "day": day, "kind": "closed", "step": "preview", **REASON}
        seen = await page(f"{HOME}/closure", **chosen)
        assert "Is this right?" in seen
        done = await page(f"{HOME}/closure", **hidden(seen), step="publish")
        assert "Citizens see it now" in done
        said = await page(f"/services/{SERVICE}/day?site={SITE}")
        assert "The department is closed on this day: Staff training" in unescape(said)
    assert "Traceback" not in counter.log()[said_before:]
    rows = counter.facts("SELECT department, made_by FROM catalogue_change")
    assert rows == [("dsi", "supervisor:mok")]
    _, verdict = await counter.audit()
    assert verdict
