"""What is to be known of a service before booking, in the words of a page.

What it costs and what to bring stands in the template; here is what takes a rule to say.
"""

from dataclasses import dataclass

from booking.catalogue import Ability, Acting, Catalogue, IdentityLevel, PaperKind, Service
from web.shared.i18n import N_, Words, texts_for

WHO = {
    Acting.SELF: N_("You, in your own matter"),
    Acting.RELATIVE: N_("A relative on your behalf"),
    Acting.SOCIAL_WORKER: N_("A social worker who helps you"),
    Acting.REPRESENTATIVE: N_("Whoever represents a company or an association"),
}
IDENTITY = {
    IdentityLevel.NONE: N_("Nobody asks who you are"),
    IdentityLevel.ACCOUNT: N_("You sign in with the app, or with a code that we send you"),
    IdentityLevel.DOCUMENT: N_(
        "Your identity document is read at the counter, and the staff compare it with you"
    ),
    IdentityLevel.WITNESSED: N_(
        "Your identity document is read at the counter, and two members of the staff"
        " compare it with you"
    ),
}
SPEECH_NAMES = {
    "yue": ("廣東話", "yue"),
    "cmn": ("普通话", "cmn"),
    "pt": ("Português", "pt"),
    "en": ("English", "en"),
}
"Each spoken language's name in itself, never translated, and its tag."
KINDS = {
    PaperKind.ORIGINAL: N_(
        "Original: bring the paper itself. It is scanned at the counter and you keep it."
    ),
    PaperKind.COPY: N_("Copy: a copy is enough."),
    PaperKind.PHOTO: N_("Photo: a recent photograph of your face."),
}
LACKING = {
    Ability.PRINTER: N_("Not at %(place)s: there is no printer."),
    Ability.SCANNER: N_("Not at %(place)s: there is no scanner."),
    Ability.STEP_FREE: N_("Not at %(place)s: there are steps."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Sentences without a full stop, unless it is there."""

    who: list[str]
    identity: str
    speech: list[tuple[str, str]]
    "Each language's name in itself, and its tag."
    change_until: str
    weekly: str
    "Empty when there is no limit."
    kinds: list[str]
    "What the kinds of paper that are asked for mean."
    not_at: list[str]
    "Places on the right side that cannot give it, and why."


def facts_of(catalogue: Catalogue, service: Service, language: str) -> Facts:
    texts = texts_for(language)
    wanted = {paper.kind for paper in service.papers}
    return Facts(
        who=[texts.gettext(WHO[one]) for one in service.acts_for],
        identity=texts.gettext(IDENTITY[service.identity_level]),
        speech=[SPEECH_NAMES[one] for one in service.speech],
        change_until=_change_until(service.change_until_minutes, language),
        weekly=_weekly(service.weekly_per_person, language),
        kinds=[texts.gettext(words) for kind, words in KINDS.items() if kind in wanted],
        not_at=_not_at(catalogue, service, language),
    )


def _change_until(minutes: int, language: str) -> str:
    texts = texts_for(language)
    if not minutes:
        return texts.gettext(N_("Until it begins"))
    hours, rest = divmod(minutes, 60)
    if rest:
        text = texts.ngettext(
            "Until %(num)s minute before", "Until %(num)s minutes before", minutes
        )
        return text.replace("%(num)s", str(minutes))
    text = texts.ngettext("Until %(num)s hour before", "Until %(num)s hours before", hours)
    return text.replace("%(num)s", str(hours))


def _weekly(limit: int | None, language: str) -> str:
    if limit is None:
        return ""
    text = texts_for(language).ngettext(
        "%(num)s appointment a week for each person",
        "%(num)s appointments a week for each person",
        limit,
    )
    return text.replace("%(num)s", str(limit))


def _not_at(catalogue: Catalogue, service: Service, language: str) -> list[str]:
    """Places that lack something; the first thing is reason enough."""
    home = catalogue.department(service.department).territory
    given = catalogue.sites_for(service.id)
    said = []
    for site in catalogue.sites.values():
        lacks = [
            ability
            for ability in LACKING
            if ability in service.abilities and not site.terminals_with(frozenset({ability}))
        ]
        if site.territory != home and site not in given and lacks:
            place = Words(language).pick(site.names)
            said.append(texts_for(language).gettext(LACKING[lacks[0]]).replace("%(place)s", place))
    return said
