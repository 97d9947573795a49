"""Files that must not be signed, or not even be looked at, each with its code."""

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, async_sign_pdf
from pyhanko.sign.fields import MDPPerm

from counter.esign.admission_pyhanko import REVISIONS_MAX, opened, require_signable
from counter.esign.pdf_refusals import (
    AlreadySigned,
    CertifiedFinal,
    DocumentTooLarge,
    FieldFilled,
    NoField,
    PdfRefused,
)
from counter.esign.pki_development import DevelopmentPki
from tests.esign.bad_files import BAD, GOOD, SIGNED_ONLY, with_revisions
from tests.esign.conftest import SealedForm
from tests.esign.tampering import signed_by


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_file_is_refused_with_its_code(name: str, prepared: bytes) -> None:
    code, make = BAD[name]
    bad = make(prepared)
    with pytest.raises(PdfRefused) as refused:
        require_signable(bad, "Citizen")
    assert refused.value.code == code
    if code in SIGNED_ONLY:
        opened(bad)


@pytest.mark.parametrize("name", [name for name, (code, _) in BAD.items() if code == "damaged"])
async def test_wherever_it_is_cut_it_is_refused(name: str, prepared: bytes) -> None:
    bad = BAD[name][1](prepared)
    whole = len(prepared) - 50  # what a file of ours is cut to by chance is no bad file
    for end in range(0, min(len(bad), whole), max(1, len(bad) // 40)):
        with pytest.raises(PdfRefused):
            require_signable(bad[:end], "Citizen")


def test_forty_years_of_timestamps_are_looked_at_and_hundreds_of_revisions_are_not(
    prepared: bytes,
) -> None:
    """Each has to be held against all before it."""
    had = opened(prepared).xrefs.total_revisions
    signatures_and_archive, renewals = 5, 40 * 2
    opened(with_revisions(prepared, signatures_and_archive + renewals))
    opened(with_revisions(prepared, REVISIONS_MAX - had))
    for more in (REVISIONS_MAX - had + 1, 900):
        with pytest.raises(DocumentTooLarge, match="revisions"):
            opened(with_revisions(prepared, more))


@pytest.mark.parametrize("name", GOOD)
async def test_a_good_file_may_be_signed(name: str, prepared: bytes) -> None:
    require_signable(GOOD[name](prepared), "Citizen")


async def test_only_the_field_whose_turn_it_is_may_be_signed(
    prepared: bytes, done: SealedForm, pki: DevelopmentPki
) -> None:
    require_signable(done.signed, "Seal", signed=["Origin", "Citizen"])
    with pytest.raises(NoField):
        require_signable(prepared, "Nobody")
    with pytest.raises(FieldFilled):
        require_signable(done.signed, "Citizen", signed=["Origin", "Citizen"])
    with pytest.raises(AlreadySigned):
        require_signable(done.signed, "Seal")
    with pytest.raises(AlreadySigned):
        require_signable(await signed_by(pki.seal, prepared), "Citizen")


async def test_what_was_certified_for_good_is_signed_by_nobody(
    prepared: bytes, pki: DevelopmentPki
) -> None:
    signer = SimpleSigner.load(str(pki.seal.key), str(pki.seal.certificate))
    file = io.BytesIO()
    await async_sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(prepared)),
        PdfSignatureMetadata(
            field_name="Origin", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES
        ),
        signer=signer,
        output=file,
    )
    with pytest.raises(CertifiedFinal):
        require_signable(file.getvalue(), "Citizen", signed=["Origin"])


async def test_a_page_count_is_not_believed(prepared: bytes) -> None:
    with pikepdf.open(io.BytesIO(prepared)) as pdf:
        blank = Dictionary(Type=Name.Page, MediaBox=Array([0, 0, 9, 9]), Parent=pdf.Root.Pages)
        pdf.Root.Pages.Kids.extend([pdf.make_indirect(blank) for _ in range(300)])
        file = io.BytesIO()
        pdf.save(file)
    with pytest.raises(PdfRefused):
        require_signable(file.getvalue(), "Citizen")
