"""What the record says to who has the code on a paper, and to who sends the file."""

from typing import Any

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import delete

from counter.esign.store_archive_table import esign_archive
from counter.esign.store_endings import void
from counter.esign.store_tables import esign_ticket
from tests.esign.ceremonies import CASE, CITIZEN_NAME, SigningCounter
from tests.esign.checks.asking_checks import NEXT_DAY, Time, send
from tests.esign.conftest import FILLED, NOW
from tests.esign.tampering import ATTACKS
from tests.web.citizen.walk import Citizen


@pytest.mark.one_engine
async def test_the_code_on_the_paper_leads_to_the_record_and_never_to_the_document(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    pages = pypdfium2.PdfDocument(sealed)
    read = {zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil())[0].text for page in pages}
    assert read == set(counter.addresses) and len(read) == 1
    path = read.pop().removeprefix("https://counter.example")
    await person.get(path)
    assert person.status == 200
    assert "Identification Services Bureau" in person.text
    said = " ".join(person.text.split())
    assert f"Case number {FILLED['case_number']}" in said, "as on each page"
    assert f"Pages {len(pages)}" in said
    digest = (await counter.checks.check(sealed, "", NOW)).found.sha256
    assert digest[:12] in person.text and digest not in person.body
    assert CITIZEN_NAME not in person.body and "%PDF" not in person.body
    await send(person, path, sealed, passing)
    assert person.title.startswith("Genuine and unchanged")
    # What is sound by itself is not the document of another's code.
    other = await counter.sealed()
    await send(person, path, other, passing)
    assert person.title.startswith("Not the document of our record")


VOIDED = {
    "zh-MO": "已簽署，並已由部門於2026年11月24日",
    "zh-CN": "已签署，并已由部门于2026年11月24日",
    "pt": "Assinado, e retirado pelo serviço em terça-feira, 24 de novembro de 2026",
    "en": "Signed, and taken back by the department on Tuesday",
}


@pytest.mark.one_engine
async def test_what_was_taken_back_says_so_first_in_each_language(
    counter: SigningCounter, person: Citizen, passing: Time
) -> None:
    sealed = await counter.sealed()
    ceremony_id = (await counter.esign.ceremonies(CASE))[0].ceremony_id
    await counter.executor.write(
        void, CASE, ceremony_id, "wrong_person", by="agent:a", audiences=nobody, now=NEXT_DAY
    )
    path = counter.addresses[-1].removeprefix("https://counter.example")
    for language, words in VOIDED.items():
        person.headers["Accept-Language"] = language
        await person.get(path)
        assert person.title.startswith(words), person.title
    for where in ("/check", path):
        await send(person, where, sealed, passing)
        assert person.title.startswith(words), person.title
        assert "vc-verdict--red" in person.body and "vc-verdict--green" not in person.body
    # Something else under its code is not it; that it was taken back is said all the same.
    await send(person, path, ATTACKS["a page painted over"](sealed), passing)
    assert person.title.startswith("Not valid") and "Taken back Tuesday" in person.text


UNRECORDED = {
    "zh-MO": "我們的記錄沒有載明由誰簽署",
    "zh-CN": "我们的记录没有载明由谁签署",
    "pt": "O nosso registo não diz quem assinou",
    "en": "Our record does not say who signed it",
}


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.one_engine
async def test_what_was_sealed_before_signatures_were_recorded_is_known_by_its_bytes(
    counter: SigningCounter, person: Citizen, passing: Time, archived: bool
) -> None:
    sealed = await counter.sealed()
    for table in (esign_ticket, esign_archive) if archived else (esign_ticket,):
        await counter.executor.write(emptied, table)
    for language, words in UNRECORDED.items():
        person.headers["Accept-Language"] = language
        await person.get(counter.addresses[-1].removeprefix("https://counter.example"))
        assert words in person.text
    await send(person, "/check", sealed, passing)
    assert words in person.text and "vc-verdict--green" in person.body
    assert person.title.startswith("Genuine and unchanged")
    # Other bytes are not in the record, whatever their signatures say.
    await send(person, "/check", ATTACKS["bytes behind the end"](sealed), passing)
    assert person.title.startswith("Not valid") or "This PDF is damaged" in person.text


def emptied(conn: Any, table: Any) -> None:
    conn.execute(delete(table))


def nobody(conn: Any, case_id: str) -> list[str]:
    return []


async def test_a_code_that_nobody_was_given_says_nothing(
    counter: SigningCounter, person: Citizen
) -> None:
    await person.get("/c/0123456789abcdef0123456789abcdef")
    assert person.status == 404
    await counter.esign.present(
        CASE, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=NOW
    )
    # A form that nobody has signed yet is nobody's business.
    await person.get(counter.addresses[-1].removeprefix("https://counter.example"))
    assert person.status == 404
