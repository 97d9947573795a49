"""A department's own forms to sign: the list, the two texts of one, a look at it, publishing.

Promise: nothing is published that was not looked at, and what was typed is kept on any refusal.
Without scripts.
"""

import base64
import json
import re
from typing import Any, Literal

from aiohttp import web

from counter.errors import NotFound, Refusal
from counter.esign.form_refusals import (
    DescriptionWrong,
    FormChanged,
    FormIdTaken,
    FormUnknown,
    PreviewFirst,
    TemplateTooHeavy,
    TemplateUnfit,
    TemplateWrong,
)
from counter.esign.form_schema import schema_of
from counter.esign.form_typst import TEMPLATES
from counter.esign.forms import Language
from counter.esign.own_forms import FormVersion, Owner, kept_form
from counter.esign.own_forms_service import OwnFormsService, Previewed
from web.console.admin_access import ADDRESS, Visit, visit
from web.console.admin_ports import AdminDeps
from web.console.admin_template_words import STATES, errors_of
from web.console.admin_words import moment_at
from web.shared.access import allow
from web.shared.i18n import texts_for
from web.shared.pages import render

REFUSED = (
    DescriptionWrong,
    TemplateWrong,
    TemplateUnfit,
    TemplateTooHeavy,
    FormIdTaken,
    FormChanged,
    PreviewFirst,
)
"After these the page is shown again, with what was typed."
SIDES: dict[str, Literal["macau", "hengqin"]] = {"MO": "macau", "CN": "hengqin"}
EXAMPLES = {"macau": "certificate_application", "hengqin": "hengqin_application"}
TAGS: dict[str, Language] = {"zh_Hant": "zh-Hant", "zh_Hans": "zh-Hans", "pt": "pt", "en": "en"}
FORM = "{form:[a-z][a-z0-9_]{0,39}}"
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)
Typed = dict[str, str]


def routes(deps: AdminDeps, forms: OwnFormsService) -> list[web.RouteDef]:
    """`/console/booking/{department}/forms` and all below it."""

    @allow("agent")
    async def every(request: web.Request) -> web.Response:
        here = await visit(request, deps)
        return await _list(request, here, forms)

    @allow("supervisor")
    async def edit(request: web.Request) -> web.Response:
        here, of = await visit(request, deps), request.query.get("of", "")
        if of:
            known = await _newest(forms, here, of)
            typed = {"description": known.description, "typst": known.typst}
            return _edit(request, here, {**typed, "seen": str(known.version), "seen_of": of})
        return _edit(request, here, {**_example(here), "seen": "0", "seen_of": ""})

    @allow("supervisor")
    async def send(request: web.Request) -> web.Response:
        here = await visit(request, deps)
        sent = await request.post()
        typed = {
            name: str(sent.get(name, "")).replace("\r\n", "\n")
            for name in ("description", "typst", "seen", "seen_of", "looked_at")
        }
        step = str(sent.get("step", ""))
        if step == "edit":
            return _edit(request, here, typed)
        try:
            for name in ("description", "typst"):
                typed[name] = _uploaded(sent.get(f"{name}_file"), name) or typed[name]
            owner = _owner(here)
            if step == "publish":
                done = await forms.publish(
                    owner,
                    typed["description"],
                    typed["typst"],
                    looked_at=typed["looked_at"],
                    seen=_number(typed["seen"]),
                    by=here.by,
                )
                raise web.HTTPSeeOther(f"{here.address}/forms?done={done.form}")
            seen = await forms.preview(owner, typed["description"], typed["typst"])
        except REFUSED as refused:
            if isinstance(refused, FormChanged):
                typed |= {"seen": "", "seen_of": ""}  # who looks again begins from the newest
            return _edit(request, here, typed, refused)
        if typed["seen_of"] != seen.form.id:
            number = await _number_of(forms, here, seen.form.id)
            typed |= {"seen": str(number), "seen_of": seen.form.id}
        return _preview(request, here, typed, seen)

    @allow("supervisor")
    async def retire(request: web.Request) -> web.Response:
        here = await visit(request, deps)
        version = _number(str((await request.post()).get("version", "")))
        form = request.match_info["form"]
        await forms.retire(here.department.id, form, version, by=here.by)
        raise web.HTTPSeeOther(f"{here.address}/forms?retired={form}")

    @allow("agent")
    async def schema(request: web.Request) -> web.Response:
        here = await visit(request, deps)
        known = await _newest(forms, here, request.match_info["form"])
        said = json.dumps(schema_of(kept_form(known)), ensure_ascii=False)
        return web.Response(text=said, content_type="application/schema+json")

    @allow("agent")
    async def texts(request: web.Request) -> web.Response:
        here, asked = await visit(request, deps), request.match_info
        for one in await forms.versions(here.department.id):
            if (one.form, one.version) == (asked["form"], _number(asked["version"])):
                kept = one.typst if asked["kind"] == "typ" else one.description
                name = f'attachment; filename="{one.form}-{one.version}.{asked["kind"]}"'
                return web.Response(text=kept, headers={"Content-Disposition": name})
        raise FormUnknown(f"department {here.department.id} has no such form")

    base = f"{ADDRESS}/{{department}}/forms"
    return [
        web.get(base, every),
        web.get(f"{base}/edit", edit),
        web.post(f"{base}/edit", send),
        web.post(f"{base}/of/{FORM}/retire", retire),
        web.get(f"{base}/of/{FORM}/schema.json", schema),
        web.get(f"{base}/of/{FORM}/{{version:[0-9]{{1,6}}}}.{{kind:typ|json}}", texts),
    ]


async def _list(request: web.Request, here: Visit, forms: OwnFormsService) -> web.Response:
    by_form: dict[str, list[FormVersion]] = {}
    for one in await forms.versions(here.department.id):
        by_form.setdefault(one.form, []).insert(0, one)
    said = texts_for(here.language)

    def line(one: FormVersion, *, readable: bool = True) -> dict[str, Any]:
        lost = one.state == "published" and not readable
        state = "unreadable" if lost else one.state
        return {
            "version": one.version,
            "state": one.state,
            "lost": lost,
            "said": said.gettext(STATES[state]),
            "by": one.by.partition(":")[2],
            "at": moment_at(one.at, here.department, here.language),
            "sha256": one.sha256[:12],
        }

    return render(
        request,
        "console/admin_templates.html",
        here=here,
        done=request.query.get("done") in by_form,
        retired=request.query.get("retired") in by_form,
        forms=[
            {
                "id": form,
                "title": title or form,
                "newest": line(versions[0], readable=title is not None),
                "older": [line(one) for one in versions[1:]],
            }
            for form, versions in by_form.items()
            for title in [_title(versions[0], here)]
        ],
    )


def _title(kept: FormVersion, here: Visit) -> str | None:
    """None: it cannot be read."""
    try:
        return kept_form(kept).title.in_(TAGS[here.language])
    except DescriptionWrong:
        return None


def _edit(
    request: web.Request, here: Visit, typed: Typed, refused: Refusal | None = None
) -> web.Response:
    errors = errors_of(refused, here.language) if refused else []
    wrong = {one["href"]: one["text"] for one in reversed(errors)}
    return render(
        request,
        "console/admin_template.html",
        here=here,
        typed=typed,
        errors=errors,
        wrong_description=wrong.get("#description"),
        wrong_typst=wrong.get("#typst"),
        diagnostic=refused.diagnostic if isinstance(refused, TemplateWrong) else "",
        status=refused.status if refused else 200,
    )


def _preview(request: web.Request, here: Visit, typed: Typed, seen: Previewed) -> web.Response:
    return render(
        request,
        "console/admin_template_preview.html",
        here=here,
        typed={**typed, "looked_at": seen.sha256},
        heading=seen.form.title.in_(TAGS[here.language]),
        form=seen.form,
        pages=[
            (one.page, f"data:image/png;base64,{base64.b64encode(one.image).decode()}")
            for one in seen.pages
        ],
        titles=[(language, seen.form.title.in_(tag)) for language, tag in TAGS.items()],
        services=[
            here.catalogue.services[one].names
            for one in seen.form.services
            if one in here.catalogue.services
        ],
    )


def _owner(here: Visit) -> Owner:
    return Owner(
        id=here.department.id,
        side=SIDES[here.department.territory],
        services=frozenset(
            one.id
            for one in here.catalogue.services.values()
            if one.department == here.department.id
        ),
    )


async def _newest(forms: OwnFormsService, here: Visit, form: str) -> FormVersion:
    own = [one for one in await forms.versions(here.department.id) if one.form == form]
    if not own:
        raise FormUnknown(f"department {here.department.id} has no such form")
    return own[-1]


async def _number_of(forms: OwnFormsService, here: Visit, form: str) -> int:
    try:
        return (await _newest(forms, here, form)).version
    except NotFound:
        return 0


def _number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else -1


def _uploaded(sent: object, name: str) -> str:
    """The text of a file, if one was chosen.  Raises `DescriptionWrong`, `TemplateWrong`."""
    if not isinstance(sent, web.FileField):
        return ""
    try:
        return sent.file.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        if name == "description":
            raise DescriptionWrong([("UTF-8", "json")]) from error
        raise TemplateWrong("the file is not UTF-8") from error


def _example(here: Visit) -> Typed:
    return _example_of(SIDES[here.department.territory], here.department.id)


def _example_of(side: str, department: str) -> Typed:
    """A general form of the product under an id of the department: a place to begin."""
    name = EXAMPLES[side]
    described = (TEMPLATES / f"{name}.json").read_text(encoding="utf-8")
    return {
        "description": described.replace(f'"{name}"', f'"{department}_new"', 1),
        "typst": (TEMPLATES / f"{name}.typ").read_text(encoding="utf-8"),
    }
