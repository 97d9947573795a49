"""Sentences for papers: scanned, sent from home, bound, printed.  See `web.shared.refusals`."""

from web.shared.i18n import N_

# fmt: off
PAPERS: dict[str, tuple[str, str]] = {
    # Papers
    "photograph_refused": (
        N_("The photograph cannot be used"),
        N_("Lay the paper flat under the camera and scan again.")),
    "no_page_found": (
        N_("We could not find a page in the picture"),
        N_("Lay the paper flat on the dark mat, under the camera, and scan again.")),
    "page_cut_off": (
        N_("Part of the page is outside the picture"),
        N_("Move the page fully inside the frame and scan again.")),
    "page_too_small": (
        N_("The page is too far away to read"),
        N_("Move the page closer to the camera and scan again.")),
    "page_blurred": (
        N_("The picture is not sharp"),
        N_("Lay the page down, take your hands away and scan again.")),
    "page_glare": (
        N_("A reflection hides part of the page"),
        N_("Tilt the page a little or move it away from the lamp, then scan again.")),
    "page_finger": (
        N_("Something lies across the edge of the page"),
        N_("Take your fingers off the page and scan again.")),
    "page_blank": (
        N_("This side of the page is empty"),
        N_("Turn the paper over and scan again.")),
    "not_an_image": (
        N_("This file is not a photograph"),
        N_("Send a JPEG or PNG picture.")),
    "link_over": (
        N_("This link takes nothing any more"),
        N_("Look for a newer letter, or bring the paper to the counter.")),
    "issue_over": (
        N_("Nothing can be taken over this link"),
        N_("Open your appointment, or ask the department.")),
    "nothing_to_send": (
        N_("No page was uploaded yet"),
        N_("Take a photograph or choose a file, then hand it in.")),
    "file_not_taken": (
        N_("This is no picture or PDF that we can read"),
        N_("Send a JPEG, PNG, HEIC or WebP picture, or a PDF.")),
    "file_too_large": (
        N_("This PDF is too large"),
        N_("Send one of at most 20 MB, or photograph the paper.")),
    "pdf_encrypted": (
        N_("This PDF is locked with a password"),
        N_("Save it without one, for instance by printing it into a new PDF, and send that.")),
    "pdf_active": (
        N_("This PDF holds more than pages, such as a script or another file"),
        N_("Print it into a new PDF and send that, or photograph the paper.")),
    "pdf_damaged": (
        N_("This PDF cannot be opened"),
        N_("Save it again and send that, or photograph the paper.")),
    "pdf_too_long": (
        N_("This PDF has too many pages"),
        N_("Send one with only what was asked for.")),
    "file_infected": (
        N_("This file was refused by the virus scanner"),
        N_("Photograph the paper instead, and have your device checked.")),
    "check_unavailable": (
        N_("Files cannot be checked for viruses at the moment"),
        N_("Nothing was kept. Try again in some minutes.")),
    "image_too_large": (
        N_("This picture is too large"),
        N_("Send a picture of at most 10 MB.")),
    "image_damaged": (
        N_("This picture is damaged"),
        N_("Take the picture again.")),
    "digest_mismatch": (
        N_("What arrived is not what was sent"),
        N_("Try again. Nothing was kept.")),
    "scan_failed": (
        N_("The page could not be read this time"),
        N_("Scan the page again.")),
    "scan_not_asked": (
        N_("Nobody has asked for a page right now"),
        N_("Wait until the member of staff asks for it.")),
    "too_many_previews": (
        N_("The page is looked at already"),
        N_("Wait a moment.")),
    "page_unknown": (
        N_("We cannot find this page"),
        N_("Reload, and scan the page again if it is missing.")),
    "blob_missing": (
        N_("This document cannot be shown right now"),
        N_("Try again in a minute, or ask a member of staff.")),
    "blob_damaged": (
        N_("This document is damaged"),
        N_("Call the technical staff. If it is a page, scan it again.")),
    "capture_unknown": (
        N_("We do not know this photograph"),
        N_("Take the picture again.")),
    "capture_offset": (
        N_("A part of the picture came twice or too early"),
        N_("You need not do anything: it is sent on from the right place.")),
    "capture_expired": (
        N_("The picture did not arrive in time"),
        N_("Take the picture again.")),
    "chunk_damaged": (
        N_("A part of the picture was damaged on its way"),
        N_("You need not do anything: it is sent again.")),
    "camera_dark": (
        N_("The document camera sees nothing"),
        N_("Take away what covers it, and take the picture again.")),
    "paper_jam": (
        N_("The paper is stuck in the scanner"),
        N_("Pull it out gently, lay it in again, and take the picture again.")),
    "scanner_empty": (
        N_("There is no paper in the scanner, or its lid is open"),
        N_("Lay the paper in, close the lid, and take the picture again.")),
    "device_failed": (
        N_("The document camera does not answer"),
        N_("Try again. If it happens again, tell the agent.")),
    "terminal_out_of_order": (
        N_("This terminal cannot serve you right now"),
        N_("Something of it is broken and has been reported. Please take another terminal.")),
    # Papers before the trip
    "too_dark": (
        N_("The picture is too dark"),
        N_("Switch a lamp on and take the picture again.")),
    "paper_ready": (
        N_("This paper is ready"),
        N_("A member of staff has looked at it. You need not send it again.")),
    "too_many_photographs": (
        N_("This paper was photographed very often"),
        N_("Use the last photograph, or bring the paper as it is.")),
    "not_before_visit": (
        N_("No papers are taken for this appointment any more"),
        N_("Open your appointment to see how it stands.")),
    "other_photograph": (
        N_("The citizen has sent another photograph meanwhile"),
        N_("Look at the new one, then decide.")),
    "papers_undecided": (
        N_("Papers are still missing"),
        N_("Say of each until when it is handed in, or that it is not needed.")),
    "originals_lying": (
        N_("An original still lies at the terminal"),
        N_("Ask the citizen to take it, or say that you finish all the same.")),
    "due_day_wrong": (
        N_("This day cannot be chosen"),
        N_("Choose a day from tomorrow until a year from now.")),
    "paper_sealed": (
        N_("This picture cannot be opened"),
        N_("Call the technical staff. The paper can be photographed again.")),
    # Bundles and prints
    "binding_failed": (
        N_("The PDF could not be made just now"),
        N_("Nothing was lost. Try again in a minute.")),
    "nothing_to_bind": (
        N_("No page of this paper was accepted"),
        N_("Accept a page first; what was sent back is in no PDF.")),
    "too_much_to_print": (
        N_("This is more than may be printed in one visit"),
        N_("Hand the rest over as a file, or send the citizen to a counter.")),
}
# fmt: on
