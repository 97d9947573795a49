"""How a line is, in one word, and why: from what both of its ends counted in a few seconds.

A *window* is about two seconds.  What one window says is a `Finding`; what is told to people is a
`Standing`, which follows slowly: worse after two windows, better after four, so that a word on a
screen does not flicker.  A finding is about one leg alone: what the other leg's upload lost is
taken off what this leg's page misses, so the leg that is named is the leg that is broken.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

Verdict = Literal["good", "weak", "bad"]
Cause = Literal[
    "gone",
    "no_sound",
    "no_picture",
    "upload_loss",
    "download_loss",
    "low_bandwidth",
    "delay",
    "cpu",
    "frozen",
]
"In the order in which they are named when several are as bad: a root before its symptom."

VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)

WORSE_AFTER: Final = 2
BETTER_AFTER: Final = 4
"Windows in a row."
STALE_AFTER: Final = 3
"Windows in a row that have other causes than the one that is told, though no two the same."

AT_LEAST: Final[Mapping[Cause, tuple[float, float]]] = {
    "upload_loss": (0.03, 0.10),
    "download_loss": (0.03, 0.10),
    "delay": (300.0, 600.0),
    "frozen": (0.15, 0.50),
}
"""From where on a measure is weak, and bad.  Losses: share of the packets, before repair; delay:
round trip in ms (ITU-T G.114 keeps one way below 150 ms, and 400 at most); frozen: share of the
window."""
BUFFER_MS: Final[tuple[float, float]] = (500.0, 1000.0)
"The same for what the page holds back of the sound, to play it evenly: delay as well."
AT_MOST: Final[tuple[float, float]] = (400.0, 150.0)
"Bandwidth for a picture in kbit/s: below the first it is weak, below the second bad."
OF_WANTED: Final[tuple[float, float]] = (0.8, 0.4)
"""The same as a share of what is wanted, where that is less: a browser that sends little cannot
know that it could send more."""
VOICE_AT_MOST: Final[tuple[float, float]] = (40.0, 24.0)
"The same while only sound is sent."
SILENT_MS: Final = 1000
"Somebody who should be sending and was not heard for so long is gone."
FEW: Final = 20
"Packets of a window below which a share of them says nothing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the counter's end of the leg counted in a window."""

    audio_packets: int
    video_packets: int
    lost: int
    "Gaps in the numbers of what the leg sent."
    silent_ms: int | None
    "Since its last RTP packet; None when there was none yet."
    rtt_ms: float | None = None
    passed: int = 0
    "Packets sent to the leg."
    passed_gaps: int = 0
    "Gaps in the numbers of what was sent to it: lost before it came to us."


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the page at the other end of the leg counted in a window."""

    window_ms: int
    connected: bool
    camera: bool
    "It means to send a picture."
    microphone: bool
    "It means to send sound (a muted microphone sends silence, and that counts)."
    received: int
    lost: int
    frozen_ms: int
    jitter_buffer_ms: float | None
    rtt_ms: float | None
    available_kbps: float | None
    "What the browser's estimate says may be sent; None when it has none."
    limited_by: Literal["none", "bandwidth", "cpu", "other"]
    wanted_kbps: float = 1500.0
    "The ceiling of its picture; 0 while a higher one is being tried, and nothing is known yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one window says of a leg."""

    verdict: Verdict
    cause: Cause | None = None
    "None exactly when all is good."


GOOD: Final = Finding(verdict="good")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is told of a leg, and what the last windows would change."""

    told: Finding = GOOD
    worse: tuple[Finding, ...] = ()
    "The last windows, while they are worse than what is told or have another cause."
    better: tuple[Finding, ...] = ()
    "The last windows, while they are better than what is told."


def judge(heard: Heard | None, seen: Seen | None) -> Finding:
    """What this window says.

    heard: None when the counter's end cannot be asked (it is on another machine).
    seen:  None when the page has said nothing in the window.
    """
    found = sorted(_complaints(heard, seen), key=_rank)
    if not found:
        return GOOD
    worst = found[0]
    if worst.cause == "frozen" and len(found) > 1:
        return Finding(verdict=worst.verdict, cause=found[1].cause)
    return worst


def settle(standing: Standing, finding: Finding) -> Standing:
    """What is told after one more window."""
    told = standing.told
    if finding == told:
        return Standing(told=told)
    step = VERDICTS.index(finding.verdict) - VERDICTS.index(told.verdict)
    if step < 0:
        better = (*standing.better, finding)
        if len(better) < BETTER_AFTER:
            return Standing(told=told, better=better)
        return Standing(told=min(better, key=_rank))
    worse = (*standing.worse, finding)
    last = worse[-WORSE_AFTER:]
    if len(last) < WORSE_AFTER:
        return Standing(told=told, worse=worse)
    mildest = max(last, key=_rank)
    if mildest.verdict != told.verdict or all(one == mildest for one in last):
        return Standing(told=mildest)
    if len(worse) < STALE_AFTER:
        return Standing(told=told, worse=worse)
    # As bad as before and for no reason that lasts: name the nearest to a root.
    root = min(worse, key=lambda one: CAUSES.index(one.cause) if one.cause else len(CAUSES))
    return Standing(told=Finding(verdict=told.verdict, cause=root.cause))


def _rank(finding: Finding) -> tuple[int, int]:
    """Sorts the worst first, then by the order of causes."""
    cause = CAUSES.index(finding.cause) if finding.cause else len(CAUSES)
    return -VERDICTS.index(finding.verdict), cause


def _complaints(heard: Heard | None, seen: Seen | None) -> Iterator[Finding]:
    if _is_gone(heard, seen):
        yield Finding(verdict="bad", cause="gone")
        return
    if heard is not None:
        yield from _of_upload(heard, seen)
    if seen is not None:
        yield from _of_page(heard, seen)
    known = [one.rtt_ms for one in (seen, heard) if one is not None and one.rtt_ms is not None]
    yield from _measured("delay", known[0] if known else 0.0)


def _is_gone(heard: Heard | None, seen: Seen | None) -> bool:
    silent = heard is not None and (heard.silent_ms is None or heard.silent_ms >= SILENT_MS)
    if seen is None:
        return heard is None or silent
    return not seen.connected or (silent and (seen.camera or seen.microphone))


def _of_upload(heard: Heard, seen: Seen | None) -> Iterator[Finding]:
    if seen is not None and seen.microphone and not heard.audio_packets:
        yield Finding(verdict="bad", cause="no_sound")
    if seen is not None and seen.camera and not heard.video_packets:
        yield Finding(verdict="bad", cause="no_picture")
    received = heard.audio_packets + heard.video_packets
    yield from _measured("upload_loss", share(heard.lost, received + heard.lost))


def _of_page(heard: Heard | None, seen: Seen) -> Iterator[Finding]:
    missed = share(seen.lost, seen.received + seen.lost)
    before = share(heard.passed_gaps, heard.passed + heard.passed_gaps) if heard else 0.0
    yield from _measured("download_loss", missed - before)
    if before < AT_LEAST["upload_loss"][0]:  # else what is late or still is the other leg's doing
        yield from _measured("frozen", seen.frozen_ms / seen.window_ms)
        yield from _measured("delay", seen.jitter_buffer_ms or 0.0, BUFFER_MS)
    weak, bad = VOICE_AT_MOST
    if seen.camera:
        weak = min(AT_MOST[0], OF_WANTED[0] * seen.wanted_kbps)
        bad = min(AT_MOST[1], OF_WANTED[1] * seen.wanted_kbps)
    if seen.available_kbps is not None and seen.available_kbps < weak:
        verdict: Verdict = "bad" if seen.available_kbps < bad else "weak"
        yield Finding(verdict=verdict, cause="low_bandwidth")
    if seen.limited_by == "cpu":
        yield Finding(verdict="weak", cause="cpu")


def _measured(
    cause: Cause, measure: float, limits: tuple[float, float] | None = None
) -> Iterator[Finding]:
    weak, bad = limits or AT_LEAST[cause]
    if measure >= weak:
        yield Finding(verdict="bad" if measure >= bad else "weak", cause=cause)


def share(part: int, whole: int) -> float:
    """`part` of `whole`, between 0 and 1; 0 when there were too few to say."""
    return min(max(part, 0) / whole, 1.0) if whole >= FEW else 0.0
