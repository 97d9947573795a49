"""What is wrong with a change, in words: one sentence for each code, said beside its field."""

from collections.abc import Iterable

from booking.catalogue_findings import Finding, Mistake
from web.shared.i18n import LANGUAGES, N_, NAMES, texts_for

SENTENCES = {
    Mistake.NOTHING_CHANGED: N_("Nothing is different from what is there already"),
    Mistake.UNREADABLE: N_("Write it as in the example"),
    Mistake.TEXT_MISSING: N_("Write this text: citizens read it in their language"),
    Mistake.TEXT_TOO_LONG: N_("Shorten this text to 160 characters"),
    Mistake.FEE_NEGATIVE: N_("A fee cannot be less than nothing"),
    Mistake.FEE_TOO_HIGH: N_("This fee is too high: at most 100,000.00"),
    Mistake.CURRENCY_UNKNOWN: N_("Choose patacas or yuan"),
    Mistake.DAYS_OUT_OF_RANGE: N_("Between 0 and 365 working days"),
    Mistake.SLOT_OFF_GRAIN: N_("The length has to be a multiple of 5 minutes"),
    Mistake.SLOT_OUT_OF_RANGE: N_("Between 5 and 120 minutes"),
    Mistake.SPEECH_MISSING: N_("Choose at least one language"),
    Mistake.ACTING_MISSING: N_("Choose at least one who may come"),
    Mistake.ABILITIES_NOWHERE: N_("No terminal has all of this: nobody could book it"),
    Mistake.WORDS_TOO_MANY: N_("At most 12 words in a language"),
    Mistake.WORD_TOO_LONG: N_("Shorten these words to 40 letters each"),
    Mistake.NOTICE_OUT_OF_RANGE: N_("Between 0 and 10080 minutes (seven days)"),
    Mistake.WEEKLY_OUT_OF_RANGE: N_("Between 1 and 7 a week, or leave it empty"),
    Mistake.TOO_MANY_PAPERS: N_("At most 12 papers"),
    Mistake.HOURS_NONE: N_("Write the hours of at least one day"),
    Mistake.HOURS_REVERSED: N_("The hours end before they begin"),
    Mistake.HOURS_OVERLAP: N_("Two of these hours overlap"),
    Mistake.HOURS_OFF_GRAIN: N_("Hours begin and end at a multiple of 5 minutes"),
    Mistake.LANES_OUT_OF_RANGE: N_("Between 1 and 40 at the same time"),
    Mistake.QUOTA_OUT_OF_RANGE: N_("Between 1 and 1000 a day"),
    Mistake.DAY_PAST: N_("This day is over"),
    Mistake.DAY_TOO_FAR: N_("This day is more than two years ahead"),
    Mistake.RELEASE_PAST: N_("This moment is over; choose a later one"),
    Mistake.RELEASE_REVERSED: N_("The last day is before the first day"),
    Mistake.RELEASE_AFTER_ITS_DAYS: N_("Booking would open after the first of these days"),
    Mistake.RELEASE_OVERLAP: N_("Some of these days are opened by another entry already"),
    Mistake.RELEASE_OUT_OF_ORDER: N_("Earlier days have to be opened before later ones"),
    Mistake.RELEASE_LAST: N_("Say that every day may open, or keep this entry"),
    Mistake.FROM_PAST: N_("Choose a later day than today, or make the change at once"),
    Mistake.FROM_TOO_FAR: N_("At most one year ahead"),
}


def messages(findings: Iterable[Finding], language: str) -> dict[str, str]:
    """Field -> sentence; the first of each field."""
    texts, said = texts_for(language), dict[str, str]()
    for one in findings:
        said.setdefault(one.field, texts.gettext(SENTENCES[one.mistake]))
    return said


def summary(findings: Iterable[Finding], language: str) -> list[dict[str, str]]:
    """The same for the error summary, each with a link into its field."""
    return [
        {"text": _named(field, text), "href": f"#{field}"}
        for field, text in messages(findings, language).items()
    ]


def _named(field: str, text: str) -> str:
    """A text of one language is named by it, so that four of them are told apart."""
    own = field.rpartition("-")[2]
    return f"{NAMES[own]}: {text}" if own in LANGUAGES else text
