"""Departments' own forms: what is refused, what a template reaches, versions on both engines."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from counter.esign.draw_process import DrawProcesses
from counter.esign.form_ports import OwnDrawn
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
from counter.esign.form_typst import TEMPLATES, shipped_forms, shipped_glyphs
from counter.esign.forms import Language, OwnForm
from counter.esign.own_forms import (
    SETTLING,
    FormVersion,
    Owner,
    Unfit,
    digest_of,
    own_form,
    require_seen,
)
from counter.esign.own_forms_service import OwnFormsService
from counter.esign.own_typst import OwnFormPress
from counter.esign.store_forms import SqlForms
from counter.store.alerts import open_alerts
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from counter.store.session_log import tail
from tests.esign.conftest import FILLED

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


class PressHere:
    """The press without a process for each form: for templates that mean no harm."""

    def __init__(self) -> None:
        self._press = OwnFormPress()

    async def draw(
        self,
        form: OwnForm,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        specimen: bool = False,
    ) -> OwnDrawn:
        return self._press.draw(form, data, language, now, as_specimen=specimen)


@pytest.fixture(scope="module")
def press_here() -> PressHere:
    return PressHere()


class Now:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def house(executor: Executor, press_here: PressHere) -> OwnFormsService:
    glyphs = shipped_glyphs()
    return OwnFormsService(SqlForms(executor=executor), press_here, shipped_forms(), glyphs, Now())


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


def with_field(name: str, **more: object) -> str:
    said = json.loads(described())
    label = {"zh-Hant": "新的一項", "zh-Hans": "新的一项", "pt": "Mais um campo", "en": "One more"}
    about = {"name": name, "label": label, "required": True, "filled_by": "citizen", **more}
    return json.dumps({**said, "fields": [*said["fields"], about]})


@pytest.mark.parametrize("kind", ["yes_no", "choice"])
async def test_a_choice_that_is_nowhere_on_the_paper_is_refused(
    press_here: PressHere, kind: str
) -> None:
    one = {"zh-Hant": "甲", "zh-Hans": "甲", "pt": "Primeira", "en": "First"}
    choices = {"choices": [{"id": "first", "label": one}]} if kind == "choice" else {}
    description = with_field("more", kind=kind, max_length=10, **choices)
    service = OwnFormsService(NoStore(), press_here, shipped_forms(), shipped_glyphs(), Now())
    with pytest.raises(TemplateUnfit) as caught:
        await service.preview(DSI, description, TYPST)
    assert (caught.value.why, caught.value.about) == (Unfit.UNSEEN, "more")
    assert (
        await service.preview(DSI, description, TYPST.replace('"remarks"', '"remarks", "more"'))
    ).pages


async def test_a_number_may_have_any_least(press_here: PressHere) -> None:
    description = with_field("age", kind="number", minimum=18, max_length=3)
    service = OwnFormsService(NoStore(), press_here, shipped_forms(), shipped_glyphs(), Now())
    seen = await service.preview(DSI, description, TYPST.replace('"remarks"', '"remarks", "age"'))
    assert seen.pages


async def test_what_a_template_hides_of_a_real_text_is_refused_when_it_is_drawn(
    press_here: PressHere,
) -> None:
    other = '#if data.purpose.starts-with("XQ") [ #answer("purpose") ] else [我欠部門一百萬元]'
    typst = TYPST.replace('#answers("purpose", "remarks")', f'#answers("remarks")\n{other}')
    assert typst != TYPST
    service = OwnFormsService(NoStore(), press_here, shipped_forms(), shipped_glyphs(), Now())
    assert (await service.preview(DSI, described(), typst)).pages, "ours it shows"
    form = own_form(DSI, described(), typst, 1)
    data = {**{one.name: "" for one in form.fields}, **FILLED}
    with pytest.raises(TemplateUnfit):
        await press_here.draw(form, data, "zh-Hant", NOW)
    plain = own_form(DSI, described(), TYPST, 1)
    long = "Prova de residência, e mais: " + "página cheia de texto 完整的一頁文字。" * 60
    for purpose in (FILLED["purpose"], "“Visto” — nº 12/2026; O'Neill", long):
        assert (await press_here.draw(plain, {**data, "purpose": purpose}, "zh-Hant", NOW)).pdf


@pytest.mark.parametrize(
    ("text", "paper", "stands"),
    [
        ("Chan Tai Man", "CHAN TAI MAN", True),
        ("residência", "residên-\ncia", True),
        ("one two three four", "one two three A-12 1/2 Department four", False),
        ("a first page and a second one", "a first page A-12 1/2 DSI and a second one", True),
        ("a first page and a second one", "a first page and a second", False),
        ("", "anything", True),
        ("12", "1 of 2", False),
        ("甲乙丙丁", "甲乙 頁尾 丙丁", False),
        ("甲乙丙丁", "甲 乙", False),
    ],
)
def test_a_text_stands_on_the_paper_however_it_is_set(text: str, paper: str, stands: bool) -> None:
    form = shipped_forms().of("certificate_application")
    one = form.model_copy(update={"fields": form.fields[:1]})
    data = {form.fields[0].name: text}
    if stands:
        return require_seen(one, data, paper)
    with pytest.raises(TemplateUnfit):
        require_seen(one, data, paper)
    return None


async def test_ids_and_services_are_the_departments_own(press_here: PressHere) -> None:
    service = OwnFormsService(NoStore(), press_here, shipped_forms(), shipped_glyphs(), Now())
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


async def test_what_a_newer_release_cannot_read_is_not_offered_and_all_else_is(
    executor: Executor,
) -> None:
    """Alerts say so until it is published again."""
    glyphs, none = shipped_glyphs(), cast(Any, None)
    store, forms = SqlForms(executor=executor), shipped_forms()

    async def published(form: str, version: int, description: str) -> None:
        new = FormVersion(
            form=form,
            version=version,
            department="dsi",
            description=description,
            typst=TYPST,
            sha256=digest_of(description, TYPST),
            state="published",
            by="supervisor:mok",
            at=NOW,
        )
        assert await store.publish(new, seen=version - 1) == version

    async def alerts() -> list[tuple[str, str, object]]:
        told = await executor.read(open_alerts)
        return [(one.kind, one.subject, one.facts["version"]) for one in told]

    await published("dsi_good", 1, described("dsi_good"))
    await published("dsi_old", 1, described("dsi_old"))
    await published("dsi_old", 2, described("dsi_old", unheard_of="x"))
    clock = Now()
    clock.now = NOW + SETTLING
    house = OwnFormsService(store, none, forms, glyphs, clock)
    await house.refresh()
    offered = {one.id for one in forms.all()}
    assert "dsi_good" in offered and "dsi_old" not in offered
    assert forms.of("dsi_old", 1).version == 1, "what was signed names it"
    await house.refresh()  # nothing was published meanwhile
    assert forms.known("dsi_old", 2) is None, "no older one stands for it"
    with pytest.raises(FormUnknown):
        forms.of("dsi_old", 2)
    assert forms.title("dsi_old", "en") != "dsi_old"
    assert await alerts() == [("form.unreadable", "form:dsi_old", 2)]

    await published("dsi_old", 3, described("dsi_old"))
    await house.refresh()
    assert forms.of("dsi_old").version == 3
    assert forms.known("dsi_old", 2) is None
    assert await alerts() == []
