"""Where papers sent before the visit meet booking: when they may be sent, and when they go."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select

from booking.appointment import COMING, State
from booking.grains import grain_of
from booking.tables import appointment
from counter.documents.refusals import NotBeforeVisit
from counter.documents.store_advance import advance_paper

OVER = frozenset({State.CANCELLED, State.EXPIRED, State.NOSHOW})
"States of which nobody looks at the papers any more."
KEPT_AFTER = timedelta(days=30)
"From the beginning of an appointment, however it went."
SWEEP = 100
"Appointments whose papers are forgotten in one transaction."


def require_coming(conn: Connection, appointment_id: str, now: datetime) -> None:
    """Raises `NotBeforeVisit`; papers may be sent also while waiting at the counter.

    An appointment that is coming stays so in this transaction.
    """
    state = lock(conn, appointment_id)
    if state not in COMING:
        raise NotBeforeVisit(f"appointment {appointment_id} is {state or 'not known'}")


def lock(conn: Connection, appointment_id: str) -> str | None:
    """Keep an appointment as it is until the end of the transaction; its state, if there is one."""
    return conn.execute(
        select(appointment.c.state).where(appointment.c.id == appointment_id).with_for_update()
    ).scalar_one_or_none()


def over(conn: Connection, now: datetime) -> list[str]:
    """Appointments whose papers are not kept any longer, locked; what is busy comes next time."""
    latest = grain_of(now - KEPT_AFTER)
    return list(
        conn.execute(
            select(appointment.c.id)
            .where(
                appointment.c.id.in_(select(advance_paper.c.appointment_id)),
                or_(appointment.c.state.in_(OVER), appointment.c.first_grain <= latest),
            )
            .order_by(appointment.c.id)
            .limit(SWEEP)
            .with_for_update(skip_locked=True)
        ).scalars()
    )
