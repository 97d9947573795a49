"""Whoever runs the counter hears of certificates that end and of a clock that is off."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, update

from counter.app.lasting_documents import tell_clock, tell_lives, tell_unsealed
from counter.esign.store_tables import ceremony
from counter.esign.trust import OwnCertificate
from counter.store.alerts import open_alerts
from counter.store.executor import Executor


def own(key: str, now: datetime, days: int) -> OwnCertificate:
    return OwnCertificate(
        key=key, since=now - timedelta(days=900), until=now + timedelta(days=days)
    )


async def alerts(executor: Executor) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in await executor.read(open_alerts)]


@pytest.mark.parametrize("days", [60, 1, -1])
async def test_a_certificate_that_ends_is_told_of_until_there_is_a_new_one(
    executor: Executor, now: datetime, days: int
) -> None:
    await executor.write(tell_lives, (own("seal", now, days), own("witness", now, 400)), now)
    await executor.write(tell_lives, (own("seal", now, days), own("witness", now, 400)), now)
    assert await alerts(executor) == [("certificate.ending", "key:seal")]
    await executor.write(tell_lives, (own("seal", now, 1000), own("witness", now, 400)), now)
    assert await alerts(executor) == []


async def test_a_certificate_that_is_not_for_signing_is_told_of_until_there_is_another(
    executor: Executor, now: datetime
) -> None:
    await executor.write(tell_lives, (replace(own("seal", now, 400), commits=False),), now)
    assert await alerts(executor) == [("certificate.unfit", "key:seal")]
    await executor.write(tell_lives, (own("seal", now, 400),), now)
    assert await alerts(executor) == []


async def test_a_clock_that_is_off_is_told_of_until_it_is_right(
    executor: Executor, now: datetime
) -> None:
    await executor.write(tell_clock, "over 60 s apart", now)
    assert await alerts(executor) == [("clock.wrong", "timestamps")]
    await executor.write(tell_clock, "", now)
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
