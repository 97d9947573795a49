"""The operator's door to a form that cannot be sealed."""

import asyncio
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from counter.__main__ import main
from counter.app.admin_socket import open_admin_socket
from counter.app.operations import NodeOperations
from counter.errors import NotAllowedNow

NOW = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)


class Forms:
    """Remembers what was withdrawn; nothing twice."""

    def __init__(self) -> None:
        self.withdrawn: list[tuple[str, str, str, datetime]] = []

    async def withdraw(self, case_id: str, ceremony_id: str, *, by: str, now: datetime) -> None:
        if self.withdrawn:
            raise NotAllowedNow("it is withdrawn")
        self.withdrawn.append((case_id, ceremony_id, by, now))


class Reading:
    """Remembers what was voided."""

    def __init__(self) -> None:
        self.voided: list[tuple[str, str, str, str]] = []

    async def void(self, case_id: str, ceremony_id: str, reason: str, *, by: str) -> None:
        self.voided.append((case_id, ceremony_id, reason, by))


async def test_the_operator_voids_what_was_signed_with_a_reason_that_there_is(
    tmp_path: Path,
) -> None:
    reading = Reading()
    unused: dict[str, Any] = dict.fromkeys(one.name for one in fields(NodeOperations))
    operations = NodeOperations(**{**unused, "reading_of": reading, "clock": lambda: NOW})
    door = await open_admin_socket(operations, tmp_path / "admin.sock")
    words = ["void-form", "case-1", "ceremony-1", "--data", str(tmp_path), "--reason"]
    try:
        assert await asyncio.to_thread(main, [*words, "because"]) == 1
        assert reading.voided == []
        assert await asyncio.to_thread(main, [*words, "wrong_person"]) == 0
        assert reading.voided == [("case-1", "ceremony-1", "wrong_person", "operator:socket")]
    finally:
        await door.cleanup()


async def test_the_operator_withdraws_a_form_by_its_ids(tmp_path: Path) -> None:
    forms = Forms()
    unused: dict[str, Any] = dict.fromkeys(one.name for one in fields(NodeOperations))
    operations = NodeOperations(**{**unused, "forms_of": forms, "clock": lambda: NOW})
    door = await open_admin_socket(operations, tmp_path / "admin.sock")
    words = ["withdraw-form", "case-1", "ceremony-1", "--data", str(tmp_path)]
    try:
        assert await asyncio.to_thread(main, words) == 0
        assert forms.withdrawn == [("case-1", "ceremony-1", "operator:socket", NOW)]
        assert await asyncio.to_thread(main, words) == 1
    finally:
        await door.cleanup()
