"""What is written down of a leg while it is recorded: what it sent, when, and what happened to it.

A dump is a row of entries in the order of arrival: a plain RTP packet, a plain RTCP compound that
begins with a sender report, or a mark.  They are told apart by their first octets (RFC 3550: the
version is 2; RFC 5761, section 4: which types are RTCP), so the packet loop says nothing but time
and bytes; everything else is done once per buffer, and beside it.

A buffer becomes one chunk; chunks are sealed and appended by `dump_files`.  Layout of a chunk, all
little-endian: the number of entries (4 octets), their times (8 each, IEEE 754), their lengths (2
each), then the entries themselves.
"""

import json
import struct
import sys
from array import array
from collections.abc import Mapping
from typing import Any, Final

MARK: Final = 0
"First octet of a mark; of a packet it is 128 to 191."
ABOUT: Final = "about"
"Mark: whose dump this is, what its payload types mean, and what the clocks said at one instant."
PAUSE: Final = "pause"
RESUME: Final = "resume"
SILENCE: Final = "silence"
"""Mark: sound or picture is left out from here on, or is kept again.  What is left out is not lost,
and uses up its numbers."""
OVERFLOW: Final = "overflow"
"Mark: so many packets came within one buffer that the rest of them was let go."
END: Final = "end"
"Mark: the dump was closed; without it the process died, and at most one buffer is missing."

MOST_BYTES: Final = 1024 * 1024
"Kept of one buffer: of a second, three times what a camera sends at its best."

Entries = list[tuple[float, bytes]]
"Times and entries, in the order of arrival."

_COUNT: Final = struct.Struct("<I")


class DumpDamaged(ValueError):
    """A chunk that was sealed by us does not have our layout."""


class Tap:
    """Collects what one leg sends until it is taken away.

    It keeps the very objects that the packet loop has made for retransmission: a copy of its own
    would cost the loop more than all else here.
    """

    def __init__(self) -> None:
        self._entries: Entries = []
        self._note = self._entries.append
        self._room = MOST_BYTES
        self._over = 0

    def rtp(self, packet: bytes, now: float) -> None:
        """A plain RTP packet was received.  now: monotonic seconds."""
        self._room -= len(packet)
        if self._room < 0:
            self._over += 1
        else:
            self._note((now, packet))

    def rtcp(self, compound: bytes, now: float) -> None:
        """A plain RTCP compound was received; all that is wanted of it is a sender report."""
        if is_sender_report(compound):
            self.rtp(compound, now)

    def mark(self, now: float, kind: str, **facts: object) -> None:
        """Note that something happened; for that there is always room."""
        self._note((now, written_mark(kind, facts)))

    def take(self, now: float) -> Entries:
        """Everything since the last time, for `packed_entries`."""
        if self._over:
            self.mark(now, OVERFLOW, packets=self._over)
        entries = self._entries
        self._entries = []
        self._note = self._entries.append
        self._room, self._over = MOST_BYTES, 0
        return entries


def packed_entries(entries: Entries, without: frozenset[int] = frozenset()) -> bytes:
    """The plain text of a chunk; empty for no entries.

    entries: at most 65,535 octets each.  without: payload types that are not kept.
    """
    kept = (
        [
            (at, entry)
            for at, entry in entries
            if is_mark(entry) or is_rtcp(entry) or entry[1] & 0x7F not in without
        ]
        if without
        else entries
    )
    if not kept:
        return b""
    clocks = array("d", [at for at, _ in kept])
    sizes = array("H", [len(entry) for _, entry in kept])
    if sys.byteorder != "little":
        sizes.byteswap()
        clocks.byteswap()
    octets = b"".join([entry for _, entry in kept])
    return b"".join((_COUNT.pack(len(kept)), clocks.tobytes(), sizes.tobytes(), octets))


def unpacked_entries(chunk: bytes) -> Entries:
    """What `packed_entries` was given.  Raises `DumpDamaged`."""
    if len(chunk) < _COUNT.size:
        raise DumpDamaged("a chunk without a count")
    (count,) = _COUNT.unpack_from(chunk)
    lengths_at = _COUNT.size + 8 * count
    start = lengths_at + 2 * count
    if start > len(chunk):
        raise DumpDamaged(f"a chunk of {len(chunk)} octets cannot hold {count} entries")
    clocks, lengths = array("d"), array("H")
    clocks.frombytes(chunk[_COUNT.size : lengths_at])
    lengths.frombytes(chunk[lengths_at:start])
    if sys.byteorder != "little":
        lengths.byteswap()
        clocks.byteswap()
    if start + sum(lengths) != len(chunk):
        raise DumpDamaged(f"a chunk of {len(chunk)} octets whose entries have another length")
    found = []
    for at, length in zip(clocks, lengths, strict=True):
        found.append((at, chunk[start : start + length]))
        start += length
    return found


def written_mark(kind: str, facts: Mapping[str, object]) -> bytes:
    """A mark as an entry; facts: what JSON can hold."""
    return bytes([MARK]) + json.dumps({"kind": kind, **facts}, separators=(",", ":")).encode()


def is_mark(entry: bytes) -> bool:
    return entry[:1] == b"\0"


def read_mark(entry: bytes) -> dict[str, Any]:
    """The facts of a mark and its `kind`.  Raises `DumpDamaged`."""
    try:
        facts = json.loads(entry[1:])
    except ValueError as error:
        raise DumpDamaged("a mark that is no JSON") from error
    if not isinstance(facts, dict) or not isinstance(facts.get("kind"), str):
        raise DumpDamaged("a mark without its kind")
    return facts


def is_rtcp(entry: bytes) -> bool:
    """Whether a packet is RTCP (RFC 5761, section 4)."""
    return len(entry) > 1 and 192 <= entry[1] <= 223


def is_sender_report(entry: bytes) -> bool:
    return len(entry) >= 28 and entry[1] == 200
