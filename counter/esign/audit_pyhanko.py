"""The seal over an audit pack's manifest: CAdES B-T, detached, in the two phases of them all.

No key and no network here.
Source: ETSI EN 319 122-1; RFC 5652.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from asn1crypto import cms, x509
from pyhanko.sign.signers.pdf_cms import CMSSignedAttributes, ExternalSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.generic_cms import (
    async_validate_detached_cms,
    collect_timing_info,
    extract_tst_data_iter,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.registry import SimpleCertificateStore

from counter.esign.ended_pyhanko import ended, unrooted
from counter.esign.holders_cryptography import holder_of
from counter.esign.ticket import CertificateChain
from counter.esign.validation import Ended
from counter.esign.verify_pyhanko import LEAKS, context, trusted_time


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSeal:
    """What was found about the signature over a manifest."""

    signer: str
    certificate_sha256: str
    stamped_at: datetime | None
    why: str
    "Empty when it is sound."
    ended: Ended | None = None
    "Set when that is all that is wrong."
    unrooted: bool = False
    "As in `SignatureFound`."
    holder: str = ""
    "As in `SignatureFound`."


class _Token(TimeStamper):
    def __init__(self, token: cms.ContentInfo) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._token = token

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        return self._token


async def begin(manifest: bytes, chain: CertificateChain, at: datetime) -> bytes:
    """What the key's holder signs the SHA-256 of: the signed attributes, DER."""
    attributes = await _signer(chain, bytes(72)).signed_attrs(
        hashlib.sha256(manifest).digest(),
        "sha256",
        attr_settings=CMSSignedAttributes(signing_time=at),  # type: ignore[arg-type]
        is_pdf_sig=False,
    )
    made: bytes = attributes.dump()
    return made


async def finish(attributes: bytes, chain: CertificateChain, value: bytes, token: bytes) -> bytes:
    """The detached signature, DER."""
    made = await _signer(chain, value).async_sign_prescribed_attributes(
        "sha256",
        signed_attrs=cms.CMSAttributes.load(attributes),
        timestamper=_Token(cms.ContentInfo.load(token)),
    )
    content: bytes = made.dump()
    return content


async def verify(
    signature: bytes, manifest: bytes, roots: Sequence[x509.Certificate], now: datetime
) -> PackSeal:
    """Judge the signature over a manifest; the network is not asked."""
    try:
        found, _ = await _judged(signature, manifest, roots, now)
        if found.why:
            found = replace(found, ended=await _ended(signature, manifest, roots, now))
        return found
    except LEAKS as error:
        why = f"{type(error).__name__} while validating"
        return PackSeal(signer="?", certificate_sha256="", stamped_at=None, why=why)


async def _ended(
    signature: bytes, manifest: bytes, roots: Sequence[x509.Certificate], now: datetime
) -> Ended | None:
    """See `ended_pyhanko.ended_signature`."""
    signer = cms.ContentInfo.load(signature)["content"]["signer_infos"][0]
    for token in extract_tst_data_iter(signer, signed=False):
        at = token["encap_content_info"]["content"].parsed["gen_time"].native
        then, path = await _judged(signature, manifest, roots, at)
        return None if then.why else ended(path, at, now)
    return None


async def _judged(
    signature: bytes, manifest: bytes, roots: Sequence[x509.Certificate], now: datetime
) -> tuple[PackSeal, ValidationPath | None]:
    """And the chain of who made its timestamp.  Raises one of `LEAKS`."""
    signed = cms.ContentInfo.load(signature)["content"]
    today = context(roots, now)
    stamped = await collect_timing_info(
        signed["signer_infos"][0], today, raw_digest=partial(_digest, manifest)
    )
    stamp = stamped.get("timestamp_validity")
    at = trusted_time(stamp)
    then = today if at is None else context(roots, at)
    status = await async_validate_detached_cms(manifest, signed, then, today)
    certificate = status.signing_cert
    checks = {
        "changed": status.intact,
        "wrong signature value": status.valid,
        "certificate not trusted": status.trusted,
        "no trusted timestamp": at is not None,
    }
    names = certificate.subject.native
    found = PackSeal(
        signer=str(names.get("common_name", "?")),
        certificate_sha256=hashlib.sha256(certificate.dump()).hexdigest(),
        stamped_at=at,
        why=", ".join(words for words, fine in checks.items() if not fine),
        unrooted=unrooted(status, stamp),
        holder=holder_of(certificate, [*_within(signed), *roots]),
    )
    return found, stamp.validation_path if stamp is not None else None


def _within(signed: cms.SignedData) -> Sequence[x509.Certificate]:
    return [one.chosen for one in signed["certificates"] if one.name == "certificate"]


def _digest(content: bytes, algorithm: str) -> bytes:
    return hashlib.new(algorithm, content).digest()


def _signer(chain: CertificateChain, value: bytes) -> ExternalSigner:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([x509.Certificate.load(one) for one in chain.issuers])
    return ExternalSigner(
        signing_cert=x509.Certificate.load(chain.certificate),
        cert_registry=store,
        signature_value=value,
        embed_roots=False,
    )
