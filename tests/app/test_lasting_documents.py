"""Whoever runs the counter hears of certificates that end and of a clock that is off."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from counter.app.lasting_documents import (
    LastingDocuments,
    tell_clock,
    tell_keys,
    tell_unsealed,
)
from counter.esign.key_ports import Activation
from counter.esign.keys_files import load
from counter.esign.pki_development import ensure
from counter.esign.signing_refusals import KeyUnavailable
from counter.esign.stamps_http import Heard
from counter.esign.store_tables import ceremony
from counter.esign.ticket import CertificateChain, Mechanism
from counter.esign.trust import OwnCertificate, OwnKeys
from counter.esign.trust_service import TrustService
from counter.store.alerts import open_alerts
from counter.store.executor import Executor


def own(key: str, now: datetime, days: int) -> OwnCertificate:
    return OwnCertificate(
        key=key, since=now - timedelta(days=900), until=now + timedelta(days=days)
    )


def keys(*certificates: OwnCertificate, **away: str) -> OwnKeys:
    return OwnKeys(certificates=certificates, away=away)


async def alerts(executor: Executor) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in await executor.read(open_alerts)]


@pytest.mark.parametrize("days", [60, 1, -1])
async def test_a_certificate_that_ends_is_told_of_until_there_is_a_new_one(
    executor: Executor, now: datetime, days: int
) -> None:
    await executor.write(tell_keys, keys(own("seal", now, days), own("witness", now, 400)), now)
    await executor.write(tell_keys, keys(own("seal", now, days), own("witness", now, 400)), now)
    assert await alerts(executor) == [("certificate.ending", "key:seal")]
    await executor.write(tell_keys, keys(own("seal", now, 1000), own("witness", now, 400)), now)
    assert await alerts(executor) == []


async def test_a_certificate_that_is_not_for_signing_is_told_of_until_there_is_another(
    executor: Executor, now: datetime
) -> None:
    await executor.write(tell_keys, keys(replace(own("seal", now, 400), commits=False)), now)
    assert await alerts(executor) == [("certificate.unfit", "key:seal")]
    await executor.write(tell_keys, keys(own("seal", now, 400)), now)
    assert await alerts(executor) == []


async def test_a_key_that_is_away_is_told_of_and_hides_no_certificate_that_ends(
    executor: Executor, now: datetime
) -> None:
    ending = own("seal", now, 10)
    await executor.write(tell_keys, keys(ending, witness="key_unavailable"), now)
    told = [(one.kind, one.subject, one.facts) for one in await executor.read(open_alerts)]
    assert told == [
        ("key.unavailable", "key:witness", {"code": "key_unavailable"}),
        ("certificate.ending", "key:seal", {"until": ending.until.isoformat()}),
    ]
    await executor.write(tell_keys, keys(own("witness", now, 400), seal="pin_refused"), now)
    assert sorted(await alerts(executor)) == [
        ("certificate.ending", "key:seal"),  # what was known of it holds
        ("key.unavailable", "key:seal"),
    ]


async def test_a_key_that_signs_no_more_is_told_of_no_more(
    executor: Executor, now: datetime
) -> None:
    unfit = replace(own("agent", now, 400), commits=False)
    await executor.write(
        tell_keys, keys(own("seal", now, 10), unfit, witness="key_unavailable"), now
    )
    await executor.write(tell_clock, "over 60 s apart", {}, [], now)
    await executor.write(tell_keys, keys(), now)
    assert await alerts(executor) == [("clock.wrong", "timestamps")]


class Dead:
    """See `KeyProvider`; its HSM was unplugged."""

    async def certificates(self) -> CertificateChain:
        raise KeyUnavailable("token dsi: DeviceRemoved")

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        raise AssertionError


class Silent:
    """See `RevocationSource` and `Timestamps`; nobody is asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


@pytest.mark.one_engine
async def test_one_dead_key_is_told_of_and_the_others_are_watched_over(
    executor: Executor, now: datetime, tmp_path: Path
) -> None:
    made = ensure(tmp_path / "keys", now)
    silent: Any = Silent()
    trust = TrustService(
        policy=silent,
        keys={"seal": load(made.seal), "seal:dsi": Dead(), "witness": load(made.witness)},
        revocation=silent,
        archivist=silent,
        records=silent,
        clock=silent,
    )
    own_keys = await trust.own()
    until = max(one.until for one in own_keys.certificates)
    watch = LastingDocuments(
        trust=trust, archive=silent, stamps=silent, executor=executor, now=lambda: until
    )
    await watch.look_at_keys()
    assert await alerts(executor) == [
        ("key.unavailable", "key:seal:dsi"),
        ("certificate.ending", "key:seal"),
        ("certificate.ending", "key:witness"),
    ]


async def test_a_clock_that_is_off_is_told_of_until_it_is_right(
    executor: Executor, now: datetime
) -> None:
    await executor.write(tell_clock, "over 60 s apart", {}, [], now)
    assert await alerts(executor) == [("clock.wrong", "timestamps")]
    await executor.write(tell_clock, "", {}, [], now)
    assert await alerts(executor) == []


ONE, TWO = "http://one.example/tsa", "http://two.example/tsa"


async def test_a_service_whose_clock_is_off_is_told_of_until_it_is_right(
    executor: Executor, now: datetime
) -> None:
    """By whichever node heard it last, and not while it is our clock that is doubted."""
    second = timedelta(seconds=1)
    off = {ONE: Heard(apart="over 60 s apart", at=now), TWO: Heard(apart="", at=now)}
    told = ("timestamps.apart", f"service:{ONE}")
    await executor.write(tell_clock, "both", off, [ONE, TWO], now)
    assert await alerts(executor) == [("clock.wrong", "timestamps")]
    await executor.write(tell_clock, "", off, [ONE, TWO], now)
    assert await alerts(executor) == [told]
    # A node that was started since has heard nothing; another one heard it before it went wrong.
    for heard in ({}, {ONE: Heard(apart="", at=now - second)}):
        await executor.write(tell_clock, "", heard, [ONE, TWO], now)
        assert await alerts(executor) == [told]
    right = {ONE: Heard(apart="", at=now + second)}
    await executor.write(tell_clock, "", right, [ONE, TWO], now + second)
    assert await alerts(executor) == []


async def test_a_service_that_is_asked_no_more_is_told_of_no_more(
    executor: Executor, now: datetime
) -> None:
    off = {ONE: Heard(apart="over 60 s apart", at=now)}
    await executor.write(tell_clock, "", off, [ONE, TWO], now)
    await executor.write(tell_clock, "", {}, [TWO], now)
    assert await alerts(executor) == []


class Asked:
    """See `HttpStamps`; its service agrees again as soon as it is asked."""

    urls = (ONE, TWO)
    clock_wrong = ""

    def __init__(self) -> None:
        self.heard: dict[str, Heard] = {}
        self.asked: list[str] = []

    async def ask_again(self, urls: Sequence[str], now: datetime) -> None:
        self.asked += urls
        self.heard = {url: Heard(apart="", at=now) for url in urls}


async def test_only_a_service_that_an_alert_is_about_is_asked_unasked(
    executor: Executor, now: datetime
) -> None:
    """After a start too: that it was apart is known by the alert."""
    silent: Any = Silent()
    stamps: Any = Asked()
    watch = LastingDocuments(
        trust=silent,
        archive=silent,
        stamps=stamps,
        executor=executor,
        now=lambda: now + timedelta(minutes=10),
    )
    await watch.look_at_services()
    assert stamps.asked == []
    off = {TWO: Heard(apart="over 60 s apart", at=now)}
    await executor.write(tell_clock, "", off, [ONE, TWO], now)
    await watch.look_at_services()
    assert stamps.asked == [TWO]
    assert await alerts(executor) == []


def has_ink_since(conn: Connection, at: datetime) -> None:
    conn.execute(
        ceremony.insert().values(
            id="c-1",
            case_id="case-1",
            document_id="d-1",
            state="signing",
            version=4,
            language="pt",
            sha256="0" * 64,
            pages=1,
            seen=[1],
            signed_at=at,
            created_at=at,
            order_in_case=1,
        )
    )


def is_sealed(conn: Connection) -> None:
    conn.execute(update(ceremony).values(state="sealed"))


async def test_ink_that_waits_long_for_its_seal_is_told_of_until_it_has_it(
    executor: Executor, now: datetime
) -> None:
    await executor.write(has_ink_since, now)
    await executor.write(tell_unsealed, now + timedelta(minutes=15))
    assert await alerts(executor) == []
    await executor.write(tell_unsealed, now + timedelta(minutes=16))
    assert await alerts(executor) == [("document.unsealed", "ceremony:c-1")]
    await executor.write(is_sealed)
    await executor.write(tell_unsealed, now + timedelta(minutes=17))
    assert await alerts(executor) == []
