"""Where borders may run: gradients of a small picture from which the text has been removed."""

from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Grey

TEXT_PX = 9
"Closing of this size removes strokes of text and keeps the borders of sheets."
CALM_PX = 61
"Neighbourhood over which an edge is compared with what is usual there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Gradients of one small picture, each (height, width) float32."""

    gx: Floats
    gy: Floats
    magnitude: Floats
    threshold: Floats
    "What counts as an edge here: a weak border on calm ground counts like a strong one on busy."
    stacked: Floats
    "(height, width, 4): gx, gy, magnitude, threshold, to be sampled together."

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        height, width = self.magnitude.shape
        return height, width


def edges_of(small: Bgr) -> Edges:
    """Per pixel the gradient of the colour channel in which it is largest.

    Source: Di Zenzo 1986, in the cheap form of the strongest channel.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (TEXT_PX, TEXT_PX))
    smooth = cv2.GaussianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel), (5, 5), 1.0)
    gx = cv2.Scharr(smooth, cv2.CV_16S, 1, 0).astype(np.float32) / 16
    gy = cv2.Scharr(smooth, cv2.CV_16S, 0, 1).astype(np.float32) / 16
    blue, green, red = cv2.split(gx * gx + gy * gy)
    greener, strongest = cv2.compare(green, blue, cv2.CMP_GT), cv2.max(blue, green)
    redder, strongest = cv2.compare(red, strongest, cv2.CMP_GT), cv2.max(red, strongest)
    gx, gy = _chosen(gx, greener, redder), _chosen(gy, greener, redder)
    magnitude = np.sqrt(strongest)
    usual = cv2.blur(magnitude, (CALM_PX, CALM_PX))
    threshold = np.maximum(3.0, 0.9 * usual + 2.0).astype(np.float32)
    return Edges(
        gx=gx,
        gy=gy,
        magnitude=magnitude,
        threshold=threshold,
        stacked=cv2.merge([gx, gy, magnitude, threshold]),
    )


def _chosen(channels: Floats, greener: Grey, redder: Grey) -> Floats:
    """(height, width): blue, or green or red where the masks say so."""
    chosen, green, red = cv2.split(channels)
    cv2.copyTo(green, greener, chosen)
    cv2.copyTo(red, redder, chosen)
    return np.asarray(chosen)
