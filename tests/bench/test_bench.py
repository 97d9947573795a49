"""The benchmark's own rules, and its load against our media process for two seconds."""

from functools import partial
from pathlib import Path

import pytest

from tests.bench.cells import STANDARD, Cell, selected
from tests.bench.churn import Churned, churn
from tests.bench.description import MID, WIDE, mirrored, read
from tests.bench.engine import Engine
from tests.bench.figures import claims, figures, memory_per_call, ratio, scaling
from tests.bench.measure import Found, measure
from tests.bench.programs import BUILDS, NotInstalled, build, program
from tests.bench.report import markdown
from tests.undisturbed import undisturbed

MB = 1_000_000


def found(cell: str, cpu: float, *, calls: int = 50, lost: int = 0, used: int = 0) -> Found:
    return Found(
        cell=cell,
        server=cell.partition(":")[0],
        calls=calls,
        sent=1000,
        received=1000 - lost,
        refused=0,
        seconds=2.0,
        cpu_us_per_packet=cpu,
        loop_us_per_packet=cpu,
        core_percent=10.0,
        p50_us=50.0,
        p99_us=500.0,
        p999_us=900.0,
        idle_bytes=0,
        connected_bytes=0,
        used_bytes=used,
        connect_ms_per_leg=5.0,
        others_percent=0.0,
    )


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return the load engine, compiled, with a recording of two seconds."""
    return Engine(tmp_path_factory.mktemp("bench"), recording_s=2)


@pytest.mark.alone
async def test_every_packet_of_three_calls_comes_back_from_our_media_process(
    tmp_path: Path, load: Engine
) -> None:
    cell = Cell(server="ours", calls=3, feedback=True)

    def judge(run: Found) -> None:
        # 6 legs, about 174 packets of the picture and 50 of the voice a second.
        assert run.sent > 2 * 6 * 200
        assert run.lost == 0
        assert run.refused == 0
        assert run.cpu_us_per_packet > 0
        assert run.p50_us is not None and run.p50_us > 0

    # Warm until every camera has come by its whole picture, with which a leg begins to see.
    await undisturbed(
        partial(measure, cell, warm_s=2.5, window_s=2.0, directory=tmp_path, load=load), judge
    )


@pytest.mark.pairs
async def test_calls_are_opened_and_closed_one_after_another(tmp_path: Path, load: Engine) -> None:
    churned = await churn(12, first=4, directory=tmp_path, load=load)
    assert churned.cpu_ms_per_leg > 0
    assert len(churned.resident_mb) == 6


def test_a_ratio_is_taken_within_each_round_and_the_median_counts() -> None:
    rounds = [
        {"ours:50": found("ours:50", cpu), "janus:50": found("janus:50", other)}
        for cpu, other in ((10, 20), (30, 40), (9, 30))
    ]
    assert ratio(rounds, "ours:50", "janus:50") == 0.5
    assert ratio(rounds, "ours:50", "janus:20") is None


def test_two_workers_that_pay_the_same_for_a_packet_carry_twice_as_much() -> None:
    rounds = [{"ours:50": found("ours:50", 10), "oursx2:50": found("oursx2:50", 12.5)}]
    assert scaling(rounds, "ours:50", "oursx2:50") == 1.6


def test_memory_per_call_is_what_the_later_calls_added() -> None:
    rounds = [
        {
            "ours:50": found("ours:50", 10, calls=50, used=80 * MB),
            "ours:100": found("ours:100", 10, calls=100, used=100 * MB),
        }
    ]
    assert memory_per_call(rounds, "ours:50", "ours:100") == pytest.approx(0.4)


def test_a_claim_is_judged_only_when_its_cells_were_measured() -> None:
    assert {claim.holds for claim in claims([], None)} == {None}
    rounds = [{"ours:50": found("ours:50", 7), "janus:50": found("janus:50", 10)}]
    first, *others = claims(rounds, None)
    assert first.holds is False
    assert {claim.holds for claim in others} == {None}


def test_one_lost_packet_in_any_round_is_a_lost_packet() -> None:
    rounds = [{"ours:100": found("ours:100", 10, calls=100, lost=lost)} for lost in (0, 1, 0)]
    assert figures(rounds)["ours:100"].lost == 1
    assert [claim.holds for claim in claims(rounds, None) if "lost" in claim.text] == [False]


def test_a_report_says_of_each_claim_whether_it_holds() -> None:
    rounds = [{"ours:50": found("ours:50", 4), "janus:50": found("janus:50", 10)}]
    churned = Churned(
        calls=2000, first=200, cpu_ms_per_leg=7.5, growth_bytes_per_call=900, resident_mb=[50.0]
    )
    text = markdown({}, figures(rounds), claims(rounds, churned), {}, churned)
    verdicts = {
        row.split("|")[1].strip(): row.split("|")[4].strip()
        for row in text.splitlines()
        if row.count("|") == 5
    }
    assert verdicts["CPU per packet at 50 calls, relative to Janus"] == "holds, goal too"
    assert verdicts["CPU to set up and tear down, per leg"] == "DOES NOT HOLD"
    assert verdicts["packets lost of 100 calls on one core"] == "not measured"


def test_cells_are_selected_by_name_and_a_wrong_name_is_told() -> None:
    assert len({cell.name for cell in STANDARD}) == len(STANDARD)
    assert [cell.name for cell in selected(["ours+f*"])] == ["ours+feedback:50"]
    assert selected([]) == list(STANDARD)
    with pytest.raises(ValueError, match="ours:7 fits no cell"):
        selected(["ours:7"])


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotInstalled, match="apt-get install coturn"):
        program("turnserver")


def test_the_load_engine_compiles_without_a_warning(tmp_path: Path) -> None:
    for name in ("engine.so", "forward", "forward.so"):
        assert name in BUILDS
        assert build(name, tmp_path).stat().st_size > 0


def test_a_far_end_receives_what_the_offer_sends_and_keeps_its_numbers() -> None:
    offer = """v=0
a=ice-lite
m=audio 5000 UDP/TLS/RTP/SAVPF 96
a=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host
a=ice-ufrag:u
a=ice-pwd:p
a=fingerprint:sha-256 AA:BB
a=setup:actpass
a=mid:0
a=sendrecv
a=rtpmap:96 opus/48000/2
a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
m=video 5000 UDP/TLS/RTP/SAVPF 97 98 99
a=mid:1
a=sendonly
a=rtpmap:97 VP8/90000
a=rtpmap:98 rtx/90000
a=rtpmap:99 H264/90000
a=extmap:4 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
"""
    description = read(offer)
    assert description.lite
    assert description.address == ("127.0.0.1", 5000)
    audio, video = mirrored(description.sections)
    assert (audio.payload_type, audio.direction, audio.extensions) == (96, "sendrecv", {MID: 1})
    assert (video.payload_type, video.direction, video.extensions) == (97, "recvonly", {WIDE: 4})
