"""What the documents of the live faces share: every language's words, and cookies set by ports.

A live page changes its language without being loaded again, so it carries the words of all four.
"""

from dataclasses import dataclass
from functools import lru_cache

from aiohttp import web

from web.shared.csrf import CSRF
from web.shared.i18n import LANGUAGES, TAGS, texts_for
from web.shared.refusals import all_sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A session's cookie as the composition root wants it set; an empty value removes it."""

    name: str
    value: str
    max_age_s: int


def set_cookie(request: web.Request, response: web.StreamResponse, cookie: Cookie) -> None:
    """Set it so that scripts cannot read it and other sites cannot send it."""
    response.set_cookie(
        cookie.name,
        cookie.value,
        max_age=cookie.max_age_s if cookie.value else 0,
        secure=request.config_dict[CSRF].secure,
        httponly=True,
        samesite="Strict",
        path="/",
    )


ALSO_SAID = ("Back", "Language", "Remote counter")
"Texts of the plain pages (`shared`) that live pages say as well."


@lru_cache
def words_of(face: str) -> dict[str, dict[str, object]]:
    """{BCP 47 tag: {"texts": {English source: text}, "refusals": {code: [what, what to do]}}}."""
    return {
        TAGS[language]: {
            "texts": {one: texts_for(language).gettext(one) for one in ALSO_SAID}
            | texts_for(language).for_scripts(face),
            "refusals": all_sentences(language),
        }
        for language in LANGUAGES
    }
