"""Whether a PDF may be looked at, and whether it may be signed: its bytes in, a refusal out.

Read strictly and never repaired: what a person signs is what every reader shows.  To be looked at,
a file must only be readable; to be signed, it must hold nothing that runs, hides or changes.
Source: ISO 32000-2, 7.5 and 12.6; Mainka et al., Shadow Attacks (NDSS 2021).
"""

import io
from collections.abc import Sequence

from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeLimits,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.misc import PdfDecodeLimitError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields

from counter.esign.lint_pikepdf import lint
from counter.esign.pdf_refusals import (
    AlreadySigned,
    CertifiedFinal,
    DocumentDamaged,
    DocumentEncrypted,
    DocumentTooLarge,
    FieldFilled,
    HybridXref,
    NoField,
    NotPdf,
    PdfRefused,
)
from counter.esign.verify_pyhanko import LEAKS

MiB = 1024 * 1024
BYTES_MAX = 20 * MiB
PAGES_MAX = 200
OBJECTS_MAX = 50_000
REVISIONS_MAX = 120
"""Each costs 25 ms of the processor.  Ours has six with its archive, and one more for each
timestamp that renews it: twice a year for fifty years."""

LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_ratio=200, ratio_floor=4 * MiB, max_output_size=64 * MiB),
    per_purpose=DEFAULT_PURPOSE_LIMITS,
    document_budget=DocumentDecodeBudget(base_allowance=128 * MiB, max_ratio=50),
)
"A hundred kilobytes that become a hundred megabytes are not unpacked."


def opened(pdf: bytes) -> PdfFileReader:
    """A strict reader of a file that may be looked at.

    Raises `NotPdf`, `DocumentTooLarge`, `DocumentEncrypted`, `HybridXref`, `DocumentDamaged`.
    """
    if len(pdf) > BYTES_MAX:
        raise DocumentTooLarge(f"{len(pdf)} bytes")
    if not pdf.startswith(b"%PDF-"):
        raise NotPdf("its first bytes are not those of a PDF")
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True, decode_limits=LIMITS)
        if "/Encrypt" in reader.trailer:
            raise DocumentEncrypted("it has an encryption dictionary")
        if reader.xrefs.hybrid_xrefs_present:
            raise HybridXref("a table and a stream of cross references")
        if reader.xrefs.total_revisions > REVISIONS_MAX:
            raise DocumentTooLarge(f"{reader.xrefs.total_revisions} revisions")
        objects = sum(
            len(reader.xrefs.explicit_refs_in_revision(revision))
            for revision in range(reader.xrefs.total_revisions)
        )
        if objects > OBJECTS_MAX:
            raise DocumentTooLarge(f"{objects} objects")
        pages = int(reader.root["/Pages"]["/Count"])
        if pages < 1:
            raise DocumentDamaged("no page")
        if pages > PAGES_MAX:
            raise DocumentTooLarge(f"{pages} pages")
    except PdfDecodeLimitError as error:
        raise DocumentTooLarge("it grows too much when it is unpacked") from error
    except PdfRefused:
        raise
    except (*LEAKS, MemoryError) as error:
        raise DocumentDamaged(type(error).__name__) from error
    return reader


def require_signable(pdf: bytes, field: str, signed: Sequence[str] = ()) -> None:
    """Let a document of ours pass to be signed in `field`, when only `signed` are filled.

    Raises what `opened` raises, what `lint` raises, `NoField`, `FieldFilled`, `CertifiedFinal`,
    `AlreadySigned`.
    """
    reader = opened(pdf)
    try:
        fields = {str(name): value for name, value, _ in enumerate_sig_fields(reader)}
        embedded = list(reader.embedded_signatures)
        final = any(one.docmdp_level == MDPPerm.NO_CHANGES for one in embedded)
    except (*LEAKS, MemoryError) as error:
        raise DocumentDamaged(f"its fields: {type(error).__name__}") from error
    lint(pdf, pages_max=PAGES_MAX)
    if final:
        raise CertifiedFinal("certified with P=1")
    if field not in fields:
        raise NoField(f"no signature field {field}")
    if fields[field] is not None:
        raise FieldFilled(f"field {field} is signed")
    filled = {name for name, value in fields.items() if value is not None}
    if filled != set(signed):
        raise AlreadySigned(f"{len(filled)} signatures, {len(signed)} expected")
