"""Two people fill in one form: whose field, which version, found again, and gone with the case."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from counter.esign.draft import Draft, Told, digest_of, fill_in, require_same, texts_of
from counter.esign.form_refusals import DraftChanged, DraftOver, FieldNotYours, FieldUnknown
from counter.esign.forms import Forms, FormTemplate, Owner
from counter.esign.glyphs import GlyphTable
from counter.esign.store_drafts import (
    begin,
    bring_back,
    drafts_of,
    fill,
    forget_drafts,
    form_draft,
    form_draft_field,
    form_known,
    leave,
    remember,
    remembered,
    take,
)
from counter.store.executor import Executor
from counter.store.journal_sql import journal_entry
from counter.store.session_log import session_log

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECRET = "陳大文的秘密"


def both(conn: object, case_id: str) -> list[str]:
    return [f"terminal:of-{case_id}", f"agent:of-{case_id}"]


class Desk:
    """One case's forms as commands see them."""

    def __init__(self, executor: Executor, forms: Forms, case_id: str = "c-1") -> None:
        self.executor, self.forms, self.case_id = executor, forms, case_id

    async def begin(self, form: FormTemplate, draft_id: str) -> str:
        return await self.executor.write(
            begin, both, draft_id, self.case_id, form, by="agent:lei", now=NOW
        )

    async def fill(
        self, draft_id: str, name: str, text: str, version: int, writes: Owner = "citizen"
    ) -> int:
        return await self.executor.write(
            fill,
            both,
            self.case_id,
            draft_id,
            self.forms.of,
            name=name,
            written=text,
            version=version,
            writes=writes,
            now=NOW,
        )

    async def leave(self, draft_id: str) -> None:
        await self.executor.write(leave, both, self.case_id, draft_id, now=NOW)

    async def take(self, draft_id: str) -> dict[str, str]:
        def texts(draft: Draft) -> dict[str, str]:
            return {name: one.text for name, one in draft.typed.items()}

        return await self.executor.write(take, both, self.case_id, draft_id, texts, now=NOW)

    async def bring_back(self, draft_id: str) -> None:
        await self.executor.write(bring_back, both, self.case_id, draft_id, now=NOW)

    async def drafts(self) -> tuple[Draft, ...]:
        return await self.executor.read(drafts_of, self.case_id)


@pytest.fixture
def life(forms: Forms) -> FormTemplate:
    return forms.of("fss_proof_of_life")


@pytest.fixture
def desk(executor: Executor, forms: Forms) -> Desk:
    return Desk(executor, forms)


async def test_each_side_writes_its_own_fields_and_no_other(desk: Desk, life: FormTemplate) -> None:
    draft = await desk.begin(life, "d-1")
    assert await desk.fill(draft, "phone", "66123456", 0, "citizen") == 1
    assert await desk.fill(draft, "address", SECRET, 0, "agent") == 1
    others: list[tuple[str, Owner]] = [
        ("phone", "agent"),
        ("address", "citizen"),
        ("department_name", "agent"),
        ("department_name", "citizen"),
    ]
    for name, writes in others:
        with pytest.raises(FieldNotYours):
            await desk.fill(draft, name, "x", 0, writes)
    with pytest.raises(FieldUnknown):
        await desk.fill(draft, "shoe_size", "43", 0)
    (kept,) = await desk.drafts()
    assert {name: one.text for name, one in kept.typed.items()} == {
        "phone": "66123456",
        "address": SECRET,
    }


async def test_a_write_on_an_older_version_is_refused_and_a_repeat_changes_nothing(
    desk: Desk, life: FormTemplate
) -> None:
    draft = await desk.begin(life, "d-1")
    assert await desk.fill(draft, "phone", "6612", 0) == 1
    assert await desk.fill(draft, "phone", "6612", 0) == 1, "the answer was lost: sent again"
    assert await desk.fill(draft, "phone", "66123456", 1) == 2
    with pytest.raises(DraftChanged):
        await desk.fill(draft, "phone", "6612", 1)
    with pytest.raises(DraftChanged):
        await desk.fill(draft, "phone", "7", 5)
    (kept,) = await desk.drafts()
    assert (kept.typed["phone"].text, kept.typed["phone"].version) == ("66123456", 2)


async def test_a_draft_that_was_left_takes_no_text_and_is_found_again(
    desk: Desk, life: FormTemplate
) -> None:
    draft = await desk.begin(life, "d-1")
    await desk.fill(draft, "phone", "66123456", 0)
    await desk.leave(draft)
    with pytest.raises(DraftOver):
        await desk.fill(draft, "phone", "7", 1)
    assert await desk.begin(life, "d-2") == draft, "the case has one draft of a form"
    assert await desk.fill(draft, "phone", "66990000", 1) == 2


async def test_one_form_at_a_time_is_on_the_screens(
    desk: Desk, forms: Forms, life: FormTemplate
) -> None:
    first = await desk.begin(life, "d-1")
    second = await desk.begin(forms.of("dsi_certificate"), "d-2")
    assert [(one.draft_id, one.shown) for one in await desk.drafts()] == [
        (first, False),
        (second, True),
    ]
    with pytest.raises(DraftOver):
        await desk.take(first)


async def test_what_is_taken_to_be_presented_takes_no_more_text(
    desk: Desk, life: FormTemplate
) -> None:
    draft = await desk.begin(life, "d-1")
    await desk.fill(draft, "phone", "66123456", 0)
    assert await desk.take(draft) == {"phone": "66123456"}
    with pytest.raises(DraftOver):
        await desk.fill(draft, "phone", "7", 1)
    assert await desk.take(draft) == {"phone": "66123456"}, "the answer was lost: asked again"


async def test_what_could_not_be_presented_is_on_the_screens_again(
    desk: Desk, forms: Forms, life: FormTemplate
) -> None:
    draft = await desk.begin(life, "d-1")
    await desk.take(draft)
    await desk.bring_back(draft)
    assert await desk.fill(draft, "phone", "7", 0) == 1
    await desk.take(draft)
    other = await desk.begin(forms.of("dsi_certificate"), "d-2")
    await desk.bring_back(draft)
    assert [one.draft_id for one in await desk.drafts() if one.shown] == [other]


async def test_another_case_neither_reads_nor_writes_it(
    desk: Desk, executor: Executor, forms: Forms, life: FormTemplate
) -> None:
    draft = await desk.begin(life, "d-1")
    other = Desk(executor, forms, "c-2")
    with pytest.raises(DraftOver):
        await other.fill(draft, "phone", "66123456", 0)
    await other.leave(draft)
    (kept,) = await desk.drafts()
    assert kept.shown
    assert await other.drafts() == ()


async def test_a_newer_version_of_the_form_keeps_the_fields_that_are_still_there(
    desk: Desk, life: FormTemplate
) -> None:
    draft = await desk.begin(life, "d-1")
    await desk.fill(draft, "phone", "66123456", 0)
    await desk.fill(draft, "address", "x", 0, "agent")
    newer = life.model_copy(
        update={
            "version": 2,
            "fields": tuple(one for one in life.fields if one.name != "address"),
        }
    )
    assert await desk.begin(newer, "d-2") == draft
    (kept,) = await desk.drafts()
    assert (kept.form_version, set(kept.typed)) == (2, {"phone"})


async def test_what_was_written_is_in_no_log_and_goes_with_the_case(
    desk: Desk, executor: Executor, life: FormTemplate
) -> None:
    draft = await desk.begin(life, "d-1")
    await desk.fill(draft, "address", SECRET, 0, "agent")
    await executor.write(remember, desk.case_id, {"paper_number": "1234567(8)", "birth": ""})
    assert await executor.read(remembered, desk.case_id) == {"paper_number": "1234567(8)"}
    told = await executor.read(lambda conn: [str(row) for row in conn.execute(select(session_log))])
    noted = await executor.read(
        lambda conn: [str(row) for row in conn.execute(select(journal_entry))]
    )
    assert told and noted
    assert not any(SECRET in one for one in told + noted)
    await executor.write(forget_drafts, desk.case_id)
    for table in (form_draft, form_draft_field, form_known):
        counted = select(func.count()).select_from(table)
        assert await executor.read(lambda conn, asked=counted: conn.scalar(asked)) == 0  # type: ignore[misc]


def test_what_the_case_knows_stands_there_until_somebody_writes_over_it(
    life: FormTemplate, glyphs: GlyphTable
) -> None:
    told = {
        "name": Told(text="陳大文", source="booking"),
        "paper_number": Told(text="1234567(8)", source="identity"),
        "department_name": Told(text="社會保障基金", source="counter"),
    }
    empty = Draft(draft_id="d", form=life.id, form_version=1, shown=True, typed={})
    before = {one.field.name: one for one in fill_in(life, empty, told, glyphs)}
    assert (before["applicant_name"].text, before["applicant_name"].source) == ("陳大文", "booking")
    assert before["document_number"].source == "identity"
    assert before["department_name"].source == "counter"
    assert before["phone"].problem == "field_missing"
    assert before["phone"].source == "none"


def test_the_digest_stands_for_every_text(life: FormTemplate, glyphs: GlyphTable) -> None:
    draft = Draft(draft_id="d", form=life.id, form_version=1, shown=True, typed={})
    fields = fill_in(life, draft, {}, glyphs)
    looked_at = digest_of(life, fields)
    require_same(life, fields, looked_at)
    changed = fill_in(life, draft, {"name": Told(text="x", source="booking")}, glyphs)
    assert texts_of(changed) != texts_of(fields)
    with pytest.raises(DraftChanged):
        require_same(life, changed, looked_at)


def test_the_digest_stands_for_the_version_of_the_form(
    life: FormTemplate, glyphs: GlyphTable
) -> None:
    draft = Draft(draft_id="d", form=life.id, form_version=1, shown=True, typed={})
    fields = fill_in(life, draft, {}, glyphs)
    newer = life.model_copy(update={"version": life.version + 1})
    with pytest.raises(DraftChanged):
        require_same(newer, fields, digest_of(life, fields))
