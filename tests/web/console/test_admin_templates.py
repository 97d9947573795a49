"""The pages with which a department adds a form of its own, on the real booking."""

import json

import pytest

from booking.service import BookingService
from counter.esign.draw_process import DrawProcesses
from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.own_forms import TEMPLATE_MAX
from counter.esign.own_forms_service import OwnFormsService
from counter.esign.store_forms import SqlForms, form_template
from counter.store.executor import Executor
from tests.web.conftest import Clock, Serve
from tests.web.console.editor import DEPARTMENTS, Editor, admin_app
from web.console import admin_template_pages
from web.console.admin_ports import AdminDeps

HOME = "/console/booking/dsi/forms"


@pytest.mark.one_engine
async def test_a_form_is_looked_at_published_and_listed(
    serve: Serve, booking: BookingService, executor: Executor, clock: Clock
) -> None:
    press = DrawProcesses("counter.app.form_child", patience_seconds=240)
    service = OwnFormsService(
        SqlForms(executor=executor), press, shipped_forms(), shipped_glyphs(), clock
    )

    async def departments(who: str) -> tuple[str, ...]:
        return tuple(DEPARTMENTS[who])

    app = admin_app(booking, clock)
    deps = AdminDeps(booking=booking, departments=departments, now=clock, new_id=lambda: "n")
    app.add_routes(admin_template_pages.routes(deps, service))
    client = await serve(app)
    boss, agent, other = Editor(client, "mok"), Editor(client, "lei"), Editor(client, "wang")
    assert (await other.get(HOME)).status == 403
    assert (await agent.get(HOME)).status == 200
    assert (await agent.get(f"{HOME}/edit")).status == 403
    await boss.get(f"{HOME}/edit")
    texts = admin_template_pages._example_of("macau", "dsi")
    await boss.send("preview", description=texts["description"], typst=texts["typst"] + "\n#oops")
    assert boss.status == 422 and "unknown variable: oops" in boss.text
    for name, content, said in (
        ("typst_file", b"\xff\xfe", "the file is not UTF-8"),
        ("description_file", b"\xff\xfe", "This is not JSON: UTF-8"),
        ("typst_file", b" " * (TEMPLATE_MAX + 1), "Make the template simpler"),
    ):
        await boss.upload("preview", name, content, **texts)
        assert boss.status == 422 and said in boss.text, boss.text
        assert "certificate_application" not in boss.text and "dsi_new" in boss.text, "it is kept"
    await boss.send("preview", description=texts["description"], typst=texts["typst"])
    assert boss.status == 200 and "data:image/png;base64," in boss.body
    await boss.send("publish")
    assert boss.path == f"{HOME}?done=dsi_new" and "The form is published" in boss.text
    await agent.get(f"{HOME}/of/dsi_new/schema.json")
    assert json.loads(agent.body)["$id"] == "urn:counter:form:dsi_new:1"
    # A newer release may refuse what this one published.
    await executor.write(
        lambda conn: conn.execute(form_template.update().values(description='{"id": "dsi_new"}'))
    )
    await agent.get(HOME)
    assert agent.status == 200 and "Not offered: this counter cannot read it" in agent.text
    await agent.get(f"{HOME}/of/dsi_new/schema.json")
    assert agent.status == 422
    await boss.get(f"{HOME}/edit?of=dsi_new")
    assert boss.status == 200
    await press.close()
