"""The citizen types the code of his certificate: shielded, large, and gone when it was sent."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.web import terminal_stages
from tests.web.drawn import DOCUMENT
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import (
    axe_on_first,
    deep,
    faults,
    heard,
    press,
    settled,
    until,
    violations,
)
from tests.web.terminal.kiosk import at

WORDS = {
    "zh-Hant": (
        "用此驗證碼簽署",
        "已輸入 6 位數字",
        "刪除最後一位",
        "改用手指簽名",
        "請輸入驗證碼",
    ),
    "pt": (
        "Assinar com este código",
        "6 algarismos escritos",
        "Apagar o último algarismo",
        "Assinar antes com o dedo",
        "Escreva o código",
    ),
}


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        made.answers["leg.join"] = lambda _: {"ok": False, "code": "not_allowed_now"}
        yield made


@pytest.mark.parametrize(("language", "axe"), [*axe_on_first("pt"), *deep(("zh-Hant", True))])
async def test_a_code_is_typed_with_large_keys_and_is_shown_nowhere(
    chromium: Browser, counter: FakeCounter, language: str, axe: bool
) -> None:
    counter.answers["certificate.code"] = lambda _: {"ok": False, "code": "activation_refused"}
    page = await at(chromium, counter, "certificate code", language, reduced_motion="reduce")
    sign, typed, erase, *_ = WORDS[language]
    keys = page.locator(".keypad__keys")
    for digit in "7310482":
        await keys.get_by_role("button", name=digit, exact=True).click()
    await keys.get_by_role("button", name=erase).click()
    await page.get_by_text(typed).wait_for()
    assert "731048" not in await page.content()
    assert await faults(page, 80) + (await violations(page) if axe else []) == []
    await press(page, sign)
    asked = await heard(counter, page, "certificate.code")
    assert (asked["code"], asked["sha256"]) == ("731048", DOCUMENT)
    await page.locator("[data-code=activation_refused]").wait_for()
    await settled(page)
    assert await page.get_by_text(typed).count() == 0, "it is gone from the page"
    assert "731048" not in await page.content()


PIN_WORDS = {
    "zh-Hant": (
        "請輸入您的 PIN 碼",
        "即您在 eSignCloud 自行設定的 PIN 碼。接待人員及本櫃枱均不會保存。",
        "下一步：輸入驗證碼",
        "重新輸入 PIN 碼",
    ),
    "pt": (
        "Escreva o seu PIN",
        "Escolheu-o na eSignCloud. Nem o funcionário nem o balcão o guardam.",
        "Continuar para o código",
        "Escrever o PIN outra vez",
    ),
}


async def type_in(page: Page, digits: str) -> None:
    for digit in digits:
        await page.locator(".keypad__keys").get_by_role("button", name=digit, exact=True).click()


@pytest.mark.parametrize(("language", "axe"), [*axe_on_first("pt"), *deep(("zh-Hant", True))])
async def test_the_pin_comes_first_then_the_code_and_both_go_in_one(
    chromium: Browser, counter: FakeCounter, language: str, axe: bool
) -> None:
    counter.answers["certificate.code"] = lambda _: {"ok": True}
    page = await at(
        chromium, counter, "certificate pin and code", language, reduced_motion="reduce"
    )
    heading, lead, on, back = PIN_WORDS[language]
    await page.get_by_role("heading", name=heading).wait_for()
    await page.get_by_text(lead).wait_for()
    await type_in(page, "80215")
    assert "80215" not in await page.content()
    assert await faults(page, 80) + (await violations(page) if axe else []) == []
    await press(page, on)
    await page.get_by_role("heading", name=WORDS[language][4]).wait_for()
    assert counter.payloads("certificate.code") == [], "nothing goes until both are there"
    assert await faults(page, 80) + (await violations(page) if axe else []) == []
    await press(page, back)  # a slip is put right, one thing at a time
    await page.get_by_role("heading", name=heading).wait_for()
    await type_in(page, "90326")
    await press(page, on)
    await page.get_by_role("heading", name=WORDS[language][4]).wait_for()
    await type_in(page, "731048")
    await press(page, WORDS[language][0])
    asked = await heard(counter, page, "certificate.code")
    assert (asked["pin"], asked["code"], asked["sha256"]) == ("90326", "731048", DOCUMENT)
    assert len(counter.payloads("certificate.code")) == 1
    for secret in ("80215", "90326", "731048"):
        assert secret not in await page.content()


@pytest.mark.parametrize(
    ("refusal", "pin_again"),
    [
        ("activation_pin_refused", True),
        ("activation_either_refused", True),
        ("activation_lapsed", True),
        ("activation_refused", False),
    ],
)
async def test_after_a_refusal_only_what_may_be_wrong_is_typed_again(
    chromium: Browser, counter: FakeCounter, refusal: str, pin_again: bool
) -> None:
    counter.answers["certificate.code"] = lambda _: {"ok": False, "code": refusal}
    page = await at(chromium, counter, "certificate pin and code")
    heading, _, on, _ = PIN_WORDS["zh-Hant"]
    await type_in(page, "80215")
    await press(page, on)
    await page.get_by_role("heading", name=WORDS["zh-Hant"][4]).wait_for()
    await type_in(page, "731048")
    await press(page, WORDS["zh-Hant"][0])
    await page.locator(f"[data-code={refusal}]").wait_for()
    await page.get_by_role("heading", name=heading if pin_again else WORDS["zh-Hant"][4]).wait_for()
    assert "●" not in await page.locator(".keypad__typed").inner_text(), "nothing is left over"
    counter.answers["certificate.code"] = lambda _: {"ok": True}
    if pin_again:
        await type_in(page, "90326")
        await press(page, on)
        await page.get_by_role("heading", name=WORDS["zh-Hant"][4]).wait_for()
    await type_in(page, "424240")
    await press(page, WORDS["zh-Hant"][0])
    await until(lambda: len(counter.payloads("certificate.code")) == 2, page)
    last = counter.payloads("certificate.code")[-1]
    assert (last["pin"], last["code"]) == ("90326" if pin_again else "80215", "424240")


async def test_a_pin_alone_signs_and_no_code_is_spoken_of(
    chromium: Browser, counter: FakeCounter
) -> None:
    counter.answers["certificate.code"] = lambda _: {"ok": True}
    page = await at(chromium, counter, "certificate pin")
    await type_in(page, "80215")
    assert await page.get_by_text("驗證碼").count() == 0
    await press(page, "用此 PIN 碼簽署")
    asked = await heard(counter, page, "certificate.code")
    assert (asked["pin"], asked.get("code", "")) == ("80215", "")


async def test_a_code_of_his_own_device_is_not_sent_again(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "certificate own code")
    await page.get_by_text("您的 eSignCloud 應用程式或裝置會顯示驗證碼").wait_for()
    assert await page.get_by_role("button", name="重新發送驗證碼").count() == 0


async def test_the_number_is_sent_and_the_finger_is_one_tap_away(
    chromium: Browser, counter: FakeCounter
) -> None:
    counter.answers["certificate.choose"] = lambda _: {"ok": True}
    page = await at(chromium, counter, "certificate or ink")
    await press(page, "使用本人的數碼證書")
    for digit in "66123456":
        await page.locator(".keypad__keys").get_by_text(digit, exact=True).click()
    await press(page, "用此號碼繼續")
    asked = await heard(counter, page, "certificate.choose")
    assert asked["user"] == "66123456"
    await press(page, WORDS["zh-Hant"][3])
    await until(lambda: page.locator(".pad").is_visible(), page)
    await press(page, "現在不簽")
    await press(page, "我無法在屏幕上書寫")
    await heard(counter, page, "ceremony.decline")
    assert counter.payloads("certificate.leave") == [], "no key was chosen yet"


async def test_going_back_to_the_finger_after_a_code_was_sent_is_told(
    chromium: Browser, counter: FakeCounter
) -> None:
    counter.answers["certificate.leave"] = lambda _: {"ok": True}
    page = await at(chromium, counter, "certificate code")
    await press(page, WORDS["zh-Hant"][3])
    await heard(counter, page, "certificate.leave")
    await until(lambda: page.locator(".pad").is_visible(), page)


@pytest.mark.parametrize(
    ("language", "button"), [("zh-Hant", "改輸另一號碼"), ("pt", "Escrever outro número")]
)
async def test_whose_certificate_it_is_stands_there_and_another_number_is_one_tap_away(
    chromium: Browser, counter: FakeCounter, language: str, button: str
) -> None:
    counter.answers["certificate.another"] = lambda _: {"ok": True}
    page = await at(chromium, counter, "certificate asked", language, reduced_motion="reduce")
    await page.get_by_text("CHAN TAI MAN 陳大文").wait_for()
    assert await page.locator(".keypad").count() == 0, "nothing is typed until the agent has said"
    assert await faults(page, 80) + await violations(page) == []
    await press(page, button)
    await heard(counter, page, "certificate.another")
    await counter.show(terminal_stages.certificate_stages(language)["certificate another"])  # type: ignore[arg-type]
    await page.locator(".keypad").wait_for()


async def test_after_three_wrong_codes_only_the_finger_and_no_are_left(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "certificate locked")
    assert await page.locator(".keypad").count() == 0
    await press(page, WORDS["zh-Hant"][3])
    await until(lambda: page.locator(".pad").is_visible(), page)
