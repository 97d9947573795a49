"""What tests see of a page's call: the browser's own figures, read beside the page's scripts."""

import asyncio
from typing import Any

from playwright.async_api import Page

PROBE = """
(() => {
  if (window.probe) return;
  const epoch = () => performance.timeOrigin + performance.now();
  const legs = [];
  const Native = window.RTCPeerConnection;
  const probe = (window.probe = {clickedAt: 0, pictures: []});
  addEventListener("click", () => (probe.clickedAt = epoch()), {capture: true});

  async function read(pc) {
    const found = {state: pc.connectionState, frames: 0, width: 0, energy: 0};
    for (const report of (await pc.getStats()).values()) {
      if (report.type !== "inbound-rtp") continue;
      if (report.kind === "video") {
        found.frames = report.framesDecoded ?? 0;
        found.width = report.frameWidth ?? 0;
        found.codec = report.decoderImplementation;
      } else found.energy = report.totalAudioEnergy ?? 0;
    }
    return found;
  }

  window.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given);
      legs.push(this);
      // When the first picture of this connection was decoded, on the machine's clock.
      const look = setInterval(async () => {
        if (this.connectionState === "closed") return clearInterval(look);
        if ((await read(this)).frames === 0) return;
        clearInterval(look);
        probe.pictures.push(epoch());
      }, 20);
    }
  };

  probe.legs = () => legs.length;
  probe.figures = async () => (legs.length ? read(legs.at(-1)) : null);
  /** Mean colour, 0 to 255, of the middle of a video. */
  probe.colour = selector => {
    const video = document.querySelector(selector);
    const canvas = new OffscreenCanvas(16, 16);
    const drawn = canvas.getContext("2d");
    const [w, h] = [video.videoWidth, video.videoHeight];
    drawn.drawImage(video, w / 4, h / 4, w / 2, h / 2, 0, 0, 16, 16);
    const {data} = drawn.getImageData(0, 0, 16, 16);
    const sums = [0, 0, 0];
    data.forEach((value, index) => index % 4 < 3 && (sums[index % 4] += value / 256));
    return sums;
  };
})();
"""
"Goes into every page before its own scripts."


async def figures(page: Page) -> dict[str, Any]:
    """State, decoded frames, their width and the sound's energy on the page's newest leg."""
    found: dict[str, Any] | None = await page.evaluate("probe.figures()")
    return found or {"state": "none", "frames": 0, "width": 0, "energy": 0}


async def legs(page: Page) -> int:
    """How many connections this page has made since it was loaded."""
    return int(await page.evaluate("probe.legs()"))


async def seen_and_heard(
    page: Page, *, frames: int = 5, energy: float = 0, within_s: float = 30
) -> dict[str, Any]:
    """Wait until the page has decoded more than `frames` pictures and heard more than `energy`."""
    found: dict[str, Any] = {}
    try:
        async with asyncio.timeout(within_s):
            while not (found.get("frames", 0) > frames and found["energy"] > energy):
                await asyncio.sleep(0.1)
                found = await figures(page)
    except TimeoutError:
        raise AssertionError(f"not seen and heard within {within_s} s: {found}") from None
    return found


async def first_picture_ms(page: Page, since: Page) -> float:
    """Milliseconds from the last click on `since` to the first picture decoded on `page`."""
    clicked: float = await since.evaluate("probe.clickedAt")
    pictures: list[float] = await page.evaluate("probe.pictures")
    assert pictures and clicked
    return pictures[-1] - clicked


async def still_seen_and_heard(*pages: Page) -> None:
    """Wait on each page for 20 more pictures, and for more sound."""
    for page in pages:
        before = await figures(page)
        await seen_and_heard(page, frames=before["frames"] + 20, energy=before["energy"])
