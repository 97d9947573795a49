"""Every need that a citizen can name when booking has words on the desk."""

from pathlib import Path

import pytest

from booking.appointment import NEEDS

MATTER = Path(__file__).parents[3] / "web/console/assets/parts/matter.tsx"


@pytest.mark.parametrize("need", NEEDS)
def test_a_need_has_words_on_the_desk(need: str) -> None:
    assert f"    {need}: t(" in MATTER.read_text(encoding="utf-8")
