"""Who is seen on the pictures of the documentation: drawn people, a drawn paper, a drawn hand.

A script that takes the place of a page's cameras; the sound stays that of the browser's own fake
microphone.  The one camera of the kiosk looks at the citizen, and at the paper while one is
photographed, as on a machine without a document camera.
"""

import base64
import json
from typing import Literal

from counter.documents.sample_page import sample_photograph

Role = Literal["citizen", "agent"]

WIDTH_PX, HEIGHT_PX = 1280, 720

_AGENT = """
<rect width="1280" height="720" fill="#dfe6ea"/>
<path d="M0 560h1280v160H0z" fill="#c9d3d9"/>
<g fill="none" stroke="#b4c4d2" stroke-width="6">
<path d="M80 60h220v300H80zM190 60v300M80 210h220"/></g>
<path d="M960 120h240v18H960zM960 250h240v18H960z" fill="#a9835a"/>
<path d="M975 60h24v60h-24zM1004 72h28v48h-28zM1040 54h20v66h-20z" fill="#1b4b8f"/>
<path d="M1080 186h26v64h-26zM1110 176h20v74h-20zM1136 190h30v60h-30z" fill="#067662"/>
<g data-moves="1">
<path d="M360 720c10-150 90-214 190-232h180c100 18 180 82 190 232z" fill="#1f3555"/>
<path d="M556 488l84 110 84-110-30-40H586z" fill="#f6f4ee"/>
<path d="M618 560l22-20 22 20-8 160h-28z" fill="#8d2f3a"/>
<path d="M586 400h108v70c-20 40-88 40-108 0z" fill="#d9a883"/>
<path d="M500 270c-8-150 288-150 280 0l6 120c-10 30-30 40-40 44H534c-10-4-30-14-40-44z"
 fill="#2a211f"/>
<ellipse cx="640" cy="302" rx="104" ry="132" fill="#e8bd98"/>
<path d="M532 270c30-96 186-96 216 0-60-8-90-34-110-60-24 32-60 54-106 60z" fill="#2a211f"/>
<g fill="#2a211f"><ellipse cx="598" cy="300" rx="9" ry="11"/><ellipse cx="682" cy="300" rx="9"
 ry="11"/></g>
<path d="M576 272q22-14 44 0M660 272q22-14 44 0" stroke="#2a211f" stroke-width="7" fill="none"/>
<path d="M600 368q40 34 80 0" stroke="#9c4a42" stroke-width="8" fill="none"
 stroke-linecap="round"/>
<path d="M636 306q-12 34 6 38" stroke="#c58e68" stroke-width="6" fill="none"/>
<path d="M528 300c-10-150 234-150 224 0" stroke="#39424d" stroke-width="12" fill="none"/>
<rect x="512" y="288" width="32" height="64" rx="14" fill="#39424d"/>
<rect x="736" y="288" width="32" height="64" rx="14" fill="#39424d"/>
<path d="M528 350c4 50 40 66 76 62" stroke="#39424d" stroke-width="8" fill="none"/>
</g>"""

_CITIZEN = """
<rect width="1280" height="720" fill="#efe7d8"/>
<path d="M0 0h1280v420H0z" fill="#e6ddcb"/>
<g fill="none" stroke="#d3c6ac" stroke-width="5"><path d="M0 420h1280M160 0v420M1120 0v420"/></g>
<path d="M1010 420c-20-120 20-190 60-230 50 60 90 110 60 230z" fill="#6f9d7d"/>
<path d="M1030 420h80l-10 90h-60z" fill="#b5673f"/>
<g data-moves="1">
<path d="M330 720c20-150 110-200 220-212h180c110 12 200 62 220 212z" fill="#3f7a6a"/>
<path d="M570 500q70 70 140 0l10 30q-80 80-160 0z" fill="#316154"/>
<path d="M584 420h112v80c-24 40-88 40-112 0z" fill="#d29c74"/>
<ellipse cx="640" cy="310" rx="110" ry="136" fill="#e2b088"/>
<path d="M524 310c-14-60-6-176 116-176s130 116 116 176c-8-60-30-92-40-100-60 20-130 14-156 0-18
 20-30 60-36 100z" fill="#c9c7c3"/>
<g fill="none" stroke="#3a3a3a" stroke-width="6"><circle cx="596" cy="308" r="34"/><circle cx="684"
 cy="308" r="34"/><path d="M630 304q10-8 20 0"/></g>
<g fill="#2b2320"><ellipse cx="596" cy="310" rx="8" ry="10"/><ellipse cx="684" cy="310" rx="8"
 ry="10"/></g>
<path d="M566 262q28-14 54-2M660 260q28-10 54 4" stroke="#a9a6a1" stroke-width="9" fill="none"/>
<path d="M600 386q42 26 82-2" stroke="#8f4b3d" stroke-width="8" fill="none"
 stroke-linecap="round"/>
<path d="M638 318q-14 36 8 40" stroke="#bb8357" stroke-width="6" fill="none"/>
</g>"""

_SCRIPT = """
(() => {
  const {person, paper, width, height} = CAST;
  const load = source => Object.assign(new Image(), {src: source});
  const [face, sheet] = [load(person), paper ? load(paper) : null];
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const draw = () => {
    const scanning = sheet && document.querySelector(".scan");
    [canvas.width, canvas.height] = scanning ? [1920, 1080] : [width, height];
    const nod = Math.sin(performance.now() / 700) * 6;
    if (!scanning) pen.drawImage(face, -20, -16 + nod, width + 40, height + 32);
    else pen.drawImage(sheet, 0, 0, canvas.width, canvas.height);
  };
  setInterval(draw, 80);
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async wanted => {
    const stream = wanted.audio ? await open({audio: wanted.audio}) : new MediaStream();
    if (wanted.video) {
      draw();
      stream.addTrack(canvas.captureStream(12).getVideoTracks()[0]);
    }
    return stream;
  };
})();
"""


SIGNATURE: tuple[tuple[tuple[float, float], ...], ...] = (
    ((0.22, 0.30), (0.20, 0.55), (0.22, 0.75), (0.27, 0.62), (0.25, 0.42), (0.23, 0.34)),
    ((0.30, 0.60), (0.33, 0.45), (0.36, 0.62), (0.39, 0.46), (0.42, 0.63), (0.46, 0.44)),
    ((0.48, 0.28), (0.50, 0.50), (0.49, 0.72), (0.56, 0.40), (0.60, 0.62), (0.66, 0.44)),
    ((0.64, 0.66), (0.50, 0.78), (0.36, 0.80), (0.58, 0.74), (0.78, 0.60)),
)
"Strokes as shares of the pad's width and height."


def cameras_of(role: Role) -> str:
    """The script that gives a page the camera of its role; for the browser context's start."""
    drawing = _CITIZEN if role == "citizen" else _AGENT
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PX}" height="{HEIGHT_PX}" '
        f'viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}">{drawing}</svg>'
    )
    paper = sample_photograph(1, width_px=1920, height_px=1080) if role == "citizen" else None
    cast = {
        "person": _data_url("image/svg+xml", svg.encode()),
        "paper": _data_url("image/jpeg", paper) if paper else None,
        "width": WIDTH_PX,
        "height": HEIGHT_PX,
    }
    return f"const CAST = {json.dumps(cast)};\n{_SCRIPT}"


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
