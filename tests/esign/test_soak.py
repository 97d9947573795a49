"""The short form of `make soak-sign`: nothing lost and nothing signed twice, whenever it dies."""

import pytest

from tests.esign.soak import soak


@pytest.mark.timeout(300)
async def test_no_signature_is_lost_or_doubled_when_the_node_dies_at_any_instant() -> None:
    found = await soak(kills=8, seed=5)
    assert found.kills == 8
    assert (found.lost, found.doubled, found.unsound, found.left) == ([], [], [], [])
    assert len(found.between) > 1, "at more than one place"
