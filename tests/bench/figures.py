"""What the runs say together: medians, ratios within a round, and whether a claim is earned.

A ratio is taken in each round between cells that were measured one after the other, and the
median of the rounds counts: the machine's weather is then in both sides.  Everything here is pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from tests.bench.churn import Churned
from tests.bench.measure import Found

Round = Mapping[str, Found]
"One run of each cell, by the cell's name."
MB: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The median run of one cell, figure by figure."""

    cell: str
    calls: int
    runs: int
    cpu_us_per_packet: float
    core_percent: float
    p50_us: float | None
    p99_us: float | None
    lost: int
    "Packets of all runs."
    sent: int
    connect_ms_per_leg: float
    others_percent: float
    "Of a core, in the worst of the runs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence with a number in it, and what was measured."""

    text: str
    measured: float | None
    "None when its cells were not selected."
    bound: float
    goal: float | None = None
    unit: str = ""
    at_least: bool = False

    @property
    def holds(self) -> bool | None:
        return None if self.measured is None else self._reaches(self.bound)

    @property
    def reaches_goal(self) -> bool | None:
        if self.measured is None or self.goal is None:
            return None
        return self._reaches(self.goal)

    def _reaches(self, limit: float) -> bool:
        assert self.measured is not None
        return self.measured >= limit if self.at_least else self.measured <= limit


def figures(rounds: Sequence[Round]) -> dict[str, Figure]:
    """The medians, by cell."""
    names = list(dict.fromkeys(name for one in rounds for name in one))
    return {name: _figure([one[name] for one in rounds if name in one]) for name in names}


def _figure(runs: Sequence[Found]) -> Figure:
    return Figure(
        cell=runs[0].cell,
        calls=runs[0].calls,
        runs=len(runs),
        cpu_us_per_packet=median(run.cpu_us_per_packet for run in runs),
        core_percent=median(run.core_percent for run in runs),
        p50_us=_median(run.p50_us for run in runs),
        p99_us=_median(run.p99_us for run in runs),
        lost=sum(run.lost for run in runs),
        sent=sum(run.sent for run in runs),
        connect_ms_per_leg=median(run.connect_ms_per_leg for run in runs),
        others_percent=max(run.others_percent for run in runs),
    )


def _median(values) -> float | None:  # type: ignore[no-untyped-def]
    known = [value for value in values if value is not None]
    return median(known) if known else None


def ratio(rounds: Sequence[Round], one: str, other: str) -> float | None:
    """CPU per packet of cell `one` relative to `other`; None when a round has not both."""
    return _over(rounds, (one, other), lambda a, b: a.cpu_us_per_packet / b.cpu_us_per_packet)


def scaling(rounds: Sequence[Round], one: str, two: str) -> float | None:
    """Packets per CPU second of the two workers of cell `two`, relative to the one of `one`."""
    return _over(rounds, (one, two), lambda a, b: 2 * a.cpu_us_per_packet / b.cpu_us_per_packet)


def memory_per_call(rounds: Sequence[Round], few: str, many: str) -> float | None:
    """MB that one more call costs, after its media: from the cell of few calls to that of many."""
    return _over(
        rounds, (few, many), lambda a, b: (b.used_bytes - a.used_bytes) / (b.calls - a.calls) / MB
    )


def _over(
    rounds: Sequence[Round], names: tuple[str, str], of: Callable[[Found, Found], float]
) -> float | None:
    values = [of(one[names[0]], one[names[1]]) for one in rounds if set(names) <= set(one)]
    return median(values) if values else None


def claims(rounds: Sequence[Round], churned: Churned | None) -> list[Claim]:
    """Every claim of the media plane, measured or not."""
    many = figures(rounds).get("ours:100")
    return [
        Claim(
            text="CPU per packet at 50 calls, relative to Janus",
            measured=ratio(rounds, "ours:50", "janus:50"),
            bound=0.6,
            goal=0.5,
        ),
        Claim(
            text="CPU per packet at 20 calls, relative to Janus",
            measured=ratio(rounds, "ours:20", "janus:20"),
            bound=0.8,
        ),
        Claim(
            text="CPU per packet at 50 calls, relative to C + SRTP (Debian's libsrtp)",
            measured=ratio(rounds, "ours:50", "c-srtp:50"),
            bound=1.4,
            goal=1.1,
        ),
        Claim(
            text="packets lost of 100 calls on one core",
            measured=None if many is None else many.lost,
            bound=0,
        ),
        Claim(
            text="added latency of 100 calls on one core, p50",
            measured=None if many is None else many.p50_us,
            bound=100,
            unit="us",
        ),
        Claim(
            text="added latency of 100 calls on one core, p99",
            measured=None if many is None else many.p99_us,
            bound=1000,
            unit="us",
        ),
        Claim(
            text="packets per CPU second of two workers on two cores that they share with the "
            "far ends, relative to one worker on one core",
            measured=scaling(rounds, "ours:50", "oursx2:50"),
            bound=1.8,
            at_least=True,
        ),
        Claim(
            text="CPU of the packet loop per packet of recorded calls, relative to calls that are "
            "not (20 calls)",
            measured=_over(
                rounds,
                ("ours+recorded:20", "ours:20"),
                lambda a, b: a.loop_us_per_packet / b.loop_us_per_packet,
            ),
            bound=1.02,
        ),
        Claim(
            text="memory per call, its media included (from 50 to 100 calls)",
            measured=memory_per_call(rounds, "ours:50", "ours:100"),
            bound=0.5,
            unit="MB",
        ),
        Claim(
            text="CPU to set up and tear down, per leg",
            measured=None if churned is None else churned.cpu_ms_per_leg,
            bound=6,
            unit="ms",
        ),
        Claim(
            text="memory growth per call of churn, after the first calls",
            measured=None if churned is None else churned.growth_bytes_per_call / 1000,
            bound=10,
            unit="kB",
        ),
    ]


def other_ratios(rounds: Sequence[Round]) -> dict[str, float]:
    """Ratios that no claim is about, and that are good to know."""
    pairs = {
        "ours / C + SRTP with our libsrtp, 20 calls": ("ours:20", "c-srtp-same:20"),
        "ours / C + SRTP with our libsrtp, 50 calls": ("ours:50", "c-srtp-same:50"),
        "ours / C + SRTP with our libsrtp, 100 calls": ("ours:100", "c-srtp-same:100"),
        "ours / Janus, 1 call": ("ours:1", "janus:1"),
        "ours / Janus, 5 calls": ("ours:5", "janus:5"),
        "ours / Janus, 50 calls with feedback": ("ours+feedback:50", "janus+feedback:50"),
        "ours / coturn, 50 calls": ("ours:50", "coturn:50"),
        "ours recorded, with the thread that seals and writes / not, 20 calls": (
            "ours+recorded:20",
            "ours:20",
        ),
        "ours with feedback / without, 50 calls": ("ours+feedback:50", "ours:50"),
    }
    found = {text: ratio(rounds, *names) for text, names in pairs.items()}
    return {text: value for text, value in found.items() if value is not None}
