"""What is said of a document that anybody sends: genuine, changed, strange, ended, taken back."""

import base64
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from counter.esign import store_archive
from counter.esign.audit_pack import opened
from counter.esign.check_service import Checked
from counter.esign.keys_files import load_certificate
from counter.esign.pki_development import ensure
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import Found
from tests.esign.bad_files import BAD
from tests.esign.ceremonies import CITIZEN_NAME, SigningCounter
from tests.esign.checks.asking_checks import NEXT_DAY, OLDER, Time, send
from tests.esign.conftest import NOW
from tests.esign.tampering import ATTACKS
from tests.web.citizen.walk import Citizen
from web.citizen.check_words import plain


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_years_later_it_is_genuine_all_the_same_and_its_timestamps_have_ended(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    passing.today = NOW + timedelta(days=4 * 366)
    for language, (title, meaning, ended) in {
        "en": ("Genuine and unchanged", "our record goes on proving it", "ended on"),
        "pt": ("Autêntico e inalterado", "o nosso registo continua a prová-lo", "expirou em"),
        "zh-Hant": ("真確，未經改動", "我們的記錄仍可證明", "到期"),
        "zh-Hans": ("真确，未经改动", "我们的记录仍可证明", "到期"),
    }.items():
        person.headers["Accept-Language"] = language
        await send(person, "/check", sealed, passing)
        assert person.title.startswith(title) and "vc-verdict--green" in person.body
        assert meaning in person.text and person.text.count(ended) >= 4
        assert "2029" in person.text
    person.headers["Accept-Language"] = "en"
    await send(person, "/check", sealed, passing)
    assert "Changed since it was signed No" in person.text
    assert "Does not hold" not in person.text and "Not valid" not in person.text
    assert "the timestamps have ended" in person.text
    await send(person, "/check", ATTACKS["a page painted over"](sealed), passing)
    assert person.title.startswith("Not valid") and "Ended" not in person.text


@pytest.mark.one_engine
async def test_it_is_genuine_all_the_same_when_its_roots_are_trusted_no_more(
    counter: SigningCounter,
    person: Citizen,
    passing: Time,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sealed = await counter.sealed()
    others = [load_certificate(path.read_bytes()) for path in ensure(tmp_path, NOW).roots]

    async def check(pdf: bytes, now: datetime) -> tuple[Found, bytes]:
        return await validate(pdf, others, now), b""

    monkeypatch.setattr(counter.checks._examiner, "check", check)
    path = counter.addresses[-1].removeprefix("https://counter.example")
    for language, (title, meaning) in {
        "en": ("Genuine and unchanged", "Whom it trusts today does not say whose"),
        "pt": ("Autêntico e inalterado", "Aqueles em quem hoje confia não dizem"),
        "zh-Hant": ("真確，未經改動", "現時所信任的機構未能證明"),
        "zh-Hans": ("真确，未经改动", "现时所信任的机构未能证明"),
    }.items():
        person.headers["Accept-Language"] = language
        for where in ("/check", path):
            await send(person, where, sealed, passing)
            assert person.title.startswith(title) and "vc-verdict--green" in person.body
            assert meaning in person.text
    person.headers["Accept-Language"] = "en"
    await send(person, path, sealed, passing)
    assert "Changed since it was signed No" in person.text
    assert "Does not hold" not in person.text and "Not valid" not in person.text
    await send(person, path, ATTACKS["a page painted over"](sealed), passing)
    assert person.title.startswith("Not valid")


@pytest.mark.one_engine
async def test_a_sealed_document_is_genuine_and_a_changed_one_is_not(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    await send(person, "/check", sealed, passing)
    assert person.status == 200 and person.title.startswith("Genuine and unchanged")
    assert "Changed since it was signed No" in person.text
    assert "Applicant Holds" in person.text and "Seal of the department Holds" in person.text
    assert "Development Department Seal" in person.text
    assert "The archive's timestamp follows by itself." in person.text
    assert CITIZEN_NAME not in person.body
    report = re.search(r'href="data:application/xml;base64,([^"]+)" download', person.body)
    assert report
    xml = ET.fromstring(base64.b64decode(report[1]))
    space = "{http://uri.etsi.org/19102/v1.2.1#}"
    assert len(xml.findall(f"{space}SignatureValidationReport")) == 4
    assert xml.findtext(f".//{space}PolicyName") == "counter-validation-1"
    for attack in ("a page painted over", "bytes behind the end", "a new field"):
        await send(person, "/check", ATTACKS[attack](sealed), passing)
        assert person.status in (200, 422)
        assert person.title.startswith("Not valid") or "This PDF is damaged" in person.text
    await send(person, "/check", ATTACKS["a page painted over"](sealed), passing)
    assert "Changed since it was signed Yes" in person.text


@pytest.mark.one_engine
async def test_a_stranger_s_file_is_called_by_none_of_our_roles(
    person: Citizen, passing: Time
) -> None:
    """Its fields are called like ours, and its timestamps are by an authority of its own."""
    theirs = opened(OLDER.read_bytes())
    for language, (tag, field, level) in {
        "en": ("Signer not known", "In the field “Citizen”", "says when"),
        "pt": ("Signatário desconhecido", "No campo «Citizen»", "diz quando"),
        "zh-Hant": ("簽署者不明", "在欄位「Citizen」", "沒有我們信任的機構證明時間"),
        "zh-Hans": ("签署者不明", "在字段“Citizen”", "没有我们信任的机构证明时间"),
    }.items():
        person.headers["Accept-Language"] = language
        await send(person, "/check", theirs.files["document.pdf"], passing)
        assert "vc-verdict--yellow" in person.body, language
        assert person.title.startswith(tag) and person.text.count(tag) >= 5
        assert field in person.text and level in person.text
        assert "Development Department Seal" in person.text
    person.headers["Accept-Language"] = "en"
    await send(person, "/check", theirs.files["document.pdf"], passing)
    for role in ("Applicant", "Officer at the counter", "Seal of the department"):
        assert role not in person.text
    assert "Does not hold" not in person.text and " Holds" not in person.text
    assert person.text.count("Certificate issued by: ") == 4
    assert person.text.count("as the file says; nobody whom we trust says so") == 4


@pytest.mark.one_engine
async def test_what_cannot_be_read_gets_advice_and_no_verdict(
    person: Citizen, passing: Time
) -> None:
    for name, words in {
        "a web page": "This file is not a PDF",
        "no root": "This PDF is damaged",
        "two tables": "This PDF is read in two ways",
        "many bytes": "What was sent is too large",
    }.items():
        await send(person, "/check", BAD[name][1](b""), passing)
        assert person.status in (413, 415, 422) and words in person.text, name
    await person.post("/check")
    assert person.status == 422 and "Choose the PDF that you were given" in person.text


async def test_what_the_archive_refused_is_not_promised(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    job = await counter.executor.write(store_archive.take, NOW)
    assert job is not None
    code = "certificate_revoked"
    await counter.executor.write(store_archive.failed, job, code, NEXT_DAY, NOW)
    await send(person, "/check", sealed, passing)
    assert "A certificate in it was revoked. Ask the department." in person.text
    assert "follows by itself" not in person.text
    assert "vc-verdict--yellow" in person.body


@pytest.mark.parametrize(
    ("days", "trusted", "words"),
    [
        (1, True, "after it had signed: it still counts."),
        (-1, False, "before it signed: it does not count."),
    ],
)
@pytest.mark.one_engine
async def test_who_checks_is_told_when_a_certificate_was_revoked(
    counter: SigningCounter,
    person: Citizen,
    passing: Time,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    trusted: bool,
    words: str,
) -> None:
    sealed, look = await counter.sealed(), counter.checks.check

    async def by_the_file(pdf: bytes, reference: str, now: datetime) -> Checked:
        checked = await look(pdf, reference, now)
        first, one, *others = checked.found.signatures
        one = replace(one, revoked_at=NOW + timedelta(days=days), trusted=trusted)
        found = replace(checked.found, signatures=(first, one, *others))
        return replace(checked, found=found)

    monkeypatch.setattr(counter.checks, "check", by_the_file)
    await send(person, "/check", sealed, passing)
    assert words in person.text
    assert person.text.count("Its certificate was revoked on") == 1
    assert ("Applicant Holds" in person.text) == trusted


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Chan Tai Man, DSI", "Chan Tai Man, DSI"),
        ("陳大文", "陳大文"),
        ("\u202egnp.exe\u2066 a\n\tb\x00c", "gnp.exe a b c"),
        ("x" * 500, "x" * 120 + " …"),
        ("\u200b\u200b", ""),
    ],
)
def test_what_a_stranger_s_file_says_of_itself_is_one_plain_line(said: str, shown: str) -> None:
    assert plain(said) == shown
