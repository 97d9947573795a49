"""The three people of a visit at their pages: what they press, in the words they read (English)."""

import asyncio
import re
import subprocess
import time
from pathlib import Path

import pikepdf
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.probe import PROBE, seen_and_heard
from tests.e2e.running import RunningCounter
from tests.e2e.waiting import press, stands
from tests.web.terminal.kiosk import touch
from web.shared.refusals import explain

# Waiting is for slow machines only: nothing here is slow on purpose.
expect.set_options(timeout=60_000)

CHINESE = "繁體中文"
SITE = "hengqin-neighbourhood"
TERMINAL = "hengqin-neighbourhood-1"
SERVICE = "dsi-personal-data"
PAPER = "Macao resident identity card (BIR)"
FORM = {"Identity document number": "1234567(8)", "Purpose": "To study abroad"}
"What the agent types into the form, by the words beside the fields; the name is known."
CITIZENS_OWN = {"Telephone": "66123456", "Copies (at least 1)": "1"}
"What the citizen types into the certificate's form."
NEXT_STEP = "The certificate is ready in three working days."
NOT_LOOKED_AT = """(() => {
  const native = window.fetch;
  window.fetch = (address, ...more) =>
    String(address).startsWith("/terminal/previews/")
      ? Promise.reject(new TypeError("nobody looks"))
      : native(address, ...more);
})()"""
"Goes into a kiosk's page: what lies under its camera is photographed by the button only."
DEAF_S = 0.45
"The kiosk does not hear the second half of a double tap."
TURNS = 60
"Touches that no document of the tests needs to be read to its end."


async def new_page(
    browser: Browser, *, width: int, height: int, language: str = "en", has_touch: bool = False
) -> Page:
    """A page of its own, as its own person's browser: nothing is shared with other pages."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        locale=language,
        accept_downloads=True,
        has_touch=has_touch,
        reduced_motion="reduce",  # what turns is drawn sixty times a second
    )
    context.set_default_timeout(60_000)
    await context.add_init_script(PROBE)
    return await context.new_page()


class Citizen:
    """Somebody with a telephone."""

    def __init__(self, page: Page, counter: RunningCounter) -> None:
        self.page = page
        self._counter = counter

    @classmethod
    async def at(cls, browser: Browser, counter: RunningCounter) -> "Citizen":
        """Return one who reads English."""
        page = await new_page(browser, width=390, height=844)
        await page.goto(f"{counter.address}/?lang=en")
        return cls(page, counter)

    async def book(self, name: str) -> str:
        """Take the earliest time at the terminal's place; the reference, as it is printed."""
        await self.choose_earliest()
        await self.page.get_by_label("Your name").fill(name)
        await self.page.get_by_role("radio", name="English").check()
        await self.page.get_by_role("button", name="Continue").click()
        await self.page.get_by_role("button", name="Book this appointment").click()
        return await self.reference()

    async def choose_earliest(self) -> None:
        """From the first page to a time that is held."""
        page = self.page
        await page.goto(self._counter.address)
        await page.get_by_role("link", name="To a counter in Hengqin").click()
        await page.get_by_role("link", name="Identification Services Bureau").click()
        await page.get_by_role("link", name="Certificate of Personal Data").click()
        await page.get_by_role("button", name="Book an appointment").click()
        await page.get_by_role("radio").first.check()  # for oneself
        await page.get_by_role("button", name="Continue").click()
        await page.get_by_role("radio", name="Macau New Neighbourhood").check()
        await page.get_by_role("button", name="Continue").click()
        await page.locator(".vc-first__button").first.click()

    async def reference(self) -> str:
        """The reference on the page."""
        groups = await self.page.locator(".vc-reference span").all_inner_texts()
        assert [len(group) for group in groups] == [5, 5, 5, 5]
        return "-".join(groups)


class Terminal:
    """The kiosk, and whoever stands before it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._pressed_at = 0.0

    @classmethod
    async def enrolled(
        cls, browser: Browser, counter: RunningCounter, *, looks: bool = False
    ) -> "Terminal":
        """Return a machine that became the terminal by its link.

        looks: it photographs by itself what lies still, sooner or later than somebody presses.
        """
        page = await new_page(browser, width=1080, height=1920, has_touch=True)
        if not looks:
            await page.add_init_script(NOT_LOOKED_AT)
        await page.goto(await counter.enrolment(TERMINAL))
        await page.wait_for_url("**/terminal")
        return cls(page)

    async def press(self, name: str | re.Pattern[str], *, within: Locator | None = None) -> None:
        """Touch the button of this name, not faster than the kiosk listens."""
        await self.touch((within or self.page).get_by_role("button", name=name))

    async def touch(self, button: Locator) -> None:
        await asyncio.sleep(max(0.0, self._pressed_at + DEAF_S - time.monotonic()))
        await press(button)
        self._pressed_at = time.monotonic()

    async def begin(self, language: str = "English") -> None:
        """Touch a language on the first screen."""
        await self.press(language, within=self.page.locator(".attract__languages"))
        await expect(self.page.locator(".frame--start")).to_be_visible()

    async def speak(self, language: str) -> None:
        """Change the language in the middle of whatever is done."""
        await self.press(language, within=self.page.locator(".bottom"))

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name)

    async def open_keys(self) -> None:
        await self.touch(self.page.locator(".cards--two .press").first)
        await expect(self.page.locator(".reference")).to_be_visible()

    async def touch_reference(self, reference: str) -> None:
        """Type it on the screen's keys."""
        for character in reference.replace("-", ""):
            await self.page.get_by_role("button", name=character, exact=True).click()
        await self.press("Find my appointment")

    async def scan_reference(self, text: str) -> None:
        """Hold a code under the scanner, which types it like a very fast keyboard."""
        await expect(self.page.locator(".back")).to_be_enabled()
        await self.page.keyboard.type(text)
        await self.page.keyboard.press("Enter")

    async def check_in(self) -> str:
        """Say that the appointment shown is one's own; the number of the ticket."""
        await expect(self.heading("Is this your appointment?")).to_be_visible()
        await self.press("Yes, this is mine")
        return await self.number()

    async def take_ticket(self, department: str, service: str) -> str:
        """Come without an appointment; the number of the ticket."""
        await self.press(re.compile("I have none"))
        await self.press(re.compile(department))
        await self.press(re.compile(service))
        return await self.number()

    async def leave(self) -> None:
        """End the visit, wherever it is: its case is left, and the machine forgets it."""
        await self.touch(self.page.locator(".bottom .finish"))
        await self.touch(self.page.locator("dialog .press--end"))
        await expect(self.page.locator(".attract")).to_be_visible()

    async def number(self) -> str:
        return await self.page.locator(".number h1 strong").inner_text()

    async def take_picture(self) -> None:
        """Photograph the paper that lies under the camera."""
        await self.press(re.compile("Take the picture|Take it again"))

    async def fill_in(self) -> None:
        """Give the citizen's answers in the certificate's form, until it is there to be read."""
        form = self.page.locator(".fill")
        await expect(form).to_be_visible()
        for question in await form.locator("fieldset.fill__field--own").all():
            await self.touch(question.locator("button[aria-pressed=false]").first)
        for label, text in CITIZENS_OWN.items():
            await form.get_by_role("textbox", name=label, exact=True).fill(text)
        await expect(self.page.locator(".read")).to_be_visible()

    async def read_and_agree(self) -> int:
        """Turn every page to its end, tick, agree; how many pages there were."""
        page = self.page
        said = await page.locator(".read__page").inner_text()
        pages = int(said.split()[-1])
        forward = page.get_by_role(
            "button",
            name=re.compile("Further down|To the part not seen yet|Next page|I have read it"),
        )
        agreeing = self.heading("Do you agree?")
        for _ in range(TURNS):
            await expect(forward.or_(agreeing)).to_be_visible()
            if await agreeing.is_visible():
                break
            await self.touch(forward)
        await expect(agreeing).to_be_visible()
        await page.get_by_role("checkbox").check()
        await self.press("Agree and sign")
        return pages

    async def draw_signature(self) -> None:
        """Three strokes of a finger across the pad, each pressed harder in its middle."""
        await expect(self.heading("Sign with your finger")).to_be_visible()
        canvas = self.page.locator(".pad canvas")
        await expect(canvas).to_have_attribute("style", re.compile("touch-action"))  # it feels
        box = await stands(canvas)
        for stroke in range(3):
            left, middle = box["width"] * (0.15 + 0.22 * stroke), box["height"] / 2
            points = [
                (
                    left + box["width"] * 0.015 * step,
                    middle + box["height"] * (0.22 if step % 4 < 2 else -0.22) * bool(step),
                    0.2 + 0.125 * min(step, 12 - step),
                )
                for step in range(13)
            ]
            await touch(self.page, box, points)

    async def sign(self) -> None:
        await self.draw_signature()
        await self.press("Sign the document")


class Console:
    """The agent at the desk."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    async def signed_in(
        cls, browser: Browser, counter: RunningCounter, name: str = "lei"
    ) -> "Console":
        """Return a desk; lei and fong serve the Identification Services Bureau, mok oversees it."""
        page = await new_page(browser, width=1440, height=900)
        await page.goto(f"{counter.address}/console/sign-in?lang=en")
        await page.get_by_label("Name").fill(name)
        await page.get_by_label("Passphrase").fill(counter.passphrase)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("status").filter(has_text="Connected")).to_be_visible()
        return cls(page)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    async def ready(self) -> None:
        await press(self.page.locator(".presence").get_by_role("button").first)

    async def answer(self) -> None:
        await press(self.button("Answer"))

    async def ask_for(self, paper: str) -> None:
        await press(self.button(f"Ask for {paper}"))

    async def accept_page(self) -> None:
        await press(self.button("Accept"))
        await expect(self.page.locator(".viewer__name .state--accepted")).to_be_visible()

    async def present_form(self) -> None:
        """Fill the general form, which the agent fills alone, and show it to the citizen."""
        await self.page.get_by_role("tab", name="Forms and signature").click()
        await self.present(self.page.locator(".offered").last)

    async def present(self, offered: Locator) -> None:
        """Fill one of the forms, and show it once the counter has what was typed."""
        await press(offered.get_by_role("button", name="Fill in"))
        for label, text in FORM.items():
            await self.page.locator(".form").get_by_label(label, exact=True).fill(text)
        filled = self.page.locator(".filling__state")
        await expect(filled).to_have_text("Everything is filled in.")
        await press(self.button("Show to the citizen to read and sign"))

    async def download_signed(self, to: Path) -> None:
        """Save the signed PDF of the newest form."""
        link = self.page.get_by_role("link", name="Download the signed PDF")
        async with self.page.expect_download() as coming:
            await link.click()
        await (await coming.value).save_as(to)

    async def close(self) -> None:
        """Finish the case as completed."""
        await press(self.button("Finish the case"))
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_role("radio").first.check()
        for due in await dialog.locator(".dues select").all():
            await due.select_option(label="Not needed in this matter")
        await dialog.get_by_label("What happens next").fill(NEXT_STEP)
        await press(dialog.get_by_role("button", name="Finish the case and end the call"))
        await expect(dialog).to_be_hidden()


async def meet(terminal: Terminal, console: Console, counter: RunningCounter) -> str:
    """From an appointment to the conversation; the number of the ticket."""
    visit = await counter.operator("/demo/visit", {"terminal": TERMINAL, "service": SERVICE})
    assert visit["reference"], "no time that begins soon is free: who left before keeps it"
    await terminal.begin()
    await terminal.open_keys()
    await terminal.scan_reference(visit["reference"])
    number = await terminal.check_in()
    await console.ready()
    await console.answer()
    await asyncio.gather(seen_and_heard(terminal.page), seen_and_heard(console.page))
    return number


async def shown_page(page: Page, selector: str) -> str:
    """The digest in the address of a picture, once the picture is really drawn."""
    picture = page.locator(selector)
    await expect(picture).to_be_visible()
    await expect(picture).not_to_have_js_property("naturalWidth", 0)
    source = await picture.get_attribute("src")
    assert source is not None
    return source.rsplit("/", 1)[-1]


def judged_by_pdfsig(signed: Path) -> None:
    """Two signatures over the whole document, both valid: the counter's and the seal."""
    said = subprocess.run(
        ["pdfsig", "-nocert", str(signed)], capture_output=True, check=True, timeout=30
    ).stdout.decode()
    assert said.count("Signature Validation: Signature is Valid.") == 4, said
    assert "Total document signed" in said, said


def line_widths(signed: Path) -> set[str]:
    """How wide the lines are that the citizen's signature is drawn with, in points as written."""
    with pikepdf.open(signed) as document:
        (field,) = (one for one in document.Root.AcroForm.Fields if one.T == "Citizen")
        content = field.AP.N.read_bytes().decode("ascii")
    return set(re.findall(r"^([\d.]+) w", content, re.M))


async def advised(page: Page, code: str) -> None:
    """The page shows in Traditional Chinese what happened and what to do, for this code."""
    shown = page.locator(f"[role=alert][data-code={code}]")
    await expect(shown).to_have_text(" ".join(explain(code, "zh_Hant")))
