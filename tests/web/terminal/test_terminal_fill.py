"""The citizen fills in a form at the terminal: keys for digits, one tap for an answer."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.web import terminal_stages
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import heard, open_face, until


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        made.answers["leg.join"] = lambda _: {"ok": False, "code": "not_allowed_now"}
        made.answers["form.fill"] = lambda body: {"ok": True, "version": body["version"] + 1}
        yield made


async def filling(browser: Browser, counter: FakeCounter) -> Page:
    await counter.show(terminal_stages.terminal_stages("zh-Hant")["filling"])
    _, page, _ = await open_face(browser, counter, "terminal", (1080, 1920))
    await page.locator("#fill-birth_date").wait_for()
    return page


async def test_a_wrong_day_is_told_in_words_and_corrected_with_the_keys(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await filling(chromium, counter)
    await page.get_by_text("沒有這一天。").wait_for()
    await page.locator("#fill-birth_date").click()
    erase = page.get_by_role("button", name="刪除")
    await erase.click()
    await erase.click()
    await page.locator(".fill__keys").get_by_text("2", exact=True).click()
    await page.locator(".fill__keys").get_by_text("8", exact=True).click()
    assert await page.locator("#fill-birth_date").input_value() == "1958-02-28"

    async def written() -> bool:
        texts = [one["text"] for one in counter.payloads("form.fill")]
        return bool(texts) and texts[-1] == "1958-02-28"

    await until(written, page)
    assert counter.payloads("form.fill")[0]["version"] == 3


async def test_one_tap_answers_and_the_agents_fields_are_for_looking(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await filling(chromium, counter)
    await page.get_by_role("button", name="是", exact=True).click()
    asked = await heard(counter, page, "form.fill")
    assert (asked["field"], asked["text"], asked["version"]) == ("urgent", "yes", 0)
    await page.get_by_text("來自您的預約").wait_for()
    assert await page.locator("#fill-applicant_name").count() == 0


async def test_what_is_counted_has_no_point_and_says_the_least(
    chromium: Browser, counter: FakeCounter
) -> None:
    stage = terminal_stages.terminal_stages("zh-Hant")["filling"]
    assert stage.filling is not None
    copies = {"kind": "number", "whole": True, "minimum": 1, "text": "0", "problem": "field_small"}
    fields = [
        one.model_copy(update=copies) if one.name == "birth_date" else one
        for one in stage.filling.fields
    ]
    card = stage.filling.model_copy(update={"fields": fields})
    await counter.show(stage.model_copy(update={"filling": card}))
    _, page, _ = await open_face(chromium, counter, "terminal", (1080, 1920))
    await page.get_by_text("（最少 1）").wait_for()
    await page.get_by_text("這個數字太小。").wait_for()
    await page.locator("#fill-birth_date").click()
    keys = page.locator(".fill__keys")
    await keys.get_by_text("0", exact=True).wait_for()
    assert await keys.get_by_text(".", exact=True).count() == 0
