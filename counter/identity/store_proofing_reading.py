"""What is asked of identifications: how one stands, what waits for a second officer, the level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, select

from counter.errors import NotFound
from counter.identity.challenge import Challenge, DocumentKind, challenge_of
from counter.identity.proofing import LIVE, Given, Level, ProofingState, Verdict, reached
from counter.identity.store_proofing_tables import proofing, proofing_step

DECISION: Final = "decision"
"Beside the steps: who decided what waits for a second officer."


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenStep:
    """A step that something was said of, as it is stored."""

    step: str
    given: Given
    at: datetime
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofingView:
    """One identification as it stands."""

    id: str
    case_id: str
    department_id: str
    agent_id: str
    document: DocumentKind
    target: Level
    state: ProofingState
    challenge: Challenge
    begun_at: datetime
    asked_second_at: datetime | None
    second_id: str | None
    reason: str | None
    decided_at: datetime | None
    record_sha256: str | None
    steps: tuple[GivenStep, ...]

    @property
    def live(self) -> bool:
        """It is under way."""
        return self.state in LIVE

    @property
    def given(self) -> dict[str, Given]:
        """What was said, by step."""
        return {one.step: one.given for one in self.steps}

    @property
    def took_part(self) -> frozenset[str]:
        """The agents who began it, said something of a step, or decided; by id."""
        by = {one.given.by for one in self.steps}
        by.update(*(one.evidence.get("earlier", ()) for one in self.steps))
        return frozenset({self.agent_id} | {one[6:] for one in by if one.startswith("agent:")})

    def said_before(self, step: str, by: str) -> list[str]:
        """Who else than `by` said something of this step, in order of name."""
        said = [one for one in self.steps if one.step == step]
        names = {name for one in said for name in (one.given.by, *one.evidence.get("earlier", ()))}
        return sorted(names - {by})


def proofing_by_id(
    conn: Connection, proofing_id: str, case_id: str | None = None, *, lock: bool = False
) -> ProofingView:
    """Raises `NotFound` alike for what there is not and for what is of another case."""
    query = select(proofing).where(proofing.c.id == proofing_id)
    if case_id is not None:
        query = query.where(proofing.c.case_id == case_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(f"identification {proofing_id} is not known in case {case_id}")
    return _view(conn, row)


def newest_proofing(conn: Connection, case_id: str) -> ProofingView | None:
    """The one under way, else the one that began last."""
    rows = conn.execute(
        select(proofing)
        .where(proofing.c.case_id == case_id)
        .order_by(proofing.c.begun_at.desc(), proofing.c.id)
    ).all()
    row = next((one for one in rows if one.state in LIVE), rows[0] if rows else None)
    return _view(conn, row) if row is not None else None


def identity_level(conn: Connection, case_id: str) -> Level:
    """What the newest decision of this case reached; one that was ended decided nothing."""
    row = conn.execute(
        select(proofing.c.target, proofing.c.state)
        .where(
            proofing.c.case_id == case_id,
            proofing.c.state.in_([ProofingState.IDENTIFIED, ProofingState.REFUSED]),
        )
        .order_by(proofing.c.decided_at.desc(), proofing.c.begun_at.desc(), proofing.c.id.desc())
        .limit(1)
    ).one_or_none()
    return reached(Level(row.target), ProofingState(row.state)) if row else Level.NONE


def waiting_for_second(
    conn: Connection, departments: Sequence[str], agent_id: str
) -> list[ProofingView]:
    """What this officer could look at, longest waiting first: never an own one."""
    rows = conn.execute(
        select(proofing)
        .where(
            proofing.c.department_id.in_(departments),
            proofing.c.state == ProofingState.WAITING,
        )
        .order_by(proofing.c.asked_second_at, proofing.c.id)
    ).all()
    views = [_view(conn, row) for row in rows]
    return [view for view in views if agent_id not in view.took_part]


def record_of(conn: Connection, proofing_id: str) -> str | None:
    """The sealed record, as it was hashed."""
    record: str | None = conn.execute(
        select(proofing.c.record).where(proofing.c.id == proofing_id)
    ).scalar_one_or_none()
    return record


def _view(conn: Connection, row: Row[Any]) -> ProofingView:
    steps = conn.execute(
        select(proofing_step)
        .where(proofing_step.c.proofing_id == row.id)
        .order_by(proofing_step.c.at, proofing_step.c.step)
    )
    return ProofingView(
        id=row.id,
        case_id=row.case_id,
        department_id=row.department_id,
        agent_id=row.agent_id,
        document=cast(DocumentKind, row.document),
        target=Level(row.target),
        state=ProofingState(row.state),
        challenge=challenge_of(row.challenge),
        begun_at=row.begun_at,
        asked_second_at=row.asked_second_at,
        second_id=row.second_id,
        reason=row.reason,
        decided_at=row.decided_at,
        record_sha256=row.record_sha256,
        steps=tuple(
            GivenStep(
                step=one.step,
                given=Given(verdict=Verdict(one.verdict), by=one.by, call_id=one.call_id),
                at=one.at,
                evidence=one.evidence,
            )
            for one in steps
        ),
    )
