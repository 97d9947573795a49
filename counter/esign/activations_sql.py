"""Signing with the citizen's own certificate, on the store: each method runs one command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from counter.esign import store_activation as activation
from counter.esign import store_attendance as attending
from counter.esign import store_certificate as certificates
from counter.esign.certificate import Activating, Wanted
from counter.esign.store_case import RequireLed, WitnessOf, anybody, nobody
from counter.ids import CaseId, Digest
from counter.store.executor import Executor
from counter.store.session_log import Audiences


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlActivations:
    """`counter.esign.certificate_ports.CertificateRecords` on either engine."""

    executor: Executor
    audiences: Audiences
    require_led: RequireLed = anybody
    witness_of: WitnessOf = nobody
    calls: attending.Calls = attending.NO_CALLS

    async def activating(self, ceremony_id: str) -> Activating | None:
        return await self.executor.read(activation.activating_of, ceremony_id)

    async def attend(self, case_id: CaseId, ceremony_id: str, now: datetime) -> None:
        await self.executor.write(attending.attend, case_id, ceremony_id, calls=self.calls, now=now)

    async def choose(
        self, case_id: CaseId, ceremony_id: str, sha256: str, credential_id: str, now: datetime
    ) -> None:
        def command(conn: Connection) -> None:
            attending.attend(conn, case_id, ceremony_id, calls=self.calls, now=now)
            certificates.choose(
                conn,
                case_id,
                ceremony_id,
                sha256,
                credential_id,
                audiences=self.audiences,
                now=now,
            )

        await self.executor.write(command)

    async def asked(
        self, case_id: CaseId, ceremony_id: str, certificate_sha256: str, now: datetime
    ) -> None:
        await self.executor.write(
            certificates.asked,
            case_id,
            ceremony_id,
            certificate_sha256,
            audiences=self.audiences,
            now=now,
        )

    async def confirmed(
        self, case_id: CaseId, ceremony_id: str, certificate_sha256: str, *, by: str, now: datetime
    ) -> None:
        def command(conn: Connection) -> None:
            self.require_led(conn, case_id, by)
            attending.require_going(conn, ceremony_id, calls=self.calls)
            certificates.confirmed(
                conn,
                case_id,
                ceremony_id,
                certificate_sha256,
                by=by,
                audiences=self.audiences,
                now=now,
            )

        await self.executor.write(command)

    async def denied(self, case_id: CaseId, ceremony_id: str, *, by: str, now: datetime) -> int:
        def command(conn: Connection) -> int:
            self.require_led(conn, case_id, by)
            attending.require_going(conn, ceremony_id, calls=self.calls)
            return certificates.another(
                conn, case_id, ceremony_id, by=by, audiences=self.audiences, now=now
            )

        return await self.executor.write(command)

    async def to_be_typed(
        self,
        case_id: CaseId,
        ceremony_id: str,
        credential_id: str,
        wants: Sequence[Wanted],
        now: datetime,
    ) -> None:
        await self.executor.write(
            activation.to_be_typed,
            case_id,
            ceremony_id,
            credential_id,
            wants,
            audiences=self.audiences,
            now=now,
        )

    async def code_given(self, case_id: CaseId, ceremony_id: str, now: datetime) -> bool:
        return await self.executor.write(activation.code_given, case_id, ceremony_id, now=now)

    async def code_spent(self, case_id: CaseId, ceremony_id: str, now: datetime) -> None:
        await self.executor.write(
            activation.code_spent, case_id, ceremony_id, audiences=self.audiences, now=now
        )

    async def code_refused(
        self, case_id: CaseId, ceremony_id: str, now: datetime, *, pin: bool
    ) -> int:
        return await self.executor.write(
            activation.code_refused,
            case_id,
            ceremony_id,
            pin=pin,
            audiences=self.audiences,
            now=now,
        )

    async def another(self, case_id: CaseId, ceremony_id: str, now: datetime) -> int:
        def command(conn: Connection) -> int:
            attending.attend(conn, case_id, ceremony_id, calls=self.calls, now=now)
            return certificates.another(
                conn, case_id, ceremony_id, audiences=self.audiences, now=now
            )

        return await self.executor.write(command)

    async def leave(self, case_id: CaseId, ceremony_id: str, now: datetime) -> None:
        await self.executor.write(
            certificates.leave, case_id, ceremony_id, audiences=self.audiences, now=now
        )

    async def signed(
        self,
        case_id: CaseId,
        ceremony_id: str,
        sha256: str,
        hole: Digest,
        value: bytes,
        facts: Mapping[str, str],
        now: datetime,
    ) -> None:
        await self.executor.write(
            certificates.keep_certificate_value,
            case_id,
            ceremony_id,
            sha256,
            hole,
            value,
            facts,
            witness_of=self.witness_of,
            audiences=self.audiences,
            now=now,
        )
