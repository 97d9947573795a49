"""How the lines of a call were: a page that reads without scripts, and the series for reports.

Promise: no citizen is named, and only a supervisor reads it.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from counter.media.quality import Verdict
from counter.media.series import BUCKET, Sample
from counter.media.stretches import Stretch, end_of, length_of, stretches, verdict_of
from web.shared.access import allow
from web.shared.i18n import N_, Texts, texts_for
from web.shared.language import language_of
from web.shared.pages import render
from web.wall.ports import CallSeries, CallTimes, LegSeries, Lines

CLOCK: Final = ZoneInfo("Asia/Macau")
WHOSE: Final = {"terminal": N_("Terminal: %s"), "agent": N_("Agent: %s")}
CAUSES: Final = {
    "gone": N_("line interrupted"),
    "no_sound": N_("no sound"),
    "no_picture": N_("no picture"),
    "upload_loss": N_("upload has gaps"),
    "download_loss": N_("download has gaps"),
    "low_bandwidth": N_("narrow line"),
    "delay": N_("slow line"),
    "cpu": N_("overloaded"),
    "frozen": N_("frozen picture"),
}
MARKS: Final = {"good": "●", "weak": "▲", "bad": "■"}
VERDICTS: Final = {"good": N_("good"), "weak": N_("weak"), "bad": N_("bad")}
WIDTH: Final = 1000
HEIGHTS: Final = {"good": 12, "weak": 26, "bad": 40}
"Of the bars: what is worse is higher, so that nobody needs its colour."
NOTABLE: Final = 0.005
"Share of lost packets from which on it is told."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One sample in the drawing; lengths in its units."""

    x: float
    width: float
    height: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stretch in the table."""

    since: str
    until: str
    mark: str
    word: str
    verdict: Verdict
    measured: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One line on the page."""

    caption: str
    summary: str
    bars: tuple[Bar, ...]
    rows: tuple[Row, ...]


def routes(lines: Lines) -> list[web.RouteDef]:
    """`/wall/calls` and what is below it."""

    @allow("supervisor")
    async def calls(request: web.Request) -> web.Response:
        language = language_of(request)
        rows = [
            {
                "call_id": one.call_id,
                "place": one.place,
                "began_at": one.began_at.astimezone(CLOCK),
                "words": _words(one, texts_for(language)),
            }
            for one in await lines.of_today(language)
        ]
        return render(request, "wall/calls.html", calls=rows)

    @allow("supervisor")
    async def one_call(request: web.Request) -> web.Response:
        language = language_of(request)
        series = await lines.of_call(request.match_info["call"], language)
        since, until = _span(series)
        return render(
            request,
            "wall/call.html",
            call=series,
            began_at=series.began_at.astimezone(CLOCK),
            since=_clock(since),
            until=_clock(until),
            width=WIDTH,
            height=HEIGHTS["bad"],
            legs=[_leg(leg, since, until, texts_for(language)) for leg in series.legs],
        )

    @allow("supervisor")
    async def series_table(request: web.Request) -> web.Response:
        series = await lines.of_call(request.match_info["call"], language_of(request))
        name = f"lines-{series.call_id}.csv"
        return web.Response(
            text=_table(series),
            content_type="text/csv",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return [
        web.get("/wall/calls", calls),
        web.get("/wall/calls/{call:[A-Za-z0-9-]{1,40}}", one_call),
        web.get("/wall/calls/{call:[A-Za-z0-9-]{1,40}}/lines.csv", series_table),
    ]


def _table(series: CallSeries) -> str:
    """Every sample as it was kept; times in UTC."""
    written = io.StringIO()
    table = csv.DictWriter(written, ["line", *(field.name for field in fields(Sample))])
    table.writeheader()
    for leg in series.legs:
        for sample in leg.samples:
            at = sample.at.isoformat(timespec="seconds")
            table.writerow({"line": leg.owner, **asdict(sample), "at": at})
    return written.getvalue()


def _span(series: CallSeries) -> tuple[datetime, datetime]:
    """From the beginning of the call to the last sample: what the drawings show."""
    ends = [end_of(leg.samples[-1]) for leg in series.legs]
    begins = [leg.samples[0].at for leg in series.legs]
    since = min([series.began_at, *begins])
    return since, max([since + BUCKET, *ends])


def _leg(leg: LegSeries, since: datetime, until: datetime, texts: Texts) -> Leg:
    times = [
        sum(getattr(sample, f"{verdict}_ms") for sample in leg.samples) for verdict in VERDICTS
    ]
    good, weak, bad = _percentages(*times)
    return Leg(
        caption=texts.gettext(WHOSE[leg.side]) % leg.name,
        summary=texts.gettext("{good} % good, {weak} % weak, {bad} % bad").format(
            good=good, weak=weak, bad=bad
        ),
        bars=tuple(_bars(leg.samples, since, until)),
        rows=tuple(_row(stretch, texts) for stretch in stretches(leg.samples)),
    )


def _bars(samples: Iterable[Sample], since: datetime, until: datetime) -> Iterable[Bar]:
    whole = until - since
    for sample in samples:
        verdict = verdict_of(sample)
        yield Bar(
            x=round((sample.at - since) / whole * WIDTH, 1),
            width=max(0.5, round(length_of(sample) / whole * WIDTH, 1)),
            height=HEIGHTS[verdict],
            verdict=verdict,
        )


def _row(stretch: Stretch, texts: Texts) -> Row:
    word = texts.gettext(VERDICTS[stretch.verdict])
    if stretch.cause is not None:
        word = texts.gettext("{word}: {cause}").format(
            word=word, cause=texts.gettext(CAUSES[stretch.cause])
        )
    return Row(
        since=_clock(stretch.since),
        until=_clock(stretch.until),
        mark=MARKS[stretch.verdict],
        word=word,
        verdict=stretch.verdict,
        measured=tuple(_measured(stretch, texts)),
    )


def _measured(stretch: Stretch, texts: Texts) -> Iterable[str]:
    yield texts.gettext("sends {kbps} kbit/s").format(kbps=stretch.up_kbps)
    if stretch.rtt_ms is not None:
        yield texts.gettext("round trip {ms} ms").format(ms=stretch.rtt_ms)
    if stretch.up_lost >= NOTABLE:
        yield texts.gettext("upload lost {percent} %").format(percent=round(100 * stretch.up_lost))
    if stretch.down_lost >= NOTABLE:
        yield texts.gettext("download lost {percent} %").format(
            percent=round(100 * stretch.down_lost)
        )
    if stretch.frozen_ms:
        yield texts.gettext("picture still for {seconds} s").format(
            seconds=round(stretch.frozen_ms / 1000)
        )


def _words(one: CallTimes, texts: Texts) -> list[tuple[Verdict, str]]:
    """How its lines were in a word or two, what is worse first."""
    _, weak, bad = _percentages(one.good_ms, one.weak_ms, one.bad_ms)
    shares: list[tuple[Verdict, int, str]] = [
        ("bad", bad, texts.gettext("{percent} % bad")),
        ("weak", weak, texts.gettext("{percent} % weak")),
    ]
    found = [
        (verdict, f"{MARKS[verdict]} {text.format(percent=percent)}")
        for verdict, percent, text in shares
        if percent
    ]
    throughout = texts.gettext("good throughout")
    return found or [("good", f"{MARKS['good']} {throughout}")]


def _percentages(good: int, weak: int, bad: int) -> tuple[int, int, int]:
    """Whole ones that are 100 together; what is bad is never rounded away."""
    whole = good + weak + bad
    if not whole:
        return 0, 0, 0
    ill = [max(1, round(100 * part / whole)) if part else 0 for part in (weak, bad)]
    return max(0, 100 - sum(ill)), ill[0], ill[1]


def _clock(at: datetime) -> str:
    return f"{at.astimezone(CLOCK):%H:%M:%S}"
