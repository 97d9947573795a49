"""Cases that were served: how their papers stand, and the folder to take along.

Promise: an agent sees the cases that this agent served, a supervisor those of the departments; what
belongs to others is answered as if there were none.  Each look and each download is journalled.
"""

from typing import TypeVar

from aiohttp import web

from counter.esign.audit_pack import MIMETYPE
from web.console.case_ports import CaseFolders
from web.console.case_words import LIST, named, row_of
from web.shared.access import allow, principal_of
from web.shared.i18n import TAGS
from web.shared.language import language_of
from web.shared.pages import render

A = TypeVar("A", web.Response, web.StreamResponse)

OF_ONE = "/console/cases/{case:[A-Za-z0-9_-]{1,40}}"
ITEM = "{item:[A-Za-z0-9_-]{1,80}}"
CEREMONY = "{ceremony:[A-Za-z0-9_-]{1,40}}"


def routes(cases: CaseFolders) -> list[web.RouteDef]:
    """`/console/cases` and what lies below it."""

    @allow("agent")
    async def listed(request: web.Request) -> web.Response:
        language = language_of(request)
        found = await cases.served(principal_of(request))
        rows = [row_of(one, cases.catalogue(), language) for one in found]
        return render(request, "console/cases.html", rows=rows)

    @allow("agent")
    async def one(request: web.Request) -> web.Response:
        language = language_of(request)
        view = await cases.one(principal_of(request), request.match_info["case"], TAGS[language])
        return render(request, "console/case.html", **named(view, cases.catalogue(), language))

    @allow("agent")
    async def pdf(request: web.Request) -> web.Response:
        case_id, item = request.match_info["case"], request.match_info.get("item")
        body = await cases.pdf(principal_of(request), case_id, item)
        return _download(web.Response(body=body), "application/pdf", f"{item or 'bundle'}.pdf")

    @allow("agent")
    async def document(request: web.Request) -> web.Response:
        case_id, ceremony_id = request.match_info["case"], request.match_info["ceremony"]
        body = await cases.document(principal_of(request), case_id, ceremony_id)
        return _download(web.Response(body=body), "application/pdf", "signed.pdf")

    @allow("agent")
    async def audit_pack(request: web.Request) -> web.Response:
        case_id, ceremony_id = request.match_info["case"], request.match_info["ceremony"]
        body = await cases.audit_pack(principal_of(request), case_id, ceremony_id)
        return _download(web.Response(body=body), MIMETYPE, "audit.asice")

    @allow("agent")
    async def revoke(request: web.Request) -> web.StreamResponse:
        case_id = request.match_info["case"]
        await cases.revoke_link(principal_of(request), case_id)
        raise web.HTTPSeeOther(f"{LIST}/{case_id}")

    @allow("agent")
    async def note(request: web.Request) -> web.StreamResponse:
        case_id = request.match_info["case"]
        text = str((await request.post()).get("note", "")).replace("\r\n", "\n").strip()
        if text:
            await cases.add_note(principal_of(request), case_id, text)
        raise web.HTTPSeeOther(f"{LIST}/{case_id}")

    @allow("agent")
    async def folder(request: web.Request) -> web.StreamResponse:
        name, parts = await cases.zipped(principal_of(request), request.match_info["case"])
        answer = _download(web.StreamResponse(), "application/zip", f"{name}.zip")
        await answer.prepare(request)
        async for part in parts:
            await answer.write(part)
        await answer.write_eof()
        return answer

    return [
        web.get(LIST, listed),
        web.get(OF_ONE, one),
        web.get(f"{OF_ONE}/bundle.pdf", pdf),
        web.get(f"{OF_ONE}/papers/{ITEM}.pdf", pdf),
        web.get(f"{OF_ONE}/documents/{CEREMONY}.pdf", document),
        web.get(f"{OF_ONE}/documents/{CEREMONY}.asice", audit_pack),
        web.get(f"{OF_ONE}/folder.zip", folder),
        web.post(f"{OF_ONE}/documents/revoke", revoke),
        web.post(f"{OF_ONE}/note", note),
    ]


def _download(answer: A, media_type: str, name: str) -> A:
    answer.content_type = media_type
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
