"""The `DocumentCamera` port on OpenCV, in a child of its own that keeps the camera open.

A driver that hangs, or crashes, takes the child with it; the next photograph starts another.  The
child's part: `python -m counter.terminal.camera_opencv SOURCE WIDTH HEIGHT` answers each line on
its standard input with a JPEG, its length before it; with length 0, a line that says why not.
"""

import asyncio
import sys
from contextlib import suppress
from typing import Final, cast

from counter.protocol.device import Fault
from counter.terminal.ports import DeviceFailed

STILL_S: Final = 5.0
OPEN_S: Final = 15.0
"The first one: libraries are loaded and the camera finds its exposure."
STALE_FRAMES: Final = 4
"What the driver had kept from before, when nobody looked."
QUALITY: Final = 92
LENGTH_BYTES: Final = 4


class OpenCvCamera:
    """See `counter.terminal.ports.DocumentCamera`."""

    def __init__(
        self, source: str, *, width_px: int = 4032, height_px: int = 3024, still_s: float = STILL_S
    ) -> None:
        """source: `/dev/video0`, `0`, or a file; the size is what is asked of the camera."""
        self._command = (
            *(sys.executable, "-m", "counter.terminal.camera_opencv"),
            *(source, str(width_px), str(height_px)),
        )
        self._still_s = still_s
        self._child: asyncio.subprocess.Process | None = None
        self._one = asyncio.Lock()

    async def still(self) -> bytes:
        """A JPEG.  Raises `DeviceFailed`."""
        async with self._one:
            fresh = self._child is None or self._child.returncode is not None
            try:
                async with asyncio.timeout(OPEN_S if fresh else self._still_s):
                    return await self._ask()
            except BaseException as failed:  # also when cancelled: half an answer is in the pipe
                await self.close()
                if isinstance(failed, TimeoutError):
                    raise DeviceFailed("silent", "the document camera is silent") from failed
                if isinstance(failed, OSError | asyncio.IncompleteReadError):
                    raise DeviceFailed("failed", "the document camera's child ended") from failed
                raise

    async def close(self) -> None:
        """Let go of the camera."""
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _ask(self) -> bytes:
        if self._child is None or self._child.returncode is not None:
            self._child = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        child = self._child
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(b"still\n")
        await child.stdin.drain()
        size = int.from_bytes(await child.stdout.readexactly(LENGTH_BYTES), "big")
        if size == 0:
            fault = (await child.stdout.readline()).decode().strip()
            raise DeviceFailed(cast(Fault, fault), f"the document camera is {fault}")
        return await child.stdout.readexactly(size)


def main(source: str, width_px: int, height_px: int) -> None:
    """The child: until its input ends."""
    import cv2

    camera = cv2.VideoCapture(int(source) if source.isdecimal() else source)
    camera.set(cv2.CAP_PROP_FRAME_WIDTH, width_px)
    camera.set(cv2.CAP_PROP_FRAME_HEIGHT, height_px)
    camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    out = sys.stdout.buffer
    for _ in sys.stdin.buffer:
        seen, frame = False, None
        if camera.isOpened():
            for _ in range(STALE_FRAMES):
                seen, frame = camera.read()
        if seen and frame is not None:
            _, encoded = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            content = encoded.tobytes()
            out.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)
        else:
            out.write(bytes(LENGTH_BYTES) + b"missing\n")
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
