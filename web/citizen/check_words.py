"""What the page of a check says: the verdict, how long it lasts, each signature.

Promise: what a stranger's file says of itself is one short line that turns nothing around.
"""

from typing import Any
from zoneinfo import ZoneInfo

from counter.esign.judging import Judgement
from counter.esign.validation import Found, Recorded, SignatureFound
from web.shared.i18n import N_, Words, texts_for
from web.shared.lasting_words import ROLES, revoked_later_words

ZONE = ZoneInfo("Asia/Macau")
"Of Macau and Hengqin alike."
LONGEST = 120
"Characters of a name in a stranger's file."
DIGITS = 12
"Of a SHA-256: enough to compare by eye."

VERDICTS: dict[Judgement, tuple[str, str, str]] = {
    Judgement.SOUND: (
        N_("Genuine and unchanged"),
        "green",
        N_("This counter gave out exactly this document."),
    ),
    Judgement.BROKEN: (
        N_("Not valid"),
        "red",
        N_("It was changed, or a signature does not hold. Do not rely on it; ask for it again."),
    ),
    Judgement.STRANGE: (
        N_("Not valid"),
        "red",
        N_("Its signatures are not those of our record. Do not rely on it; ask for it again."),
    ),
    Judgement.APPENDED: (
        N_("Not valid"),
        "red",
        N_("Something was added behind the last signature. Use the file as it was given out."),
    ),
    Judgement.VOIDED: (
        N_("Signed, and taken back by the department on %(day)s"),
        "red",
        N_("It was genuine, and does not count any more. Ask the department."),
    ),
    Judgement.UNSIGNED: (
        N_("Not signed"),
        "yellow",
        N_("There is no electronic signature in this file. A scan of a paper has none."),
    ),
    Judgement.UNTRUSTED: (
        N_("Signer not known"),
        "yellow",
        N_("It is unchanged, but nobody whom we trust says who signed it."),
    ),
    Judgement.LAPSED: (
        N_("Too old to prove itself"),
        "yellow",
        N_(
            "It is unchanged, but the certificates of its timestamps have ended, and this counter"
            " did not give out this file."
        ),
    ),
    Judgement.UNROOTED: (
        N_("Genuine and unchanged"),
        "green",
        N_(
            "This counter gave out exactly this document. Whom it trusts today does not say whose"
            " its signatures are; our record goes on proving it."
        ),
    ),
    Judgement.ENDED: (
        N_("Genuine and unchanged"),
        "green",
        N_(
            "This counter gave out exactly this document. The certificates of its timestamps have"
            " ended since; our record goes on proving it."
        ),
    ),
    Judgement.CHANGED: (
        N_("Signed, later changed as the signer allowed"),
        "yellow",
        N_("It is not as it was when it was signed. Compare it with what the signer has."),
    ),
    Judgement.UNKNOWN: (
        N_("Not the document of our record"),
        "yellow",
        N_("Its signatures hold, but this counter did not give out this file."),
    ),
    Judgement.UNCOMPARED: (
        N_("Not compared"),
        "yellow",
        N_("Its signatures hold, but this counter did not give out this file."),
    ),
}
UNRECORDED = N_("Our record does not say who signed it: it is older than that. The file does.")
FOLLOWS = N_("The archive's timestamp follows by itself.")
REFUSED = {
    "certificate_revoked": N_("A certificate in it was revoked. Ask the department."),
    "certificate_expired": N_("A certificate in it has ended. Ask the department."),
    "signature_invalid": N_("The archive did not take it. Ask the department."),
}
"What keeps a document out of the archive, and does not mend itself."
ENDED = N_("It held; the certificate of its timestamp ended on %(day)s.")
LEVEL_ENDED = N_("Signed and timestamped; the timestamps have ended")
LEVEL_UNKNOWN = N_("Signed; nobody whom we trust says when")
IN_FIELD = N_("In the field “%(field)s”")
ISSUER = N_("Certificate issued by: %(issuer)s")
CLAIMED = N_("%(moment)s, as the file says; nobody whom we trust says so")
REVOKED_BEFORE = N_("Its certificate was revoked on %(day)s, before it signed: it does not count.")
LEVELS = {
    "B_B": N_("Signed, without a timestamp"),
    "B_T": N_("Signed and timestamped"),
    "B_LT": N_("Timestamped, with proofs of its certificates"),
    "B_LTA": N_("Kept for the long term"),
}


def verdict_words(
    judgement: Judgement, recorded: Recorded | None, language: str
) -> tuple[str, str, str]:
    """The verdict, its colour and what it means."""
    gettext = texts_for(language).gettext
    title, colour, meaning = VERDICTS[judgement]
    verdict = gettext(title)
    since = recorded.manifest.voided_at if recorded else None
    if judgement is Judgement.VOIDED and since is not None:
        verdict %= {"day": Words(language).day(since.astimezone(ZONE).date())}
    return verdict, colour, gettext(meaning)


def level_word(found: Found) -> str:
    if any(one.ended for one in found.signatures):
        return LEVEL_ENDED
    return LEVELS[found.level] if found.level_known else LEVEL_UNKNOWN


def signature_words(one: SignatureFound, language: str, *, role: bool) -> dict[str, Any]:
    """role: whether the record says that it is what its field is called."""
    gettext, moment = texts_for(language).gettext, Words(language).moment
    if one.kind == "timestamp":
        title = gettext(N_("Timestamp of the archive") if role else N_("Timestamp over the file"))
    elif role:
        title = gettext(ROLES[one.field]) if one.field in ROLES else plain(one.field)
    else:
        title = gettext(IN_FIELD) % {"field": plain(one.field)}
    revoked = ""
    if one.revoked_at is not None:
        day = one.revoked_at.astimezone(ZONE).date()
        before = gettext(REVOKED_BEFORE) % {"day": Words(language).day(day)}
        counts = one.trusted or one.ended
        revoked = revoked_later_words(day, language) if counts else before
    made, ended = one.stamped_at, ""
    if one.ended is not None:
        last = Words(language).day(one.ended.at.astimezone(ZONE).date())
        made, ended = one.ended.stamped_at, gettext(ENDED) % {"day": last}
    when, issuer = moment(made.astimezone(ZONE)) if made else "", ""
    if made is None and one.claimed_at is not None:
        when = gettext(CLAIMED) % {"moment": moment(one.claimed_at.astimezone(ZONE))}
    if not role and one.issuer:
        issuer = gettext(ISSUER) % {"issuer": plain(one.issuer)}
    return {
        "revoked": revoked,
        "ended": ended,
        "role": title,
        "signer": plain(one.signer),
        "issuer": issuer,
        "when": when,
        "holds": one.holds and one.trusted,
        "stranger": one.holds and not one.trusted and one.revoked_at is None,
    }


def plain(said: str) -> str:
    """What a stranger's file says of itself: one short line that nothing in it turns around."""
    line = " ".join("".join(one if one.isprintable() else " " for one in said).split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"
