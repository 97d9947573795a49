"""The steps of an identification in words: what the agent does, what the citizen is asked."""

from collections.abc import Mapping
from typing import Final

from web.shared.i18n import N_

TITLES: Final[Mapping[str, str]] = {
    "consent": N_("Consent"),
    "account": N_("Code of the appointment"),
    "presence": N_("Alone, and well seen"),
    "document": N_("Identity document"),
    "feature1": N_("Security feature 1 of 3"),
    "feature2": N_("Security feature 2 of 3"),
    "feature3": N_("Security feature 3 of 3"),
    "finger_portrait": N_("Finger across the portrait"),
    "finger_zone": N_("Finger across the code lines"),
    "match": N_("Names and dates"),
    "face": N_("Portrait and face"),
    "turn": N_("Turn of the head"),
    "number": N_("Number said aloud"),
    "questions": N_("Control questions"),
}

TODO: Final[Mapping[str, str]] = {
    "consent": N_("The citizen reads on the terminal what is done, and answers there."),
    "account": N_("The code of the appointment was shown at arrival. Does the person know of it?"),
    "presence": N_("The citizen is alone, the whole face is seen, light and sound are good."),
    "document": N_("Ask for front and back, accept the pages, and look at what was read."),
    "finger_portrait": N_("The finger passes over the portrait, and its edge stays whole."),
    "finger_zone": N_("The finger passes over the code lines, and its edge stays whole."),
    "match": N_("Compare what is printed, what was read and what was booked."),
    "face": N_("Compare the portrait with the live face. Nothing is compared for you."),
    "turn": N_("The head turns as the terminal asks. Look at the edges of the face."),
    "number": N_("The number is said aloud, at once and in the person's own voice."),
    "questions": N_(
        "Ask two questions that the document does not answer. Watch for prompting or pressure."
    ),
}

FEATURES: Final[Mapping[str, str]] = {
    "hologram": N_("Tilt it: the hologram changes its picture."),
    "colour_shift": N_("Tilt it: the ink changes its colour."),
    "echo_portrait": N_("Tilt it: the second portrait appears and disappears."),
    "raised_letters": N_("Light from the side: the letters are raised."),
    "engraved_portrait": N_("Light from the side: the portrait is engraved, and nothing peels."),
    "fine_lines": N_("Close to the camera: the fine lines are unbroken, also around the portrait."),
    "small_print": N_("Close to the camera: the small print is sharp and can be read."),
}
"To the agent; the citizen is told `ASKED`."

ASKED: Final[Mapping[str, str]] = {
    "hologram": N_("Tilt your document slowly to and fro before the camera."),
    "colour_shift": N_("Tilt your document slowly to and fro before the camera."),
    "echo_portrait": N_("Tilt your document slowly to and fro before the camera."),
    "raised_letters": N_("Hold your document so that the light falls on it from the side."),
    "engraved_portrait": N_("Hold your document so that the light falls on it from the side."),
    "fine_lines": N_("Hold your document close to the camera, and keep it still."),
    "small_print": N_("Hold your document close to the camera, and keep it still."),
}

PROMPTS: Final[Mapping[str, tuple[str, str]]] = {
    "consent": (
        N_("May the agent make sure who you are?"),
        N_(
            "The agent looks at your document and at your face. What was checked is kept; "
            "no picture of your face is kept, and no machine compares faces."
        ),
    ),
    "account": (N_("The agent checks your appointment"), N_("You need not do anything.")),
    "presence": (
        N_("Look into the camera"),
        N_("Sit alone, with your whole face in the light. Stay until the agent is done."),
    ),
    "document": (
        N_("Your identity document"),
        N_("The agent asks for the front and then for the back. Lay it under the camera."),
    ),
    "feature1": (N_("Show your document"), ""),
    "feature2": (N_("Show your document"), ""),
    "feature3": (N_("Show your document"), ""),
    "finger_portrait": (
        N_("Finger across the portrait"),
        N_("Hold your document before the camera and move a finger slowly across the portrait."),
    ),
    "finger_zone": (
        N_("Finger across the code lines"),
        N_("Hold your document before the camera and move a finger slowly across the lines."),
    ),
    "match": (N_("The agent compares names and dates"), N_("You need not do anything.")),
    "face": (
        N_("Look straight into the camera"),
        N_("Take off glasses or a mask for a moment, if you can."),
    ),
    "turn": (N_("Turn your head"), N_("Slowly, and pass a hand before your face as you turn.")),
    "number": (N_("Say this number aloud"), ""),
    "questions": (N_("The agent asks you two questions"), N_("Answer in your own words.")),
    "wait": (
        N_("A second officer looks at it"),
        N_("Please stay at the terminal. This takes a moment."),
    ),
    "decide": (N_("One moment please"), N_("You need not do anything.")),
}
"Title and text on the terminal, by step."

TURNS: Final[Mapping[str, str]] = {"left": N_("To your left"), "right": N_("To your right")}

DOCUMENTS: Final[Mapping[str, str]] = {
    "bir": N_("Macao resident identity card"),
    "home_permit": N_("Mainland Travel Permit (Home Return Permit)"),
    "exit_entry": N_("Exit-Entry Permit for Hong Kong and Macao"),
    "mainland_id": N_("Mainland resident identity card"),
    "passport": N_("Passport"),
    "other": N_("Another document"),
}

REASONS: Final[Mapping[str, str]] = {
    "citizen_declined": N_("The citizen does not want it"),
    "not_alone": N_("The citizen is not alone"),
    "bad_light_or_sound": N_("Light or sound are not good enough"),
    "document_doubtful": N_("The document is doubtful"),
    "not_the_holder": N_("Perhaps not the holder of the document"),
    "under_pressure": N_("The citizen seems to be under pressure"),
    "technical": N_("The equipment does not work"),
    "other": N_("Another reason"),
    "visit_ended": N_("The visit ended"),
}
