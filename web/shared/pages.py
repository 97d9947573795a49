"""`render`: one template, in the request's language, with everything a page may count on.

Promise: a template sees its data and these names and nothing else; a name it does not know is an
error, not an empty string.  Each language has its own Jinja environment, so that macros imported
without context speak the right language too.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import aiohttp_jinja2
import jinja2
from aiohttp import web
from jinja2.utils import missing
from markupsafe import Markup

from web.shared.access import principal_of
from web.shared.assets import ASSETS
from web.shared.csrf import keep_visitor, token
from web.shared.headers import nonce_of
from web.shared.i18n import LANGUAGES, NAMES, TAGS, Words, texts_for
from web.shared.language import language_of
from web.shared.refusals import all_sentences

WEB = Path(__file__).resolve().parent.parent
FACES = ("shared", "citizen", "terminal", "console", "wall")
_KEYS = {language: web.AppKey(f"pages_{language}", jinja2.Environment) for language in LANGUAGES}


class StrictNames(jinja2.StrictUndefined):
    """A misspelt name or attribute is an error; a key that a dictionary lacks is simply not there.

    The kit's macros ask their parameter dictionaries for keys that callers may leave out, and
    whether they were called with a block.
    """

    def __new__(
        cls, hint: str | None = None, obj: Any = missing, *args: Any, **more: Any
    ) -> "StrictNames":
        if isinstance(obj, dict) or hint == "No caller defined":
            return cast("StrictNames", jinja2.ChainableUndefined(hint, obj, *args, **more))
        return super().__new__(cls)


def install_pages(app: web.Application) -> None:
    """One environment per language, the same ones for every application of the process."""
    for language, key in _KEYS.items():
        app[key] = _environment(language)


@cache
def _environment(language: str) -> jinja2.Environment:
    folders: dict[str, jinja2.BaseLoader] = {
        face: jinja2.FileSystemLoader(WEB / face / "templates") for face in FACES
    }
    kit = jinja2.PackageLoader("govuk_frontend_jinja")
    environment = jinja2.Environment(
        loader=jinja2.PrefixLoader({**folders, "govuk_frontend_jinja": kit}),
        undefined=StrictNames,
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    extended: Any = environment  # the extension adds its methods at run time
    extended.install_gettext_translations(texts_for(language), newstyle=True)
    environment.globals.update(
        language=language,
        language_tag=TAGS[language],
        language_names=NAMES,
        language_tags=TAGS,
        words=Words(language),
        data_block=data_block,
        # The kit was ported from another language and compares with these two names.
        undefined=jinja2.ChainableUndefined(name="undefined"),
        null=jinja2.ChainableUndefined(name="null"),
    )
    return environment


def data_block(name: str, data: object, nonce: str = "") -> Markup:
    """Data for the page's script: `JSON.parse(document.getElementById(name).textContent)`."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # "</script>" or "<!--" inside a string must not end or open anything.
    safe = body.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Markup('<script type="application/json" id="{}" nonce="{}">{}</script>').format(
        name, nonce, Markup(safe)
    )


def render(
    request: web.Request,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> web.Response:
    """The page, as `text/html`, never cached.

    template: `<face>/<file>`, for example `citizen/home.html`; its face decides which texts the
    page's scripts get.  Every template also sees `request`, `principal`, `csrf`, `nonce`,
    `asset_tags`, `asset_url`, `script_texts`, `script_refusals` and `data_block`, and per
    language `language`, `language_tag`, `words` and the gettext functions.
    """
    language = language_of(request)
    face = template.partition("/")[0]
    nonce = nonce_of(request)
    assets = request.config_dict[ASSETS]
    names: dict[str, Any] = {
        "request": request,
        "principal": principal_of(request),
        "csrf": token(request),
        "nonce": nonce,
        "asset_tags": lambda *entries: assets.tags(nonce, [one for one in entries if one]),
        "asset_url": assets.url,
        "script_refusals": lambda: data_block("refusals", all_sentences(language), nonce),
        "script_texts": lambda: data_block("texts", texts_for(language).for_scripts(face), nonce),
        **(context or {}),
        **more,
    }
    body = aiohttp_jinja2.render_string(template, request, names, app_key=_KEYS[language])
    response = web.Response(text=body, content_type="text/html", charset="utf-8", status=status)
    response.headers["Content-Language"] = TAGS[language]
    response.headers["Vary"] = "Accept-Language, Cookie"
    keep_visitor(request, response)
    return response
