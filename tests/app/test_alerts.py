"""The operator asks what somebody must look at."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from counter.__main__ import main
from counter.app.admin_socket import open_admin_socket
from counter.app.operations import NodeOperations
from counter.store.alerts import Alert

NOW = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)


async def test_the_exit_status_says_whether_there_is_any(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found: list[Alert] = []

    async def alerts() -> Sequence[Alert]:
        return found

    unused: dict[str, Any] = dict.fromkeys(one.name for one in fields(NodeOperations))
    door = await open_admin_socket(
        NodeOperations(**{**unused, "alerts": alerts}), tmp_path / "admin.sock"
    )
    words = ["alerts", "--data", str(tmp_path)]
    try:
        assert await asyncio.to_thread(main, words) == 0
        assert json.loads(capsys.readouterr().out) == {"alerts": []}
        found.append(Alert(kind="clock.wrong", subject="timestamps", facts={}, raised_at=NOW))
        assert await asyncio.to_thread(main, words) == 3
        (told,) = json.loads(capsys.readouterr().out)["alerts"]
        assert (told["kind"], told["raised_at"]) == ("clock.wrong", "2026-11-30T01:00:00+00:00")
    finally:
        await door.cleanup()
    assert await asyncio.to_thread(main, words) == 1, "nobody can be asked"
