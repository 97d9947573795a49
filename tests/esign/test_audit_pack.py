"""The audit pack: what is in it, who can verify it without us, and what breaks it."""

import asyncio
import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree as ET

import pypdfium2
import pytest
from asn1crypto import cms
from sqlalchemy import Connection

from counter import SOFTWARE
from counter.__main__ import main
from counter.esign import audit_pack
from counter.esign.audit_service import AuditService
from counter.esign.check_pool import CheckPool
from counter.esign.form_typst import shipped_forms, template_sha256
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.pki_development import DevelopmentPki
from counter.esign.refusals import DocumentUnknown
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_audit import SqlPacks
from counter.ids import CaseId
from counter.journal import canonical, leaf_of
from counter.store.executor import Executor
from counter.store.journal_sql import record
from tests.esign.ceremonies import CASE, CITIZEN_NAME, SigningCounter, signing_counter
from tests.esign.conftest import FILLED, NOW, Tsa
from web.shared.consent_words import agreed_words


@pytest.fixture
async def counter(
    executor: Executor,
    examiner: CheckPool,
    pool: SignPool,
    stamps: HttpStamps,
    forms: Forms,
    glyphs: GlyphTable,
    new_id: Callable[[], str],
) -> SigningCounter:
    return await signing_counter(executor, examiner, pool, stamps, forms, glyphs, new_id)


@pytest.fixture
def packs(
    counter: SigningCounter, examiner: CheckPool, pool: SignPool, stamps: HttpStamps
) -> AuditService:
    return AuditService(
        records=SqlPacks(executor=counter.executor),
        blobs=counter.blobs,
        studio=pool,
        examiner=examiner,
        keys=pool.keys(),
        stamps=stamps,
        clock=lambda: NOW,
        title=lambda done: f"證明書申請 {done.form}",
    )


def files_of(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_other(pack: bytes, name: str, content: bytes) -> bytes:
    files = {**files_of(pack), name: content}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for one, body in files.items():
            archive.writestr(one, body)
    return out.getvalue()


async def test_a_pack_is_made_once_after_the_seal_and_holds_no_data_of_the_form(
    counter: SigningCounter, packs: AuditService, tsa: Tsa
) -> None:
    assert await packs.make_due() == 0
    sealed = await counter.sealed()
    ceremony = (await counter.esign.ceremonies(CASE))[0].ceremony_id
    assert await packs.make_due() == 1
    asked = tsa.asked
    pack = await packs.pack(CASE, ceremony)
    assert await packs.pack(CASE, ceremony) == pack and await packs.make_due() == 0
    assert tsa.asked == asked
    files = files_of(pack)
    assert next(iter(files)) == "mimetype"
    assert files["mimetype"] == b"application/vnd.etsi.asic-e+zip"
    assert files["document.pdf"] == sealed
    said = json.loads(files["events.json"])
    actions = [json.loads(one["body"])["action"] for one in said["entries"]]
    assert actions == [
        "document.prepared",
        "document.presented",
        "ceremony.consented",
        "ceremony.signed",
        "document.sealed",
    ]
    assert said["documents"] == [hashlib.sha256(sealed).hexdigest()]
    signed = [one["field"] for one in said["signers"]]
    assert signed == ["Origin", "Citizen", "Agent", "Seal"]
    assert len(pypdfium2.PdfDocument(files["summary.pdf"])) == 1
    for name in ("events.json", "report.xml"):
        assert CITIZEN_NAME not in files[name].decode()
    with pytest.raises(DocumentUnknown):
        await packs.pack(CaseId("another"), ceremony)


def identified(conn: Connection) -> None:
    """As `counter.identity` writes it: three steps, and a decision by two officers."""
    step: dict[str, Any] = {"subject": f"case:{CASE}", "now": NOW}
    of = {"proofing_id": "p-1"}
    began = {**of, "target": "L3", "document": "passport"}
    record(conn, actor="agent:a", action="identity.begun", facts=began, **step)
    for name, verdict, by in (
        ("consent", "ok", "terminal:t-1"),
        ("document", "ok", "agent:a"),
        ("face", "doubt", "agent:a"),
    ):
        facts = {**of, "step": name, "verdict": verdict}
        record(conn, actor=by, action="identity.step", facts=facts, **step)
    ended = {**of, "state": "identified", "level": "L3", "record_sha256": "5a" * 32}
    record(conn, actor="agent:b", action="identity.decided", facts=ended, **step)
    other = {"to": "2"}
    record(conn, actor="agent:a", action="hand.used", facts=other, **step)


def text_of(pdf: bytes) -> str:
    page = pypdfium2.PdfDocument(pdf)[0]
    return re.sub(r"\s+", "", page.get_textpage().get_text_range())


async def test_a_pack_tells_by_itself_who_looked_what_was_agreed_to_and_which_software(
    counter: SigningCounter, packs: AuditService
) -> None:
    names = {"b": "Lei Sio Man"}
    told = replace(cast(SqlPacks, packs._records), officers=lambda conn, ids: names)
    packs._records = told
    words = agreed_words("handwritten", "pt")
    await counter.executor.write(identified)
    await counter.sealed(words)
    # What is decided after the pen tells nothing about who held it.
    await counter.executor.write(identified)
    pack = audit_pack.opened(
        await packs.pack(CASE, (await counter.esign.ceremonies(CASE))[0].ceremony_id)
    )
    found, agreed = pack.story.identified, pack.story.agreed
    assert found is not None and agreed is not None
    assert (found.state, found.level, found.document) == ("identified", "L3", "passport")
    assert found.officers == ("a", "b") and pack.officers == names and found.at == NOW
    assert found.steps == (("consent", "ok"), ("document", "ok"), ("face", "doubt"))
    assert (agreed.sentence, agreed.language, agreed.text_id) == (words.text, "pt", "handwritten-1")
    assert hashlib.sha256(agreed.sentence.encode()).hexdigest() == agreed.sha256
    form = shipped_forms().of("certificate_application")
    assert (pack.story.form, pack.story.form_version) == (form.id, str(form.version))
    assert pack.story.template_sha256 == template_sha256(form)
    assert {pack.story.drawn_by, pack.story.sealed_by, pack.made_by} == {SOFTWARE}
    about = [json.loads(one["body"]) for one in json.loads(pack.files["events.json"])["entries"]]
    numbers = [one["seq"] for one in about]
    assert (
        numbers == sorted(numbers) and len([one for one in about if "level" in one["facts"]]) == 2
    )
    assert "hand.used" not in {one["action"] for one in about}
    page = text_of(pack.files["summary.pdf"])
    for said in (
        words.text,
        "證明書申請 certificate_application",
        f"{FILLED['department_name']} (dsi)",
        "LeiSioMan(b)",
        "5a" * 32,
        "護照",
        template_sha256(form),
        SOFTWARE,
    ):
        assert said.replace(" ", "") in page, said


def with_entries(files: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> bytes:
    """A pack whose entries fit together, with another consent; its seal does not fit."""
    said = json.loads(files["events.json"])
    for one in said["entries"]:
        body = json.loads(one["body"])
        if body["action"] == "ceremony.consented":
            change(body["facts"])
            one["body"] = canonical(body)
            one["leaf"] = leaf_of(one["previous"], one["body"])
    kept = {name: files[name] for name in audit_pack.TYPES}
    kept["events.json"] = json.dumps(said).encode()
    return audit_pack.packed(kept, audit_pack.manifest_of(kept), b"seal", NOW)


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_a_sentence_that_is_not_the_one_whose_digest_was_kept_is_no_pack(
    counter: SigningCounter, packs: AuditService
) -> None:
    await counter.sealed(agreed_words("handwritten", "pt"))
    ceremony = (await counter.esign.ceremonies(CASE))[0].ceremony_id
    files = files_of(await packs.pack(CASE, ceremony))
    assert audit_pack.opened(with_entries(files, lambda facts: None)).story.agreed
    with pytest.raises(audit_pack.PackDamaged, match="sentence"):
        audit_pack.opened(with_entries(files, lambda facts: facts.update(sentence="Sim.")))


OLDER = Path(__file__).parent / "packs"
"Made by the version before a pack told of sentence, identification and software; its root beside."


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_a_pack_of_an_older_version_is_verified_and_nothing_is_made_up(
    counter: SigningCounter,
    packs: AuditService,
    pki: DevelopmentPki,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def told(file: Path, root: Path) -> tuple[int, str]:
        words = ["--root", str(root), "--at", NOW.isoformat(), "--data", str(tmp_path / "var")]
        return main(["verify", str(file), *words]), capsys.readouterr().out

    status, said = await asyncio.to_thread(told, OLDER / "2026-11.asice", OLDER / "2026-11.crt")
    assert status == 3 and said.startswith("NOT COMPARED") and "holds" in said
    assert "agreed to handwritten-1 in zh-Hant: only its digest was kept" in said
    assert "identification: none in its entries" in said
    assert "template not kept" in said and "drawn by ?, sealed by ?, packed by ?" in said
    # The same of one that tells it all.
    words = agreed_words("handwritten", "zh-Hant")
    await counter.executor.write(identified)
    await counter.sealed(words)
    file = tmp_path / "new.asice"
    ceremony = (await counter.esign.ceremonies(CASE))[0].ceremony_id
    file.write_bytes(await packs.pack(CASE, ceremony))
    status, said = await asyncio.to_thread(told, file, pki.roots[0])
    assert status == 3 and f"agreed to handwritten-1 in zh-Hant: “{words.text}”" in said
    assert (
        "identification: identified, level L3, " in said and "paper passport, by (a), (b)" in said
    )
    assert f"drawn by {SOFTWARE}, sealed by {SOFTWARE}, packed by {SOFTWARE}" in said


@pytest.mark.one_engine
async def test_openssl_verifies_it_without_us(
    counter: SigningCounter, packs: AuditService, pki: DevelopmentPki, tmp_path: Path
) -> None:
    await counter.sealed()
    ceremony = (await counter.esign.ceremonies(CASE))[0].ceremony_id
    files = files_of(await packs.pack(CASE, ceremony))
    assert shutil.which("openssl"), "apt-get install openssl"

    def told(*words: str | Path) -> str:
        done = subprocess.run(
            ["openssl", *map(str, words)], capture_output=True, timeout=60, check=False
        )
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == 0, said
        return said

    manifest, seal = tmp_path / "manifest", tmp_path / "seal"
    manifest.write_bytes(files[audit_pack.MANIFEST])
    seal.write_bytes(files[audit_pack.SIGNATURE])
    trust = ("-CAfile", pki.roots[0])
    asked = ("-inform", "DER", "-in", seal, "-content", manifest, *trust, "-purpose", "any")
    told("cms", "-verify", "-cades", "-binary", *asked, "-out", tmp_path / "out")
    signer = cms.ContentInfo.load(files[audit_pack.SIGNATURE])["content"]["signer_infos"][0]
    token, value = tmp_path / "token", tmp_path / "value"
    token.write_bytes(signer["unsigned_attrs"][0]["values"][0].dump())
    value.write_bytes(signer["signature"].native)
    stamp = ("-in", token, "-token_in", "-data", value, *trust, "-untrusted", pki.tsa.chain[0])
    assert "Verification: OK" in told("ts", "-verify", *stamp)
    names = {
        "a": "{http://uri.etsi.org/02918/v1.2.1#}",
        "d": "{http://www.w3.org/2000/09/xmldsig#}",
    }
    listed = ET.fromstring(files[audit_pack.MANIFEST]).findall(f"{names['a']}DataObjectReference")
    assert {one.get("URI") for one in listed} == {
        "document.pdf",
        "events.json",
        "report.xml",
        "summary.pdf",
    }
    for one in listed:
        digest = hashlib.sha256(files[str(one.get("URI"))]).digest()
        assert one.findtext(f"{names['d']}DigestValue") == base64.b64encode(digest).decode()


@pytest.mark.one_engine
async def test_the_command_line_verifies_a_pack_and_sees_what_was_changed(
    counter: SigningCounter,
    packs: AuditService,
    pki: DevelopmentPki,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await counter.sealed()
    ceremony = (await counter.esign.ceremonies(CASE))[0].ceremony_id
    pack = await packs.pack(CASE, ceremony)

    def told(content: bytes, root: Path) -> tuple[int, str]:
        file = tmp_path / "proof.asice"
        file.write_bytes(content)
        words = ["--root", str(root), "--at", NOW.isoformat(), "--data", str(tmp_path / "var")]
        status = main(["verify", str(file), *words])
        return status, capsys.readouterr().out

    status, said = await asyncio.to_thread(told, pack, pki.roots[0])
    assert status == 3 and "audit pack: sealed by Development Department Seal" in said
    files = files_of(pack)
    events = files["events.json"].replace(b"ceremony.consented", b"ceremony.consentee")
    for name, content in {
        "events.json": events,
        "document.pdf": files["document.pdf"] + b"more",
        audit_pack.MANIFEST: files[audit_pack.MANIFEST].replace(b"report.xml", b"report.xmm"),
        "extra.txt": b"more",
    }.items():
        status, said = await asyncio.to_thread(told, with_other(pack, name, content), pki.roots[0])
        assert status == 2 and said == "", name
    # A seal of somebody else over the same manifest, or none at all.
    for seal in (b"", b"no signature"):
        broken = with_other(pack, audit_pack.SIGNATURE, seal)
        status, said = await asyncio.to_thread(told, broken, pki.roots[0])
        assert status in (1, 2)
    # Events and manifest forged together: the seal does not fit any more.
    forged = {name: content for name, content in files.items() if name in audit_pack.TYPES} | {
        "report.xml": b"<report/>"
    }
    manifest = audit_pack.manifest_of(forged)
    forgery = audit_pack.packed(forged, manifest, files[audit_pack.SIGNATURE], NOW)
    status, said = await asyncio.to_thread(told, forgery, pki.roots[0])
    assert status == 1 and said.startswith("NOT VALID") and "changed" in said


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_a_damaged_or_hostile_pack_is_unreadable_and_never_an_accident(
    counter: SigningCounter,
    packs: AuditService,
    pki: DevelopmentPki,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await counter.sealed()
    pack = await packs.pack(CASE, (await counter.esign.ceremonies(CASE))[0].ceremony_id)
    sound = audit_pack.opened(pack)
    damaged = 0
    for where in range(0, len(pack), 40):
        flipped = pack[:where] + bytes([pack[where] ^ 0x55]) + pack[where + 1 :]
        try:
            read = audit_pack.opened(flipped)
        except audit_pack.PackDamaged:
            damaged += 1
        else:  # in the container's own words about a file, such as its date
            assert (read.files, read.manifest) == (sound.files, sound.manifest)
    assert damaged > len(pack) / 40 * 0.9

    def told(content: bytes) -> tuple[int, str]:
        file = tmp_path / "proof.asice"
        file.write_bytes(content)
        words = ["--root", str(pki.roots[0]), "--at", NOW.isoformat(), "--data", str(tmp_path)]
        status = main(["verify", str(file), *words])
        said = capsys.readouterr()
        assert said.out == ""
        return status, said.err

    middle = pack.index(b"document.pdf") + 100
    hostile = [pack[:middle] + bytes([pack[middle] ^ 0x55]) + pack[middle + 1 :], pack[:-30]]
    deep = {**sound.files, "events.json": b"[" * 200_000}
    hostile.append(audit_pack.packed(deep, audit_pack.manifest_of(deep), b"seal", NOW))
    # Ways of packing that grow without a limit.
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("mimetype", audit_pack.MIMETYPE)
            archive.writestr("document.pdf", bytes(100_000))
        hostile.append(out.getvalue())
        with pytest.raises(audit_pack.PackDamaged, match="packed"):
            audit_pack.opened(out.getvalue())
    for content in hostile:
        status, said = await asyncio.to_thread(told, content)
        assert status == 2 and said.startswith("proof.asice: ") and "Traceback" not in said
    # Nor does what looks at the document end the command.
    broken = {**sound.files, "document.pdf": b"%PDF-1.7\n" + b"<<" * 50_000}
    content = audit_pack.packed(broken, audit_pack.manifest_of(broken), sound.signature, NOW)
    assert (await asyncio.to_thread(told, content))[0] == 2


def test_the_same_files_make_the_same_bytes() -> None:
    files = {"document.pdf": b"%PDF", "events.json": b"{}"}
    manifest = audit_pack.manifest_of(files)
    once = audit_pack.packed(files, manifest, b"seal", NOW)
    assert once == audit_pack.packed(dict(reversed(files.items())), manifest, b"seal", NOW)
    with pytest.raises(audit_pack.PackDamaged):
        audit_pack.opened(once)  # no events that are any
    with pytest.raises(audit_pack.PackDamaged):
        audit_pack.opened(b"PK no container")
