"""How a document is read and signed at the kiosk, and what the counter hears of it."""

import hashlib

import pytest
from playwright.async_api import Browser, Page

from counter.esign.ink import ink
from tests.web import call_cards, ceremony_cards, drawn, terminal_screens, terminal_stages
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import heard, press, settled, show, until
from tests.web.terminal.kiosk import KIOSK, VOICES, at, touch


async def read_it(page: Page) -> None:
    """Go through both pages of what was read before, to the question."""
    for button in ("往下看", "下一頁", "往下看", "我已閱讀"):
        await press(page, button)
    await page.locator(".tick input").wait_for()


async def test_a_page_counts_as_seen_when_its_end_was_on_the_screen(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read")
    await page.locator(".paper img").evaluate("one => one.decode()")
    await page.wait_for_timeout(300)
    assert counter.payloads("page.seen") == []
    await press(page, "往下看")
    assert (await heard(counter, page, "page.seen"))["number"] == 1
    await page.get_by_role("button", name="下一頁").wait_for()
    await press(page, "下一頁")
    await page.get_by_text("第 2 頁，共 2 頁").wait_for()
    await page.locator(".paper img").evaluate("one => one.decode()")
    assert len(counter.payloads("page.seen")) == 1
    await press(page, "往下看")
    assert (await heard(counter, page, "page.seen", 2))["number"] == 2


async def test_a_page_that_was_jumped_over_does_not_count(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read")
    await page.locator(".paper img").evaluate("one => one.decode()")
    paper = page.locator(".paper")
    # From the top to the very end, so that nothing between was on the screen.
    await paper.evaluate("one => one.style.height = one.style.maxHeight = '200px'")
    await paper.evaluate("one => one.scrollTo({top: one.scrollHeight})")
    back = page.get_by_role("button", name="返回未看的部分")
    await back.wait_for()
    await page.wait_for_timeout(1500)
    assert counter.payloads("page.seen") == []
    await press(page, "返回未看的部分")
    await back.wait_for(state="detached")


async def test_what_the_document_says_is_there_as_text_and_is_read_out_by_somebody(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read")
    text = page.get_by_role("region", name="文件的內容")
    assert await text.locator("dt").all_inner_texts() == ["姓名", "備註"]
    assert await text.locator("dd").all_inner_texts() == ["陳大文", "沒有填寫"]
    # This machine has no Cantonese voice: then it is the agent who reads.
    await press(page, "請接待人員讀給我聽")
    said = await heard(counter, page, "ceremony.aloud")
    assert (said["by"], said["language"]) == ("agent", "zh-Hant")
    await press(page, "以文字顯示")
    await page.locator(".paper--text dd", has_text="陳大文").wait_for()
    await heard(counter, page, "page.hidden")
    await press(page, "返回頁面")
    await page.locator(".paper img").wait_for()
    await until(lambda: len(counter.payloads("page.shown")) == 2, page)


async def test_a_machine_with_a_voice_reads_all_of_it_in_the_citizens_language(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read", before=VOICES)
    await press(page, "讀給我聽")
    assert (await heard(counter, page, "ceremony.aloud"))["by"] == "machine"
    await page.wait_for_function("() => window.said.length >= 4")
    said = await page.evaluate("() => window.said")
    assert [words for words, _ in said] == [
        drawn.WORDS["zh-Hant"]["title"],
        "姓名: 陳大文",
        "備註: 沒有填寫",
        "本人聲明以上資料均屬真實。",
    ]
    assert {language for _, language in said} == {"yue-HK"}
    await until(lambda: counter.payloads("ceremony.here"), page)


async def test_who_does_not_sign_says_why_by_choosing(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "sign")
    await press(page, "現在不簽")
    reasons = page.locator("dialog[open] .press")
    await reasons.last.wait_for()
    for height in await reasons.evaluate_all("all => all.map(one => one.offsetHeight)"):
        assert height >= 80
    await press(page, "我無法在屏幕上書寫")
    assert (await heard(counter, page, "ceremony.decline"))["reason"] == "cannot_write"


async def test_after_a_minute_the_screen_asks_and_one_touch_stays(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read idle")
    await page.get_by_role("dialog", name="您還在嗎？").wait_for()
    counter.asked.clear()
    await press(page, "我還在")
    await heard(counter, page, "ceremony.here")
    await counter.show(terminal_stages.terminal_stages("zh-Hant")["read"])
    await page.get_by_role("dialog").wait_for(state="detached")


async def test_a_corrected_form_begins_at_its_first_page_and_says_what_changed(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read seen")
    await read_it(page)
    await page.locator(".tick input").check()
    await counter.show(terminal_stages.terminal_stages("zh-Hant")["read corrected"])
    await page.get_by_text("接待人員更改了：用途").wait_for()
    await page.get_by_text("第 1 頁，共 2 頁").wait_for()


async def test_where_there_is_nothing_to_agree_to_there_is_a_way_back_and_out(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read seen")
    await read_it(page)
    # The form is gone since: the counter knows no sentence for it.
    await show(
        counter,
        page,
        terminal_screens.terminal(
            "call",
            call=call_cards.call("zh-Hant", "read"),
            ceremony=ceremony_cards.ceremony("zh-Hant", seen=2, agreement=None),
        ),
    )
    assert await page.locator(".tick").count() == 0
    assert await page.get_by_role("button", name="同意並簽署").count() == 0
    assert await page.get_by_role("button", name="現在不簽").count() == 1
    await press(page, "再看一次")
    await page.get_by_text("共 2 頁").wait_for()


async def test_the_sentence_agreed_to_is_the_one_on_the_screen(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read seen")
    await read_it(page)
    await page.locator(".tick input").check()
    await show(counter, page, terminal_stages.terminal_stages("pt")["read seen"])
    assert await page.get_by_text("Li todas as páginas").is_visible()
    assert not await page.locator(".tick input").is_checked(), "a sentence is agreed to as read"
    await page.locator(".tick input").check()
    agreement = ceremony_cards.agreement("certificate", "pt")
    await show(
        counter,
        page,
        terminal_screens.terminal(
            "call",
            "pt",
            call=call_cards.call("pt", "read"),
            ceremony=ceremony_cards.ceremony("pt", seen=2, agreement=agreement),
        ),
    )
    assert await page.get_by_text("a assinatura do meu próprio certificado").is_visible()
    assert not await page.locator(".tick input").is_checked(), "nor does the act change below it"
    await page.locator(".tick input").check()
    await press(page, "Concordar e assinar")
    await settled(page)
    shown = await page.locator(".tick span").inner_text()
    said = (await heard(counter, page, "ceremony.consent"))["text_sha256"]
    assert said == hashlib.sha256(shown.encode()).hexdigest()


async def test_consent_needs_every_page_and_the_tick_and_names_the_document(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read")
    seen = terminal_screens.terminal(
        "call",
        call=call_cards.call("zh-Hant", "read"),
        ceremony=ceremony_cards.ceremony("zh-Hant", seen=2),
    )
    for button in ("往下看", "下一頁", "往下看"):
        await press(page, button)
    await heard(counter, page, "page.seen", 2)
    done = page.get_by_role("button", name="我已閱讀")
    await done.wait_for()
    assert await done.get_attribute("aria-disabled") == "true", "the counter has not said so yet"
    await counter.show(seen)
    await page.locator("button:not([aria-disabled])", has_text="我已閱讀").wait_for()
    await press(page, "我已閱讀")
    agree = page.get_by_role("button", name="同意並簽署")
    assert await agree.get_attribute("aria-disabled") == "true"
    assert "3fa9c1" in await page.locator(".consent").inner_text()
    await page.locator(".tick input").check()
    await press(page, "同意並簽署")
    assert (await heard(counter, page, "ceremony.consent"))["sha256"] == drawn.DOCUMENT


async def test_ink_is_drawn_taken_back_and_sent_without_its_time(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "sign")
    box = await page.locator(".pad canvas").bounding_box()
    assert box is not None
    sign = page.get_by_role("button", name="簽署文件")
    assert await sign.get_attribute("aria-disabled") == "true"
    for stroke in range(3):
        await page.mouse.move(box["x"] + 100 + stroke * 150, box["y"] + 80)
        await page.mouse.down()
        for step in range(12):
            await page.mouse.move(
                box["x"] + 100 + stroke * 150 + step * 8, box["y"] + 80 + step * 12
            )
        await page.mouse.up()
    await press(page, "還原")
    await press(page, "簽署文件")
    strokes = (await heard(counter, page, "ceremony.sign"))["strokes"]
    assert len(strokes) == 2
    points = [point for stroke in strokes for point in stroke]
    assert {name for point in points for name in point} == {"x", "y", "pressure"}, "and no times"
    assert all(0 <= point["x"] <= box["width"] for stroke in strokes for point in stroke)


async def test_a_pad_that_becomes_smaller_shrinks_what_was_drawn(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "sign")
    canvas = page.locator(".pad canvas")
    before = await canvas.bounding_box()
    assert before is not None
    await page.mouse.move(before["x"] + 60, before["y"] + 20)
    await page.mouse.down()
    for step in range(1, 20):
        await page.mouse.move(
            before["x"] + 60 + step * 10, before["y"] + 20 + step * (before["height"] - 40) / 19
        )
    await page.mouse.up()
    await page.set_viewport_size({"width": KIOSK[0], "height": 1100})
    shrunk = "was => document.querySelector('.pad canvas').offsetHeight < was - 100"
    await page.wait_for_function(shrunk, arg=before["height"])
    after = await canvas.bounding_box()
    assert after is not None
    await press(page, "簽署文件")
    (stroke,) = (await heard(counter, page, "ceremony.sign"))["strokes"]
    ys = [point["y"] for point in stroke]
    assert ys == sorted(ys) and len(set(ys)) == len(ys), "no part of it is flat"
    assert after["height"] - 60 < max(ys) < after["height"]


async def test_a_finger_that_presses_harder_draws_a_wider_line(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "sign", has_touch=True)
    box = await page.locator(".pad canvas").bounding_box()
    assert box is not None
    firmly = [0.2, 0.2, 0.6, 0.95, 0.95]
    line = [(150 + at * 60, 120) for at in range(len(firmly))]
    await touch(page, box, [(x, y, force) for (x, y), force in zip(line, firmly, strict=True)])
    # How wide the line is half-way between two points, in pixels of the canvas.
    wide = [
        await page.evaluate(
            """x => {
              const canvas = document.querySelector(".pad canvas");
              const column = canvas.getContext("2d").getImageData(x, 0, 1, canvas.height).data;
              return column.filter((one, at) => at % 4 === 3 && one > 127).length;
            }""",
            x + 30,
        )
        for x, _ in line[:-1]
    ]
    await press(page, "簽署文件")
    (stroke,) = (await heard(counter, page, "ceremony.sign"))["strokes"]
    assert [point["pressure"] for point in stroke] == pytest.approx(firmly, abs=0.01)
    (kept,) = ink([[(p["x"], p["y"], 0.0, p["pressure"]) for p in stroke]]).strokes
    assert kept.widths == (1.1, 1.1, 1.4, 2.0, 2.0)
    assert wide == pytest.approx([4 * one for one in kept.widths[1:]], abs=1)


async def test_what_was_signed_stands_in_the_conversation_and_on_the_receipt(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "sealing")
    stages = terminal_stages.terminal_stages("zh-Hant")
    note = page.locator(".sealing").get_by_role("status")
    await note.get_by_text("需時數秒").wait_for()
    await counter.show(stages["sealing late"])
    await note.get_by_text("您的簽名已妥善保存").wait_for()
    await counter.show(stages["citizen signed"])
    row = page.locator(".talk .done__page")
    await row.get_by_text("✓ 已簽署，部門會自動加蓋印章").wait_for()
    await show(counter, page, stages["signed"])
    assert await row.get_by_text("✓ 已簽署", exact=True).is_visible()
    assert await page.locator(".read, .sign, .sealing").count() == 0
    ended = terminal_screens.receipt(
        "zh-Hant", signed=[ceremony_cards.ceremony("zh-Hant", "sealed", 2, signed_sha256="ab" * 32)]
    )
    await counter.show(terminal_screens.terminal("receipt", receipt=ended))
    told = await page.locator(".receipt .digest").inner_text()
    assert told == "文件編號 3fa9c1", "the digits that were compared while reading"
