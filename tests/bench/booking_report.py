"""What is claimed of booking, beside what was measured, as text."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Cells = Mapping[str, Mapping[str, Any]]
Kills = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One number that was promised."""

    name: str
    text: str
    goal: str
    measured: float | None
    "`None`: not measured in this run."
    holds: bool | None


def _least(name: str, text: str, goal: float, measured: float | None) -> Claim:
    holds = None if measured is None else measured >= goal
    return Claim(name=name, text=text, goal=f">= {goal:g}", measured=measured, holds=holds)


def _most(name: str, text: str, goal: float, measured: float | None) -> Claim:
    holds = None if measured is None else measured <= goal
    return Claim(name=name, text=text, goal=f"<= {goal:g}", measured=measured, holds=holds)


def claims(cells: Cells, kills: Kills) -> list[Claim]:
    """All of them, in the order of the design."""

    def of(cell: str, key: str) -> float | None:
        return cells[cell][key] if cell in cells else None

    def ratio(one: float | None, other: float | None) -> float | None:
        return one / other if one is not None and other else None

    def booked_per_s(cell: str) -> float | None:
        return ratio(of(cell, "booked"), of(cell, "seconds"))

    found = []
    for name, runs in sorted(kills.items()):
        kind, engine = name.split()
        lost = sum(one["lost_holds"] + one["lost_bookings"] for one in runs)
        wrong = sum(sum(one["faults"].values()) + one.get("kept_back", 0) for one in runs)
        told = sum(one["holds"] + one["bookings"] for one in runs)
        times = f"{len(runs)} x kill -9, {told} answers"
        times += ", with a waiting list" if kind == "waiting" else ""
        found += [
            _most("B1", f"lost acknowledged, {engine}, {times}", 0, lost),
            _most("B1", f"sold twice or otherwise wrong, {engine}, {times}", 0, wrong),
        ]
    found += [
        _least("B2", "over HTTP: holds and confirms a second", 1000, of("web sqlite", "per_s")),
        _most("B2", "over HTTP: hold p99, ms", 1000, of("web sqlite", "hold_p99_ms")),
        _most("B2", "over HTTP: first page p99, ms", 300, of("web sqlite", "first_p99_ms")),
        _least(
            "B3",
            "our lane / SQLAlchemy on aiosqlite",
            2.5,
            ratio(of("ours sqlite", "per_s"), of("aiosqlite sqlite", "per_s")),
        ),
        _least(
            "B4",
            "bookings a second / django-appointment, PostgreSQL",
            3,
            ratio(booked_per_s("ours postgres"), booked_per_s("django postgres")),
        ),
        _least(
            "B5",
            "commands a second / bare inserts, PostgreSQL",
            0.10,
            ratio(of("ours postgres", "per_s"), of("floor postgres", "per_s")),
        ),
        _least(
            "B5",
            "commands a second / bare inserts, SQLite (64 in a commit)",
            0.05,
            ratio(of("ours sqlite", "per_s"), of("floor sqlite", "per_s")),
        ),
    ]
    for engine in ("sqlite", "postgres"):
        cell = f"sold {engine}"
        unsold = None
        # With fewer people than places nothing can be said.
        if cell in cells and cells[cell].get("people", sys.maxsize) > cells[cell]["capacity"]:
            unsold = cells[cell]["capacity"] - cells[cell]["booked"]
        found.append(
            Claim(
                name="B6",
                text=f"places unsold when more want one, {engine}",
                goal="0",
                measured=unsold,
                holds=None if unsold is None else unsold == 0,
            )
        )
    return found


def must_hold(cells: Cells, kills: Kills) -> bool:
    """Whether nothing was sold twice, lost, or left unsold; speed is for people to judge."""
    kept = all(
        claim.holds is not False for claim in claims(cells, kills) if claim.name in ("B1", "B6")
    )
    return kept and not any(cell.get("faults") for cell in cells.values())


def markdown(
    machine: Mapping[str, str], cells: Cells, kills: Kills, missing: Mapping[str, str]
) -> str:
    """The whole report."""
    rows = [
        [claim.name, claim.text, claim.goal, _number(claim.measured), _verdict(claim)]
        for claim in claims(cells, kills)
    ]
    parts = [
        "\n".join(f"* {name}: {value}" for name, value in machine.items()),
        _table(["", "claim", "goal", "measured", ""], rows),
        _table(
            ["part", "per second", "booked", "hold p50", "hold p99", "CPU ms", "others"],
            [_cell(name, cell) for name, cell in cells.items()],
        ),
        "\n".join(f"* {name}: not measured, {why}" for name, why in missing.items()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _cell(name: str, cell: Mapping[str, Any]) -> list[str]:
    cpu = next((value for key, value in cell.items() if "cpu_ms" in key), None)
    speed = cell.get("per_s", cell.get("booked_per_s"))
    return [
        name,
        *(
            _number(value)
            for value in (
                speed,
                cell.get("booked"),
                cell.get("hold_p50_ms"),
                cell.get("hold_p99_ms"),
                cpu,
            )
        ),
        "" if "others_percent" not in cell else f"{cell['others_percent']:.0f} %",
    ]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _verdict(claim: Claim) -> str:
    return {None: "not measured", True: "holds", False: "DOES NOT HOLD"}[claim.holds]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["-" * max(3, len(name)) for name in head], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
