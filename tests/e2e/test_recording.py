"""A conversation of two real browsers is recorded: from the question to the file that plays."""

import asyncio
import json
import time
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.cameras import PICTURES_PER_S
from tests.e2e.faces import Console, Terminal, meet
from tests.e2e.running import RunningCounter
from tests.media.test_mux import decodes

pytestmark = pytest.mark.timeout(400)

STORED_WITHIN_S = 120
LASTED = "select (stopped_at - began_at) / 1000 from recording where id = ?"


async def stored(counter: RunningCounter) -> dict[str, Any]:
    """The recording's row and file, once the counter has promised it."""
    deadline = time.monotonic() + STORED_WITHIN_S
    state = ""
    while time.monotonic() < deadline:
        ((recording_id, state, reason),) = counter.facts(
            "select id, state, reason from recording order by proposed_at desc limit 1"
        )
        if state == "muxed":
            ((sha256, tracks, gaps_ms, duration_ms),) = counter.facts(
                "select sha256, tracks, gaps_ms, duration_ms from recording_file"
            )
            return {
                "id": recording_id,
                "sha256": sha256,
                "tracks": json.loads(tracks),
                "gaps_ms": json.loads(gaps_ms),
                "duration_ms": duration_ms,
            }
        assert state != "failed", reason
        await asyncio.sleep(0.2)
    raise AssertionError(f"the recording is {state} after {STORED_WITHIN_S} s\n{counter.log()}")


async def test_a_conversation_is_recorded_with_both_agreements_and_plays(
    counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser
) -> None:
    terminal, console = await asyncio.gather(
        Terminal.enrolled(kiosk_browser, counter), Console.signed_in(desk_browser, counter)
    )
    await meet(terminal, console, counter)

    # The citizen says no once: nothing is recorded, and the conversation goes on.
    await console.button("Ask to record").click()
    await terminal.press("No, do not record")
    await expect(console.page.locator("[data-recording=declined]")).to_be_visible()
    recordings = counter.data / "media" / "recordings"
    assert not recordings.exists()
    assert counter.facts("select agreed from recording_consent where side = 'citizen'") == [(0,)]

    # Then yes: both sides see the mark as long as it lasts.
    await console.button("Ask to record").click()
    await terminal.press("Yes, record it")
    for page in (terminal.page, console.page):
        await expect(page.locator("[data-recording=recording]")).to_be_visible()
    await asyncio.sleep(4)  # what is said
    await console.button("Pause recording").click()
    await expect(terminal.page.locator("[data-recording=paused]")).to_be_visible()
    await asyncio.sleep(2)  # what is not for the record
    await console.button("Go on recording").click()
    await expect(terminal.page.locator("[data-recording=recording]")).to_be_visible()

    # The counter is killed and comes back; the recording has gone on.
    counter.kill9()
    await asyncio.sleep(1)
    await counter.start()
    await expect(console.page.get_by_role("status").filter(has_text="Connected")).to_be_visible()
    await terminal.press("Stop recording")
    await expect(terminal.page.locator("[data-recording]")).to_be_hidden()

    # What was promised is there, opens under its key only, and decodes to the end.
    found = await stored(counter)
    assert [(track["role"], track["codec"]) for track in found["tracks"]] == [
        *(("citizen", "vp8"), ("citizen", "opus"), ("agent", "vp8"), ("agent", "opus")),
    ]
    assert [track["lost_packets"] for track in found["tracks"]] == [0, 0, 0, 0]
    # Before each of the two beginnings' whole pictures, and where the pause cut one.
    assert all(track["lost_frames"] < 30 for track in found["tracks"])
    ((start, end),) = found["gaps_ms"]
    assert end - start > 1500
    ((lasted_ms,),) = counter.facts(LASTED, found["id"])
    assert abs(found["duration_ms"] - lasted_ms) < 10_000
    sealed = counter.data / "blobs" / found["sha256"][:2] / found["sha256"]
    assert b"matroska" not in sealed.read_bytes()
    listed = json.loads((await counter.command("recordings")).stdout)
    assert [one["state"] for one in listed["recordings"]] == ["muxed", "declined"]
    assert listed["alerts"] == []
    plain = counter.data / "conversation.mkv"
    taken = await counter.command("recording", found["id"], str(plain))
    assert taken.returncode == 0, taken.stderr
    assert (await counter.command("recording", found["id"], str(plain))).returncode == 1
    streams = decodes(plain)
    assert [codec for codec, _ in streams] == ["vp8", "opus", "vp8", "opus"]
    assert all(frames > 3 * PICTURES_PER_S for _, frames in streams)
    assert list(recordings.iterdir()) == [], "what the file was made of is still there"
    entries, said = await counter.audit()
    assert entries > 8, said
