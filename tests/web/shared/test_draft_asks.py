"""What is presented is what both looked at: the form, its version and every text."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from counter.case import Case
from counter.esign import store_drafts
from counter.esign.form_refusals import FormRenewed
from counter.esign.form_typst import shipped_forms
from counter.esign.forms import Forms, OwnForm
from counter.protocol.desk import FormPresent
from counter.protocol.filling import DraftCard
from counter.store.cases import audiences, get_case
from counter.store.executor import Executor
from counter.store.session_log import session_log
from tests.esign.ceremonies import CASE, add_case
from tests.web.fakes import FakeBooking
from web.console.asks import handlers
from web.shared.draft_cards import draft_card

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LEI = cast(Any, SimpleNamespace(own="agent:lei", audience="/agent"))


def own(version: int, *, a: str, b: str) -> OwnForm:
    """Who pays: the same two answers, which a new version calls by each other's name."""
    shipped = shipped_forms().of("certificate_application").model_dump(by_alias=True)

    def said(text: str) -> dict[str, str]:
        return dict.fromkeys(("zh-Hant", "zh-Hans", "pt", "en"), text)

    who_pays = {
        "name": "who_pays",
        "label": said("Who pays"),
        "kind": "choice",
        "required": True,
        "max_length": 40,
        "filled_by": "citizen",
        "choices": [{"id": "a", "label": said(a)}, {"id": "b", "label": said(b)}],
    }
    return OwnForm.model_validate(
        shipped
        | {
            "id": "dsi_debt",
            "version": version,
            "departments": ("dsi",),
            "department": "dsi",
            "typst": "x",
            "fields": [*shipped["fields"], who_pays],
        }
    )


FIRST, SECOND = own(1, a="I pay", b="Another pays"), own(2, a="Another pays", b="I pay")


class Desk:
    """A desk whose case has a form begun, and what it has drawn."""

    def __init__(self, executor: Executor, forms: Forms, case: Case, catalogue: Any) -> None:
        self.executor, self.forms, self.case, self.catalogue = executor, forms, case, catalogue
        self.drawn: list[tuple[int | None, dict[str, str]]] = []
        none = cast(Any, None)

        async def case_of(who: object) -> Case:
            return case

        self._present = handlers(
            case_of, none, none, cast(Any, self), executor, forms, lambda: catalogue, lambda: NOW
        )[FormPresent]

    async def present(
        self, case_id: str, form: str, data: dict[str, str], language: str, **more: Any
    ) -> str:
        """As `EsignService.present`."""
        self.drawn.append((more["version"], data))
        return str(more["ceremony_id"])

    async def card(self) -> DraftCard | None:
        """What both screens show."""
        return await self.executor.read(
            draft_card, self.case, self.forms, self.catalogue, "en", NOW
        )

    async def ask(self, card: DraftCard) -> None:
        asked = FormPresent(
            key="k" * 20, form=card.form, draft_id=card.draft_id, digest=card.digest
        )
        await self._present(LEI, asked)


@pytest.fixture
async def desk(executor: Executor) -> Desk:
    """Version 1 on both screens, with the citizen's answer."""
    await executor.write(add_case, CASE, NOW)
    forms = shipped_forms()
    forms.show([FIRST], {"dsi_debt": 1})
    await executor.write(
        store_drafts.begin, audiences, "d-1", CASE, forms.of("dsi_debt"), by="agent:lei", now=NOW
    )
    await executor.write(
        store_drafts.fill,
        audiences,
        CASE,
        "d-1",
        forms.of,
        name="who_pays",
        written="a",
        version=0,
        writes="citizen",
        now=NOW,
    )
    case = await executor.read(get_case, CASE)
    return Desk(executor, forms, case, await FakeBooking().catalogue())


def answer_on(card: DraftCard) -> str:
    return next(one.shown for one in card.fields if one.name == "who_pays")


async def test_a_form_published_anew_is_looked_at_again_before_it_is_drawn(desk: Desk) -> None:
    before = await desk.card()
    assert before is not None and answer_on(before) == "I pay"
    desk.forms.show([FIRST, SECOND], {"dsi_debt": 2})
    told = await desk.executor.read(lambda conn: len(conn.execute(session_log.select()).all()))
    with pytest.raises(FormRenewed):
        await desk.ask(before)
    assert desk.drawn == []
    after = await desk.card()
    assert after is not None and answer_on(after) == "Another pays", "it is on both screens"
    assert told < await desk.executor.read(
        lambda conn: len(conn.execute(session_log.select()).all())
    ), "and both are told"
    await desk.ask(after)
    ((version, texts),) = desk.drawn
    assert (version, texts["who_pays"]) == (2, "a")


async def test_what_was_taken_is_drawn_as_it_was_looked_at_when_asked_again(desk: Desk) -> None:
    card = await desk.card()
    assert card is not None
    await desk.ask(card)
    desk.forms.show([FIRST, SECOND], {"dsi_debt": 2})
    await desk.ask(card)  # the answer was lost
    first, again = desk.drawn
    assert first == again and first[0] == 1
    assert await desk.card() is None, "it is being read and not written any more"
