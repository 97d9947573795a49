"""Identifications on SQL: hands each step to the executor as one command, one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from counter.identity import store_proofing, store_proofing_decision
from counter.identity.challenge import Below, DocumentKind, draw
from counter.identity.proofing import ProofingState, Verdict
from counter.identity.store_proofing_surroundings import Surroundings
from counter.store.executor import Executor


class SqlProofings:
    """See `counter.identity.ports.Proofings`."""

    def __init__(
        self,
        executor: Executor,
        around: Surroundings,
        below: Below,
        clock: Callable[[], datetime],
    ) -> None:
        self._executor = executor
        self._around = around
        self._below = below
        self._clock = clock

    async def begin(
        self, proofing_id: str, case_id: str, *, document: DocumentKind, agent_id: str
    ) -> None:
        await self._executor.write(
            store_proofing.begin,
            self._around,
            proofing_id,
            case_id,
            document=document,
            challenge=draw(document, self._below),
            agent_id=agent_id,
            now=self._clock(),
        )

    async def give(
        self,
        proofing_id: str,
        case_id: str,
        *,
        step_id: str,
        verdict: Verdict,
        by: str,
        role: Literal["agent", "citizen"],
    ) -> None:
        await self._executor.write(
            store_proofing.give,
            self._around,
            proofing_id,
            case_id,
            step_id=step_id,
            verdict=verdict,
            by=by,
            role=role,
            now=self._clock(),
        )

    async def decide(
        self, proofing_id: str, case_id: str, *, identified: bool, agent_id: str
    ) -> ProofingState:
        return await self._executor.write(
            store_proofing_decision.decide,
            self._around,
            proofing_id,
            case_id,
            identified=identified,
            agent_id=agent_id,
            now=self._clock(),
        )

    async def second(self, proofing_id: str, *, agree: bool, officer_id: str) -> None:
        await self._executor.write(
            store_proofing_decision.second,
            self._around,
            proofing_id,
            agree=agree,
            officer_id=officer_id,
            now=self._clock(),
        )

    async def abort(self, proofing_id: str, case_id: str, *, reason: str, by: str) -> None:
        await self._executor.write(
            store_proofing_decision.abort,
            self._around,
            proofing_id,
            case_id,
            reason=reason,
            by=by,
            now=self._clock(),
        )
