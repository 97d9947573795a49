"""What a simulated citizen, and a simulated agent, do next: pure functions of the screen.

They do what a person would do who wants to be served: one step at a time, each step an ask of the
protocol, and nothing while there is nothing to do.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Screen = Mapping[str, Any]
"A `TerminalScreen` or `DeskScreen` as it came over the wire."


A_LOOK_S = 1.2
"How long a page is looked at; the counter counts none that was there for less than a second."


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Ask the counter."""

    event: str
    body: Mapping[str, Any]
    pause_s: float = 0.0
    "How long to wait after it."


@dataclass(frozen=True, slots=True, kw_only=True)
class LayPaper:
    """Take a picture of the paper and send it."""

    request_id: str
    attempt: int


Step = Say | LayPaper


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Why the simulated citizen came."""

    department: str
    service: str
    reference: str | None
    "Of an appointment; none: takes a walk-in ticket."


def citizen_step(screen: Screen, wish: Wish, refused: Mapping[str, int]) -> Step | None:
    """The next thing the citizen does at this screen; None: waits.

    refused: how often the paper of each request was refused, so that it is laid again.
    """
    match screen["stage"]:
        case "attract":
            return Say(event="screen.open", body={"stage": "start"})
        case "start" if wish.reference:
            return Say(event="appointment.find", body={"reference": wish.reference})
        case "start":
            return Say(event="screen.open", body={"stage": "departments"})
        case "departments":
            return Say(
                event="screen.open", body={"stage": "services", "department": wish.department}
            )
        case "services":
            return Say(event="ticket.take", body={"service": wish.service})
        case "confirm":
            return Say(event="arrival.confirm", body={})
        case "call":
            return _in_call(screen, refused)
        case "receipt" if not screen["receipt"]["rated"]:
            return Say(event="visit.rate", body={"stars": 5})
        case "receipt":
            return Say(event="visit.leave", body={})
    return None


def _in_call(screen: Screen, refused: Mapping[str, int]) -> Step | None:
    if scan := screen["scan"]:
        request_id = scan["request_id"]
        if scan.get("by_device"):  # the terminal's own program photographs it
            waits = scan["taking"] or scan["arriving"]
            return None if waits else Say(event="shot.take", body={"request_id": request_id})
        return LayPaper(request_id=request_id, attempt=refused.get(request_id, 0))
    if filling := screen.get("filling"):
        return _fill_next(filling, "citizen", {})
    ceremony = screen["ceremony"]
    if ceremony is None:
        return None
    about = {"ceremony_id": ceremony["ceremony_id"]}
    shown = [sheet["number"] for sheet in ceremony["sheets"] if sheet.get("shown")]
    unseen = [sheet["number"] for sheet in ceremony["sheets"] if not sheet["seen"]]
    if ceremony["state"] == "presented" and unseen:
        body = {**about, "number": min(unseen)}
        if min(unseen) in shown:
            return Say(event="page.seen", body=body)
        return Say(event="page.shown", body=body, pause_s=A_LOOK_S)
    if ceremony["state"] == "presented":
        agreed = ceremony["agreement"]["sha256"]
        body = {**about, "sha256": ceremony["sha256"], "text_sha256": agreed}
        return Say(event="ceremony.consent", body=body)
    if ceremony["state"] == "consented":
        return Say(
            event="ceremony.sign",
            body={**about, "sha256": ceremony["sha256"], "strokes": ink()},
        )
    return None


def ink(strokes: int = 4, points: int = 50) -> list[list[dict[str, float]]]:
    """A signature as a pen might draw it: waves from left to right, in pixels of the pad."""
    return [
        [
            {
                "x": round(60 + number * 110 + step * 1.6, 1),
                "y": round(120 + 45 * math.sin(step / 7 + number * 1.7), 1),
                "t_ms": float(number * 700 + step * 8),
                "pressure": round(0.4 + 0.3 * math.sin(step / 9) ** 2, 2),
            }
            for step in range(points)
        ]
        for number in range(strokes)
    ]


def agent_step(screen: Screen, answers: Mapping[str, str]) -> Step | None:
    """The next thing the simulated agent does; None: waits.

    answers: what to write into the required fields of a form, by field name.
    """
    if screen["offer"]:
        return Say(event="offer.accept", body={"pairing_id": screen["offer"]["pairing_id"]})
    case = screen["case"]
    if case is None:
        if screen["presence"] in ("paused", "wrapup", "offline"):
            return Say(event="presence.choose", body={"presence": "ready"})
        return None
    if case["call"] is None or case["scan"] is not None:
        return None
    if undecided := [page for page in case["pages"] if page["state"] == "stored"]:
        return Say(event="page.decide", body={"page_id": undecided[0]["page_id"], "accept": True})
    missing = [row["item"] for row in case["checklist"] if row["state"] == "missing"]
    if missing and not case["pages"]:
        return Say(event="scan.request", body={"item": missing[0]})
    return _sign_and_close(case, answers)


SAMPLES = {
    "text": "—",
    "date": "2026-01-05",
    "number": "1",
    "phone": "66123456",
    "yes_no": "no",
    "id_number": "1234567(8)",
}
"What a simulated person writes into a field, by its kind."

SAMPLE_CODE = "91440400MA4W1X2T3G"
"An invented business whose check digit holds."


def _fill_next(filling: Screen, owner: str, answers: Mapping[str, str]) -> Step | None:
    """The next field of this owner that something is wrong with; None: there is none."""
    for field in filling["fields"]:
        if field["owner"] != owner or not field["problem"]:
            continue
        choices = [one["id"] for one in field["choices"]]
        sample = choices[0] if choices else SAMPLES[field["kind"]]
        if field["name"] == "credit_code":
            sample = SAMPLE_CODE
        return Say(
            event="form.fill",
            body={
                "draft_id": filling["draft_id"],
                "field": field["name"],
                "text": answers.get(field["name"], sample),
                "version": field["version"],
            },
        )
    return None


def _fill_and_present(filling: Screen, answers: Mapping[str, str]) -> Step | None:
    if filling["complete"]:
        told = {name: filling[name] for name in ("form", "draft_id", "digest")}
        return Say(event="form.present", body=told)
    return _fill_next(filling, "agent", answers)


def _sign_and_close(case: Screen, answers: Mapping[str, str]) -> Step | None:
    if any(one["state"] in ("presented", "consented", "signing") for one in case["ceremonies"]):
        return None
    if filling := case.get("filling"):
        return _fill_and_present(filling, answers)
    at_a_distance = [form for form in case["forms"] if not form.get("refusal")]
    if at_a_distance and not case["ceremonies"]:
        return Say(event="form.begin", body={"form": at_a_distance[0]["form"]})
    return Say(
        event="case.close",
        body={
            "outcome": "completed",
            "next_step": "The certificate will be in the app.",
            "note": "",
            # It has one camera and one paper; what else is listed is done without.
            "papers": [
                {"item": row["item"], "until": None}
                for row in case["checklist"]
                if row.get("missing")
            ],
        },
    )
