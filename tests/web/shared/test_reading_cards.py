"""What a form says is read out as it stands on the paper; of one that has gone, what is known."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from counter.esign import store_drafts
from counter.esign.attendance import Attendance
from counter.esign.form_typst import shipped_forms
from counter.esign.forms import Forms
from counter.esign.reading_ports import Watched
from counter.protocol.ceremonies import CeremonyCard
from counter.store.executor import Executor
from web.shared.certificate_cards import Offered, with_certificates
from web.shared.draft_cards import draft_card
from web.shared.reading_cards import said, with_reading

CHOSEN = [
    (form.id, field.name)
    for form in shipped_forms().all()
    for field in form.fields
    if field.kind in ("choice", "yes_no")
]


def test_there_is_something_to_choose() -> None:
    assert len(CHOSEN) >= 2


@pytest.mark.parametrize(("form_id", "name"), CHOSEN)
def test_an_answer_is_said_by_its_name_in_the_readers_language(form_id: str, name: str) -> None:
    form = shipped_forms().of(form_id)
    field = next(one for one in form.fields if one.name == name)
    answer = field.choices[0].id if field.choices else "yes"
    unseen = dict.fromkeys(Watched.__dataclass_fields__)
    seen = Watched(**cast(dict[str, Any], {**unseen, "data": {name: answer}}))
    lines = {
        tag: next(line.text for line in said(form, seen, tag) if line.label == field.label.in_(tag))
        for tag in ("zh-Hant", "pt", "en")
    }
    assert answer not in lines.values() and len(set(lines.values())) >= 2


GONE = SimpleNamespace(
    ceremony_id="c-1", case_id="case-1", form="gone", form_version=3, state="consented"
)
CARD = CeremonyCard(
    ceremony_id="c-1",
    title="gone",
    state="consented",
    sha256="ab" * 32,
    sheets=[],
    signed_sha256=None,
)


@pytest.mark.parametrize("desk", [True, False])
def test_a_document_of_a_form_that_has_gone_is_still_shown(now: datetime, desk: bool) -> None:
    seen = Watched(
        attendance=Attendance(touched_at=now, call_id=None, call_ended_at=None),
        may_resume=False,
        reason=None,
        aloud=None,
        revision=2,
        corrected=("purpose",),
        page=None,
        seconds={},
        data={"purpose": "入學", "other": ""},
    )
    (card,) = with_reading(
        [CARD], [cast(Any, GONE)], {"c-1": seen}, Forms([]), "zh-Hant", desk=desk
    )
    assert (card.revision, card.corrected, card.fields) == (2, ["purpose"], [])
    assert [line.text for line in card.said] == ([] if desk else ["入學"])


def test_nobody_signs_with_a_certificate_what_nobody_knows_the_demands_of() -> None:
    offered = Offered(name="-", gives="qualified", level=lambda conn, case_id: "L3")
    (card,) = with_certificates(cast(Any, None), [CARD], [cast(Any, GONE)], Forms([]), offered)
    assert card.certificate is None


async def test_a_draft_of_a_form_that_has_gone_is_off_the_screens(
    executor: Executor, now: datetime
) -> None:
    def command(conn: Connection) -> object:
        case: Any = SimpleNamespace(id="case-1")
        form = shipped_forms().all()[0]
        store_drafts.begin(
            conn, lambda conn, case_id: [], "d-1", "case-1", form, by="agent:a", now=now
        )
        return draft_card(conn, case, Forms([]), cast(Any, None), "pt", now)

    assert await executor.write(command) is None
