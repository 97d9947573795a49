"""OCSP responses and CRLs over HTTP, from where the certificates say.

An answer counts only when it is about what was asked, holds now and is signed by whom it has to be;
where it is used it is validated anew.  Every failure, a time-out too, is one exception, so that
another way can be tried.
Source: RFC 6960 appendix A, RFC 5019 (no nonce: answers may be cached), RFC 5280 5.
"""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout
from asn1crypto import crl, ocsp, x509

from counter.esign.revocation import CLOCK_SLACK, Evidence, Kind, Link
from counter.esign.revocation_pyhanko import require_crl_signed, require_ocsp_signed
from counter.esign.signing_refusals import EvidenceUnavailable

PATIENCE_S: Final = 3.0
MAX_BYTES: Final[dict[Kind, int]] = {"ocsp": 65_536, "crl": 8 * 1024 * 1024}
ADDRESSES_MAX: Final = 3
"So many ways a certificate may name of a kind."


class HttpRevocation:
    """`counter.esign.archive_ports.RevocationSource`."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    def addresses(self, kind: Kind, link: Link) -> tuple[str, ...]:
        """Those over http that the certificate names, in its order."""
        certificate = x509.Certificate.load(link.certificate)
        found: list[str] = (
            certificate.ocsp_urls
            if kind == "ocsp"
            else [point.url for point in certificate.crl_distribution_points if point.url]
        )
        over_http = (one for one in found if urlsplit(one).scheme in ("http", "https"))
        return tuple(dict.fromkeys(over_http))[:ADDRESSES_MAX]

    async def fetch(self, kind: Kind, address: str, link: Link, now: datetime) -> Evidence:
        """Ask.  Raises `EvidenceUnavailable`."""
        try:
            if kind == "ocsp":
                return _read_ocsp(await self._ask("ocsp", address, _question(link)), link, now)
            return _read_crl(await self._ask("crl", address, None), link, now)
        # asyncio's TimeoutError is no ClientError: libraries that forget it never fall back.
        except (ClientError, TimeoutError, OSError, ValueError, TypeError, KeyError) as error:
            raise EvidenceUnavailable(f"{address}: {type(error).__name__}") from error

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(self, kind: Kind, address: str, question: bytes | None) -> bytes:
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=PATIENCE_S))
        async with self._session.request(
            "POST" if question is not None else "GET",
            address,
            data=question,
            headers={"Content-Type": "application/ocsp-request"} if question is not None else {},
            allow_redirects=False,
        ) as answer:
            if answer.status != 200:
                raise EvidenceUnavailable(f"{address}: status {answer.status}")
            body = bytearray()
            async for chunk in answer.content.iter_chunked(65_536):
                body += chunk
                if len(body) > MAX_BYTES[kind]:
                    raise EvidenceUnavailable(f"{address}: an answer that does not end")
        return bytes(body)


def _question(link: Link) -> bytes:
    asked = {"req_cert": _certificate_id(link)}
    return bytes(ocsp.OCSPRequest({"tbs_request": {"request_list": [asked]}}).dump())


def _certificate_id(link: Link) -> ocsp.CertId:
    # SHA-1 names the certificate here and protects nothing: RFC 5019 2.1.1 asks for it.
    certificate = x509.Certificate.load(link.certificate)
    issuer = x509.Certificate.load(link.issuer)
    return ocsp.CertId(
        {
            "hash_algorithm": {"algorithm": "sha1"},
            "issuer_name_hash": issuer.subject.sha1,
            "issuer_key_hash": issuer.public_key.sha1,
            "serial_number": certificate.serial_number,
        }
    )


def _read_ocsp(body: bytes, link: Link, now: datetime) -> Evidence:
    answer = ocsp.OCSPResponse.load(body, strict=True)
    if answer["response_status"].native != "successful":
        raise EvidenceUnavailable(f"the OCSP service says {answer['response_status'].native}")
    wanted = _certificate_id(link).native
    for one in answer.response_data["responses"]:
        if one["cert_id"].native == wanted and one["cert_status"].name != "unknown":
            require_ocsp_signed(answer, x509.Certificate.load(link.issuer), now)
            made_at, until = one["this_update"].native, one["next_update"].native
            return _held("ocsp", body, made_at, until, now)
    raise EvidenceUnavailable("the OCSP answer does not speak of this certificate")


def _read_crl(body: bytes, link: Link, now: datetime) -> Evidence:
    listed = crl.CertificateList.load(body, strict=True)
    if listed.issuer != x509.Certificate.load(link.issuer).subject:
        raise EvidenceUnavailable("the CRL is somebody else's")
    require_crl_signed(listed, x509.Certificate.load(link.issuer))
    said = listed["tbs_cert_list"]
    return _held("crl", body, said["this_update"].native, said["next_update"].native, now)


def _held(
    kind: Kind, der: bytes, made_at: datetime, next_update: datetime | None, now: datetime
) -> Evidence:
    if made_at > now + CLOCK_SLACK or (next_update is not None and next_update <= now):
        raise EvidenceUnavailable(f"{kind}: holds from {made_at} to {next_update}, not {now}")
    return Evidence(kind=kind, der=der, made_at=made_at, next_update=next_update, fetched_at=now)
