"""Sentences for what may happen anywhere, and for programs.  See `web.shared.refusals`."""

from web.shared.i18n import N_

# fmt: off
ANYTHING: dict[str, tuple[str, str]] = {
    # Anything
    "page_not_found": (
        N_("This page does not exist"),
        N_("Check the address, or start again from the first page.")),
    "not_found": (
        N_("We cannot find this"),
        N_("It may have been closed. Go back and choose again.")),
    "not_signed_in": (
        N_("Please sign in first"),
        N_("Your session may have ended. Sign in and try again.")),
    "not_allowed": (
        N_("You cannot open this"),
        N_("It belongs to somebody else. If you need it, ask a member of staff.")),
    "not_allowed_now": (
        N_("This step is not possible right now"),
        N_("Something has changed in the meantime. Reload the page to see where you are.")),
    "bad_input": (
        N_("We could not read what was sent"),
        N_("Go back, check what you entered and send it again.")),
    "too_large": (
        N_("What was sent is too large"),
        N_("Choose a smaller file and send it again.")),
    "too_many_requests": (
        N_("Too many tries in a short time"),
        N_("Wait one minute, then try again.")),
    "foreign_form": (
        N_("This page was open for too long"),
        N_("Nothing was changed. Go back, reload the page and send it again.")),
    "wrong_passphrase": (
        N_("Name and passphrase do not belong together"),
        N_("Check both and try again. After several tries you have to wait.")),
    "too_many_tries": (
        N_("Too many tries with this name"),
        N_("Wait 15 minutes, then try again, or ask a supervisor.")),
    "enrolment_used": (
        N_("This set-up link was already used or is too old"),
        N_("Ask the technical staff for a new link.")),
    "used_elsewhere": (
        N_("This desk is open in another window"),
        N_("Go on there, or reload this page to take it over here.")),
    "busy": (
        N_("Very many people are using the service right now"),
        N_("Nothing was changed. Wait a few seconds, then try again.")),
    "store_unavailable": (
        N_("The service is not available for a moment"),
        N_("Nothing was changed. Wait a few seconds, then try again.")),
    "server_fault": (
        N_("Something went wrong on our side"),
        N_("Nothing was lost that you had already sent. Try again in a minute.")),
    # Programs
    "api_key_unknown": (
        N_("The key of this program is missing, unknown or revoked"),
        N_("Send it as Authorization: Bearer. Whoever runs the counter makes keys.")),
    "api_key_scope": (
        N_("The key of this program may not do this"),
        N_("Whoever runs the counter can make a key that may.")),
    "idempotency_key_missing": (
        N_("This request has no key of its own"),
        N_("Send an Idempotency-Key of 8 to 64 letters and digits, new for each request.")),
    "idempotency_key_used": (
        N_("The key of this request was already used for another one"),
        N_("Send a new Idempotency-Key with a new request, and the same one when repeating it.")),
    "no_such_call": (
        N_("There is no such call"),
        N_("See what there is in /api/v1/openapi.json.")),
}
# fmt: on
