"""Files of strangers, in the process that looks at them: each gets a verdict or is called damaged.

Without that process, and without one that signs: they are made and judged here.
"""

import io
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import pikepdf
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.sign.diff_analysis import StandardDiffPolicy
from pyhanko_certvalidator.errors import InvalidCertificateError, PathBuildingError

from counter.__main__ import main
from counter.esign import check_worker
from counter.esign.audit_pack import opened
from counter.esign.judging import Judgement, has_role, judge
from counter.esign.keys_files import load_certificate
from counter.esign.pdf_refusals import DocumentDamaged, NotPdf
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.report_pyhanko import report
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import KNOWN_FIELDS
from counter.ids import Digest
from tests.esign.conftest import SealedForm
from tests.esign.moment import NOW
from tests.esign.tampering import signed_by


def page() -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        result = io.BytesIO()
        pdf.save(result)
        return result.getvalue()


@pytest.mark.parametrize("stage", ["validate", "report"])
@pytest.mark.parametrize(
    "leak", [UnsupportedAlgorithm, InvalidCertificateError, PathBuildingError, Exception]
)
def test_whatever_the_libraries_raise_the_file_is_damaged(
    monkeypatch: pytest.MonkeyPatch, stage: str, leak: type[Exception]
) -> None:
    monkeypatch.setattr(check_worker, stage, raising(leak("of a library")))
    with pytest.raises(DocumentDamaged, match=leak.__name__):
        check_worker.check(page(), NOW)


def test_what_has_its_own_meaning_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotPdf):
        check_worker.check(b"GIF89a", NOW)
    # The pool replaces a process that ran out of memory.
    monkeypatch.setattr(check_worker, "report", raising(MemoryError()))
    with pytest.raises(MemoryError):
        check_worker.check(page(), NOW)


async def test_the_report_looks_once_at_what_came_after_each_revision(
    done: SealedForm, pki: DevelopmentPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an archive of forty years it would be asked for hundreds of times."""
    looked: Counter[int] = Counter()
    review = StandardDiffPolicy.review_file

    def counted(policy: StandardDiffPolicy, reader: Any, base: Any, *words: Any) -> Any:
        looked[base if isinstance(base, int) else base.revision] += 1
        return review(policy, reader, base, *words)

    monkeypatch.setattr(StandardDiffPolicy, "review_file", counted)
    roots = [load_certificate(path.read_bytes()) for path in pki.roots]
    assert await report(done.sealed, roots, NOW)
    assert len(looked) >= 3 and set(looked.values()) == {1}


async def test_a_stranger_s_field_that_is_named_like_one_of_ours_does_not_make_it_ours(
    tmp_path: Path,
) -> None:
    strangers = ensure(tmp_path / "strangers", NOW)
    theirs = [load_certificate(path.read_bytes()) for path in strangers.roots]
    for name in KNOWN_FIELDS:
        foreign = await signed_by(strangers.seal, page(), name)
        found = await validate(foreign, [], NOW)
        assert judge(found, None, asked=True) is Judgement.UNTRUSTED
        changed = await validate(foreign.replace(b"/MediaBox", b"/MediaBax"), [], NOW)
        assert judge(changed, None, asked=True) is Judgement.BROKEN
        # By whom we trust, it has to be one of our forms.
        found = await validate(foreign, theirs, NOW)
        assert judge(found, None, asked=True) is Judgement.BROKEN


OLDER = Path(__file__).parent / "packs" / "2026-11.asice"
"Of a counter with keys of its own: its fields are called like ours, its timestamps are its own."


async def test_of_a_stranger_s_file_is_said_what_it_says_and_no_more() -> None:
    theirs = [load_certificate(OLDER.with_suffix(".crt").read_bytes())]
    pdf = opened(OLDER.read_bytes()).files["document.pdf"]
    found, trusted = await validate(pdf, [], NOW), await validate(pdf, theirs, NOW)
    assert judge(found, None, asked=True) is Judgement.UNTRUSTED
    # There are timestamps; nobody whom we trust made them, so that no level is known.
    assert (found.level, found.level_known) == ("B_B", False)
    assert (trusted.level, trusted.level_known) == ("B_T", True)
    for one, known in zip(found.signatures, trusted.signatures, strict=True):
        assert (one.stamped_at, one.trusted, one.holds) == (None, False, True)
        assert one.claimed_at == known.stamped_at and one.claimed_at is not None
        assert one.issuer == known.issuer and "Development" in one.issuer
    # Without any timestamp it is known all the same.
    assert replace(found, signatures=()).level_known
    bare = tuple(replace(one, claimed_at=None) for one in found.signatures)
    assert replace(found, signatures=bare).level_known


async def test_only_the_record_says_that_a_field_s_name_is_a_role() -> None:
    pack = opened(OLDER.read_bytes())
    found = await validate(pack.files["document.pdf"], [], NOW)
    first, record = found.signatures[0], pack.record
    assert [one.field for one in found.signatures] == list(KNOWN_FIELDS)
    assert not any(has_role(one, found, None) for one in found.signatures)
    assert all(has_role(one, found, record) for one in found.signatures)
    # Somebody else's signature in a field of that name, and a signature in another field.
    assert not has_role(replace(first, certificate_sha256="0" * 64), found, record)
    assert not has_role(replace(first, field="Citizen"), found, record)
    # Older records know the bytes only; of a timestamp nobody knows more.
    older, other = replace(record, signers=()), replace(found, sha256=Digest("0" * 64))
    stamp = replace(first, field="t", kind="timestamp")
    for one, manifest in ((first, older), (stamp, record)):
        assert has_role(one, found, manifest) and not has_role(one, other, manifest)


def test_the_command_line_calls_no_stranger_by_our_roles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strangers = ensure(tmp_path / "strangers", NOW)
    file = tmp_path / "theirs.pdf"
    file.write_bytes(opened(OLDER.read_bytes()).files["document.pdf"])
    words = ["--root", str(strangers.roots[0]), "--at", NOW.isoformat(), "--data", str(tmp_path)]
    assert main(["verify", str(file), *words]) == 1
    said = capsys.readouterr().out
    assert said.startswith("UNKNOWN SIGNER")
    for name in KNOWN_FIELDS:
        assert f"signature in field “{name}”, certificate of " in said
        assert f"  {name}:" not in said
    assert said.count(" by its own word: ") == 4 and said.count(", issued by ") == 4
    assert "level not known" in said and "B_" not in said


def raising(problem: Exception) -> object:
    async def work(pdf: bytes, roots: object, now: datetime) -> NoReturn:
        raise problem

    return work
