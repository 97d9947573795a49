"""Files of strangers, in the process that looks at them: each gets a verdict or is called damaged.

Without that process, and without one that signs: they are made and judged here.
"""

import io
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import pikepdf
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko_certvalidator.errors import InvalidCertificateError, PathBuildingError

from counter.esign import check_worker
from counter.esign.judging import Judgement, judge
from counter.esign.keys_files import load_certificate
from counter.esign.pdf_refusals import DocumentDamaged, NotPdf
from counter.esign.pki_development import ensure
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import KNOWN_FIELDS
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


def raising(problem: Exception) -> object:
    async def work(pdf: bytes, roots: object, now: datetime) -> NoReturn:
        raise problem

    return work
