"""How the recording of a call stands, for both screens."""

from typing import Final, Literal

from sqlalchemy import Connection

from counter.media.recording import State
from counter.media.store_recordings import recording_view
from counter.protocol.calling import CallCard
from counter.protocol.recording import RecordingCard
from web.shared.wording import instant

Shown = Literal["proposed", "starting", "recording", "paused", "declined", "stopped"]
SHOWN: Final[dict[State, Shown]] = {
    State.PROPOSED: "proposed",
    State.AGREED: "starting",
    State.RECORDING: "recording",
    State.PAUSED: "paused",
    State.DECLINED: "declined",
}
"Every other state: it is over."


def recording_card(conn: Connection, call: CallCard | None) -> RecordingCard | None:
    """None without a call, and for a call that nobody asked to record."""
    view = recording_view(conn, call.call_id) if call else None
    if view is None:
        return None
    return RecordingCard(
        recording_id=view.recording_id,
        state=SHOWN.get(view.state, "stopped"),
        since=instant(view.since),
    )
