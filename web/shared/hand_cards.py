"""The agent's hands on the terminal, for both screens, in the words of each."""

from collections.abc import Sequence
from typing import Any, Final, cast

from sqlalchemy import Connection

from counter.protocol.calling import CallCard
from counter.protocol.hands import Crop, HandsCard, HandState, HandUsed, PageTurned
from counter.protocol.message import Language
from counter.signaling.hand import Hand
from counter.signaling.store_hands_reading import HandsView, hands_view
from counter.signaling.store_screens import TerminalView
from web.shared.i18n import N_
from web.shared.wording import instant, say

WORDS: Final = {
    "volume_up": N_("The agent turned the sound up"),
    "volume_down": N_("The agent turned the sound down"),
    "gain_up": N_("The agent made the microphone louder"),
    "gain_down": N_("The agent made the microphone quieter"),
    "camera_document": N_("The agent looks through the document camera"),
    "camera_face": N_("The agent looks through the camera in front"),
    "crop_closer": N_("The agent brought the picture closer"),
    "crop_wider": N_("The agent moved the picture back"),
    "crop_moved": N_("The agent moved the picture"),
    "crop_whole": N_("The agent sees the whole picture again"),
    "light_on": N_("The agent switched the lamp on"),
    "light_off": N_("The agent switched the lamp off"),
    "light_up": N_("The agent made the lamp brighter"),
    "light_down": N_("The agent made the lamp darker"),
    "text_larger": N_("The agent made the letters larger"),
    "text_smaller": N_("The agent made the letters smaller"),
    "language": N_("The agent changed the language"),
    "page": N_("The agent turned the page"),
    "show": N_("The agent laid a page before you"),
    "show_end": N_("The agent put the page away"),
    "mark": N_("The agent marked a place on the page"),
    "stopped": N_("The agent was told to stop"),
}
"By the word of a use."


def hands_card(
    conn: Connection,
    call: CallCard | None,
    terminal: TerminalView,
    tag: str,
    lamp: Sequence[str] = (),
) -> HandsCard | None:
    """None without a call.  lamp: what the lamp over the papers can; empty: there is none."""
    if call is None:
        return None
    view = hands_view(conn, call.call_id)
    crop = view.value(Hand.CROP)
    return HandsCard(
        permission=view.permission,
        camera=view.value(Hand.CAMERA),
        crop=Crop(x=crop[0], y=crop[1], width=crop[2], height=crop[3]) if crop else None,
        gain=view.value(Hand.GAIN),
        volume=view.value(Hand.VOLUME),
        text_size=cast(Any, terminal.text_size),
        language=cast(Language, terminal.language),
        page=_page(view),
        show=view.value(Hand.SHOW),
        light=view.value(Hand.LIGHT) if lamp else None,
        light_level="level" in lamp,
        states=[
            HandState(
                hand=cast(Any, wish.hand.value), rev=wish.rev, state=wish.state, cannot=wish.cannot
            )
            for wish in sorted(view.wishes.values(), key=lambda wish: wish.hand)
        ],
        did=[
            HandUsed(seq=one.seq, text=say(WORDS[one.word], tag), at=instant(one.at))
            for one in view.uses
        ],
    )


def _page(view: HandsView) -> PageTurned | None:
    wish = view.wishes.get(Hand.PAGE)
    return PageTurned(**wish.value, rev=wish.rev) if wish and wish.value else None
