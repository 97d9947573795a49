"""Documents of older counters, whose metadata were written again with each signature."""

import io

import pytest
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from counter.esign.changes_pyhanko import SIGNING_ONLY
from counter.esign.pki_development import DevelopmentPki
from counter.esign.seal_pyhanko import Revision
from tests.esign.tampering import signed_by

LATER = (b"2026-11-20T08:00:00+00:00", "D:20261120080000Z")


def described_again(pdf: bytes, *, date: bytes = LATER[0], title: str | None = None) -> bytes:
    """One more revision, with another date of change in its XMP and its title's dictionary."""
    writer = Revision(io.BytesIO(pdf))
    metadata, info = writer.root["/Metadata"], writer.trailer_view["/Info"]
    before, _, rest = metadata.data.partition(b'xmp:ModifyDate="')
    assert rest, "as the older writer left it"
    metadata._data = before + b'xmp:ModifyDate="' + date + b'"' + rest.partition(b'"')[2]
    metadata._encoded_data = None
    info[pdf_name("/ModDate")] = pdf_string(LATER[1])
    if title is not None:
        info[pdf_name("/Title")] = pdf_string(title)
    writer.mark_update(writer.root.raw_get("/Metadata"))
    writer.mark_update(writer.trailer_view.raw_get("/Info"))
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def holds(pdf: bytes) -> bool:
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    signature.compute_integrity_info(SIGNING_ONLY)
    return signature.summarise_integrity_info()["docmdp_ok"] is True


@pytest.fixture
async def older(prepared: bytes, pki: DevelopmentPki) -> bytes:
    """A form that an older counter has signed once."""
    writer = IncrementalPdfFileWriter(io.BytesIO(prepared))
    writer.update_root()
    written = io.BytesIO()
    writer.write(written)
    return await signed_by(pki.seal, written.getvalue())


async def test_another_date_of_change_changes_nothing(older: bytes) -> None:
    assert holds(older)
    once = described_again(older)
    assert once != older and holds(once)
    assert holds(described_again(once, date=b"2026-11-21T08:00:00+00:00"))


async def test_whatever_else_is_written_there_is_a_change(older: bytes) -> None:
    assert not holds(described_again(older, title="Another form"))
    assert not holds(described_again(older, date=b"today"))
    assert not holds(described_again(older, date=b'2026" xmp:CreatorTool="Another'))
