"""A time-stamping authority for trying the counter out: RFC 3161 over HTTP, never for production.

`POST /tsa` answers with a token over the digest that was sent, at the time of the clock it is
given.  Production points the settings at a real authority instead.
Source: RFC 3161; RFC 5816 (signing-certificate-v2); RFC 5652 5.4 (what is signed).
"""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime

from aiohttp import web
from asn1crypto import algos, cms, core, pem, tsp, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from counter.esign.key_ports import KeyFiles

POLICY = "1.3.6.1.4.1.4146.2.2"
"A time-stamp policy must be named; this one belongs to no real authority of ours."

MAX_REQUEST_BYTES = 4096
DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}


class Authority:
    """Signs the time."""

    def __init__(self, files: KeyFiles) -> None:
        key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{files.key.name}: the development authority signs with a P-256 key")
        self._key = key
        self._certificate, *self._chain = (
            _certificate(path.read_bytes()) for path in (files.certificate, *files.chain)
        )

    def answer(self, request: bytes, now: datetime) -> bytes:
        """The DER response to a DER request; a rejection when the request is not understood."""
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            imprint = asked["message_imprint"]
            name = imprint["hash_algorithm"]["algorithm"].native
            fits = len(imprint["hashed_message"].native) == DIGEST_BYTES.get(name)
        except (ValueError, TypeError, KeyError):
            return _rejection("bad_data_format")
        if not fits:
            return _rejection("bad_alg")
        token = self._token(asked, now)
        return bytes(
            tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
        )

    def _token(self, asked: tsp.TimeStampReq, now: datetime) -> cms.ContentInfo:
        said = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": asked["message_imprint"],
            "serial_number": _serial(asked, now),
            "gen_time": now,
            "tsa": x509.GeneralName(name="directory_name", value=self._certificate.subject),
        }
        if asked["nonce"].native is not None:
            said["nonce"] = asked["nonce"]
        info = tsp.TSTInfo(said).dump()
        attributes = self._attributes(info, now)
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": {
                        "issuer": self._certificate.issuer,
                        "serial_number": self._certificate.serial_number,
                    }
                }
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signed_attrs": attributes,
            # RFC 5652 5.4: signed as a SET OF, whatever tag it is carried with.
            "signature": self._key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
        signed = {
            "version": "v3",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": cms.ParsableOctetString(info),
            },
            "signer_infos": [cms.SignerInfo(signer)],
        }
        if asked["cert_req"].native:
            signed["certificates"] = [self._certificate, *self._chain]
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})

    def _attributes(self, info: bytes, now: datetime) -> cms.CMSAttributes:
        certificate_id = tsp.ESSCertIDv2(
            {"cert_hash": hashlib.sha256(self._certificate.dump()).digest()}
        )
        values = {
            "content_type": "tst_info",
            "signing_time": cms.Time({"utc_time": core.UTCTime(now)}),
            "signing_certificate_v2": tsp.SigningCertificateV2({"certs": [certificate_id]}),
            "message_digest": hashlib.sha256(info).digest(),
        }
        return cms.CMSAttributes(
            [cms.CMSAttribute({"type": name, "values": [value]}) for name, value in values.items()]
        )


def tsa_application(files: KeyFiles, clock: Callable[[], datetime]) -> web.Application:
    """The authority as an application with the one route `POST /tsa`.

    clock: aware time, read once per token.
    """
    authority = Authority(files)

    async def stamp(request: web.Request) -> web.Response:
        if request.content_type != "application/timestamp-query":
            raise web.HTTPUnsupportedMediaType(text="application/timestamp-query is understood\n")
        body = await request.read()
        answer = await asyncio.to_thread(authority.answer, body, clock())
        return web.Response(body=answer, content_type="application/timestamp-reply")

    application = web.Application(client_max_size=MAX_REQUEST_BYTES)
    application.router.add_post("/tsa", stamp)
    return application


def _certificate(content: bytes) -> x509.Certificate:
    _, _, der = pem.unarmor(content)
    return x509.Certificate.load(der)


def _serial(asked: tsp.TimeStampReq, now: datetime) -> int:
    """Unlike any other: drawn from the time and the request, which carries a nonce."""
    seed = asked.dump() + now.isoformat().encode()
    return int.from_bytes(hashlib.sha256(seed).digest()[:8], "big")


def _rejection(failure: str) -> bytes:
    # asn1crypto thinks that every response has a token; RFC 3161 2.4.2 leaves it out here.
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {failure}}).dump()
    return bytes([0x30, len(status)]) + bytes(status)
