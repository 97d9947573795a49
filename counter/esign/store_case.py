"""What signing asks of the case it belongs to: is it open, who leads it, who serves, whose it is.

The first three are other parts' rules, handed in; here is what holds where nobody hands them in.
"""

from collections.abc import Callable

from sqlalchemy import Connection, select

from counter.esign.ticket import Witness
from counter.store.cases import case_table

RequireOpen = Callable[[Connection, str], None]
"Raises a refusal when nothing more may be asked for a case; inside the transaction."

RequireLed = Callable[[Connection, str, str], None]
"Raises one for an agent who asks and does not lead the case (any more); likewise."

WitnessOf = Callable[[Connection, str], Witness]
"Who serves a case now, and how surely it is known who the citizen is."


def any_case(conn: Connection, case_id: str) -> None:
    """Every case is open."""


def anybody(conn: Connection, case_id: str, by: str) -> None:
    """Everybody leads every case."""


def nobody(conn: Connection, case_id: str) -> Witness:
    """Nobody is known to serve it."""
    return Witness(agent_id="", name="", level="L0")


def department_of(conn: Connection, case_id: str) -> str:
    """Whose case it is; empty when nobody knows."""
    asked = select(case_table.c.department_id).where(case_table.c.id == case_id)
    return conn.execute(asked).scalar_one_or_none() or ""
