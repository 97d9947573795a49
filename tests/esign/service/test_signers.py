"""Which key signs what, and what it says."""

from dataclasses import replace
from datetime import datetime

from counter.esign.ticket import AGENT_KEY, ORIGIN, Witness
from tests.esign.ceremonies import add_case
from tests.esign.conftest import STROKES
from tests.esign.fakes import PaperKey
from tests.esign.paper import CASE
from tests.esign.service.paper_counter import Counter


async def test_what_is_read_is_what_the_department_certified(
    counter: Counter, now: datetime
) -> None:
    _, sha256 = await counter.present(now)
    assert counter.blobs.kept[sha256].endswith(f" certified {now}".encode())
    assert counter.studio.begun == [ORIGIN]
    (shown,) = await counter.service.ceremonies(CASE)
    for sheet in shown.sheets:
        assert counter.blobs.kept[sheet.sha256].endswith(counter.blobs.kept[sha256])


async def test_the_agent_s_word_has_level_and_case_as_they_were_when_the_ink_came(
    counter: Counter, now: datetime
) -> None:
    ceremony_id, sha256 = await counter.to_state("signing", now)
    was = counter.witness
    counter.witness = Witness(agent_id="ana", name="Ana", level="L0")
    signed = await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    assert f" witnessed {was} A-0042".encode() in counter.blobs.kept[signed.sha256]


async def test_a_name_that_cannot_be_drawn_gives_way_to_the_number(
    counter: Counter, now: datetime
) -> None:
    counter.witness = replace(counter.witness, name="\U0003134a")
    ceremony_id, sha256 = await counter.to_state("consented", now)
    signed = await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    told = f" witnessed {replace(counter.witness, name='')}"
    assert told.encode() in counter.blobs.kept[signed.sha256]


async def test_an_agent_with_a_key_of_his_own_witnesses_with_it(
    counter: Counter, now: datetime
) -> None:
    counter.keys["agent:lei"] = PaperKey()
    await counter.to_state("sealed", now)
    assert len(counter.keys["agent:lei"].asked) == 1
    assert not counter.keys[AGENT_KEY].asked


async def test_a_department_s_own_keys_sign_its_forms_and_nobody_else_s(
    counter: Counter, now: datetime
) -> None:
    own = {name: PaperKey() for name in ("seal:dsi", "witness:dsi", "seal:dsf", "witness:dsf")}
    counter.keys |= own
    await counter.executor.write(add_case, CASE, now)  # of the DSI
    await counter.to_state("sealed", now)
    asked = {name: len(key.asked) for name, key in counter.keys.items() if key.asked}
    assert asked == {"seal:dsi": 2, "witness:dsi": 1, AGENT_KEY: 1}
