"""Takes the pictures of the documentation: one whole visit, in real browsers, on a real counter.

A counter is started on a directory of its own; a citizen books on a telephone, a kiosk and a desk
are opened beside it, and each page is photographed where a reader wants to see it.  People and
papers are drawn.  Pictures that a page of the documentation shows go to docs/pictures, at most
`LIMIT_BYTES` each; those that no page shows any more are removed.

    python -m tools.take_pictures                both languages
    python -m tools.take_pictures zh-Hant        one of them
"""

import asyncio
import io
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Locator, Page, Route, async_playwright

from tests.conftest import CHROMIUM_ARGS
from tests.e2e.running import RunningCounter
from tools.picture_cast import SIGNATURE, Role, cameras_of

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
LIMIT_BYTES = 300_000
DEAF_S = 0.45
"The kiosk does not hear the second half of a double tap."
SETTLE_S = 0.6
"After a change of screen, until pictures are drawn and nothing moves."

SITE, TERMINAL = "hengqin-neighbourhood", "hengqin-neighbourhood-1"
OTHER_TERMINALS = ("hengqin-centre-1", "hengqin-centre-2")
DEPARTMENT, SERVICE = "dsi", "dsi-kinship"
PAPER = 1
"Which paper of the checklist is asked for: a letter, because a letter is what is drawn."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shooting:
    """What differs from language to language."""

    tag: str
    locale: str
    "Of our own cookie and catalogue."
    kiosk: tuple[int, int]
    citizen: str
    purpose: str
    next_step: str


SHOOTINGS = {
    "zh-Hant": Shooting(
        tag="zh-Hant",
        locale="zh_Hant",
        kiosk=(1080, 1920),
        citizen="陳小明",
        purpose="升學",
        next_step="三個工作天後，證明書可在服務點領取。",
    ),
    "en": Shooting(
        tag="en",
        locale="en",
        kiosk=(1920, 1080),
        citizen="Maria da Luz Fong",
        purpose="To study abroad",
        next_step="The certificate can be collected here in three working days.",
    ),
}


@dataclass(slots=True, kw_only=True)
class Visit:
    """One visit, photographed."""

    browser: Browser
    counter: RunningCounter
    shooting: Shooting
    wanted: set[str]
    "Names of the pictures that pages show."

    async def page(self, size: tuple[int, int], role: Role, *, scale: float = 1) -> Page:
        """A person's own browser."""
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=scale,
            locale=self.shooting.tag,
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        await context.add_init_script(cameras_of(role))
        page = await context.new_page()
        await page.goto(f"{self.counter.address}/?lang={self.shooting.locale}")
        return page

    async def shoot(self, page: Page, name: str, *, scale: float = 1.0) -> None:
        """Photograph what the page shows, if a reader will see it.  scale: of the file's sides."""
        name = f"{name}.{self.shooting.tag}.png"
        if name not in self.wanted:
            return
        await page.evaluate("document.fonts.ready.then(() => 0)")
        await asyncio.sleep(SETTLE_S)
        shot = Image.open(io.BytesIO(await page.screenshot(type="png"))).convert("RGB")
        if scale != 1.0:
            size = (round(shot.width * scale), round(shot.height * scale))
            shot = shot.resize(size, Image.Resampling.LANCZOS)
        (PICTURES / name).write_bytes(_small(shot))
        print(f"{(PICTURES / name).stat().st_size / 1000:6.0f} kB  {name}", flush=True)

    async def book(self) -> str:
        """Book on a telephone; the reference."""
        phone = await self.page((390, 844), "citizen", scale=2)
        go = phone.locator("main form button")
        await self.shoot(phone, "citizen-home")
        await phone.locator(".vc-choice__link").first.click()
        await phone.locator(f'a[href="/departments/{DEPARTMENT}"]').click()
        await phone.locator(f'a[href="/services/{SERVICE}"]').click()
        await self.shoot(phone, "citizen-service")
        await phone.locator(f'a[href="/services/{SERVICE}/place"]').click()
        await phone.locator('input[name="for"][value="self"]').check()
        await go.first.click()
        await phone.locator(f'input[value="{SITE}"]').check()
        await go.first.click()
        await self.shoot(phone, "citizen-day")
        await phone.locator('input[name="day"]').first.check()
        await phone.locator("main form[method=get] button").click()
        await phone.locator("input[type=radio]").first.check()
        await self.shoot(phone, "citizen-time")
        await go.first.click()
        await phone.locator("#name").fill(self.shooting.citizen)
        await phone.locator(f'input[name="language"][value="{self.shooting.locale}"]').check()
        await self.shoot(phone, "citizen-details")
        await go.first.click()
        await go.first.click()
        groups = await phone.locator(".vc-reference span").all_inner_texts()
        await self.shoot(phone, "citizen-booked")
        return "".join(groups)

    async def kiosk(self, terminal: str) -> Page:
        """A machine that has become this terminal."""
        page = await self.page(self.shooting.kiosk, "citizen")
        await page.goto(await self.counter.enrolment(terminal))
        await page.wait_for_url("**/terminal")
        return page

    async def touch(self, button: Locator) -> None:
        """Touch it, not faster than the kiosk listens."""
        await asyncio.sleep(DEAF_S)
        await button.click()

    async def begin(self, kiosk: Page) -> None:
        """Choose the language on the first screen."""
        await self.touch(kiosk.locator(f'.attract__languages button[lang="{self.shooting.tag}"]'))
        await kiosk.locator(".cards--two").wait_for()

    async def walk_in(self, terminal: str) -> None:
        """Somebody without an appointment takes a ticket elsewhere."""
        kiosk = await self.kiosk(terminal)
        await self.begin(kiosk)
        await self.touch(kiosk.locator(".cards button").nth(1))
        await self.touch(kiosk.locator(".choices button").first)
        await self.touch(kiosk.locator(".choices button").first)
        await kiosk.locator(".number").wait_for()

    async def check_in(self, kiosk: Page, reference: str) -> None:
        """From the first screen to the ticket."""
        half = 0.5
        await self.shoot(kiosk, "terminal-first", scale=half)
        await self.begin(kiosk)
        await self.shoot(kiosk, "terminal-start", scale=half)
        await self.touch(kiosk.locator(".cards button").first)
        for count, character in enumerate(reference):
            await kiosk.locator(".keys .key").get_by_text(character, exact=True).click()
            if count == 11:
                await self.shoot(kiosk, "terminal-reference", scale=half)
        await self.touch(kiosk.locator(".reference .answers button").first)
        await kiosk.locator(".facts").wait_for()
        await self.shoot(kiosk, "terminal-confirm", scale=half)
        await self.touch(kiosk.locator(".answers button").first)
        await kiosk.locator(".number").wait_for()
        await self.shoot(kiosk, "terminal-waiting", scale=half)

    async def desk(self) -> Page:
        """The desk of lei, signed in."""
        page = await self.page((1440, 900), "agent")
        await page.goto(f"{self.counter.address}/console/sign-in")
        await page.locator("#name").fill("lei")
        await page.locator("#passphrase").fill(self.counter.passphrase)
        await self.shoot(page, "console-sign-in")
        await page.locator("main form button").first.click()
        await page.locator(".link--up").wait_for()
        return page

    async def serve(self, kiosk: Page, desk: Page) -> None:
        """From the ring to the receipt."""
        half = 0.5
        await self.shoot(desk, "console-pause")
        await desk.locator(".presence button").first.click()
        await desk.locator(".offer").wait_for()
        await asyncio.gather(
            self.shoot(desk, "console-ringing"), self.shoot(kiosk, "terminal-called", scale=half)
        )
        await desk.locator(".offer button").first.click()
        for face in (kiosk, desk):
            await face.locator("video").first.wait_for()
        await asyncio.gather(*(self.walk_in(terminal) for terminal in OTHER_TERMINALS))
        await self.shoot(kiosk, "terminal-call", scale=half)

        # The paper would be taken by itself after four of these, before there is a picture of it.
        await kiosk.route("**/terminal/previews/*", _after_a_while)
        await desk.locator(".checklist .item").nth(PAPER).locator("button").first.click()
        await kiosk.locator(".scan .outline").wait_for()
        await self.shoot(kiosk, "terminal-scan", scale=half)
        await self.touch(kiosk.locator(".scan .answers button").first)
        await desk.locator(".viewer__paper img").wait_for()
        await asyncio.sleep(1)
        await self.shoot(desk, "console-call")
        await desk.locator(".viewer .button--go").click()

        await desk.locator("#tab-forms").click()
        # The last is the general one, which the agent fills in alone.
        await desk.locator(".offered .button--main").last.click()
        await desk.locator(".filling").wait_for()
        number = desk.locator('.filling input[id$="number"]')
        if await number.count():
            await number.first.fill("1234567(8)")
        for required in await desk.locator(".filling :is(input, textarea)[required]").all():
            if not await required.input_value():
                await required.fill(self.shooting.purpose)
        await self.shoot(desk, "console-form")
        await desk.locator(".form .button--main").first.click()
        await self.sign(kiosk)
        await desk.locator(".ceremony--sealed").wait_for(timeout=30_000)
        await self.shoot(desk, "console-signed")
        await self.shoot(kiosk, "terminal-talk", scale=half)
        await self.wall(desk)

        await desk.locator(".matter__close").click()
        await desk.locator("dialog input[type=radio]").nth(1).check()
        for due in await desk.locator("dialog .dues select").all():
            await due.select_option("none")
        await desk.locator("#close-next").fill(self.shooting.next_step)
        await self.shoot(desk, "console-close")
        await desk.locator(".close__answers button").last.click()
        await kiosk.locator(".receipt").wait_for()
        await self.shoot(kiosk, "terminal-receipt", scale=half)

    async def sign(self, kiosk: Page) -> None:
        """Read to the end, agree, draw, send."""
        half = 0.5
        await kiosk.locator(".paper img").wait_for()
        await asyncio.sleep(1)
        await self.shoot(kiosk, "terminal-read", scale=half)
        while not await kiosk.locator(".consent").is_visible():
            await self.touch(kiosk.locator(".read .answers button").nth(1))
        await kiosk.locator(".consent input").check()
        await self.shoot(kiosk, "terminal-consent", scale=half)
        await self.touch(kiosk.locator(".consent .answers button").first)
        await self._draw(kiosk)
        await self.shoot(kiosk, "terminal-sign", scale=half)
        await self.touch(kiosk.locator(".sign .answers").first.locator("button").last)

    async def _draw(self, kiosk: Page) -> None:
        canvas = kiosk.locator(".pad canvas")
        await canvas.wait_for()
        box = await canvas.bounding_box()
        assert box is not None
        for stroke in SIGNATURE:
            for step, (x, y) in enumerate(stroke):
                left, top = box["x"] + box["width"] * x, box["y"] + box["height"] * y
                await kiosk.mouse.move(left, top, steps=4 if step else 1)
                if step == 0:
                    await kiosk.mouse.down()
            await kiosk.mouse.up()

    async def wall(self, desk: Page) -> None:
        """The wall, while a call is on and two wait."""
        wall = await desk.context.new_page()
        await wall.set_viewport_size({"width": 1920, "height": 1080})
        await wall.goto(f"{self.counter.address}/wall")
        await self.shoot(wall, "wall", scale=0.6)
        await wall.close()


def _small(shot: Image.Image) -> bytes:
    """A PNG with at most 256 colours; fewer, when it would be larger than allowed."""
    small = b""
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        few = shot.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
        small = out.getvalue()
        if len(small) <= LIMIT_BYTES:
            break
    return small


def wanted() -> set[str]:
    """Names of the pictures that pages of the documentation show."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return {
        name
        for page in pages
        for name in re.findall(r"pictures/([\w.-]+\.png)", page.read_text(encoding="utf-8"))
    }


async def take(browser: Browser, shooting: Shooting) -> None:
    """All pictures of one language, on a fresh counter."""
    counter = RunningCounter()
    try:
        await counter.start()
        visit = Visit(browser=browser, counter=counter, shooting=shooting, wanted=wanted())
        reference = await visit.book()
        kiosk = await visit.kiosk(TERMINAL)
        await visit.check_in(kiosk, reference)
        await visit.serve(kiosk, await visit.desk())
    finally:
        await counter.close()


async def _after_a_while(route: Route) -> None:
    await asyncio.sleep(2)
    await route.continue_()


async def main(tags: Sequence[str]) -> int:
    """Take the pictures of these languages, or of all."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None or not set(tags) <= set(SHOOTINGS):
        print("Chromium is needed (apt-get install chromium); languages:", *SHOOTINGS)
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES.iterdir():
        if picture.name not in wanted():
            picture.unlink()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, headless=True, args=list(CHROMIUM_ARGS)
        )
        for tag in tags or SHOOTINGS:
            await take(browser, SHOOTINGS[tag])
        await browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
