"""The pages of a check in a browser: for everybody, also on a small screen."""

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

from counter.esign.audit_pack import opened
from tests.esign.ceremonies import SigningCounter
from tests.esign.checks.asking_checks import OLDER, Time
from tests.esign.tampering import ATTACKS
from tests.web.citizen.test_browser import AXE, SIDEWAYS, SMALL, VIOLATIONS


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
@pytest.mark.parametrize("locale", ["pt-PT", pytest.param("zh-MO", marks=pytest.mark.deep)])
async def test_the_pages_can_be_used_by_everybody(
    chromium: Browser,
    counter: SigningCounter,
    server: TestServer,
    locale: str,
    passing: Time,
) -> None:
    sealed = await counter.sealed()
    files = {
        "genuine": sealed,
        "changed": ATTACKS["a page painted over"](sealed),
        "stranger": opened(OLDER.read_bytes()).files["document.pdf"],
        "web": b"<html>",
    }
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844},
        locale=locale,
        has_touch=True,
        base_url=f"http://127.0.0.1:{server.port}",
    )
    page = await context.new_page()
    wrong: list[str] = []

    async def see(name: str) -> None:
        passing.s += 60
        await page.evaluate(AXE)
        wrong.extend(f"{name}: axe {one}" for one in await page.evaluate(VIOLATIONS))
        wrong.extend(f"{name}: small {one}" for one in await page.evaluate(SMALL))
        await page.set_viewport_size({"width": 320, "height": 640})
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 320 px")
        await page.set_viewport_size({"width": 390, "height": 844})

    try:
        await page.goto("/check")
        await see("form")
        for name, content in files.items():
            await page.goto("/check")
            await page.set_input_files(
                "#document",
                {"name": "form.pdf", "mimeType": "application/pdf", "buffer": content},
            )
            # By keyboard: from the file to the button.
            await page.focus("#document")
            async with page.expect_navigation():
                await page.locator("form[enctype] button").press("Enter")
            await see(name)
        await page.goto(counter.addresses[-1].removeprefix("https://counter.example"))
        await see("record")
    finally:
        await context.close()
    assert wrong == []
