"""Prints on the real store: what may be asked for, and how both screens draw it."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import Connection

from counter.app.print_documents import PrintDocuments
from counter.case import Case
from counter.documents.store_printing import prints_of
from counter.errors import NotAllowedNow, NotFound
from counter.esign.form_typst import shipped_forms
from counter.protocol.printing import PrintReport, PrintRequest
from counter.signaling.device_health import SILENT
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.tables import device_state
from counter.store.cases import get_case
from counter.store.executor import Executor
from counter.store.metadata import insert_for
from tests.app.folder_floor import CASE, Floor
from web.console.print_asks import handlers as desk_handlers
from web.shared.print_cards import print_card, print_failed, print_rows
from web.terminal import print_asks as terminal_print_asks
from web.terminal.device_screen import device_screen

KEY = "k" * 16


class Printing:
    """The floor with a desk and a terminal that speak."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.agent: Any = type("Who", (), {"own": "agent:lei", "subject": "lei"})()
        self.desk = desk_handlers(self.case_of, floor.executor, lambda: floor.now)[PrintRequest]

    async def case_of(self, who: GatewayPrincipal) -> Case:
        return await self.floor.executor.read(get_case, CASE)

    async def ask(self, what: Any, ref: str = "", key: str = KEY) -> str:
        answer = await self.desk(self.agent, PrintRequest(key=key, what=what, ref=ref))
        return str(answer["print_id"])

    async def has_program(self, **devices: str) -> None:
        """Say that the terminal's program is there, with these devices."""
        at = self.floor.now

        def put(conn: Connection) -> None:
            health = {
                name: {"state": state, "fault": "", "since": at.isoformat()}
                for name, state in devices.items()
            }
            conn.execute(
                insert_for(conn, device_state).values(
                    terminal_id=self.floor.case.terminal_id, epoch=1, beat_at=at, health=health
                )
            )

        await self.floor.executor.write(put)

    async def failed(self, tag: str) -> Any:
        def read(conn: Connection) -> Any:
            catalogue = self.floor.snapshot()
            return print_failed(conn, get_case(conn, CASE), shipped_forms(), catalogue, tag)

        return await self.floor.executor.read(read)

    def documents(self) -> PrintDocuments:
        floor = self.floor
        return PrintDocuments(
            executor=floor.executor,
            folders=floor.work.folders,
            bindery=floor.work.bindery,
            esign=None,  # type: ignore[arg-type]  # nothing is signed here
            forms=shipped_forms(),
            catalogue=floor.snapshot,
        )

    async def cards(self, tag: str = "pt") -> tuple[Any, list[Any]]:
        def read(conn: Connection) -> tuple[Any, list[Any]]:
            case = get_case(conn, CASE)
            catalogue = self.floor.snapshot()
            forms = shipped_forms()
            return (
                print_card(conn, case, forms, catalogue, tag),
                print_rows(conn, case, forms, catalogue, tag),
            )

        return await self.floor.executor.read(read)


@pytest.fixture
async def printing(executor: Executor, tmp_path: Path, now: datetime) -> Any:
    floor = Floor(executor, tmp_path, now)
    async with AsyncExitStack() as closing:
        await floor.open(closing)
        yield Printing(floor)


async def test_who_handed_the_case_over_prints_nothing_of_it(printing: Printing) -> None:
    printing.agent.own = "agent:fong"  # the desk looked while the case was still its own
    with pytest.raises(NotAllowedNow):
        await printing.ask("paper", printing.floor.item)


async def test_an_accepted_paper_is_printed_as_large_as_it_is(printing: Printing) -> None:
    item = printing.floor.item
    await printing.ask("paper", item)
    card, rows = await printing.cards()
    assert card.state == "asked" and card.lines == []
    assert [(one.width_mm, one.height_mm) for one in card.sheets] == [(210.0, 297.0)] * 2
    assert all(one.src.startswith("/pages/") for one in card.sheets)
    paper = printing.floor.snapshot().service(printing.floor.case.service_id).papers[0]
    assert card.label == paper.names["pt"] == rows[0].label
    (job,) = await printing.floor.executor.read(prints_of, CASE)
    assert (job.sheets, job.terminal_id) == (2, printing.floor.case.terminal_id)


async def test_a_receipt_says_what_was_handed_in_and_nobodys_name(printing: Printing) -> None:
    await printing.ask("receipt", "anything")
    card, _ = await printing.cards("en")
    said = "\n".join(card.lines)
    assert "Number A013" in said and "Handed in: " in said and "2026-11-23 10:00" in said
    assert "陳大文" not in said and card.sheets == []


@pytest.mark.parametrize(
    "what, ref", [("paper", "photo"), ("document", "a" * 64), ("document", ""), ("paper", "")]
)
async def test_what_the_case_has_not_is_not_printed(
    printing: Printing, what: str, ref: str
) -> None:
    with pytest.raises(NotFound):
        await printing.ask(what, ref)


async def test_the_same_ask_again_is_the_same_print(printing: Printing) -> None:
    assert await printing.ask("receipt") == await printing.ask("receipt")
    assert len(await printing.floor.executor.read(prints_of, CASE)) == 1


async def test_a_closed_case_prints_nothing_more(printing: Printing) -> None:
    await printing.floor.close()
    with pytest.raises(NotAllowedNow):
        await printing.ask("receipt")


async def test_the_terminal_says_how_it_goes_and_the_desk_reads_why(
    printing: Printing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal_print_asks, "require_current", lambda conn, who: None)
    floor = printing.floor
    report = terminal_print_asks.handlers(floor.executor, lambda: floor.now)[PrintReport]
    terminal = GatewayPrincipal(audience="/terminal", subject=floor.case.terminal_id)
    other = GatewayPrincipal(audience="/terminal", subject="somewhere-else")
    made = await printing.ask("receipt")

    def said(state: Any, reason: Any = None) -> PrintReport:
        return PrintReport(key=KEY, print_id=made, state=state, reason=reason)

    with pytest.raises(NotFound):
        await report(other, said("printing"))
    await report(terminal, said("printing", "printer"))
    card, rows = await printing.cards("en")
    assert (card.state, rows[0].state, rows[0].reason) == ("printing", "printing", "")
    await report(terminal, said("failed"))
    card, rows = await printing.cards("en")
    assert card is None
    assert rows[0].state == "failed" and rows[0].reason.startswith("The printer is out of order.")
    failed = await printing.failed("zh-Hant")
    assert (failed.label, failed.reason) == (
        "已遞交的文件",
        "打印機不能使用。接待人員會告訴您怎樣做。",
    )


async def test_when_the_case_is_finished_what_has_begun_and_the_receipt_still_come(
    printing: Printing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal_print_asks, "require_current", lambda conn, who: None)
    floor = printing.floor
    report = terminal_print_asks.handlers(floor.executor, lambda: floor.now)[PrintReport]
    terminal = GatewayPrincipal(audience="/terminal", subject=floor.case.terminal_id)
    begun = await printing.ask("paper", floor.item, key="a" * 16)
    await report(terminal, PrintReport(key=KEY, print_id=begun, state="printing"))
    waits = await printing.ask("paper", floor.item, key="b" * 16)
    receipt = await printing.ask("receipt", key="c" * 16)
    await floor.close()
    card, _ = await printing.cards("en")
    assert (card.print_id, len(card.sheets)) == (begun, 2), "the page draws what it prints"
    await report(terminal, PrintReport(key=KEY, print_id=begun, state="printed"))
    with pytest.raises(NotAllowedNow):
        await report(terminal, PrintReport(key=KEY, print_id=waits, state="printing"))
    card, rows = await printing.cards("en")
    assert card.print_id == receipt and any("A013" in line for line in card.lines)
    for state in ("printing", "printed"):
        await report(terminal, PrintReport(key=KEY, print_id=receipt, state=state))
    card, rows = await printing.cards("en")
    assert card is None
    assert {one.print_id: (one.state, one.reason) for one in rows} == {
        begun: ("printed", ""),
        waits: ("failed", "The case was finished before it was printed."),
        receipt: ("printed", ""),
    }


async def test_one_after_another_the_oldest_first(
    printing: Printing, new_id: Callable[[], str]
) -> None:
    first = await printing.ask("receipt", key="a" * 16)
    await printing.ask("paper", printing.floor.item, key="b" * 16)
    card, rows = await printing.cards()
    assert card.print_id == first
    assert [one.what for one in rows] == ["paper", "receipt"]


async def test_a_program_with_a_printer_prints_and_the_page_only_says_so(
    printing: Printing,
) -> None:
    await printing.has_program(printer="broken")
    item, terminal = printing.floor.item, str(printing.floor.case.terminal_id)
    first = await printing.ask("paper", item, key="a" * 16)
    receipt = await printing.ask("receipt", key="b" * 16)
    card, _ = await printing.cards("en")
    assert (card.print_id, card.by_device, card.sheets, card.lines) == (first, True, [], [])
    screen = await printing.floor.executor.read(device_screen, terminal, printing.floor.now)
    assert screen.print is not None
    assert (screen.print.print_id, screen.print.state) == (first, "asked")

    pages = pypdfium2.PdfDocument(await printing.documents().pdf(terminal, first))
    assert len(pages) == 2 and pages[0].get_size() == pytest.approx((595.28, 841.89), abs=0.1)
    sheet = pypdfium2.PdfDocument(await printing.documents().pdf(terminal, receipt))[0]
    assert "A013" in sheet.get_textpage().get_text_range()
    for wrong, of in ((first, "somewhere-else"), ("none", terminal)):
        with pytest.raises(NotFound):
            await printing.documents().pdf(of, wrong)


@pytest.mark.parametrize("devices", [{}, {"printer": "none", "camera": "good"}])
async def test_a_program_without_a_printer_leaves_it_to_the_page(
    printing: Printing, devices: dict[str, str]
) -> None:
    if devices:
        await printing.has_program(**devices)
    await printing.ask("receipt")
    card, _ = await printing.cards("en")
    assert card.by_device is False and card.lines
    screen = await printing.floor.executor.read(
        device_screen, printing.floor.case.terminal_id, printing.floor.now
    )
    assert screen.print is None


async def test_a_program_that_is_gone_leaves_it_to_the_page(printing: Printing) -> None:
    await printing.has_program(printer="good")
    printing.floor.now += SILENT
    await printing.ask("receipt")
    card, _ = await printing.cards("en")
    assert card.by_device is False
