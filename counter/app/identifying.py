"""Where an identification meets the call, the papers and the catalogue."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from booking.catalogue import Catalogue
from counter.documents.mrz import accepted, holds, zone_of
from counter.documents.paper_numbers import plain
from counter.documents.ports import Blobs, ZoneReader
from counter.documents.store_zones import (
    accepted_identity_pages,
    forget_old_readings,
    forget_readings,
    keep_reading,
    readings_of,
    unread_pages,
)
from counter.documents.zones import ReadPage
from counter.errors import NotAllowedNow
from counter.esign.store_drafts import remember, remembered
from counter.esign.ticket import Witness
from counter.identity.names import Simplify, compare
from counter.identity.proofing import Level, ProofingState
from counter.identity.store_proofing_reading import identity_level, newest_proofing, proofing_by_id
from counter.identity.store_proofing_surroundings import Matter, Surroundings
from counter.ids import CaseId
from counter.signaling.dispatch import AgentState
from counter.signaling.store_screens import departments_of
from counter.signaling.tables import agent, call, call_is_on
from counter.store.cases import audiences, get_case, require_own
from counter.store.executor import Executor
from counter.store.session_log import tell_all

PAPER_NUMBER = re.compile(r"(?:IDC|PAS|PNO)[A-Z]{2}-(.+)")
"In a certificate's serialNumber: ETSI EN 319 412-1, 5.1.3."

KEPT = timedelta(hours=24)
"How long a reading is kept of an identification that nobody ended."


def surroundings(catalogue: Callable[[], Catalogue]) -> Surroundings:
    """What identifications ask of the other parts."""

    def matter(conn: Connection, case_id: str, by: str) -> Matter:
        case = get_case(conn, CaseId(case_id), lock=True)
        require_own(case, by)
        call_id = conn.execute(
            select(call.c.id).where(call.c.case_id == case_id, call_is_on)
        ).scalar_one_or_none()
        if not case.open or call_id is None:
            raise NotAllowedNow(f"case {case_id} is closed, or nobody is spoken with")
        service = catalogue().services.get(case.service_id)
        return Matter(
            case_id=case_id,
            department_id=case.department_id,
            needed=Level(service.identity_level.value) if service else Level.NONE,
            call_id=call_id,
            language=case.language,
            appointment_id=case.appointment_id,
            pages=tuple(accepted_identity_pages(conn, case_id)),
        )

    return Surroundings(
        matter=matter,
        hold=lambda conn, case_id: get_case(conn, CaseId(case_id), lock=True),
        serves=_serves,
        audiences=audiences,
        read=_read,
        forget=_let_go,
    )


def witness_of(conn: Connection, case_id: str) -> Witness:
    """Who serves this case now, and how surely it is known who the citizen is."""
    agent_id = get_case(conn, CaseId(case_id)).agent_id or ""
    name = conn.execute(select(agent.c.name).where(agent.c.id == agent_id)).scalar_one_or_none()
    level = identity_level(conn, case_id)
    return Witness(agent_id=agent_id, name=name or "", level=level.value)


def officers(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Names of agents by their ids, those that are known."""
    rows = conn.execute(select(agent.c.id, agent.c.name).where(agent.c.id.in_(ids)))
    return {row.id: row.name for row in rows if row.name}


class KnownLevels:
    """`counter.esign.ports.IdentityLevels`: what the newest decision of the case reached."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def level(self, case_id: CaseId) -> str:
        return (await self._executor.read(identity_level, case_id)).value


class IdentifiedCitizens:
    """`counter.esign.certificate_ports.KnownIdentity`: what the identity paper said."""

    def __init__(self, executor: Executor, simplify: Simplify) -> None:
        self._executor = executor
        self._simplify = simplify

    async def agrees(self, case_id: CaseId, name: str, number: str) -> bool:
        said = await self._executor.read(_made_sure, case_id)
        return compare(name, said.get("name_latin", ""), self._simplify).same and _same_number(
            number, said.get("paper_number", "")
        )


def _made_sure(conn: Connection, case_id: str) -> dict[str, str]:
    """Nothing when the newest identification came to nothing."""
    if identity_level(conn, case_id) is Level.NONE:
        return {}
    return remembered(conn, case_id)


def _same_number(said: str, printed: str) -> bool:
    """said: by a certificate; only what says that it is a paper's number can differ."""
    found = PAPER_NUMBER.fullmatch(said)
    return found is None or plain(found[1]) == plain(printed)


def _serves(conn: Connection, agent_id: str, department_id: str, now: datetime) -> bool:
    """Signed in, with a desk that is alive, and serving this department."""
    row = conn.execute(
        select(agent.c.state, agent.c.lease_until).where(agent.c.id == agent_id)
    ).one_or_none()
    if row is None or row.state == AgentState.OFFLINE or row.lease_until <= now:
        return False
    return department_id in departments_of(conn, agent_id)


def _read(conn: Connection, case_id: str) -> Mapping[str, Any]:
    """Whether a zone was read on an accepted page, and the keyed hash of its number."""
    found = [one for one in readings_of(conn, case_id, accepted_only=True) if one.reading]
    if not found or found[-1].reading is None:
        return {"zone": "none"}
    readings = [one.reading for one in found if one.reading]
    sure = accepted(readings)
    return {
        "zone": "read" if sure else "read_with_doubt",
        "check_digits": holds(found[-1].reading),
        "number_hash": found[-1].number_hash,
    }


def as_printed(number: str) -> str:
    """A Macau card has the check digit in brackets, its zone has not."""
    return f"{number[:7]}({number[7]})" if re.fullmatch(r"[0-9]{7}[0-9A]", number) else number


def _let_go(conn: Connection, case_id: str) -> None:
    """Of who was identified, the forms of this case may still take what the paper said."""
    view = newest_proofing(conn, case_id)
    read = [one.reading for one in readings_of(conn, case_id, accepted_only=True) if one.reading]
    if view is not None and view.state is ProofingState.IDENTIFIED and read and accepted(read):
        zone = zone_of(read[-1], (view.decided_at or view.begun_at).date())
        said = {
            "name_latin": f"{zone.surname} {zone.given}".strip(),
            "paper_number": as_printed(zone.number),
            "birth": zone.birth.isoformat() if zone.birth else "",
        }
        remember(conn, case_id, said)
    forget_readings(conn, case_id)


class ZoneDesk:
    """Reads the pages of a case while it is being identified, and no others."""

    def __init__(
        self,
        executor: Executor,
        blobs: Blobs,
        reader: ZoneReader,
        key: bytes,
        clock: Callable[[], datetime],
    ) -> None:
        """key: with which numbers are hashed; 32 bytes."""
        self._executor = executor
        self._blobs = blobs
        self._reader = reader
        self._key = key
        self._clock = clock

    async def look(self, case_id: CaseId) -> int:
        """Look for a zone on each page not looked at; how many there were."""

        def unread(conn: Connection) -> list[Any]:
            view = newest_proofing(conn, case_id)
            return list(unread_pages(conn, case_id)) if view and view.live else []

        found = await self._executor.read(unread)
        for one in found:
            reading = await self._reader.zone(await self._blobs.get(one.page_sha256))
            number = zone_of(reading, self._clock().date()).number if reading else ""
            await self._executor.write(
                _keep,
                ReadPage(
                    page_id=one.page_id,
                    case_id=case_id,
                    reading=reading,
                    number_hash=self._hashed(number) if number else None,
                    read_at=self._clock(),
                ),
                self._clock(),
            )
        return len(found)

    async def tidy(self) -> int:
        """Let go of what nobody ended."""
        return await self._executor.write(forget_old_readings, self._clock() - KEPT)

    def _hashed(self, number: str) -> str:
        return hmac.new(self._key, plain(number).encode(), hashlib.sha256).hexdigest()


def _keep(conn: Connection, read: ReadPage, now: datetime) -> None:
    view = newest_proofing(conn, read.case_id)
    if view is None or not proofing_by_id(conn, view.id, lock=True).live:
        return  # it ended meanwhile: nothing is kept
    keep_reading(conn, read)
    tell_all(conn, audiences, read.case_id, "identity.read", {"page_id": read.page_id}, now)
