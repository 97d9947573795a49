"""One contract for every holder of keys."""

import asyncio
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from counter.esign.forms import Forms
from counter.esign.key_ports import KeyProvider
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import KeyUnusable
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import Mechanism, OriginAct
from tests.esign.conftest import FILLED, NOW, fulfil
from tests.esign.key_rings import Ring
from tests.esign.keys.key_holders import DIGEST, require_signature


async def test_every_holder_names_its_certificate_and_signs_hashes(
    holder: KeyProvider, one: Ring
) -> None:
    chain = await holder.certificates()
    der = serialization.Encoding.DER
    assert chain.certificate == one.certificate.public_bytes(der)
    assert chain.issuers == (one.above[0].public_bytes(der),), "without the root"
    value = await holder.sign(DIGEST, one.mechanism)
    require_signature(one, value, DIGEST)
    with pytest.raises(InvalidSignature):
        require_signature(one, value, bytes(32))


async def test_every_holder_keeps_apart_what_is_asked_at_once(
    holder: KeyProvider, one: Ring
) -> None:
    digests = [hashlib.sha256(bytes([number])).digest() for number in range(8)]
    values = await asyncio.gather(*(holder.sign(digest, one.mechanism) for digest in digests))
    for digest, value in zip(digests, values, strict=True):
        require_signature(one, value, digest)


async def test_every_holder_refuses_what_its_key_cannot_do(holder: KeyProvider, one: Ring) -> None:
    other: Mechanism = "rsa_sha256" if one.kind == "ec" else "ecdsa_sha256"
    with pytest.raises(KeyUnusable):
        await holder.sign(DIGEST, other)


async def test_every_holder_s_signature_makes_a_sound_document(
    holder: KeyProvider, pool: SignPool, stamps: HttpStamps, forms: Forms
) -> None:
    data = {**FILLED, "remarks": ""}
    prepared = await pool.prepare(forms.of("certificate_application"), data, "zh-Hant", NOW)
    act = OriginAct(department="dsaj", at=NOW)
    signed, _ = await fulfil(pool, stamps, prepared.pdf, act, now=NOW, key=holder)
    (verdict,) = await pool.verify(signed, NOW)
    assert verdict.sound and verdict.covers_file, verdict.why
