"""What a hostile page may send into a recording: a tape reads it all, and makes nothing of it."""

import math
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from counter.media.dump import ABOUT, END, OVERFLOW, PAUSE, RESUME, SILENCE, written_mark
from counter.media.tape import Tape
from tests.media.camera import REPAIR, TYPES

NAMES = {str(number): f"{name}/90000" for name, number in TYPES.items()}
ABOUT_IT = written_mark(
    ABOUT,
    {
        "owner": "terminal:t",
        "role": "citizen",
        "wall": 1e9,
        "payload_types": NAMES,
        "repairs": {str(TYPES["vp8"]): REPAIR, str(TYPES["av1"]): REPAIR + 1},
    },
)
MARKS = [
    *(written_mark(kind, {}) for kind in (PAUSE, RESUME, END)),
    written_mark(OVERFLOW, {"packets": 7}),
    *(written_mark(SILENCE, {"kinds": kinds}) for kinds in (["video"], ["audio", "video"])),
]

headers = st.builds(
    lambda flags, payload_type, sequence, timestamp, ssrc: struct.pack(
        *("!BBHII", 0x80 | flags, payload_type, sequence, timestamp, ssrc)
    ),
    st.integers(0, 0x3F),
    st.sampled_from([*TYPES.values(), REPAIR, REPAIR + 1]).flatmap(
        lambda number: st.sampled_from([number, number | 0x80])
    ),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.sampled_from([1, 2, 3]),
)
packets = st.builds(bytes.__add__, headers, st.binary(max_size=40))
reports = st.builds(lambda rest: b"\x80\xc8" + rest, st.binary(max_size=60))
entries = st.lists(
    st.tuples(st.floats(0, 40), st.one_of(packets, packets, reports, st.sampled_from(MARKS))),
    max_size=60,
)
spans = st.lists(st.floats(0, 60), max_size=4, unique=True).map(sorted)


@settings(max_examples=200, deadline=None)
@given(sent=entries, edges=spans)
def test_whatever_is_sent_is_read_to_the_end(
    sent: list[tuple[float, bytes]], edges: list[float]
) -> None:
    arrived = sorted(sent, key=lambda entry: entry[0])
    ends = [*edges, math.inf][: len(edges) + len(edges) % 2]
    left_out = [(1e9 + a, 1e9 + b) for a, b in zip(ends[::2], ends[1::2], strict=True)]
    tape = Tape(lambda: [(0.0, ABOUT_IT), *arrived], left_out)
    tape.look_through()
    found = list(tape.frames())
    assert {name for _, name, _ in found} <= set(tape.encodings) <= set(TYPES)
    for at, _, frame in found:
        assert math.isfinite(at)
        assert frame.data
        assert not any(start <= 1e9 + frame.at < end for start, end in left_out)
