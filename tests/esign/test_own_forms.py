"""Departments' own forms: what is refused, what a template reaches, versions on both engines."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from counter.esign.draw_process import DrawProcesses
from counter.esign.form_refusals import (
    DescriptionWrong,
    FormChanged,
    FormIdTaken,
    PreviewFirst,
    TemplateTooHeavy,
    TemplateUnfit,
    TemplateWrong,
)
from counter.esign.form_typst import TEMPLATES, shipped_forms, shipped_glyphs
from counter.esign.own_forms import SETTLING, FormVersion, Owner, Unfit, digest_of
from counter.esign.own_forms_service import OwnFormsService
from counter.esign.store_forms import SqlForms
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from counter.store.session_log import tail

NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
DSI = Owner(id="dsi", side="macau", services=frozenset({"dsi-criminal-record"}))
TYPST = (TEMPLATES / "certificate_application.typ").read_text()


def described(form: str = "dsi_own", **changed: object) -> str:
    said = json.loads((TEMPLATES / "certificate_application.json").read_text())
    return json.dumps({**said, "id": form, **changed})


@pytest.fixture(scope="module")
async def press() -> AsyncIterator[DrawProcesses]:
    made = DrawProcesses("counter.app.form_child", patience_seconds=240)
    yield made
    await made.close()


class Now:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def house(executor: Executor, press: DrawProcesses) -> OwnFormsService:
    glyphs = shipped_glyphs()
    return OwnFormsService(SqlForms(executor=executor), press, shipped_forms(), glyphs, Now())


ESCAPES: dict[str, tuple[str, type[Exception] | tuple[type[Exception], ...]]] = {
    "file": ('#read("/etc/passwd")', TemplateWrong),
    "above": ('#read("../../../../../../etc/passwd")', TemplateWrong),
    "neighbour": ('#read("fss_proof_of_life.json")', TemplateWrong),
    "package": ('#import "@preview/cetz:0.3.1": *', TemplateWrong),
    "loop": ("#{let n = 0; while n >= 0 { n = n + 1 }}", (TemplateWrong, TemplateTooHeavy)),
    "memory": ('#{let s = "x"; for i in range(40) { s = s + s }}', TemplateTooHeavy),
}


@pytest.mark.parametrize("name", ESCAPES)
async def test_a_template_reaches_nothing(name: str, press: DrawProcesses) -> None:
    source, refused = ESCAPES[name]
    service = OwnFormsService(NoStore(), press, shipped_forms(), shipped_glyphs(), Now())
    with pytest.raises(refused) as caught:
        await service.preview(DSI, described(), f"{TYPST}\n{source}")
    assert "root:" not in str(getattr(caught.value, "diagnostic", ""))


class NoStore(SqlForms):
    def __init__(self) -> None:
        pass


@pytest.mark.parametrize(
    ("typst", "why"),
    [
        (TYPST.replace("#signing()", ""), Unfit.BOX_MISSING),
        (f'{TYPST}\n#box-of("Seal", 80mm, 30mm)', Unfit.BOX_TWICE),
        (f'{TYPST}\n#box-of("Other", 80mm, 30mm)', Unfit.BOX_UNKNOWN),
        (TYPST.replace('"remarks"', ""), Unfit.UNSEEN),
    ],
)
async def test_what_nobody_could_sign_or_see_is_refused(
    press: DrawProcesses, typst: str, why: Unfit
) -> None:
    assert typst != TYPST
    service = OwnFormsService(NoStore(), press, shipped_forms(), shipped_glyphs(), Now())
    with pytest.raises(TemplateUnfit) as caught:
        await service.preview(DSI, described(), typst)
    assert caught.value.why == why


async def test_ids_and_services_are_the_departments_own(press: DrawProcesses) -> None:
    service = OwnFormsService(NoStore(), press, shipped_forms(), shipped_glyphs(), Now())
    for description in (
        described("other_form"),
        described(services=["dsf-tax"]),
        described(title={"en": "only one"}),
        "{",
    ):
        with pytest.raises(DescriptionWrong):
            await service.preview(DSI, description, TYPST)
    with pytest.raises(FormIdTaken):
        await service.preview(DSI, described("dsi_certificate"), TYPST)


async def test_published_is_what_was_looked_at_and_every_version_stays(
    house: OwnFormsService, executor: Executor
) -> None:
    async def told() -> list[str]:
        return [row.kind for row in await executor.read(tail, ["department:dsi"], {})]

    seen = await house.preview(DSI, described(), TYPST)
    assert seen.pages
    with pytest.raises(PreviewFirst):
        await house.publish(DSI, described(), TYPST, looked_at="0" * 64, seen=0, by="s:mok")
    first = await house.publish(DSI, described(), TYPST, looked_at=seen.sha256, seen=0, by="s:mok")
    assert first.version == 1
    forms = house._forms
    assert "dsi_own" not in [one.id for one in forms.all()], "not every node knows it yet"
    house._clock.now = NOW + SETTLING  # type: ignore[attr-defined]
    await house.refresh()
    await house.refresh()
    assert await told() == ["forms.changed"], "once: an open desk shows it without being asked"
    assert "dsi_own" in [one.id for one in forms.for_service("macau", "dsi", "x")]
    assert "dsi_own" not in [one.id for one in forms.for_service("macau", "dsf", "x")]
    await house.retire("dsi", "dsi_own", 1, by="s:mok")
    assert await told() == ["forms.changed"] * 2
    assert "dsi_own" not in [one.id for one in forms.all()]
    assert forms.of("dsi_own", 1).version == 1, "what was signed names it"
    bodies = [one.body for one in await executor.read(read_all)]
    assert sum("form.published" in one for one in bodies) == 1
    assert sum("form.retired" in one for one in bodies) == 1


async def test_of_two_editors_the_second_is_told(executor: Executor) -> None:
    store = SqlForms(executor=executor)
    new = FormVersion(
        form="dsi_own",
        version=1,
        department="dsi",
        description=described(),
        typst=TYPST,
        sha256=digest_of(described(), TYPST),
        state="published",
        by="supervisor:mok",
        at=NOW,
    )
    assert await store.publish(new, seen=0) == 1
    assert await store.publish(new, seen=0) == 1, "the same once more"
    with pytest.raises(FormChanged):
        await store.publish(replace(new, by="supervisor:hong"), seen=0)
    with pytest.raises(FormIdTaken):
        await store.publish(replace(new, department="dsf"), seen=1)
    assert await store.publish(replace(new, typst="x"), seen=1) == 2
    assert [one.state for one in await store.versions("dsi")] == ["replaced", "published"]
