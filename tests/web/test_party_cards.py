"""Who is shown to whom in a call of several, drawn from real rows."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from booking.seed_toml import seed
from counter.ids import AgentId, CaseId
from counter.protocol import parties as asks
from counter.protocol.calling import CallCard
from counter.signaling.store_desk import put_skill
from counter.signaling.store_party_screens import (
    asked_views,
    calls_of,
    candidates,
    guest_view,
    invite_view,
)
from counter.store.cases import get_case
from tests.signaling.floor import in_memory
from tests.signaling.talk import Talk
from tests.web import screens
from web.console.party_screens import candidate_cards
from web.shared.party_cards import with_parties

CATALOGUE = seed([2026, 2027]).catalogue


@pytest.fixture
def conn() -> Iterator[Connection]:
    """Yield a connection to a store in memory, in a transaction that nobody keeps."""
    engine = in_memory()
    with engine.connect() as conn, conn.begin():
        yield conn
    engine.dispose()


@pytest.fixture
def talk(conn: Connection, now: datetime) -> Talk:
    return Talk(conn, now)


def drawn(talk: Talk, own: str) -> CallCard:
    """The call as this owner sees it."""
    card = screens.call("zh-Hant", call_id=talk.call_id)
    found = with_parties(talk.conn, card, own, CATALOGUE, "zh-Hant")
    assert found is not None
    return found


def seen(talk: Talk, own: str) -> list[tuple[str, int | None]]:
    return [(one.role, one.slot) for one in drawn(talk, own).parties]


def test_everybody_has_the_others_in_slots_of_their_own(talk: Talk) -> None:
    talk.join("a-2", "interpreter")
    assert seen(talk, "terminal:t-1") == [("interpreter", 1)]
    assert seen(talk, "agent:a-1") == [("citizen", 0), ("interpreter", 1)]
    assert seen(talk, "agent:a-2") == [("citizen", 0), ("agent", 1)]


def test_the_terminal_learns_no_owners(talk: Talk) -> None:
    talk.join("a-2")
    assert [one.owner for one in drawn(talk, "terminal:t-1").parties] == [""]
    assert drawn(talk, "agent:a-1").parties[1].owner == "agent:a-2"


def test_the_citizen_is_shown_nobody_who_speaks_aside(talk: Talk) -> None:
    party_id = talk.join("a-2", "consult")
    assert seen(talk, "terminal:t-1") == []
    assert drawn(talk, "terminal:t-1").held_since is not None
    talk.ask("a-1", asks.PartyBringIn, party_id=party_id)
    assert seen(talk, "terminal:t-1") == [("consult", 1)]
    assert drawn(talk, "terminal:t-1").held_since is None


@pytest.mark.parametrize(("mode", "slot"), [("listen", None), ("whisper", 1), ("full", 1)])
def test_the_agent_always_sees_a_supervisor(talk: Talk, mode: str, slot: int | None) -> None:
    talk.ask("a-boss", asks.SuperviseStart, call_id=talk.call_id, mode=mode)
    assert seen(talk, "agent:a-1") == [("citizen", 0), ("supervisor", slot)]
    shown = seen(talk, "terminal:t-1")
    assert shown == ([("supervisor", 1)] if mode == "full" else [])


def test_who_is_silenced_and_hidden_is_told(talk: Talk) -> None:
    talk.ask("a-1", asks.CallMute, owner="terminal:t-1", muted=True)
    talk.ask("a-1", asks.CallHide, owner="terminal:t-1", hidden=True)
    own = drawn(talk, "terminal:t-1")
    assert (own.muted, own.hidden) == (True, True)
    citizen = drawn(talk, "agent:a-1").parties[0]
    assert (citizen.role, citizen.muted, citizen.hidden) == ("citizen", True, True)


def test_a_ring_is_on_both_desks_and_on_no_other(talk: Talk) -> None:
    party_id = talk.invite("a-3", "interpreter")
    invite, asked = invite_view(talk.conn, AgentId("a-3")), asked_views(talk.conn, AgentId("a-1"))
    assert invite is not None and (invite.party_id, invite.name) == (party_id, "A-1")
    assert [(one.party_id, one.name) for one in asked] == [(party_id, "A-3")]
    assert invite_view(talk.conn, AgentId("a-2")) is None
    assert guest_view(talk.conn, AgentId("a-3")) is None, "who rings is not there yet"
    talk.ask("a-3", asks.PartyAccept, party_id=party_id)
    guest = guest_view(talk.conn, AgentId("a-3"))
    assert guest is not None and guest.call_id == talk.call_id
    assert invite_view(talk.conn, AgentId("a-3")) is None
    assert asked_views(talk.conn, AgentId("a-1")) == []


def test_only_who_is_free_is_listed_and_who_speaks_the_language_first(talk: Talk) -> None:
    talk.invite("a-2")
    found = candidates(talk.conn, AgentId("a-1"), talk.now)
    assert [one.agent_id for one in found] == ["a-3", "a-4"]
    assert candidates(talk.conn, AgentId("a-1"), talk.now + timedelta(hours=1)) == []
    put_skill(talk.conn, "a-3", "d-2", "pt", 1)
    put_skill(talk.conn, "a-4", "d-1", "zh-Hant", 1)
    found = candidates(talk.conn, AgentId("a-1"), talk.now)
    case = get_case(talk.conn, CaseId(talk.case_id))
    cards = candidate_cards(found, case, CATALOGUE, "zh-Hant")
    assert [(card.agent_id, card.serves, card.speaks) for card in cards] == [
        ("a-4", True, case.language == "zh-Hant"),
        ("a-3", False, False),
    ]


def test_a_supervisor_is_shown_the_calls_of_her_departments_only(talk: Talk) -> None:
    talk.join("a-2")
    found = calls_of(talk.conn, ["d-1"])
    assert [(one.call_id, one.agent_name, one.others) for one in found] == [
        (talk.call_id, "A-1", 1)
    ]
    assert calls_of(talk.conn, ["d-2"]) == []
    talk.commands.close(talk.conn, "a-1", talk.now)
    assert calls_of(talk.conn, ["d-1"]) == []
