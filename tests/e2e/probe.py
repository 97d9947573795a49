"""What tests see of a page's call: the browser's own figures, read beside the page's scripts."""

import asyncio
from typing import Any

from playwright.async_api import Page

from tests.e2e.cameras import PICTURES_PER_S
from tests.e2e.waiting import until

PROBE = """
(() => {
  if (window.probe) return;
  const PAUSE_MS = 400;
  const THANKS_MS = 3500;
  const BLACK = 40;
  const epoch = () => performance.timeOrigin + performance.now();
  const legs = [];
  const Native = window.RTCPeerConnection;
  const probe = (window.probe = {clickedAt: 0, unheard: false, pictures: []});
  addEventListener("click", ({target}) => {
    probe.clickedAt = epoch();
    probe.unheard = Boolean(target.closest?.("[aria-disabled=true]"));
  }, {capture: true});

  // The thanks at the end of a visit are for people to read.
  const wait = window.setTimeout.bind(window);
  window.setTimeout = (done, ms, ...more) => wait(done, ms === THANKS_MS ? ms / 10 : ms, ...more);

  async function read(pc) {
    const found = {state: pc.connectionState, frames: 0, width: 0, energy: 0};
    for (const report of (await pc.getStats()).values()) {
      if (report.type !== "inbound-rtp" || report.mid > "1") continue;
      if (report.kind === "video") {
        found.frames = report.framesDecoded ?? 0;
        found.width = report.frameWidth ?? 0;
        found.codec = report.decoderImplementation;
      } else found.energy = report.totalAudioEnergy ?? 0;
    }
    return found;
  }

  /** Whether there is more than black in the middle: brightness is the first plane. */
  async function isLit(picture) {
    const middle = size => 2 * Math.floor(size / 4 - 16);
    const [x, y] = [middle(picture.codedWidth), middle(picture.codedHeight)];
    const rect = {x, y, width: 64, height: 64};
    const bytes = new Uint8Array(picture.allocationSize({rect}));
    await picture.copyTo(bytes, {rect});
    return bytes.subarray(0, 4096).reduce((sum, one) => sum + one, 0) / 4096 > BLACK;
  }

  // When a picture of something was decoded after a while without any, on the machine's clock.
  async function watch(track) {
    const pictures = new MediaStreamTrackProcessor({track}).readable.getReader();
    for (let before = 0; ; ) {
      const {done, value} = await pictures.read();
      if (done) return;
      const now = epoch();
      const lit = now - before <= PAUSE_MS || (await isLit(value));
      value.close();
      if (!lit) continue;
      if (now - before > PAUSE_MS) probe.pictures.push(now);
      before = now;
    }
  }

  window.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given);
      legs.push(this);
      this.addEventListener("track", ({track, transceiver}) => {
        if (track.kind === "video" && transceiver.mid === "1") void watch(track);
      });
    }
  };

  probe.legs = () => legs.length;
  probe.state = () => legs.at(-1)?.connectionState;
  probe.figures = async () => (legs.length ? read(legs.at(-1)) : null);
  /** What arrives on the newest leg, by slot: sound and picture of slot n have mids 2n, 2n + 1. */
  probe.slots = async () => {
    const slots = [0, 1, 2].map(() => ({frames: 0, freezes: 0, energy: 0, width: 0}));
    const reports = legs.length ? (await legs.at(-1).getStats()).values() : [];
    for (const report of reports) {
      const slot = slots[Math.floor(Number(report.mid) / 2)];
      if (report.type !== "inbound-rtp" || !slot) continue;
      if (report.kind === "audio") slot.energy = report.totalAudioEnergy ?? 0;
      else {
        slot.frames = report.framesDecoded ?? 0;
        slot.freezes = report.freezeCount ?? 0;
        slot.width = report.frameWidth ?? 0;
      }
    }
    return slots;
  };
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
    page: Page, *, frames: int = 5, energy: float = 0, within_s: float = 60
) -> dict[str, Any]:
    """Wait until the page has decoded more than `frames` pictures and heard more than `energy`."""
    found: dict[str, Any] = {}

    async def both() -> bool:
        found.update(await figures(page))
        return bool(found["frames"] > frames and found["energy"] > energy)

    try:
        await until(both, "not seen and heard", within_s=within_s)
    except AssertionError as never:
        raise AssertionError(f"{never}: {found}") from None
    return found


async def first_picture_ms(page: Page, since: Page) -> float:
    """Milliseconds from the last click on `since` to the first picture decoded on `page` then."""
    clicked: float = await since.evaluate("probe.clickedAt")
    return await picture_since(page, clicked) - clicked


async def picture_since(page: Page, moment: float) -> float:
    """When the page had its first picture after `moment`, following a pause; waits for it.

    Both in milliseconds of the machine's clock.
    """

    async def first() -> float:
        pictures: list[float] = await page.evaluate("probe.pictures")
        return next((at for at in pictures if at > moment), 0.0)

    return float(await until(first, f"no picture after a pause at {page.url}"))


async def connected(page: Page) -> None:
    """Wait until the page's newest leg stands."""

    async def stands() -> bool:
        return bool(await page.evaluate("probe.state() === 'connected'"))

    await until(stands, f"the leg of {page.url} never stood")


async def still_seen_and_heard(*pages: Page) -> None:
    """Wait until each page has had the pictures of a second, and more sound."""

    async def goes_on(page: Page) -> None:
        before = await figures(page)
        more = before["frames"] + PICTURES_PER_S
        await seen_and_heard(page, frames=more, energy=before["energy"])

    await asyncio.gather(*map(goes_on, pages))
