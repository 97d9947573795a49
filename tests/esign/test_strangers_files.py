"""Files of strangers, in the process that looks at them: each gets a verdict or is called damaged.

Without that process, and without one that signs: they are made and judged here.
"""

import io
from datetime import datetime
from typing import NoReturn

import pikepdf
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko_certvalidator.errors import InvalidCertificateError, PathBuildingError

from counter.esign import check_worker
from counter.esign.refusals import DocumentDamaged, NotPdf
from tests.esign.moment import NOW


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


def raising(problem: Exception) -> object:
    async def work(pdf: bytes, roots: object, now: datetime) -> NoReturn:
        raise problem

    return work
