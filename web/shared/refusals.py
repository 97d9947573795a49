"""Refusals in words: a stable code -> what happened, and the next thing to do.

Promise: nobody is shown a code without a sentence.  A code that is not in this table is shown with
a general sentence and the code itself, so that staff can look it up.  The sentences themselves are
in `refusals_<part>.py`.
"""

from web.shared.i18n import N_, texts_for
from web.shared.refusals_anything import ANYTHING
from web.shared.refusals_booking import BOOKING
from web.shared.refusals_calls import CALLS
from web.shared.refusals_papers import PAPERS
from web.shared.refusals_signing import SIGNING

SENTENCES: dict[str, tuple[str, str]] = {**ANYTHING, **BOOKING, **CALLS, **PAPERS, **SIGNING}

_GENERAL = (
    N_("This was not possible"),
    N_("Try again. If it happens again, tell a member of staff the code %(code)s."),
)


def explain(code: str, language: str) -> tuple[str, str]:
    """(what happened, what to do next) for a refusal's stable code, in one of `LANGUAGES`."""
    texts = texts_for(language)
    title, what_to_do = SENTENCES.get(code, _GENERAL)
    return texts.gettext(title), texts.gettext(what_to_do).replace("%(code)s", code)


def advice(code: str, language: str) -> str:
    """Both as one text, as it stands beside a field or in an error summary."""
    title, what_to_do = explain(code, language)
    return in_one(title, what_to_do, language)


def in_one(title: str, what_to_do: str, language: str) -> str:
    """Two sentences as the language writes them one after the other."""
    joined = texts_for(language).gettext(N_("%(what)s. %(next)s"))
    return joined.replace("%(what)s", title).replace("%(next)s", what_to_do)


def all_sentences(language: str) -> dict[str, tuple[str, str]]:
    """Every known code's sentences, for pages whose scripts hear codes over the socket."""
    return {code: explain(code, language) for code in SENTENCES}
