"""The figures as text: tables in Markdown, for the terminal and for the engineer's page."""

from collections.abc import Mapping, Sequence

from tests.bench.cells import SERVERS
from tests.bench.churn import Churned
from tests.bench.figures import Claim, Figure
from tests.bench.machine import QUIET_PERCENT


def markdown(
    machine: Mapping[str, str],
    found: Mapping[str, Figure],
    claims: Sequence[Claim],
    ratios: Mapping[str, float],
    churned: Churned | None,
) -> str:
    """The whole report."""
    parts = [
        "\n".join(f"* {name}: {value}" for name, value in machine.items()),
        _cells(found),
        _weather(found),
        _claims(claims),
        _table(["ratio", "measured"], [[text, f"{value:.2f}"] for text, value in ratios.items()]),
        _churned(churned),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _cells(found: Mapping[str, Figure]) -> str:
    head = [
        "server",
        "calls",
        "CPU us/packet",
        "of a core",
        "p50 us",
        "p99 us",
        "lost",
        "of",
        "others",
    ]
    return _table(
        head,
        [
            [
                _server(figure.cell),
                str(figure.calls),
                f"{figure.cpu_us_per_packet:.1f}",
                f"{figure.core_percent:.0f} %",
                _number(figure.p50_us),
                _number(figure.p99_us),
                str(figure.lost),
                str(figure.sent),
                f"{figure.others_percent:.0f} %",
            ]
            for figure in found.values()
        ],
    )


def _weather(found: Mapping[str, Figure]) -> str:
    disturbed = [figure.cell for figure in found.values() if figure.others_percent > QUIET_PERCENT]
    if not disturbed:
        return ""
    return (
        f"Other programs used more than {QUIET_PERCENT:g} % of a core while {len(disturbed)} of "
        f"{len(found)} cells were measured: {', '.join(disturbed)}.  Measure again when they rest."
    )


def _server(cell: str) -> str:
    name = cell.partition(":")[0]
    for suffix, words in (
        ("+feedback", ", with feedback"),
        ("+recorded", ", recorded"),
        ("x2", ", two workers"),
    ):
        if name.endswith(suffix):
            return SERVERS[name.removesuffix(suffix)] + words
    return SERVERS[name]


def _claims(claims: Sequence[Claim]) -> str:
    rows = []
    for claim in claims:
        sign = ">=" if claim.at_least else "<="
        goal = "" if claim.goal is None else f" (goal {claim.goal:g})"
        rows.append(
            [
                claim.text,
                "-" if claim.measured is None else f"{claim.measured:.2f} {claim.unit}".strip(),
                f"{sign} {claim.bound:g} {claim.unit}".strip() + goal,
                _verdict(claim),
            ]
        )
    return _table(["claim", "measured", "bound", ""], rows)


def _verdict(claim: Claim) -> str:
    if claim.holds is None:
        return "not measured"
    if not claim.holds:
        return "DOES NOT HOLD"
    return "holds, goal too" if claim.reaches_goal else "holds"


def _churned(churned: Churned | None) -> str:
    if churned is None:
        return ""
    sizes = ", ".join(f"{size:.1f}" for size in churned.resident_mb)
    return (
        f"Churn: {churned.calls} calls, {churned.cpu_ms_per_leg:.2f} ms of CPU per leg, "
        f"{churned.growth_bytes_per_call / 1000:.2f} kB per call after the first "
        f"{churned.first}.  Memory on the way, MB: {sizes}."
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )
