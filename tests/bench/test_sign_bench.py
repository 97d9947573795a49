"""The benchmark of signing measures what it says; what does not depend on the hour is asserted."""

import os
from pathlib import Path

from tests.bench import sign_finished
from tests.bench.sign import GROWTH_KB, goals, markdown, measure
from tests.bench.sign_forms import form_goals, form_table, forms
from tests.esign.key_rings import SOFTHSM


async def test_one_timestamp_request_and_room_as_measured() -> None:
    before = (dict(os.environ), softhsm_is_loaded())
    found = await measure(rounds=1, brief=True)
    assert (dict(os.environ), softhsm_is_loaded()) == before, "keys are measured elsewhere"
    assert found["keys"].keys() == {"ec", "rsa"}
    for kind, limit in GROWTH_KB.items():
        assert found[kind]["B-T"]["tsa_requests"] == 1
        assert found[kind]["B-T naive"]["tsa_requests"] == 2
        assert 0 < found[kind]["B-T"]["growth_kb"] <= limit
        assert found[kind]["B-B naive"]["growth_kb"] > 0
        assert all(ms > 0 for ms in found["keys"][kind].values())
    done = found["finished"]
    assert (done["requests"], done["signatures"]) == (5, 4)
    assert 0 < done["archived KB"] - done["drawn KB"] <= sign_finished.GROWTH_KB
    assert done["pack KB"] > 0
    assert done["LTA cpu_ms"] > 0
    far = found["waiting"]
    asked = far["requests"]
    assert 2 <= asked["ours"] < 4 == asked["ours"] + asked["behind"]
    assert 0 < asked["while reading"] < asked["naive"]
    assert 0 < far["ours alone"] < far["naive alone"]
    assert far["form"] > 0.15 < far["ink"]
    assert far["ours"] < far["sealed"]
    told = markdown(found)
    assert all(goal in told for goal, _ in goals(found))


def softhsm_is_loaded() -> bool:
    return SOFTHSM.name in Path("/proc/self/maps").read_text()


def test_every_form_is_drawn_and_photographed() -> None:
    found = forms(rounds=1)
    assert len(found) == 8
    for one in found.values():
        assert one["draw_cpu_ms"] > 0
        assert one["page_cpu_ms"] > 0
        assert one["kb"] < 90
    told = form_table(found)
    assert all(goal in told for goal, _ in form_goals(found))
