"""What makes signatures last: trust, revocation, the archive, our own certificates."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from counter.app.clock import clock, new_id
from counter.app.rounds import once
from counter.app.store import Store
from counter.esign import trust_toml
from counter.esign.archive_pool import ArchivePool
from counter.esign.archive_ports import RevocationSource
from counter.esign.archive_service import ArchiveService
from counter.esign.archive_sql import SqlArchive
from counter.esign.key_ports import KeyProvider
from counter.esign.keys_files import load_certificate
from counter.esign.keys_toml import SigningSetup
from counter.esign.pki_development import DevelopmentPki
from counter.esign.revocation_development import DevelopmentRevocation
from counter.esign.revocation_http import HttpRevocation
from counter.esign.revocation_service import RevocationService
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import ClockWrong, TimestampUnavailable
from counter.esign.stamps_http import Heard, HttpStamps
from counter.esign.store_unfinished import unfinished_since
from counter.esign.trust import BUILT_IN, OwnKeys, TrustPolicy, life
from counter.esign.trust_service import TrustService
from counter.settings.node import Settings
from counter.store.alerts import open_alerts, raise_alert, settle_alert
from counter.store.cases import audiences
from counter.store.executor import Executor

log = logging.getLogger(__name__)

ENDING: Final = "certificate.ending"
UNFIT: Final = "certificate.unfit"
CLOCK: Final = "clock.wrong"
APART: Final = "timestamps.apart"
AWAY: Final = "key.unavailable"
UNSEALED: Final = "document.unsealed"
"Alerts."
SUBJECT_CHARACTERS: Final = 80
LOOK_S: Final = 600.0
LOOKS_A_DAY: Final = 144
UNSEALED_AFTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastingDocuments:
    """See the module."""

    trust: TrustService
    archive: ArchiveService
    stamps: HttpStamps
    executor: Executor
    now: Callable[[], datetime]

    async def watch_for_ever(self) -> None:
        """Look at our keys every ten minutes, and at the clock every day, until cancelled.

        A service whose clock was wrong is asked every ten minutes, until it is right.
        """
        while True:
            await once("timestamps", self.look_at_clock)
            for _ in range(LOOKS_A_DAY):
                await once("own keys", self.look_at_keys)
                await once("services apart", self.look_at_services)
                await asyncio.sleep(LOOK_S)

    async def look_at_keys(self) -> None:
        """Tell whoever runs the counter which keys are away, and which certificates end."""
        await self.executor.write(tell_keys, await self.trust.own(), self.now())

    async def look_at_clock(self) -> None:
        """Ask for a timestamp unless there was one of late; tell when it contradicts our clock."""
        now = self.now()
        try:
            await self.stamps.require(now)
        except ClockWrong:
            pass  # kept by the stamps: told below, and every minute
        except TimestampUnavailable as away:
            log.warning("timestamps: %s", away)
        await self.tell_clock()

    async def look_at_services(self) -> None:
        """Ask those that an alert is about: nobody else may, while another one answers."""
        told = {one.subject for one in await self.executor.read(open_alerts) if one.kind == APART}
        apart = [url for url in self.stamps.urls if _service(url) in told]
        if apart:
            await self.stamps.ask_again(apart, self.now())
            await self.tell_clock()

    async def tell_clock(self) -> None:
        """Open or settle the alerts about clocks, by what the newest timestamps said."""
        await self.executor.write(
            tell_clock, self.stamps.clock_wrong, self.stamps.heard, self.stamps.urls, self.now()
        )


def policy_of(settings: Settings, setup: SigningSetup) -> tuple[TrustPolicy, SigningSetup]:
    """The operator's policy, which decides over roots and timestamps; else one of the setup's own.

    Raises `PolicyUnfit`.
    """
    if settings.trust is not None:
        read = trust_toml.read(settings.trust)
        keys = replace(setup.keys, roots=read.anchors)
        return read.policy, replace(setup, keys=keys, tsa_urls=read.policy.timestamps)
    anchors = tuple(load_certificate(path.read_bytes()).dump() for path in setup.keys.roots)
    return (
        TrustPolicy(version=BUILT_IN, anchors=anchors, timestamps=setup.tsa_urls, grace=True),
        setup,
    )


def lasting_documents(
    policy: TrustPolicy,
    development: DevelopmentPki | None,
    store: Store,
    studio: SignPool,
    stamps: HttpStamps,
    keys: Mapping[str, KeyProvider],
    closing: AsyncExitStack,
) -> LastingDocuments:
    """Make the services; `closing` stops what they hold.

    development: the counter's own authorities, which are asked without a network.
    """
    source: RevocationSource
    if development is not None:
        source = DevelopmentRevocation(development)
    else:
        source = http = HttpRevocation()
        closing.push_async_callback(http.close)
    revocation = RevocationService(source, policy.ceilings)
    archivist = ArchivePool(studio, policy.anchors)
    records = SqlArchive(executor=store.executor, audiences=audiences)
    trust = TrustService(
        policy=policy,
        keys=keys,
        revocation=revocation,
        archivist=archivist,
        records=records,
        clock=clock,
    )
    closing.push_async_callback(trust.close)
    archive = ArchiveService(
        records=records,
        blobs=store.blobs,
        archivist=archivist,
        revocation=revocation,
        stamps=stamps,
        policy=policy,
        new_id=new_id,
        clock=clock,
    )
    return LastingDocuments(
        trust=trust, archive=archive, stamps=stamps, executor=store.executor, now=clock
    )


def tell_keys(conn: Connection, own: OwnKeys, now: datetime) -> None:
    """One alert per key that is away, per certificate that ends within 60 days, per unfit one.

    Each is settled when all is well, or nobody signs with that key any more.
    """
    for name, code in own.away.items():
        log.error("key %s: %s", name, code)
        raise_alert(conn, AWAY, f"key:{name}", {"code": code}, now)
    known = {f"key:{name}" for name in own.away} | {f"key:{one.key}" for one in own.certificates}
    for told in open_alerts(conn):
        if told.kind in (AWAY, ENDING, UNFIT) and told.subject not in known:
            settle_alert(conn, told.kind, told.subject, now)
    for one in own.certificates:
        subject, state = f"key:{one.key}", life(one, now)
        settle_alert(conn, AWAY, subject, now)
        if one.commits:
            settle_alert(conn, UNFIT, subject, now)
        elif raise_alert(conn, UNFIT, subject, {}, now):
            log.error("the certificate of key %s is not for signing: no nonRepudiation", one.key)
        if state == "fine":
            settle_alert(conn, ENDING, subject, now)
            continue
        if raise_alert(conn, ENDING, subject, {"until": one.until.isoformat()}, now):
            log.error("the certificate of key %s: %s, until %s", one.key, state, one.until)


def tell_clock(
    conn: Connection,
    wrong: str,
    heard: Mapping[str, Heard],
    services: Sequence[str],
    now: datetime,
) -> None:
    """One alert about our clock, or per service that contradicts it while another agrees.

    wrong: what was found of ours; empty: nothing is.  services: every address that is asked.
    """
    if wrong:
        raise_alert(conn, CLOCK, "timestamps", {"found": wrong}, now)
    else:
        settle_alert(conn, CLOCK, "timestamps", now)
    subjects = {_service(url): heard.get(url) for url in services}
    for subject, said in subjects.items():
        if wrong or said is None or not said.apart:
            continue
        if raise_alert(conn, APART, subject, {"found": said.apart}, now):
            log.error("timestamps: %s; another service agrees with it", said.apart)
    for one in open_alerts(conn):
        if one.kind != APART:
            continue
        said = subjects.get(one.subject)
        # Another node may have heard it later than this one.
        agrees = said is not None and not said.apart and said.at > one.raised_at
        if agrees or one.subject not in subjects:
            settle_alert(conn, APART, one.subject, now)


def _service(url: str) -> str:
    return f"service:{url}"[:SUBJECT_CHARACTERS]


def tell_unsealed(conn: Connection, now: datetime) -> None:
    """One alert per document that has had its ink for a quarter of an hour and no seal."""
    waiting = {f"ceremony:{one}" for one in unfinished_since(conn, now - UNSEALED_AFTER)}
    for subject in sorted(waiting):
        raise_alert(conn, UNSEALED, subject, {}, now)
    for one in open_alerts(conn):
        if one.kind == UNSEALED and one.subject not in waiting:
            settle_alert(conn, UNSEALED, one.subject, now)
