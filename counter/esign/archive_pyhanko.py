"""Adds a revision with all that is needed to verify a document later, and a timestamp over it.

No network here: `begin` puts the evidence into the document with a hole for the timestamp, `finish`
fills the hole and lets the result pass only if every signature validates from the file alone.
Source: ETSI EN 319 142-1 5.4, 5.5.  `/VRI` is left out: nobody needs it.
"""

import io
from collections.abc import Sequence
from datetime import datetime

from asn1crypto import cms
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, PreparedByteRangeDigest
from pyhanko.sign.validation.dss import DocumentSecurityStore

from counter.esign.archive import Archived, Hole, Work
from counter.esign.chains_pyhanko import (
    UNREADABLE,
    context_of,
    path_of,
    signed_data_in,
    signed_data_of,
    stamp_life,
)
from counter.esign.lasting_pyhanko import require_archived, require_renewed
from counter.esign.revocation import Proof
from counter.esign.seal_pyhanko import Revision
from counter.esign.signing_refusals import SignatureInvalid, StampInvalid

SPARE = 1.25


async def begin(
    pdf: bytes,
    work: Work,
    proof: Proof,
    roots: Sequence[bytes],
    *,
    token_bytes: int,
    new_field: str,
    now: datetime,
    ahead: bytes | None = None,
) -> Hole:
    """Write the evidence and the hole behind `pdf`.

    new_field: the timestamp's, unlike any other in the document.
    ahead: a timestamp by the service that is to fill it, whose chain is proved here too.
    Raises `CertificateRevoked`, `CertificateExpired`, `RevocationUnknown`, `SignatureInvalid`.
    """
    context = context_of(roots, now, proof)
    try:
        writer = Revision(io.BytesIO(pdf))
        proved = signed_data_of(writer.prev, work)
        if ahead is not None:
            proved.append(signed_data_in(ahead))
        paths = [await path_of(one, context, roots, proof, now, work=work) for one in proved]
        # Roots too: without proof that they existed a CRL of theirs counts for nothing later.
        DocumentSecurityStore.supply_dss_in_writer(
            writer, None, paths=paths, validation_context=context, embed_roots=True
        )
        fields = tuple(str(one.field_name) for one in writer.prev.embedded_regular_signatures)
        return _with_hole(writer, work, fields, int(token_bytes * SPARE), new_field)
    except UNREADABLE as error:
        raise SignatureInvalid(f"archive: {type(error).__name__} while writing") from error


def _with_hole(
    writer: IncrementalPdfFileWriter,
    work: Work,
    fields: tuple[str, ...],
    room_bytes: int,
    name: str,
) -> Hole:
    # pyHanko's async_timestamp_pdf asks for the token in the middle; here it is fetched elsewhere.
    spec = SigFieldSpec(
        sig_field_name=name,
        # Untagged: PDF/UA asks that it lies outside the page.
        invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
        readable_field_name="Timestamp",
    )
    embedding = PdfCMSEmbedder(new_field_spec=spec).write_cms(
        field_name=name, writer=writer, existing_fields_only=False
    )
    next(embedding)
    hole = DocumentTimestamp(bytes_reserved=room_bytes * 2)  # type: ignore[no-untyped-call]
    embedding.send(SigObjSetup(sig_placeholder=hole))
    output = io.BytesIO()
    digest, _ = embedding.send(SigIOSetup(md_algorithm="sha256", output=output))
    return Hole(
        pdf=output.getvalue(),
        work=work,
        fields=fields,
        digest=digest.document_digest,
        start=digest.reserved_region_start,
        end=digest.reserved_region_end,
        token_room_bytes=room_bytes,
    )


async def finish(hole: Hole, token: bytes, roots: Sequence[bytes], now: datetime) -> Archived:
    """Fill the hole, and let the result pass only if all signatures validate from it alone.

    Raises `SignatureInvalid`; `StampInvalid` when it is the token that does not hold.
    """
    file = io.BytesIO(hole.pdf)
    prepared = PreparedByteRangeDigest(
        document_digest=hole.digest,
        reserved_region_start=hole.start,
        reserved_region_end=hole.end,
    )
    try:
        content = cms.ContentInfo.load(token)
        prepared.fill_with_cms(file, content)
        at = content["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    except (*UNREADABLE, SigningError) as error:
        raise StampInvalid(f"archive: {type(error).__name__} while finishing") from error
    pdf = file.getvalue()
    # Their clock may be a little ahead of ours.
    moment = max(now, at)
    later: dict[str, datetime] = {}
    ended: tuple[str, ...] = ()
    if hole.work == "archive":
        later, ended = await require_archived(pdf, hole.fields, roots, moment)
    else:
        await require_renewed(pdf, hole.fields, roots, moment)
    life = await stamp_life(pdf, roots, moment)
    return Archived(
        pdf=pdf,
        stamped_at=life.stamped_at,
        stamp_expires=life.expires,
        roots=life.roots,
        revoked_later=later,
        ended=ended,
    )
