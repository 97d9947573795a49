"""Cameras that spare the machine: ten pictures a second, and no JPEG to be unpacked for each.

What a call needs of them is that they flow; pictures at full speed are for `tests/media`, and for
tests that measure when there is one.
"""

from pathlib import Path

import cv2
import numpy as np

from counter.documents.sample_page import sample_photograph
from counter.documents.scan_opencv.arrays import Bgr

WIDTH_PX, HEIGHT_PX = 1920, 1080

PICTURES_PER_S = 10
FAKE_DEVICE = "--use-fake-device-for-media-stream"
SPARING_DEVICE = f"{FAKE_DEVICE}=fps={PICTURES_PER_S}"


def sees(path: Path, picture: Bgr, *, per_s: int = PICTURES_PER_S) -> Path:
    """Write a camera that sees nothing but `picture`, of even width and height."""
    height_px, width_px = picture.shape[:2]
    shape = f"W{width_px} H{height_px} F{per_s}:1 Ip A1:1 C420jpeg"
    planes = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    path.write_bytes(f"YUV4MPEG2 {shape}\nFRAME\n".encode() + planes.tobytes())
    return path


def a_paper() -> Bgr:
    """Return what the camera over the mat sees of a letter."""
    photograph = sample_photograph(1, width_px=WIDTH_PX, height_px=HEIGHT_PX)
    picture = cv2.imdecode(np.frombuffer(photograph, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def one_colour(red: int, green: int, blue: int) -> Bgr:
    """Return a small picture without anything in it."""
    return np.full((360, 640, 3), (blue, green, red), np.uint8)


def looking_at(camera: Path) -> str:
    """Return the switch that gives a browser this camera."""
    return f"--use-file-for-fake-video-capture={camera}"
