"""The console in a real browser: every state of a desk, and what the agent does with it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from counter.protocol.desk_screen import DeskScreen, OfferCard
from counter.protocol.scanning import PageCode
from tests.web import call_cards, ceremony_cards, desk_screens, desk_stages, drawn
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import (
    axe_on_first,
    faults,
    heard,
    open_face,
    settled,
    show,
    until,
    violations,
)

DESK = (1440, 900)
SMALLEST_PX = 44


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        made.answers["leg.join"] = lambda _: {"ok": False, "code": "not_allowed_now"}
        yield made


async def at(browser: Browser, counter: FakeCounter, stage: str) -> Page:
    await counter.show(desk_stages.desk_stages("zh-Hant")[stage])
    _, page, _ = await open_face(browser, counter, "agent", DESK)
    return page


# Each size once: the longer words where there is less room.
@pytest.mark.parametrize(
    ("size", "language", "axe"), axe_on_first((DESK, "zh-Hant"), ((900, 700), "pt"))
)
async def test_every_state_of_a_desk_can_be_seen_touched_and_read_out(
    chromium: Browser, counter: FakeCounter, language: str, size: tuple[int, int], axe: bool
) -> None:
    stages = desk_stages.desk_stages(language)  # type: ignore[arg-type]
    await counter.show(stages["ready"])
    context, page, complaints = await open_face(
        chromium, counter, "agent", size, language, reduced_motion="reduce"
    )
    wrong: list[str] = []
    for name, screen in stages.items():
        await show(counter, page, screen)
        found = await faults(page, SMALLEST_PX) + (await violations(page) if axe else [])
        wrong += [f"{name}: {one}" for one in found]
    await context.close()
    assert not wrong, "\n".join(wrong)
    assert complaints == []


async def test_the_sign_in_page_is_in_order(chromium: Browser, counter: FakeCounter) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(f"{counter.url}/console/sign-in")
    assert await violations(page) == []
    await page.locator("#name").fill("mei.chan")
    await page.locator("#passphrase").fill("correct horse")
    await page.locator("form button").last.click()
    await page.locator(".console").wait_for()
    await context.close()


async def test_a_ring_is_seen_in_the_title_and_answered_with_a_key(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "ringing")

    async def titled() -> bool:
        return "A014" in await page.title()

    await until(titled, page)
    assert await page.locator(".offer__ring text").text_content() in {str(n) for n in range(21)}
    await page.keyboard.press("a")
    assert (await heard(counter, page, "offer.accept"))["pairing_id"] == "pairing-1"
    await counter.show(desk_screens.desk())
    await page.locator(".offer").wait_for(state="detached")
    assert not await titled()


async def test_keys_can_be_switched_off(chromium: Browser, counter: FakeCounter) -> None:
    page = await at(chromium, counter, "ringing")
    await page.keyboard.press("?")
    await page.locator("dialog input[type=checkbox]").uncheck()
    await page.locator("dialog .button").click()
    await page.keyboard.press("a")
    await page.get_by_role("button", name="暫不接聽").click()
    await heard(counter, page, "offer.decline")
    assert counter.payloads("offer.accept") == []


def filling(offered: OfferCard | None = None) -> DeskScreen:
    matter = desk_screens.desk_case("zh-Hant", filling=ceremony_cards.draft("zh-Hant"))
    return desk_screens.desk(presence="busy", case=matter, offer=offered)


async def filling_at(browser: Browser, counter: FakeCounter) -> Page:
    page = await at(browser, counter, "call")
    counter.answers["form.fill"] = lambda body: {"ok": True, "version": body["version"] + 1}
    await counter.show(filling())
    await page.locator("#tab-forms").click()
    await page.locator("#fill-purpose").wait_for()
    return page


async def test_a_ring_leaves_a_half_typed_form_as_it_is(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await filling_at(chromium, counter)
    await page.locator("#fill-purpose").fill("登記資料")
    await show(counter, page, filling(desk_screens.offer("zh-Hant")))
    assert await page.locator(".offer").is_visible()
    assert await page.locator("#fill-purpose").input_value() == "登記資料"
    assert await page.evaluate("document.activeElement.id") == "fill-purpose"


async def test_a_form_is_begun_and_one_that_needs_presence_says_so(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "call")
    await page.locator("#tab-forms").click()
    await page.get_by_text("出示另一份表格").click()
    await page.get_by_text("此表格須親身簽署").wait_for()
    assert await page.get_by_role("button", name="填寫").count() == 1
    await page.get_by_role("button", name="填寫").click()
    assert (await heard(counter, page, "form.begin"))["form"] == "request"


async def test_what_the_agent_types_goes_field_by_field_on_the_version_before(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await filling_at(chromium, counter)
    field = page.locator("#fill-purpose")
    await field.fill("登記")
    await field.blur()
    first = await heard(counter, page, "form.fill")
    assert (first["field"], first["text"], first["version"]) == ("purpose", "登記", 0)
    await field.fill("登記資料")
    await field.blur()

    async def second() -> bool:
        return len(counter.payloads("form.fill")) == 2

    await until(second, page)
    last = counter.payloads("form.fill")[1]
    assert (last["text"], last["version"]) == ("登記資料", 1)
    assert await page.locator("#fill-birth_date").count() == 0, "the citizen's is not to be written"


async def test_a_form_is_presented_when_both_are_done_and_exactly_as_it_stood(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await filling_at(chromium, counter)
    present = page.get_by_role("button", name="給市民閱讀及簽署")
    assert await present.get_attribute("aria-disabled") == "true", "the citizen is not done"
    card = ceremony_cards.draft("zh-Hant")
    done = [
        one.model_copy(update={"problem": None if one.owner == "citizen" else one.problem})
        for one in card.fields
    ]
    half = card.model_copy(update={"fields": done})
    await counter.show(
        desk_screens.desk(presence="busy", case=desk_screens.desk_case("zh-Hant", filling=half))
    )
    await until_enabled(page)
    await present.click()
    await settled(page)
    assert await page.evaluate("document.activeElement.id") == "fill-purpose"
    assert counter.payloads("form.present") == []
    whole = [one.model_copy(update={"problem": None}) for one in card.fields]
    ready = card.model_copy(update={"fields": whole, "complete": True})
    await counter.show(
        desk_screens.desk(presence="busy", case=desk_screens.desk_case("zh-Hant", filling=ready))
    )
    await page.get_by_text("已全部填妥").wait_for()
    await present.click()
    asked = await heard(counter, page, "form.present")
    assert (asked["form"], asked["draft_id"], asked["digest"]) == ("request", "draft-1", "cd" * 32)
    assert len(counter.payloads("form.present")) == 1


async def until_enabled(page: Page) -> None:
    await page.locator(".filling__steps .button--main:not([aria-disabled])").wait_for()


async def test_papers_are_asked_for_looked_at_and_decided(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "call")
    await page.locator("#tab-papers").click()
    await page.get_by_role("button", name="要求商事登記證明（副本）").click()
    assert (await heard(counter, page, "scan.request"))["item"] == "reg"
    image = page.locator(".viewer__paper img")
    await image.evaluate("one => one.decode()")
    before = await image.bounding_box()
    await page.get_by_role("button", name="放大").click()
    await settled(page)
    after = await image.bounding_box()
    assert before is not None and before["width"] > 0
    assert after is not None and after["width"] > before["width"] * 1.4
    await page.get_by_role("button", name="接納").click()
    decided = await heard(counter, page, "page.decide")
    assert (decided["page_id"], decided["accept"]) == ("page-1", True)


async def test_a_page_is_turned_and_the_page_it_looks_like_is_a_touch_away(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "noted")
    await page.locator("#tab-papers").click()
    await page.get_by_text("系統已自動轉正。如有錯誤，請轉回。").wait_for()
    await page.get_by_text("這張證件的同一面已經收到。請要求另一面。").wait_for()
    await page.get_by_role("button", name="向右轉").click()
    turned = await heard(counter, page, "page.rotate")
    assert (turned["page_id"], turned["sha256"], turned["quarters"]) == (
        "page-1",
        drawn.FIRST,
        1,
    )
    await page.get_by_role("button", name="查看另一頁").click()
    await page.locator(".viewer__name .state--accepted").wait_for()
    right = page.get_by_role("button", name="向右轉")
    assert await right.get_attribute("aria-disabled") == "true", "it was accepted as it lies"


async def test_a_case_is_not_finished_without_an_outcome(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "call")
    await page.get_by_role("button", name="完結辦事").click()
    await page.locator("dialog[open]").wait_for()
    assert await violations(page) == []
    await page.get_by_role("button", name="完結辦事並結束通話").click()
    await page.get_by_text("請選擇結果").wait_for()
    assert counter.payloads("case.close") == []
    await page.locator("dialog input[value=completed]").check()
    await page.locator("#close-next").fill("五天後取件")
    await page.get_by_role("button", name="完結辦事並結束通話").click()
    await page.locator("#due-reg-wrong").wait_for()
    assert counter.payloads("case.close") == [], "two papers are missing, and nothing is said"
    await page.locator("#due-reg").select_option(index=3)
    await page.locator("#due-photo").select_option("none")
    assert await violations(page) == []
    await page.get_by_role("button", name="完結辦事並結束通話").click()
    closed = await heard(counter, page, "case.close")
    assert (closed["outcome"], closed["next_step"]) == ("completed", "五天後取件")
    assert closed["papers"] == [
        {"item": "reg", "until": "2026-12-23"},
        {"item": "photo", "until": None},
    ]
    await page.locator("dialog").wait_for(state="detached")


@pytest.mark.parametrize(("language", "axe"), axe_on_first("zh-Hant", "pt"))
async def test_the_panel_of_the_terminal_is_in_order_and_asks_what_is_pressed(
    chromium: Browser, counter: FakeCounter, language: str, axe: bool
) -> None:
    stages = desk_stages.desk_stages(language)  # type: ignore[arg-type]
    await counter.show(stages["together"])
    _, page, complaints = await open_face(chromium, counter, "agent", DESK, language)
    await page.locator("#tab-hands").click()
    await page.locator("[data-hand=volume]").wait_for()
    wrong = await faults(page, SMALLEST_PX) + (await violations(page) if axe else [])
    await page.locator("[data-hand=volume] .button").last.click()
    assert (await heard(counter, page, "hand.volume"))["percent"] == 90
    await page.locator("[data-hand=crop] .button").last.click()
    crop = (await heard(counter, page, "hand.crop"))["crop"]
    assert crop["x"] == pytest.approx(1 / 6) and crop["width"] == pytest.approx(2 / 3)
    await show(counter, page, stages["stopped"])
    await page.locator("[data-permission=stopped] .button").click()
    await heard(counter, page, "hands.ask")
    wrong += await faults(page, SMALLEST_PX) + (await violations(page) if axe else [])
    assert not wrong, "\n".join(wrong)
    assert complaints == []


async def test_what_the_agent_draws_is_asked_in_shares_of_the_page(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "together")
    await page.locator("#tab-papers").click()
    await page.get_by_role("button", name="方框").click()
    overlay = page.locator(".viewer .overlay")
    await page.locator(".viewer__paper img").evaluate("one => one.decode()")
    box = await overlay.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.05)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.1, steps=4)
    await page.mouse.up()
    mark = await heard(counter, page, "mark.draw")
    assert (mark["kind"], mark["surface"]) == ("rect", f"page:{drawn.FIRST}")
    places = [mark[name] for name in ("x0", "y0", "x1", "y1")]
    assert places == pytest.approx([0.2, 0.05, 0.7, 0.1], abs=0.01)
    await page.get_by_role("button", name="清除標記").click()
    await heard(counter, page, "mark.clear")


async def test_of_marks_that_are_hidden_the_agent_is_asked_and_of_lost_ones_told(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "in doubt")
    await page.locator("#tab-papers").click()
    said = page.locator("[data-hidden-marks=left]")
    await said.get_by_role("button", name="同一張紙：顯示標記").click()
    assert (await heard(counter, page, "mark.show"))["surface"] == "scan:scan-1"
    await said.get_by_role("button", name="清除已隱藏的標記").click()
    cleared = await heard(counter, page, "mark.clear")
    assert (cleared["surface"], cleared["hidden_only"]) == ("scan:scan-1", True)
    screen = desk_stages.desk_stages("zh-Hant")["in doubt"]
    assert screen.case is not None
    lost = screen.case.model_copy(update={"marks": call_cards.hidden_marks("lost")})
    await counter.show(screen.model_copy(update={"case": lost}))
    await (
        page.locator("[data-hidden-marks=lost]").get_by_text("請清除這些標記，再畫一次").wait_for()
    )
    assert await page.get_by_role("button", name="同一張紙：顯示標記").count() == 0


async def test_papers_without_a_page_are_attested_and_done_without(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "call")
    await page.get_by_role("button", name="已看正本：身份證（正本）").click()
    undone = await heard(counter, page, "paper.original")
    assert (undone["item"], undone["seen"]) == ("id", False), "it was seen before"
    await page.get_by_role("button", name="不需要：商事登記證明（副本）").click()
    said = await heard(counter, page, "paper.need")
    assert (said["item"], said["needed"]) == ("reg", False)


async def test_a_refusal_is_a_sentence_with_the_next_thing_to_do(
    chromium: Browser, counter: FakeCounter
) -> None:
    counter.answers["offer.accept"] = lambda _: {"ok": False, "code": "offer_gone"}
    page = await at(chromium, counter, "ringing")
    await page.keyboard.press("a")
    advice = page.locator("[data-code=offer_gone]")
    await advice.wait_for()
    assert len(await advice.inner_text()) > 10


async def test_reading_is_watched_and_the_signed_document_can_be_fetched(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "reading")
    await page.get_by_text("已閱頁數：1／2").wait_for()
    await counter.show(desk_stages.desk_stages("zh-Hant")["call"])
    link = page.get_by_role("link", name="下載已簽署的 PDF")
    await page.locator("#tab-forms").click()
    await settled(page)
    assert await link.get_attribute("href") == f"/documents/{drawn.DOCUMENT}"


async def test_only_who_waits_is_counted(chromium: Browser, counter: FakeCounter) -> None:
    page = await at(chromium, counter, "ready")
    first, second, third = desk_screens.queue("zh-Hant")
    await show(
        counter,
        page,
        desk_screens.desk(
            queue=[
                first.model_copy(update={"state": "active"}),
                second.model_copy(update={"state": "offered"}),
                third,
            ]
        ),
    )
    assert await page.locator(".queue .count").inner_text() == "2"
    assert await page.locator(".queue h3 + ol .row__number").all_inner_texts() == [first.number]


@pytest.mark.parametrize("language", ["pt", "en"])
async def test_the_tools_of_a_page_stand_in_one_line(
    chromium: Browser, counter: FakeCounter, language: str
) -> None:
    await counter.show(desk_stages.desk_stages("pt")["call"])
    context, page, _ = await open_face(chromium, counter, "agent", DESK, language)
    await page.locator("#tab-papers").click()
    await page.locator(".viewer__bar button").nth(6).wait_for()
    await settled(page)
    tops = await page.locator(".viewer__bar button").evaluate_all(
        "all => all.map(one => Math.round(one.getBoundingClientRect().top))"
    )
    await context.close()
    assert len(tops) == 7
    assert len(set(tops)) == 1


async def test_what_stands_in_a_code_is_text_that_leads_nowhere(
    chromium: Browser, counter: FakeCounter
) -> None:
    texts = ["https://example.org/a?n=1", "javascript:alert(1)", "<img src=x onerror=alert(1)>"]
    texts.append("0123456789abcdef" * 18)
    codes = [PageCode(kind="QR Code", text=text) for text in texts]
    matter = desk_screens.desk_case("zh-Hant")
    matter.pages[0].codes.extend(codes)
    await counter.show(desk_screens.desk(presence="busy", case=matter))
    context, page, complaints = await open_face(chromium, counter, "agent", DESK)
    await page.locator("#tab-papers").click()
    shown = page.locator(".viewer__codes")
    await shown.wait_for()
    await page.locator(".viewer__paper img").evaluate("one => one.decode()")
    assert await shown.locator("bdi").all_inner_texts() == texts
    assert await shown.locator("a, img, iframe").count() == 0
    paper = await page.locator(".viewer__paper").bounding_box()
    assert paper is not None and paper["height"] >= 160
    assert await faults(page, SMALLEST_PX) + await violations(page) == []
    await context.close()
    assert complaints == []


async def test_the_queue_keeps_the_focus_where_it_was(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "call")
    button = page.get_by_role("button", name="要求商事登記證明（副本）")
    await button.focus()
    await show(
        counter,
        page,
        desk_screens.desk(
            presence="busy",
            case=desk_screens.desk_case("zh-Hant"),
            queue=list(reversed(desk_screens.queue("zh-Hant")))[:2],
        ),
    )
    assert await page.locator(".row").count() == 2
    assert await button.evaluate("one => one === document.activeElement")


async def test_a_print_is_asked_for_once_and_its_end_is_read(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "call")
    await page.get_by_role("button", name="列印已遞交文件清單").click()
    asked = await heard(counter, page, "print.request")
    assert (asked["what"], asked["ref"]) == ("receipt", "")
    await page.locator("#tab-forms").click()
    await page.get_by_role("button", name="在終端機列印").click()
    asked = await heard(counter, page, "print.request", 2)
    assert asked["what"] == "document" and len(asked["ref"]) == 64
    assert await page.locator("[data-print=failed]").count() == 1


async def test_a_photograph_is_seen_while_it_comes_and_a_page_is_taken_again(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "call")
    await counter.show(desk_stages.desk_stages("zh-Hant")["arriving"])
    await page.locator(".thumb--coming img").wait_for()
    assert await page.locator(".thumb--coming progress").get_attribute("value") == "2"
    await page.get_by_role("button", name="重拍").click()
    asked = await heard(counter, page, "scan.request")
    assert (asked["item"], asked["retake"]) == ("id", "page-1")


async def test_an_agent_has_a_paper_photographed_by_the_terminals_program(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "call")
    take = page.get_by_role("button", name="拍攝", exact=True)
    await page.locator(".viewer").wait_for()
    assert await take.count() == 0, "the page there does it"
    waiting = call_cards.scan("zh-Hant", by_device=True)
    matter = desk_screens.desk_case("zh-Hant", scan=waiting)
    await counter.show(desk_screens.desk(presence="busy", case=matter))
    await take.click()
    assert (await heard(counter, page, "shot.take"))["request_id"] == "scan-1"
    await show(counter, page, desk_stages.desk_stages("zh-Hant")["arriving"])
    assert await take.is_disabled()


@pytest.mark.parametrize("same", [True, False])
async def test_an_agent_says_whether_a_certificate_is_of_who_sits_there(
    chromium: Browser, counter: FakeCounter, same: bool
) -> None:
    counter.answers["certificate.confirm"] = lambda _: {"ok": True}
    page = await at(chromium, counter, "whose certificate")
    await page.locator("#tab-forms").click()
    await page.get_by_text("證書的姓名是 CHAN TAI MAN 陳大文。是您面前的這位嗎？").wait_for()
    name = "是：繼續" if same else "不是：改輸號碼"
    await page.get_by_role("button", name=name).click()
    asked = await heard(counter, page, "certificate.confirm")
    assert (asked["certificate"], asked["same"]) == (drawn.DOCUMENT, same)
