"""The benchmark of signing measures what it says; what does not depend on the hour is asserted."""

from tests.bench.sign import GROWTH_KB, form_goals, form_table, forms, goals, markdown, measure


async def test_one_timestamp_request_and_room_as_measured() -> None:
    found = await measure(rounds=1)
    for kind, limit in GROWTH_KB.items():
        assert found[kind]["B-T"]["tsa_requests"] == 1
        assert found[kind]["B-T naive"]["tsa_requests"] == 2
        assert 0 < found[kind]["B-T"]["growth_kb"] <= limit
        assert found[kind]["B-B naive"]["growth_kb"] > 0
    told = markdown(found)
    assert all(goal in told for goal, _ in goals(found))


def test_every_form_is_drawn_and_photographed() -> None:
    found = forms(rounds=1)
    assert len(found) == 8
    for one in found.values():
        assert one["draw_ms"] > 0
        assert one["page_ms"] > 0
        assert one["kb"] < 90
    told = form_table(found)
    assert all(goal in told for goal, _ in form_goals(found))
