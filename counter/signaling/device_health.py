"""How a terminal's devices do, since when, and whether a citizen can be served there.

What the terminal's program finds is kept per device until it finds otherwise; `since` stays while
nothing changes, so that staff see how long something has been broken.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from counter.errors import NotAllowedNow
from counter.protocol.device import DeviceHealth

PAPER: Final = ("camera", "scanner")
"One of these photographs papers."
NEEDED: Final = ("sound", "clock")
"Without these nobody can be served, if the terminal has them at all."
SILENT: Final = timedelta(seconds=45)
"A program that has not beaten for so long is not there: the page does what it can alone."


class TerminalOutOfOrder(NotAllowedNow):
    """A device that every visit needs is broken here.  Advice: take another terminal."""

    code = "terminal_out_of_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """One device, as staff see it."""

    device: str
    state: str
    fault: str
    since: datetime


def merged(
    old: Mapping[str, Mapping[str, Any]], found: Iterable[DeviceHealth], now: datetime
) -> dict[str, dict[str, Any]]:
    """What is known after a self-test, as JSON holds it, by device."""
    known = {device: dict(entry) for device, entry in old.items()}
    for one in found:
        before = known.get(one.device)
        said = (one.state, one.fault, one.can)
        same = before is not None and said == (before["state"], before["fault"], before.get("can"))
        since = before["since"] if before is not None and same else now.isoformat()
        entry = {"state": one.state, "fault": one.fault, "can": list(one.can), "since": since}
        known[one.device] = entry
    return known


def views(known: Mapping[str, Mapping[str, Any]]) -> list[DeviceView]:
    """The devices that there are, those that do not work first."""
    order = {"broken": 0, "weak": 1, "good": 2}
    found = [
        DeviceView(
            device=device,
            state=entry["state"],
            fault=entry["fault"],
            since=datetime.fromisoformat(entry["since"]),
        )
        for device, entry in sorted(known.items())
        if entry["state"] != "none"
    ]
    return sorted(found, key=lambda view: order[view.state])


def out_of_order(known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Which devices keep this terminal from serving anybody; none: it serves."""
    broken = [
        device for device in NEEDED if known.get(device, {"state": "none"})["state"] == "broken"
    ]
    states = [known[device]["state"] for device in PAPER if device in known]
    there = [state for state in states if state != "none"]
    if there and all(state == "broken" for state in there):
        broken += [device for device in PAPER if known.get(device, {}).get("state") == "broken"]
    return broken


def photographs(known: Mapping[str, Mapping[str, Any]], beat_at: datetime, now: datetime) -> bool:
    """Whether the program can photograph papers now."""
    works = any(known.get(device, {}).get("state") in ("good", "weak") for device in PAPER)
    return works and now < beat_at + SILENT


def has(
    known: Mapping[str, Mapping[str, Any]], beat_at: datetime, now: datetime, name: str
) -> bool:
    """Whether the program is there and owns such a device; one that is broken says why itself."""
    return known.get(name, {"state": "none"})["state"] != "none" and now < beat_at + SILENT


def abilities(
    known: Mapping[str, Mapping[str, Any]], beat_at: datetime, now: datetime, name: str
) -> list[str]:
    """What this device of a program that is there can; of one that is broken, nothing."""
    if now >= beat_at + SILENT or known.get(name, {}).get("state") not in ("good", "weak"):
        return []
    return list(known[name].get("can", []))
