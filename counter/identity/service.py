"""Signing in, enrolling a terminal, and knowing who a token belongs to."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from counter.errors import Busy
from counter.identity.ports import NewToken, Passphrases
from counter.identity.refusals import WrongPassphrase
from counter.identity.session import Kind, Session

MOST_TRYING = 20
"Passphrases checked or waiting to be checked; two at a time take some 100 ms each."


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A session that has just begun."""

    token: str
    "For the cookie; kept nowhere else."
    session: Session


class Commands(Protocol):
    """The part's commands, each in one transaction; see `store_identity`."""

    async def put_credential(
        self, name: str, kind: Kind, subject: str, stored: str, now: datetime
    ) -> None: ...
    async def take_try(self, name: str, now: datetime) -> Any | None: ...
    async def begin(
        self, kind: Kind, subject: str, token: str, csrf: str, now: datetime
    ) -> Session: ...
    async def find(self, token: str, now: datetime) -> Session | None: ...
    async def living_of(self, digests: Sequence[str], now: datetime) -> list[Session]: ...
    async def seen(self, digests: Sequence[str], now: datetime) -> None: ...
    async def end(self, token_sha256: str, now: datetime) -> None: ...
    async def issue_enrolment(
        self, terminal_id: str, token: str, now: datetime, *, boot: bool = False
    ) -> None: ...
    async def enrol(
        self,
        enrolment_token: str,
        token: str,
        csrf: str,
        now: datetime,
        *,
        kind: Kind = "terminal",
    ) -> Session: ...


class IdentityService:
    """Who is speaking."""

    def __init__(self, commands: Commands, passphrases: Passphrases, new_token: NewToken) -> None:
        self._commands = commands
        self._passphrases = passphrases
        self._new_token = new_token
        self._slow = asyncio.Semaphore(2)  # Argon2 takes 64 MiB each
        self._trying = 0
        self._nobody: str | None = None

    async def let_in(
        self, name: str, kind: Kind, subject: str, passphrase: str, now: datetime
    ) -> None:
        """Let `name` sign in with `passphrase` from now on."""
        stored = await self._off_loop(self._passphrases.stored, passphrase)
        await self._commands.put_credential(name, kind, subject, stored, now)

    async def stored(self, passphrase: str) -> str:
        """As it is kept, for who writes the credential together with more."""
        kept: str = await self._off_loop(self._passphrases.stored, passphrase)
        return kept

    async def sign_in(self, name: str, passphrase: str, now: datetime) -> Begun:
        """Raises `WrongPassphrase`, or `TooManyTries` after five of those.

        Raises `Busy` when many are trying at once.
        """
        if self._trying >= MOST_TRYING:
            raise Busy("many passphrases are being checked at once")
        self._trying += 1
        try:
            return await self._sign_in(name, passphrase, now)
        finally:
            self._trying -= 1

    async def _sign_in(self, name: str, passphrase: str, now: datetime) -> Begun:
        row = await self._commands.take_try(name, now) if name.isprintable() else None
        if row is None:
            # As slow as a wrong passphrase, so that names cannot be told apart by time.
            if self._nobody is None:
                self._nobody = await self._off_loop(self._passphrases.stored, "nobody")
            await self._off_loop(self._passphrases.right, passphrase, self._nobody)
            raise WrongPassphrase("an unknown name was tried")
        if not await self._off_loop(self._passphrases.right, passphrase, row.stored):
            raise WrongPassphrase(f"{row.kind} {row.subject}: wrong passphrase")
        token = self._new_token()
        session = await self._commands.begin(row.kind, row.subject, token, self._new_token(), now)
        return Begun(token=token, session=session)

    async def admit(self, kind: Kind, subject: str, now: datetime) -> Begun:
        """Begin a session on the operator's word; for parts that are played in development."""
        token = self._new_token()
        session = await self._commands.begin(kind, subject, token, self._new_token(), now)
        return Begun(token=token, session=session)

    async def end(self, token_sha256: str, now: datetime) -> None:
        """End the session whose token has this digest; harmless when there is none."""
        await self._commands.end(token_sha256, now)

    async def session(self, token: str, now: datetime) -> Session | None:
        """The living session of this token, noted as used."""
        session = await self._commands.find(token, now)
        if session is not None and session.stale(now):
            await self._commands.seen([session.token_sha256], now)
        return session

    async def ended(self, digests: Sequence[str], now: datetime) -> set[str]:
        """Which of these sessions are over.  The others count as used: their pages are open."""
        living = await self._commands.living_of(digests, now)
        if stale := [session.token_sha256 for session in living if session.stale(now)]:
            await self._commands.seen(stale, now)
        return set(digests) - {session.token_sha256 for session in living}

    async def enrolment(self, terminal_id: str, now: datetime) -> str:
        """A one-use secret with which the machine at that place becomes the terminal."""
        token = self._new_token()
        await self._commands.issue_enrolment(terminal_id, token, now)
        return token

    async def boot_ticket(self, terminal_id: str, now: datetime) -> str:
        """A one-use secret, good for a minute, for the browser that a terminal's program starts."""
        token = self._new_token()
        await self._commands.issue_enrolment(terminal_id, token, now, boot=True)
        return token

    async def enrol(self, enrolment_token: str, now: datetime, *, kind: Kind = "terminal") -> Begun:
        """The session of a terminal's page, or of its program.  Raises `EnrolmentUsed`."""
        token = self._new_token()
        session = await self._commands.enrol(
            enrolment_token, token, self._new_token(), now, kind=kind
        )
        return Begun(token=token, session=session)

    async def _off_loop(self, work: Any, *args: str) -> Any:
        async with self._slow:
            return await asyncio.to_thread(work, *args)
