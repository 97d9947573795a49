"""Sentences for the queue, the call and who sits there.  See `web.shared.refusals`."""

from web.shared.i18n import N_

# fmt: off
CALLS: dict[str, tuple[str, str]] = {
    # The queue and the call
    "offer_over": (
        N_("This call was already taken back"),
        N_("Take the next one from the list.")),
    "media_gone": (
        N_("The picture and sound were interrupted"),
        N_("Please wait: the connection is being made again.")),
    "draining": (
        N_("The picture and sound are being moved"),
        N_("Please wait: the connection is being made again.")),
    "other_side_silent": (
        N_("Nothing comes from the other side right now"),
        N_("Your own connection is in order. Please wait a moment.")),
    "media_elsewhere": (
        N_("Picture and sound cannot be connected here"),
        N_("Ask the technical staff: the other side is connected to a different server.")),
    "media_library_changed": (
        N_("Video is not available right now"),
        N_("Call the technical staff: the software of this server does not fit.")),
    "no_still": (
        N_("The picture could not be held"),
        N_("The conversation goes on. Try again in a moment.")),
    "camera_refused": (
        N_("The camera or microphone is not allowed"),
        N_("Allow both in the browser's address bar, then reload the page.")),
    "camera_missing": (
        N_("No camera or microphone was found"),
        N_("Ask a member of staff. You can also go on with voice only.")),
    # More than two in a call
    "agent_not_free": (
        N_("This colleague is not free any more"),
        N_("Choose somebody else from the list; it shows who is free now.")),
    "hands_stopped": (
        N_("The citizen has stopped your hands"),
        N_("Say what you would like to do, then ask again.")),
    "call_is_full": (
        N_("Nobody more can join this call"),
        N_("Two others can take part at once. Let one of them leave first.")),
    "cannot_take_over": (
        N_("This colleague does not serve this department"),
        N_("Choose one who does, or ask this one to join instead.")),
    "invite_over": (
        N_("This request to join is over"),
        N_("It was taken back or rang for too long. You need not do anything.")),
    # Identification
    "step_not_now": (
        N_("This step cannot be answered yet"),
        N_("An earlier step is open, or the paper is not there. The list shows what comes next.")),
    "steps_missing": (
        N_("It cannot be confirmed like this"),
        N_("A step is open or was not passed. Repeat it, refuse, or end the identification.")),
    "not_second": (
        N_("You cannot be the second officer here"),
        N_("It must be somebody else who is on duty for this department. Leave it to them.")),
    "proofing_over": (
        N_("This identification is over"),
        N_("It was decided or ended in the meantime. Begin a new one if it is needed.")),
}
# fmt: on
