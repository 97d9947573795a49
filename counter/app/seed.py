"""The handful of people a development counter begins with.

They are invented.  Their passphrase is made at the first start, kept in the data directory with
mode 0600, and printed: there is no default account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from counter.identity.session import Kind
from counter.identity.store_identity import put_credential
from counter.signaling.store_desk import agent_epoch, grant_skill, put_agent

LANGUAGES = ("zh-Hant", "zh-Hans", "pt", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An agent, and whose queues the desk serves."""

    id: str
    name: str
    departments: tuple[str, ...]
    "The own department first."
    supervisor: bool = False


PEOPLE = (
    Person(id="lei", name="李慧敏", departments=("dsi", "fss", "dsaj", "dsf")),
    Person(id="ana", name="Ana Sequeira", departments=("safp", "dsat", "fp", "dsal")),
    Person(id="chan", name="陳志明", departments=("ias", "iam", "dsedt")),
    Person(id="wang", name="王雪", departments=("hq_commerce", "hq_tax", "hq_realestate")),
    Person(id="zhao", name="赵磊", departments=("hq_notary", "hq_livelihood", "hq_security")),
    Person(id="fong", name="馮家俊", departments=("fss", "dsi", "dsaj", "dsf", "safp")),
    Person(
        id="mok",
        name="莫小姐",
        departments=("safp", "dsi", "fss", "dsaj", "dsf", "dsat", "fp", "dsal"),
        supervisor=True,
    ),
    Person(
        id="hong",
        name="洪先生",
        departments=(
            "ias",
            "iam",
            "dsedt",
            "hq_commerce",
            "hq_tax",
            "hq_realestate",
            "hq_notary",
            "hq_livelihood",
            "hq_security",
        ),
        supervisor=True,
    ),
)


def names_of(people: Sequence[Person]) -> str:
    """`lei, ana or hong`: whom one may sign in as."""
    names = [person.id for person in people]
    return f"{', '.join(names[:-1])} or {names[-1]}"


def put_people(conn: Connection, now: datetime) -> None:
    """Write them down, once; what is there stays."""
    for person in PEOPLE:
        if agent_epoch(conn, person.id) is None:
            put_person(conn, person, LANGUAGES, now)


def let_people_in(conn: Connection, stored: str, now: datetime) -> None:
    """Let each of them sign in with the one passphrase they share.

    stored: made once for all, as it is slow on purpose; that it is one is no secret.
    """
    for person in PEOPLE:
        kind: Kind = "supervisor" if person.supervisor else "agent"
        put_credential(conn, person.id, kind, person.id, stored, now)


def put_person(conn: Connection, person: Person, languages: Sequence[str], now: datetime) -> None:
    """Make a person known, or change name, own department, and what is served."""
    put_agent(conn, person.id, person.name, person.departments[0], now)
    for department_id in person.departments:
        for language in languages:
            grant_skill(conn, person.id, department_id, language)
