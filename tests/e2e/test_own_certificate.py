"""A department's own form, signed with a citizen's own certificate, in two real browsers.

The counter's keys, timestamps and proofs come from the operator's file and services of others; the
citizen's key lies at a signing service: his PIN and a code that it sends are typed at the terminal.
"""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from counter.esign.form_typst import TEMPLATES
from counter.esign.keys_files import load
from tests.e2e.faces import SERVICE, Console, Terminal, judged_by_pdfsig, meet
from tests.e2e.running import RunningCounter
from tests.esign.csc_fake import CREDENTIAL, TOKEN, FakeService, served
from tests.esign.trust_services import TrustServices
from web.shared.consent_words import agreed_words

pytestmark = pytest.mark.timeout(500)

USER = "85366123456"
PIN, WRONG_PIN = "80627194", "31950842"
TITLE = "Statement that only a certificate signs"
PROVIDER = "Test eSignCloud"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[TrustServices]:
    """Yield an authority, its answers about revocation, and time-stamping services, of today."""
    made = TrustServices(tmp_path / "services", datetime.now(UTC))
    made.clock = lambda: datetime.now(UTC)
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def provider(services: TrustServices) -> AsyncIterator[FakeService]:
    """Yield the service where the citizen has a key."""
    made = FakeService(load(services.files("citizen")), "ecdsa_sha256", 2)
    made.pin = PIN
    made.users = {USER: [CREDENTIAL]}
    async with served(made):
        yield made


@pytest.fixture
async def counter(
    tmp_path: Path, services: TrustServices, provider: FakeService
) -> AsyncIterator[RunningCounter]:
    """Yield a counter with the operator's keys; nothing of it is left afterwards."""
    running = RunningCounter(SIGNING=str(signing_file(tmp_path, services, provider)))
    try:
        await running.start()
        yield running
    finally:
        left = await running.close()
    assert not left, f"a clean stop left {len(left)} processes behind"


def signing_file(directory: Path, services: TrustServices, provider: FakeService) -> Path:
    """Write what an operator writes."""
    (directory / "citizen.token").write_text(f"{TOKEN}\n")
    said = [
        f'timestamps = ["{services.tsa("one")}", "{services.tsa("two")}"]',
        f'roots = ["{services.roots[0]}"]',
    ]
    for name in ("witness", "agent", "seal"):
        files = services.files(name)
        said += [
            f"[{name}]",
            'kind = "pem"',
            f'key = "{files.key}"',
            f'certificate = "{files.certificate}"',
            f'chain = ["{files.chain[0]}"]',
        ]
    said += [
        "[citizen]",
        'kind = "csc"',
        f'name = "{PROVIDER}"',
        f'url = "{provider.url}"',
        "version = 2",
        'class = "qualified"',
        'token_file = "citizen.token"',
    ]
    file = directory / "signing.toml"
    file.write_text("\n".join(said))
    return file


async def publish(console: Console, counter: RunningCounter, directory: Path) -> None:
    """Upload both texts of a form, have a mistake said, mend it, look at it, publish it."""
    page = console.page
    said = json.loads((TEMPLATES / "certificate_application.json").read_text())
    titles = dict.fromkeys(said["title"], TITLE)
    said |= {"id": "dsi_statement", "title": titles, "services": [SERVICE]}
    said |= {"acts": "certificate", "minimum_class": "qualified"}
    description, template = directory / "statement.json", directory / "statement.typ"
    description.write_text(json.dumps(said))
    good = (TEMPLATES / "certificate_application.typ").read_text()

    await page.goto(f"{counter.address}/console/booking/dsi/forms")
    await page.get_by_role("button", name="Add a form").click()
    template.write_text(f'{good}\n#read("/etc/passwd")')
    await page.locator("#description_file").set_input_files(description)
    await page.locator("#typst_file").set_input_files(template)
    await page.get_by_role("button", name="Look at the form").click()
    await expect(page.locator(".vc-code")).to_contain_text("/etc/passwd")
    assert "root:" not in await page.locator(".vc-code").inner_text()
    template.write_text(good)
    await page.locator("#typst_file").set_input_files(template)
    await page.get_by_role("button", name="Look at the form").click()
    await expect(page.locator(".vc-sheets img").first).not_to_have_js_property("naturalWidth", 0)
    await page.get_by_role("button", name="Publish it").click()
    await expect(page.get_by_text("The form is published.")).to_be_visible()


async def type_digits(terminal: Terminal, digits: str) -> None:
    for digit in digits:
        await terminal.page.get_by_role("button", name=digit, exact=True).click()


async def type_pin_and_code(terminal: Terminal, pin: str, provider: FakeService) -> None:
    """One thing at a time; the second sends both."""
    await expect(terminal.heading("Type your PIN")).to_be_visible()
    await type_digits(terminal, pin)
    await terminal.press("Go on to the code")
    await expect(terminal.page.get_by_text(f"{PROVIDER} has sent you a code.")).to_be_visible()
    await type_digits(terminal, provider.codes[-1])
    await terminal.press("Sign with this code")


async def test_a_citizen_signs_with_pin_and_code_on_the_keypad_of_the_terminal(
    counter: RunningCounter,
    provider: FakeService,
    desk_browser: Browser,
    kiosk_browser: Browser,
    tmp_path: Path,
) -> None:
    supervisor = await Console.signed_in(desk_browser, counter, "mok")
    await publish(supervisor, counter, tmp_path)
    terminal, console = await asyncio.gather(
        Terminal.enrolled(kiosk_browser, counter), Console.signed_in(desk_browser, counter)
    )
    await meet(terminal, console, counter)
    await console.page.get_by_role("tab", name="Forms and signature").click()
    await console.present(console.page.locator(".offered", has_text=TITLE))

    # He agrees to his certificate and not to ink: the journal has the digest of that sentence.
    await terminal.read_and_agree()
    page = terminal.page
    await expect(terminal.heading("Sign with your certificate")).to_be_visible()
    await expect(page.get_by_text(f"Type the number under which {PROVIDER}")).to_be_visible()
    await expect(page.get_by_role("button", name="Sign with my finger instead")).to_be_hidden()
    ((body,),) = counter.facts(
        "select body from journal_entry where body like '%\"ceremony.consented\"%'"
    )
    facts = json.loads(body)["facts"]
    words = agreed_words("certificate", "en")
    assert (facts["text"], facts["text_sha256"]) == (words.text_id, words.text_sha256)

    await type_digits(terminal, USER)
    await terminal.press("Go on with this number")
    # Nobody identified him: the agent is shown whose certificate it is before a code is sent.
    await expect(
        page.get_by_text("The certificate is in the name of Test citizen.")
    ).to_be_visible()
    assert provider.codes == []
    await expect(console.page.get_by_text("in the name of Test citizen. Is this")).to_be_visible()
    await console.button("Yes: go on").click()

    # The PIN, then the code; a wrong PIN is said, and costs a try.
    await type_pin_and_code(terminal, WRONG_PIN, provider)
    await expect(page.locator("[role=alert][data-code=activation_pin_refused]")).to_be_visible()
    await expect(page.get_by_text("You can try 2 more times.")).to_be_visible()
    await type_pin_and_code(terminal, PIN, provider)
    (code,) = provider.codes
    assert code not in await console.page.locator("body").inner_text()

    signed = tmp_path / "signed.pdf"
    await console.download_signed(signed)
    judged_by_pdfsig(signed)
    told = subprocess.run(
        ["pdfsig", "-nocert", str(signed)], capture_output=True, check=True, timeout=30
    ).stdout.decode()
    assert "Test citizen" in told and "Test seal" in told
    assert (provider.accepted, len(provider.signed)) == ([code], 1)

    # The counter's own check knows it, and number, PINs and code are nowhere.
    done = await counter.command("verify", "--record", str(signed))
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    entries = "".join(body for (body,) in counter.facts("select body from journal_entry"))
    for secret in (USER, PIN, WRONG_PIN, code, CREDENTIAL, TOKEN, "Test citizen"):
        assert secret not in entries + counter.log()
    assert counter.facts("select credential_id, state from ceremony_certificate") == [
        (None, "signed")
    ]
    _, said = await counter.audit()
    assert said.endswith("the chain holds"), said
