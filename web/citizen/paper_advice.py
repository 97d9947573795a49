"""What is said about a photograph of a paper: how it stands, and how to take a better one at home.

At the counter there are a camera and a mat; at home there are a window, a table and a hand, so the
same codes have other sentences here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from booking.catalogue import Paper
from counter.documents.advance import AdvancePaper, AdvanceState, Reason
from web.shared.i18n import N_, Words, texts_for
from web.shared.refusals import in_one

AT_HOME: Mapping[str, tuple[str, str]] = {
    "too_dark": (
        N_("The photograph is too dark"),
        N_("Go to a window or switch a lamp on, and mind that your shadow is not on the paper."),
    ),
    "no_page_found": (
        N_("We could not make out the paper"),
        N_(
            "Lay it flat on a table of another colour, with nothing on it, and photograph it whole."
        ),
    ),
    "page_cut_off": (
        N_("A corner or side of the paper is missing"),
        N_("Go a little further away, until all four corners and some table are in the picture."),
    ),
    "page_too_small": (
        N_("The paper is too small in the photograph"),
        N_("Go nearer, until the paper nearly fills the picture."),
    ),
    "page_blurred": (
        N_("The photograph is not sharp"),
        N_(
            "Touch the paper on the screen to focus, hold still with both hands, and wait a moment."
        ),
    ),
    "page_glare": (
        N_("A reflection hides part of the paper"),
        N_("Switch the flash off, or turn the paper a little away from the lamp."),
    ),
    "page_finger": (
        N_("Your fingers cover the edge of the page"),
        N_("Take your fingers off the page and photograph it again."),
    ),
    "page_blank": (
        N_("Nothing is written on this side"),
        N_("Turn the paper over and photograph the other side."),
    ),
    "file_not_taken": (
        N_("This is no picture or PDF that we can read"),
        N_("Send a JPEG, PNG, HEIC or WebP picture, or a PDF."),
    ),
    "file_too_large": (
        N_("This PDF is too large"),
        N_("Send one of at most 20 MB, or photograph the paper."),
    ),
    "pdf_encrypted": (
        N_("This PDF is locked with a password"),
        N_("Save it without one, for instance by printing it into a new PDF, and send that."),
    ),
    "pdf_active": (
        N_("This PDF holds more than pages, such as a script or another file"),
        N_("Print it into a new PDF and send that, or photograph the paper."),
    ),
    "pdf_damaged": (
        N_("This PDF cannot be opened"),
        N_("Save it again and send that, or photograph the paper."),
    ),
    "pdf_too_long": (
        N_("This PDF has too many pages"),
        N_("Send one of at most 10 pages, with only what was asked for."),
    ),
    "file_infected": (
        N_("This file was refused by the virus scanner"),
        N_("Photograph the paper instead, and have your device checked."),
    ),
    "check_unavailable": (
        N_("Files cannot be checked for viruses at the moment"),
        N_("Nothing was kept. Try again in some minutes."),
    ),
    "image_too_large": (
        N_("This picture is too large"),
        N_("Send one of at most 10 MB and 40 megapixels; the usual setting of the camera will do."),
    ),
    "image_damaged": (
        N_("This picture is damaged"),
        N_("Take the photograph again."),
    ),
    "scan_failed": (
        N_("This picture could not be looked at"),
        N_("Take the photograph again."),
    ),
    "too_many_photographs": (
        N_("This paper was photographed very often"),
        N_("Use the last photograph, or bring the paper as it is."),
    ),
}
WHY_AGAIN: Mapping[Reason, str] = {
    Reason.UNREADABLE: N_("The staff could not read it."),
    Reason.INCOMPLETE: N_("Part of it is missing, such as a page, a side or a corner."),
    Reason.WRONG_PAPER: N_("This is another paper than the one that is needed."),
    Reason.OUT_OF_DATE: N_("This paper is no longer valid."),
}
LOOKS_GOOD = (N_("Looks good"), "green")
SENT_AS_IT_IS = (N_("Sent as it is"), "")
STATES: Mapping[AdvanceState, tuple[str, str]] = {
    AdvanceState.ADVISED: (N_("Could be better"), "yellow"),
    AdvanceState.READY: (N_("Ready: the staff has looked"), "green"),
    AdvanceState.AGAIN: (N_("Please again"), "red"),
}
NOT_YET = (N_("Not yet"), "")
TITLES: Mapping[AdvanceState, tuple[str, str]] = {
    AdvanceState.SENT: (
        N_("The photograph was sent"),
        N_("The department can look at it before you come. You need not wait for that."),
    ),
    AdvanceState.READY: (
        N_("This paper is ready"),
        N_("A member of staff has looked at it, and it will do."),
    ),
}
GOOD = N_("The photograph looks good")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """A paper of the checklist with what became of it."""

    name: str
    href: str
    state: str
    colour: str
    more: str
    "What is to be done, in a sentence; empty when nothing is."


def row_of(paper: Paper, sent: AdvancePaper | None, href: str, language: str) -> PaperRow:
    """One line of the list."""
    gettext = texts_for(language).gettext
    words, colour = _state(sent)
    return PaperRow(
        name=Words(language).pick(paper.names),
        href=href,
        state=gettext(words),
        colour=colour,
        more=what_to_do(sent, language) if sent else "",
    )


def title_of(sent: AdvancePaper, language: str) -> str:
    """What the page of a photographed paper says first."""
    gettext = texts_for(language).gettext
    if sent.state is AdvanceState.AGAIN:
        return gettext(N_("Please photograph this paper again"))
    if sent.state is AdvanceState.ADVISED:
        return said_at_home(sent.advice or "", language)[0]
    if sent.state is AdvanceState.SENT and sent.advice is None:
        return gettext(GOOD)
    return gettext(TITLES[sent.state][0])


def what_to_do(sent: AdvancePaper, language: str) -> str:
    """The advice or the agent's reason; empty when there is nothing to do."""
    gettext = texts_for(language).gettext
    if sent.state is AdvanceState.AGAIN and sent.reason is not None:
        return gettext(WHY_AGAIN[sent.reason])
    if sent.state is AdvanceState.ADVISED:
        return said_at_home(sent.advice or "", language)[1]
    return ""


def advice_at_home(code: str, language: str) -> str:
    """What happened and what to do about it, in one."""
    return in_one(*said_at_home(code, language), language)


def said_at_home(code: str, language: str) -> tuple[str, str]:
    """What happened, and what to do about it."""
    title, what = AT_HOME.get(code, AT_HOME["scan_failed"])
    gettext = texts_for(language).gettext
    return gettext(title), gettext(what)


def _state(sent: AdvancePaper | None) -> tuple[str, str]:
    if sent is None:
        return NOT_YET
    if sent.state is AdvanceState.SENT:
        return LOOKS_GOOD if sent.advice is None else SENT_AS_IT_IS
    return STATES[sent.state]
