"""The agent's hands on the terminal of his call, as rows; each use is announced and journalled.

One row per call and hand says how the terminal shall be.  They end with the call.
"""

from typing import Any

from sqlalchemy import func, select, update

from counter.errors import NotAllowedNow, NotFound
from counter.ids import AgentId, CallId
from counter.signaling.hand import (
    AT_FIRST,
    TAKEN_BACK,
    WITHIN,
    Event,
    Hand,
    permission_after,
    require_use,
    word_for,
)
from counter.signaling.store_desk import locked_desk
from counter.signaling.store_device import can
from counter.signaling.store_party_rows import OngoingCall, call_at, call_led_by
from counter.signaling.store_step import Step
from counter.signaling.store_terminal import (
    Terminal,
    any_terminal,
    choose_language,
    choose_text_size,
)
from counter.signaling.tables import call, hand, hand_use
from counter.store.metadata import insert_for


def use(step: Step, agent_id: AgentId, epoch: int, which: Hand, value: Any) -> None:
    """Want the terminal so.  Wanting what is so already changes nothing; a failure is tried again.

    Raises `NotAllowedNow` for an agent who leads no call, `HandsStopped`, `TooFast`, and
    `NotFound` for a page that the case does not have.
    """
    locked_desk(step, agent_id, epoch)
    found = call_led_by(step, agent_id)
    require_allowed(step, found)
    terminal = any_terminal(step, found.terminal_id)
    before = _value(step, found.id, which, terminal)
    again = _same(before, value)
    if again and not _failed(step, found.id, which):
        return
    if which is Hand.SHOW and value is not None:
        _require_shown(step, found, value)
    if which is Hand.LIGHT and not can(step.conn, found.terminal_id, "lamp", step.now):
        raise NotAllowedNow(f"terminal {found.terminal_id} has no lamp that works")
    match which:
        case Hand.TEXT_SIZE:
            choose_text_size(step, terminal, value)
        case Hand.LANGUAGE:
            choose_language(step, terminal, value)
        case _:
            _want(step, found.id, which, value)
    word = _last_word(step, found.id, which) if again else word_for(which, before, value)
    announce(step, found, word, by=f"agent:{agent_id}")
    step.news.note(
        f"agent:{agent_id}", "hand.used", f"case:{found.case_id}", hand=which, to=_said(value)
    )


def ask_again(step: Step, agent_id: AgentId, epoch: int) -> None:
    """May I help again?  Raises `NotAllowedNow` when nobody said stop."""
    locked_desk(step, agent_id, epoch)
    _permit(step, call_led_by(step, agent_id), "ask", by=f"agent:{agent_id}")


def stop(step: Step, terminal: Terminal) -> None:
    """The agent shall leave this machine alone; what shows the citizen goes back at once."""
    found = call_at(step, terminal.id)
    if found.hands == "stopped":
        return
    for which in TAKEN_BACK:
        if _value(step, found.id, which, terminal) != AT_FIRST[which]:
            _want(step, found.id, which, AT_FIRST[which])
    own = f"terminal:{terminal.id}"
    _permit(step, found, "stop", by=own)
    announce(step, found, "stopped", by=own)


def answer(step: Step, terminal: Terminal, *, allow: bool) -> None:
    """The agent may again, or still not.  Raises `NotAllowedNow` when nobody asked."""
    found = call_at(step, terminal.id)
    _permit(step, found, "allow" if allow else "decline", by=f"terminal:{terminal.id}")


def report(step: Step, terminal: Terminal, which: Hand, rev: int, cannot: str | None) -> None:
    """The terminal is so now, or cannot be.  What was overtaken by a newer wish is not noted."""
    found = call_at(step, terminal.id)
    noted = step.conn.execute(
        update(hand)
        .where(hand.c.call_id == found.id, hand.c.hand == which, hand.c.rev == rev)
        .values(done_rev=rev, cannot=cannot)
    ).rowcount
    if noted:
        step.news.tell(f"agent:{found.agent_id}", "hand.reported", hand=which, cannot=cannot)


def turn_page(step: Step, terminal: Terminal, ceremony_id: str, number: int) -> None:
    """The citizen turned the document; the agent sees the same page."""
    found = call_at(step, terminal.id)
    value = {"ceremony_id": ceremony_id, "number": number, "by": "citizen"}
    _want(step, found.id, Hand.PAGE, value)
    step.news.tell(f"agent:{found.agent_id}", "page.turned", number=number)


def require_allowed(step: Step, found: OngoingCall) -> None:
    """Raises `HandsStopped`, `TooFast`."""
    require_use(found.hands, _lately(step, found.id))


def announce(step: Step, found: OngoingCall, word: str, *, by: str) -> None:
    """Say it on the terminal, by its word, and keep it in the list there."""
    seq: int = step.conn.execute(
        select(func.coalesce(func.max(hand_use.c.seq), 0) + 1).where(hand_use.c.call_id == found.id)
    ).scalar_one()
    step.conn.execute(
        hand_use.insert().values(call_id=found.id, seq=seq, word=word, by=by, at=step.now)
    )
    for audience in (f"terminal:{found.terminal_id}", f"agent:{found.agent_id}"):
        step.news.tell(audience, "hand.used", seq=seq)


def _want(step: Step, call_id: CallId, which: Hand, value: Any) -> None:
    step.conn.execute(
        insert_for(step.conn, hand)
        .values(call_id=call_id, hand=which, value=value, rev=1, done_rev=0)
        .on_conflict_do_update(
            index_elements=["call_id", "hand"],
            set_={"value": value, "rev": hand.c.rev + 1, "cannot": None},
        )
    )


def _permit(step: Step, found: OngoingCall, event: Event, *, by: str) -> None:
    after = permission_after(found.hands, event)
    if after == found.hands:
        return
    step.conn.execute(update(call).where(call.c.id == found.id).values(hands=after))
    for audience in (f"terminal:{found.terminal_id}", f"agent:{found.agent_id}"):
        step.news.tell(audience, "hands.changed", permission=after)
    step.news.note(by, "hands.changed", f"case:{found.case_id}", to=after)


def _lately(step: Step, call_id: CallId) -> int:
    uses: int = step.conn.execute(
        select(func.count()).where(hand_use.c.call_id == call_id, hand_use.c.at > step.now - WITHIN)
    ).scalar_one()
    return uses


def _value(step: Step, call_id: CallId, which: Hand, terminal: Terminal) -> Any:
    if which is Hand.LANGUAGE:
        return terminal.language
    if which is Hand.TEXT_SIZE:
        return terminal.text_size
    row = step.conn.execute(
        select(hand.c.value).where(hand.c.call_id == call_id, hand.c.hand == which)
    ).one_or_none()
    return row.value if row else AT_FIRST[which]


def _failed(step: Step, call_id: CallId, which: Hand) -> bool:
    """The terminal could not do what was wanted last."""
    cannot = step.conn.execute(
        select(hand.c.cannot).where(hand.c.call_id == call_id, hand.c.hand == which)
    ).scalar_one_or_none()
    return cannot is not None


def _last_word(step: Step, call_id: CallId, which: Hand) -> str:
    """As the use that failed was announced."""
    word: str = step.conn.execute(
        select(hand_use.c.word)
        .where(hand_use.c.call_id == call_id, hand_use.c.word.startswith(which, autoescape=True))
        .order_by(hand_use.c.seq.desc())
        .limit(1)
    ).scalar_one()
    return word


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, dict) and isinstance(after, dict):
        return {**before, "by": ""} == {**after, "by": ""}
    return bool(before == after)


def _require_shown(step: Step, found: OngoingCall, sha256: str) -> None:
    if not step.hooks.shows(step.conn, found.case_id, sha256):
        raise NotFound(f"case {found.case_id} has no page {sha256[:12]}")


def _said(value: Any) -> str | int | None:
    """A value for the journal: flat, and without what was read."""
    if isinstance(value, dict):
        return int(value["number"])
    if isinstance(value, list):
        return " ".join(f"{share:.2f}" for share in value)
    return value if isinstance(value, int) or value is None else str(value)[:12]
