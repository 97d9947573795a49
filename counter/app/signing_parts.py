"""Makes the services of signing: keys, ceremonies, what is read, checked, archived, given out."""

import asyncio
import logging
import secrets
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import cast

from aiohttp import ClientSession, web

from booking.script_opencc import simplified
from counter.app.attending import CALLS
from counter.app.clock import clock, new_id
from counter.app.examiners import Lanes, open_examiners
from counter.app.files import secret
from counter.app.form_presses import open_presses
from counter.app.identifying import IdentifiedCitizens, KnownLevels, officers, witness_of
from counter.app.lasting_documents import LastingDocuments, lasting_documents, policy_of
from counter.app.later_papers import LinkAddresses, TokenOf
from counter.app.store import Store
from counter.app.voided_documents import document_voided
from counter.esign import keys_toml
from counter.esign.activations_sql import SqlActivations
from counter.esign.audit_service import AuditService
from counter.esign.certificate_service import CertificateParts, CertificateService
from counter.esign.check_service import CheckService
from counter.esign.citizens_csc import CscCitizens
from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.forms import Forms, Language
from counter.esign.issued_service import IssuedService
from counter.esign.issued_sql import SqlIssued
from counter.esign.keys_files import roots_of
from counter.esign.keys_toml import SigningSetup
from counter.esign.own_forms_service import OwnFormsService
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.reading_service import ReadingService
from counter.esign.readings_sql import SqlReadings
from counter.esign.records_sql import SqlRecords
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_audit import SqlPacks
from counter.esign.store_forms import SqlForms
from counter.esign.store_validation import SqlChecks
from counter.esign.tsa_development import tsa_application
from counter.settings.node import Settings
from counter.store.cases import audiences, require_led, require_open

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningParts:
    """What handles documents that are signed, by name."""

    studio: SignPool
    forms: Forms
    own_forms: OwnFormsService
    "Forms of departments, beside the product's."
    esign: EsignService
    certificates: CertificateService | None
    "None: no provider of citizens' certificates is set up."
    issued: IssuedService
    link_addresses: LinkAddresses
    reading: ReadingService
    packs: AuditService
    checks: CheckService
    "Whether a document from anywhere is sound."
    lasting: LastingDocuments
    "Trust, and the archive of signed documents."


async def open_signing_parts(
    settings: Settings,
    store: Store,
    departments: Collection[str],
    token_of_later: TokenOf,
    closing: AsyncExitStack,
) -> SigningParts:
    """Start the processes that draw, sign and check and make the services; `closing` stops them.

    departments: by id, whose keys may sign.  token_of_later: of a link to what is sent later.
    """
    executor = store.executor
    setup, authorities = await _signing(settings, closing)
    for one in sorted({*setup.keys.seals, *setup.keys.witnesses} - set(departments)):
        log.warning("signing: no department has the id %s: its keys sign nothing", one)
    policy, setup = await asyncio.to_thread(policy_of, settings, setup)
    stamps = HttpStamps(setup.tsa_urls, policy.anchors, new_nonce=lambda: secrets.randbits(63))
    closing.push_async_callback(stamps.close)
    presses = open_presses(closing)
    studio = SignPool(setup.keys, presses.presented)
    closing.push_async_callback(studio.close)
    checks = SqlChecks(executor=executor)
    examiners = open_examiners(lambda: roots_of(setup.keys), closing)
    keys = studio.keys()
    lasting = lasting_documents(policy, authorities, store, studio, stamps, keys, closing)
    forms = shipped_forms()
    glyphs = shipped_glyphs()
    own_forms = OwnFormsService(SqlForms(executor=executor), presses.previews, forms, glyphs, clock)
    await own_forms.refresh()

    def check_address(reference: str) -> str:
        return f"{link_addresses.base}/c/{reference}"

    ceremonies = SqlRecords(
        executor=executor,
        audiences=audiences,
        require_open=require_open,
        require_led=require_led,
        witness_of=witness_of,
        calls=CALLS,
    )
    esign = EsignService(
        records=ceremonies,
        certificate=setup.citizen.gives if setup.citizen else None,
        levels=KnownLevels(executor),
        blobs=store.blobs,
        studio=studio,
        keys=keys,
        stamps=stamps,
        forms=forms,
        glyphs=glyphs,
        new_id=new_id,
        clock=clock,
        check_address=check_address,
        trust=lasting.trust,
    )
    certificates = None
    if setup.citizen is not None:
        if setup.citizen.by_word:
            log.warning(
                "signing: [citizen] has no policies and no statements: that its certificates are "
                "%s is not read in them",
                setup.citizen.gives,
            )
        session = await closing.enter_async_context(ClientSession())
        certificates = CertificateService(
            CertificateParts(
                esign=esign,
                records=ceremonies,
                activations=SqlActivations(
                    executor=executor,
                    audiences=audiences,
                    require_led=require_led,
                    witness_of=witness_of,
                    calls=CALLS,
                ),
                studio=studio,
                stamps=stamps,
                trust=lasting.trust,
                identity=IdentifiedCitizens(executor, simplified),
                clock=clock,
            ),
            CscCitizens(session, setup.citizen),
        )
    issued = IssuedService(
        SqlIssued(executor), esign, new_id, secret(settings.keys / "document-links.key")
    )
    link_addresses = LinkAddresses(token_of_later, issued.token)
    return SigningParts(
        studio=studio,
        forms=forms,
        own_forms=own_forms,
        esign=esign,
        certificates=certificates,
        issued=issued,
        link_addresses=link_addresses,
        reading=ReadingService(
            readings=SqlReadings(
                executor=executor,
                audiences=audiences,
                calls=CALLS,
                require_open=require_open,
                require_led=require_led,
                on_voided=document_voided,
            ),
            blobs=store.blobs,
            forms=forms,
            glyphs=glyphs,
            draw=esign.draw,
            certify=esign.certifying.certify,
            clock=clock,
        ),
        packs=AuditService(
            records=SqlPacks(executor=executor, officers=officers),
            blobs=store.blobs,
            studio=studio,
            examiner=examiners.ours,
            keys=studio.keys(),
            stamps=stamps,
            clock=clock,
            title=lambda done: forms.title(done.form, cast(Language, done.language)),
        ),
        checks=CheckService(Lanes(examiners=examiners, recorded=checks.by_bytes), checks),
        lasting=lasting,
    )


async def _signing(
    settings: Settings, closing: AsyncExitStack
) -> tuple[SigningSetup, DevelopmentPki | None]:
    """Keys and services of the operator's; else our own, which say that they are none."""
    if settings.signing is not None:
        return await asyncio.to_thread(keys_toml.read, settings.signing), None
    pki = await asyncio.to_thread(ensure, settings.keys / "pki", clock())
    tsa_url = await _open_tsa(settings, pki, closing)
    return SigningSetup(keys=pki.signing, tsa_urls=(tsa_url,)), pki


async def _open_tsa(settings: Settings, pki: DevelopmentPki, closing: AsyncExitStack) -> str:
    runner = web.AppRunner(tsa_application(pki.tsa, clock), access_log=None)
    await runner.setup()
    closing.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", settings.tsa_port).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/tsa"
