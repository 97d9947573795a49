"""How long a signed document holds, and whose signatures on it, in words."""

from datetime import date

from counter.esign.store_lasting import Lasting
from web.shared.i18n import N_, Words, texts_for
from web.shared.wording import say

LEVELS = {
    "B_B": N_("Level B-B: signed, the time is not proved yet."),
    "B_T": N_("Level B-T: signed, the time is proved."),
    "B_LT": N_("Level B-LT: all proofs are in the file."),
    "B_LTA": N_("Level B-LTA: can be checked for decades."),
}
PENDING = {
    "timestamp": N_("The time-stamping service does not answer. It goes on by itself."),
    "archive": N_("The proofs for the archive follow by themselves."),
    "certificate_revoked": N_(
        "A certificate was revoked. Call the technical staff, then present the form again."
    ),
    "certificate_expired": N_("A certificate has ended. Call the technical staff."),
    "signature_invalid": N_("The archive refused this file. Call the technical staff."),
}
LATE = N_("The archive is late. It tries again by itself.")
ROLES = {
    "Origin": N_("Issued by the department"),
    "Citizen": N_("Applicant"),
    "Agent": N_("Officer at the counter"),
    "Seal": N_("Seal of the department"),
}
"Of the fields of signatures."
REVOKED_LATER = N_("Its certificate was revoked on %(day)s, after it had signed: it still counts.")
REVOKED_SOME_DAY = N_("Its certificate was revoked after it had signed: it still counts.")


def revoked_later_words(day: date | None, language: str) -> str:
    """Of a signature that counts all the same; None: on which day is not known."""
    gettext = texts_for(language).gettext
    if day is None:
        return gettext(REVOKED_SOME_DAY)
    return gettext(REVOKED_LATER) % {"day": Words(language).day(day)}


def lasting_words(lasting: Lasting, tag: str) -> str:
    """One or two sentences."""
    level = say(LEVELS[lasting.level.value], tag)
    if not lasting.pending:
        return level
    return f"{level} {say(PENDING.get(lasting.pending, LATE), tag)}"
