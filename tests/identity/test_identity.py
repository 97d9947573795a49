"""Who may speak: passphrases, sessions, enrolment."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from counter.identity.commands_store import StoredCommands
from counter.identity.passphrases_argon2 import Argon2Passphrases
from counter.identity.refusals import EnrolmentUsed, TooManyTries, WrongPassphrase
from counter.identity.service import IdentityService
from counter.store.executor import Executor


@pytest.fixture
def identity(executor: Executor, new_id: Callable[[], str]) -> IdentityService:
    passphrases = Argon2Passphrases(time_cost=1, memory_kib=8)
    return IdentityService(StoredCommands(executor), passphrases, lambda: f"token-{new_id()}")


async def test_an_agent_signs_in_and_is_known_by_the_token(
    identity: IdentityService, now: datetime
) -> None:
    await identity.let_in("lei", "agent", "agent-1", "tile lotus bridge", now)
    begun = await identity.sign_in("lei", "tile lotus bridge", now)
    session = await identity.session(begun.token, now)
    assert session is not None
    assert (session.kind, session.subject) == ("agent", "agent-1")


async def test_an_idle_session_ends_and_a_used_one_goes_on(
    identity: IdentityService, now: datetime
) -> None:
    await identity.let_in("lei", "agent", "agent-1", "tile lotus bridge", now)
    begun = await identity.sign_in("lei", "tile lotus bridge", now)
    later = now + timedelta(minutes=50)
    assert await identity.session(begun.token, later) is not None
    assert await identity.session(begun.token, later + timedelta(minutes=50)) is not None
    assert await identity.session(begun.token, later + timedelta(minutes=111)) is None


async def test_signing_out_ends_the_session(identity: IdentityService, now: datetime) -> None:
    await identity.let_in("lei", "agent", "agent-1", "tile lotus bridge", now)
    begun = await identity.sign_in("lei", "tile lotus bridge", now)
    await identity.end(begun.session.token_sha256, now)
    await identity.end(begun.session.token_sha256, now)
    assert await identity.session(begun.token, now) is None


async def test_five_wrong_passphrases_let_the_name_rest(
    identity: IdentityService, now: datetime
) -> None:
    await identity.let_in("lei", "agent", "agent-1", "tile lotus bridge", now)
    for _ in range(5):
        with pytest.raises(WrongPassphrase):
            await identity.sign_in("lei", "wrong", now)
    with pytest.raises(TooManyTries):
        await identity.sign_in("lei", "tile lotus bridge", now)
    assert await identity.sign_in("lei", "tile lotus bridge", now + timedelta(minutes=16))


async def test_an_unknown_name_is_refused_like_a_wrong_passphrase(
    identity: IdentityService, now: datetime
) -> None:
    with pytest.raises(WrongPassphrase):
        await identity.sign_in("nobody", "whatever", now)


async def test_an_enrolment_link_works_once_and_ends_older_sessions(
    identity: IdentityService, now: datetime
) -> None:
    first = await identity.enrol(await identity.enrolment("hq-1", now), now)
    link = await identity.enrolment("hq-1", now)
    second = await identity.enrol(link, now)
    assert await identity.session(first.token, now) is None
    session = await identity.session(second.token, now)
    assert session is not None and session.subject == "hq-1"
    with pytest.raises(EnrolmentUsed):
        await identity.enrol(link, now)


async def test_an_old_enrolment_link_is_refused(identity: IdentityService, now: datetime) -> None:
    link = await identity.enrolment("hq-1", now)
    with pytest.raises(EnrolmentUsed):
        await identity.enrol(link, now + timedelta(hours=25))


async def test_an_open_page_uses_its_session_until_it_is_too_old(
    identity: IdentityService, now: datetime
) -> None:
    begun = await identity.admit("agent", "agent-1", now)
    known = [begun.session.token_sha256]
    for minutes in range(50, 10 * 60, 50):
        assert await identity.ended(known, now + timedelta(minutes=minutes)) == set()
    assert await identity.session(begun.token, now + timedelta(minutes=599)) is not None
    assert await identity.ended([*known, "0" * 64], now + timedelta(hours=10)) == {
        *known,
        "0" * 64,
    }


async def test_a_machine_has_one_program_and_one_page(
    identity: IdentityService, now: datetime
) -> None:
    program = await identity.enrol(await identity.enrolment("hq-1", now), now, kind="device")
    assert program.session.kind == "device"
    page = await identity.enrol(await identity.boot_ticket("hq-1", now), now)
    newer = await identity.enrol(await identity.boot_ticket("hq-1", now), now)
    assert await identity.session(page.token, now) is None
    assert await identity.session(program.token, now) is not None
    other = await identity.enrol(await identity.enrolment("hq-1", now), now)
    for ended in (program, newer):
        assert await identity.session(ended.token, now) is None
    assert await identity.session(other.token, now) is not None


async def test_a_browsers_ticket_is_short_and_for_a_browser(
    identity: IdentityService, now: datetime
) -> None:
    late = await identity.boot_ticket("hq-1", now)
    with pytest.raises(EnrolmentUsed):
        await identity.enrol(late, now + timedelta(seconds=61))
    ticket = await identity.boot_ticket("hq-1", now)
    with pytest.raises(EnrolmentUsed):
        await identity.enrol(ticket, now, kind="device")
    link = await identity.enrolment("hq-1", now)
    await identity.boot_ticket("hq-1", now)
    await identity.enrol(link, now)
