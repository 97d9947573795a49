"""What the terminal asks of a citizen who is being identified: one thing at a time, in words."""

from typing import cast

from sqlalchemy import Connection

from counter.identity.proofing import ProofingState, current, valid
from counter.identity.store_proofing_reading import ProofingView, newest_proofing
from counter.protocol.proofing import IdentityPrompt, StepName
from web.shared.proofing_words import ASKED, PROMPTS, TURNS
from web.shared.wording import say


def identity_prompt(
    conn: Connection, case_id: str, call_id: str, tag: str
) -> IdentityPrompt | None:
    """The step that is due; none when nobody is being identified."""
    view = newest_proofing(conn, case_id)
    if view is None or not view.live:
        return None
    if view.state is ProofingState.WAITING:
        return _prompt(view, "wait", tag)
    due = current(view.target, valid(view.target, view.given, call_id))
    return _prompt(view, due.id if due else "decide", tag)


def _prompt(view: ProofingView, step: str, tag: str) -> IdentityPrompt:
    title, text = PROMPTS[step]
    if step.startswith("feature"):
        text = ASKED[view.challenge.features[int(step[-1]) - 1]]
    turn = view.challenge.turn if step == "turn" else None
    return IdentityPrompt(
        proofing_id=view.id,
        step="done" if step == "decide" else cast(StepName, step),
        title=say(TURNS[turn], tag) if turn else say(title, tag),
        text=say(text, tag) if text else "",
        # It is shown when it is to be said, and not before.
        shown=view.challenge.number if step == "number" else "",
        turn=turn,
    )
