"""Guessing a passphrase: many tries at once count like many tries one after the other."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from counter.errors import Refusal
from counter.identity.commands_store import StoredCommands
from counter.identity.passphrases_argon2 import Argon2Passphrases
from counter.identity.refusals import TooManyTries, WrongPassphrase
from counter.identity.service import IdentityService
from counter.store.executor import Executor

RIGHT = "tile lotus bridge"


@pytest.fixture
async def identity(executor: Executor, new_id: Callable[[], str], now: datetime) -> IdentityService:
    passphrases = Argon2Passphrases(time_cost=1, memory_kib=8)
    made = IdentityService(StoredCommands(executor), passphrases, lambda: f"token-{new_id()}")
    await made.let_in("lei", "agent", "lei", RIGHT, now)
    return made


async def test_of_many_guesses_at_once_five_are_looked_at(
    identity: IdentityService, now: datetime
) -> None:
    async def guess(passphrase: str) -> str:
        try:
            await identity.sign_in("lei", passphrase, now)
        except Refusal as refused:
            return refused.code
        return "in"

    said = Counter(await asyncio.gather(*(guess(f"guess {number}") for number in range(15))))
    assert said == {WrongPassphrase.code: 5, TooManyTries.code: 10}
    assert await guess(RIGHT) == TooManyTries.code
    await identity.sign_in("lei", RIGHT, now + timedelta(minutes=16))


async def test_who_hits_with_the_last_try_is_in_and_forgiven(
    identity: IdentityService, now: datetime
) -> None:
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(WrongPassphrase):
                await identity.sign_in("lei", "wrong", now)
        await identity.sign_in("lei", RIGHT, now)


async def test_a_flood_of_tries_does_not_queue_up(identity: IdentityService, now: datetime) -> None:
    tries = [identity.sign_in(f"nobody {number}", "x", now) for number in range(60)]
    said = Counter(
        answer.code if isinstance(answer, Refusal) else repr(answer)
        for answer in await asyncio.gather(*tries, return_exceptions=True)
    )
    assert said == {"busy": 40, WrongPassphrase.code: 20}


async def test_a_name_that_no_store_can_keep_is_a_wrong_one(
    identity: IdentityService, now: datetime
) -> None:
    with pytest.raises(WrongPassphrase):
        await identity.sign_in("lei\0", RIGHT, now)
