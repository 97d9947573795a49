"""What is in no folder and in no PDF."""

import pypdfium2
from sqlalchemy import Connection

from counter.app.case_folders import SqlCaseSource
from counter.documents.store_bundles import leaves_of
from counter.esign.form_typst import shipped_forms
from counter.esign.record_ports import NewDocument, NewImage, NewRevision
from counter.esign.store_attendance import NO_CALLS, begin
from counter.esign.store_endings import decline
from counter.esign.store_given_up import give_up
from counter.esign.store_presenting import prepare, present
from counter.esign.store_remains import forgotten, remains
from counter.ids import CeremonyId, Digest, DocumentId
from tests.app.folder_floor import AGENT, CASE, Floor


async def test_what_is_not_decided_or_sent_back_is_in_no_pdf(floor: Floor) -> None:
    leaves = await floor.executor.read(leaves_of, CASE)
    assert [leaf.state.value for leaf in leaves] == ["accepted", "rejected", "accepted"]
    with pypdfium2.PdfDocument(await floor.pages().pdf(AGENT, CASE, None)) as pdf:
        assert len(pdf) == 2


async def test_a_form_that_nobody_saw_is_in_no_folder(floor: Floor) -> None:
    form = shipped_forms().of("certificate_application")

    def nobody(conn: Connection, case_id: str) -> list[str]:
        return []

    def drawn(conn: Connection, number: int) -> NewDocument:
        new = NewDocument(
            ceremony_id=CeremonyId(f"ceremony-{number}"),
            document_id=DocumentId(f"document-{number}"),
            case_id=CASE,
            form=form,
            data={},
            language="pt",
            sha256=Digest(f"{number}a" * 32),
            size_bytes=9,
        )
        prepare(conn, new, by="agent:lei", now=floor.now)
        return new

    def command(conn: Connection) -> None:
        unseen = drawn(conn, 1)
        given_up = give_up(
            conn,
            CASE,
            unseen.ceremony_id,
            unseen.sha256,
            form,
            "not_certified",
            audiences=nobody,
            now=floor.now,
        )
        assert given_up
        seen = drawn(conn, 2)
        certified = NewRevision(kind="certified", sha256=Digest("2b" * 32), size_bytes=10)
        one = seen.ceremony_id
        image = NewImage(page=1, sha256=Digest("2c" * 32), width_px=1240, height_px=1754)
        present(conn, one, seen.sha256, certified, (image,), audiences=nobody, now=floor.now)
        begin(conn, CASE, one, calls=NO_CALLS, now=floor.now)
        decline(conn, CASE, one, audiences=nobody, now=floor.now)
        for left in remains(conn, floor.now):
            forgotten(conn, left, floor.now)

    await floor.executor.write(command)
    facts = await SqlCaseSource(executor=floor.executor, catalogue=floor.snapshot).facts(CASE)
    assert [(one.ceremony_id, one.state) for one in facts.documents] == [("ceremony-2", "declined")]
