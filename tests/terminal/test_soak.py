"""The short form of `make soak-pages`: nothing is lost and nothing doubled, whatever is killed."""

import pytest

from tests.terminal.soak import soak


@pytest.mark.timeout(600)
async def test_no_page_is_lost_or_doubled_when_line_counter_or_program_die_at_any_byte() -> None:
    found = await soak(pages=25, seed=7)
    assert (found.taken, found.lost, found.doubled, found.left) == (25, [], [], [])
    assert min(found.broke[kind] for kind in ("line", "counter", "program")) > 0, found.broke
