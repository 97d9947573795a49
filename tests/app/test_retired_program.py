"""A site that goes back to a browser alone: nothing that its program said counts any more."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection

from counter.app.retired_program import end_program
from counter.identity.commands_store import StoredCommands
from counter.identity.passphrases_argon2 import Argon2Passphrases
from counter.identity.service import IdentityService
from counter.identity.store_identity import has_program
from counter.ids import TerminalId
from counter.protocol.device import DeviceHealth, HealthReport
from counter.signaling.device_health import SILENT, TerminalOutOfOrder
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.store_asks import SqlStore
from counter.signaling.store_device import require_in_order, silent_since
from counter.store.executor import Executor
from counter.store.journal_sql import check
from web.shared.sessions_identity import IdentitySessions
from web.terminal.counter_local import LocalTerminalCounter

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TERMINAL = TerminalId("hq-1")


class Site:
    """A terminal whose program has said that its sound is broken, and is silent now."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.now = NOW
        numbers = count()
        self.identity = IdentityService(
            StoredCommands(executor), Argon2Passphrases(), lambda: f"token-{next(numbers)}"
        )
        unused: Any = None
        self.counter = LocalTerminalCounter(
            executor=executor,
            screens=unused,
            documents=unused,
            previews=unused,
            identity=self.identity,
            sessions=IdentitySessions(self.identity, lambda: self.now, secure=False),
            clock=lambda: self.now,
        )

    async def with_program(self) -> None:
        link = await self.identity.enrolment(TERMINAL, self.now)
        await self.counter.enrol_device(link)
        store = SqlStore(self.executor, None)  # type: ignore[arg-type]  # it needs no hooks
        who = GatewayPrincipal(audience="/device", subject=TERMINAL)
        epoch = await store.attach(who, self.now)
        who = GatewayPrincipal(audience="/device", subject=TERMINAL, epoch=epoch)
        broken = DeviceHealth(device="sound", state="broken", fault="no_sound")
        await store.carry_out(who, HealthReport(key="k" * 16, devices=[broken]), self.now)
        self.now += SILENT + timedelta(hours=1)
        assert await self.is_silent()
        with pytest.raises(TerminalOutOfOrder):
            await self.executor.read(require_in_order, TERMINAL)

    async def is_silent(self) -> bool:
        return await self.executor.read(silent_since, TERMINAL, self.now) is not None

    async def serves_by_browser_alone(self) -> None:
        assert not await self.is_silent()
        assert not await self.executor.read(has_program, TERMINAL)
        await self.executor.read(require_in_order, TERMINAL)
        entries, faults = await self.executor.read(check)
        assert entries and not faults


@pytest.fixture
async def site(executor: Executor) -> Site:
    made = Site(executor)
    await made.with_program()
    return made


async def test_the_operator_says_that_a_program_is_no_more(site: Site) -> None:
    def ended(conn: Connection) -> bool:
        return end_program(conn, TERMINAL, site.now)

    assert await site.executor.write(ended)
    await site.serves_by_browser_alone()
    assert not await site.executor.write(ended)


async def test_a_browser_enrolled_by_a_link_stands_alone(site: Site) -> None:
    await site.counter.enrol(await site.identity.enrolment(TERMINAL, site.now))
    await site.serves_by_browser_alone()


async def test_a_browser_let_in_by_its_program_changes_nothing(site: Site) -> None:
    await site.counter.enrol(await site.identity.boot_ticket(TERMINAL, site.now))
    assert await site.is_silent()
    assert await site.executor.read(has_program, TERMINAL)
