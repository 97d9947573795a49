"""The offer that we write and the answer that we read, as text (RFC 8866, RFC 8829).

We always offer, and offer every leg the same codecs, payload types and header extensions, so that
a packet of one leg suits every other.  Sound and picture of all slots are offered at once: who
joins a call later is seen without a new negotiation.  SSRCs alone tell the slots apart: the header
extension that names a packet's section (MID, RFC 9143) is not offered, because it would name the
sender's own section to a receiver in another slot.

Of an answer only what we know is read: candidates are not, because checks come to us and we never
send to an address that somebody wrote down; that also keeps a hostile answer from aiming the
server at a third party.
"""

import re
from dataclasses import dataclass
from typing import Final

from counter.errors import BadInput
from counter.media.arrangement import SLOTS
from counter.media.output import Output
from counter.media.routing import Source
from counter.media.rtp import Kind

MAX_ANSWER_BYTES: Final = 32 * 1024
MAX_LINE_CHARACTERS: Final = 1024
KINDS: Final[tuple[Kind, Kind]] = ("audio", "video")
SECTIONS: Final[tuple[tuple[Kind, int], ...]] = tuple(
    (kind, slot) for slot in range(SLOTS) for kind in KINDS
)
"""Kind and slot of the media sections, in order; the index of one is its `mid`.  A leg sends in the
first two only."""

OPUS: Final = 96
VIDEO_CODECS: Final[dict[int, tuple[str, str]]] = {
    97: ("VP8/90000", ""),
    99: ("H264/90000", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
    101: ("H264/90000", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"),
    103: ("VP9/90000", "profile-id=0"),
    105: ("AV1/90000", ""),
}
"Payload type -> encoding and its format parameters; the type after each is its RTX."
ENCODINGS: Final[dict[int, str]] = {
    OPUS: "opus/48000/2",
    **{number: name for number, (name, _) in VIDEO_CODECS.items()},
    **{number + 1: "rtx/90000" for number in VIDEO_CODECS},
}
RTX_TYPES: Final = {number: number + 1 for number in VIDEO_CODECS}

TRANSPORT_WIDE_ID: Final = 4
"Header extension of transport-wide numbers; pictures carry it, sound does not."

_AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
_TRANSPORT_WIDE: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
_KEPT: Final = re.compile(
    r"[vostcm]=|a=(?:group|msid-semantic|mid|msid|ice-ufrag|ice-pwd|fingerprint|setup|rtcp-mux|rtcp"
    r"|rtcp-rsize|rtcp-fb|rtpmap|fmtp|extmap|ssrc|ssrc-group|sendrecv|sendonly|recvonly|inactive)"
    r"(?::|$)"
)
_FINGERPRINT: Final = re.compile(
    r"(?:sha-256 (?:[0-9A-F]{2}:){31}|sha-384 (?:[0-9A-F]{2}:){47}|sha-512 (?:[0-9A-F]{2}:){63})"
    r"[0-9A-F]{2}",
    re.IGNORECASE,
)
_UFRAG: Final = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD: Final = re.compile(r"[A-Za-z0-9+/]{22,256}")
_SETUP: Final = re.compile(r"active|passive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """What an offer says about how to reach us."""

    ip: str
    udp_port: int
    ip6: str | None = None
    "The same port on IPv6; None when there is none."
    ufrag: str
    password: str
    fingerprint: str
    "SHA-256 of the certificate, in colon-separated upper-case hexadecimal."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer after inspection."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    "Algorithm and value of each."
    setup: str
    "`active` when the browser begins the DTLS handshake, `passive` when we do."
    sources: tuple[Source, ...]
    "What the leg sends and can receive: one of each kind."
    transport_wide: bool
    "The leg gives transport-wide feedback on pictures."


def new_output(
    kind: Kind, slot: int, *, ssrc: int, rtx_ssrc: int, start: int, rtx_start: int
) -> Output:
    """An output as `write_offer` announces it.

    start, rtx_start: any numbers.  The first sequence numbers are taken from their low bits and
    kept below 2^15, so that losing the first packets cannot hide a roll-over (RFC 3711, 3.3.1).
    """
    video = kind == "video"
    return Output(
        kind=kind,
        slot=slot,
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc if video else None,
        rtx_types=RTX_TYPES if video else {},
        highest=2048 + start % 16384,
        rtx_sequence=rtx_start % 16384,
    )


def write_offer(
    transport: Transport,
    outputs: tuple[Output, ...],
    *,
    session: int,
    version: int,
    start_kbps: int,
) -> str:
    """The offer for one leg: every slot over one ICE-lite transport, the first one both ways.

    version: of this session's offer, from 1, counting on with each.
    start_kbps: where the browser's bandwidth estimate begins; without it the picture stays small
    for the first 15 s.
    """
    lines = [
        "v=0",
        f"o=- {session} {version} IN IP4 {transport.ip}",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {' '.join(map(str, range(len(outputs))))}",
        "a=msid-semantic: WMS *",
    ]
    # RFC 8445, section 5.1.2.1: both are hosts; IPv4 comes first, because `c=` names it.
    candidates = [f"a=candidate:1 1 udp 2130706431 {transport.ip} {transport.udp_port} typ host"]
    if transport.ip6 is not None:
        candidates.append(
            f"a=candidate:2 1 udp 2130706175 {transport.ip6} {transport.udp_port} typ host"
        )
    for mid, output in enumerate(outputs):
        types = [OPUS] if output.kind == "audio" else sorted(set(ENCODINGS) - {OPUS})
        lines += [
            f"m={output.kind} {transport.udp_port} UDP/TLS/RTP/SAVPF {' '.join(map(str, types))}",
            f"c=IN IP4 {transport.ip}",
            "a=rtcp:9 IN IP4 0.0.0.0",
            *candidates,
            "a=end-of-candidates",
            f"a=ice-ufrag:{transport.ufrag}",
            f"a=ice-pwd:{transport.password}",
            f"a=fingerprint:sha-256 {transport.fingerprint}",
            "a=setup:actpass",
            f"a=mid:{mid}",
            "a=sendrecv" if output.slot == 0 else "a=sendonly",
            f"a=msid:counter-{output.slot} counter-{output.slot}-{output.kind}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
        ]
        if output.kind == "audio":
            lines += [
                f"a=extmap:2 {_AUDIO_LEVEL}",
                f"a=rtpmap:{OPUS} {ENCODINGS[OPUS]}",
                f"a=rtcp-fb:{OPUS} nack",
                f"a=fmtp:{OPUS} minptime=10;useinbandfec=1",
            ]
        else:
            lines.append(f"a=extmap:{TRANSPORT_WIDE_ID} {_TRANSPORT_WIDE}")
            lines += _video_codecs(start_kbps)
        lines += _ssrcs(output)
    return "\r\n".join(lines) + "\r\n"


def _video_codecs(start_kbps: int) -> list[str]:
    lines = []
    for number, (name, parameters) in VIDEO_CODECS.items():
        start = f"x-google-start-bitrate={start_kbps}"
        lines.append(f"a=rtpmap:{number} {name}")
        lines += [
            f"a=rtcp-fb:{number} {feedback}"
            for feedback in ("transport-cc", "ccm fir", "nack", "nack pli")
        ]
        lines.append(f"a=fmtp:{number} {';'.join(filter(None, (parameters, start)))}")
        lines.append(f"a=rtpmap:{number + 1} rtx/90000")
        lines.append(f"a=fmtp:{number + 1} apt={number}")
    return lines


def _ssrcs(output: Output) -> list[str]:
    if output.rtx_ssrc is None:
        return [f"a=ssrc:{output.ssrc} cname:counter"]
    return [
        f"a=ssrc-group:FID {output.ssrc} {output.rtx_ssrc}",
        f"a=ssrc:{output.ssrc} cname:counter",
        f"a=ssrc:{output.rtx_ssrc} cname:counter",
    ]


def read_answer(text: str) -> Answer:
    """Inspect an answer to `write_offer`.  Raises `BadInput`, which quotes none of it."""
    if len(text.encode(errors="replace")) > MAX_ANSWER_BYTES:
        raise BadInput(f"answer: more than {MAX_ANSWER_BYTES} bytes")
    lines = text.splitlines()
    if any(len(line) > MAX_LINE_CHARACTERS for line in lines):
        raise BadInput(f"answer: a line of more than {MAX_LINE_CHARACTERS} characters")
    kept = [line for line in lines if _KEPT.match(line)]
    starts = [number for number, line in enumerate(kept) if line.startswith("m=")]
    if len(starts) != len(SECTIONS):
        raise BadInput(f"answer: {len(starts)} media sections; {len(SECTIONS)} were offered")
    head = kept[: starts[0]]
    ends = [*starts[1:], len(kept)]
    sections = [kept[start:end] for start, end in zip(starts, ends, strict=True)]
    for mid, ((kind, _), section) in enumerate(zip(SECTIONS, sections, strict=True)):
        _check_section(kind, str(mid), section)
    sources = tuple(
        _read_section(kind, section) for kind, section in zip(KINDS, sections, strict=False)
    )
    ssrcs = [s for source in sources for s in (source.ssrc, source.rtx_ssrc) if s is not None]
    if len(set(ssrcs)) != len(ssrcs):
        raise BadInput("answer: the same SSRC is used for two streams")
    bundled = head + sections[0]
    return Answer(
        ufrag=_one(bundled, "ice-ufrag", _UFRAG),
        password=_one(bundled, "ice-pwd", _PASSWORD),
        fingerprints=_fingerprints(head, sections),
        setup=_one(bundled, "setup", _SETUP),
        sources=sources,
        transport_wide=any(
            value.endswith(" transport-cc") for value in _values(sections[1], "rtcp-fb")
        ),
    )


def _values(section: list[str], attribute: str) -> list[str]:
    prefix = f"a={attribute}:"
    return [line.removeprefix(prefix) for line in section if line.startswith(prefix)]


def _one(section: list[str], attribute: str, form: re.Pattern[str]) -> str:
    """The first value of an attribute; those of the section count for the whole bundle."""
    values = _values(section, attribute)
    if not values or form.fullmatch(values[0]) is None:
        raise BadInput(f"answer: {attribute} is missing or malformed")
    return values[0]


def _fingerprints(head: list[str], sections: list[list[str]]) -> tuple[tuple[str, str], ...]:
    values = _values(head, "fingerprint") + _values(sections[0], "fingerprint")
    others = {value for section in sections[1:] for value in _values(section, "fingerprint")}
    if not values or not all(map(_FINGERPRINT.fullmatch, values)) or others - set(values):
        raise BadInput("answer: a fingerprint of sha-256 or better is needed, and no other")
    words = (value.split(" ", 1) for value in dict.fromkeys(values))
    return tuple((algorithm, value) for algorithm, value in words)


def _check_section(kind: Kind, mid: str, section: list[str]) -> None:
    words = section[0].split()
    if len(words) < 4 or words[0] != f"m={kind}" or (words[1] == "0" and mid in ("0", "1")):
        raise BadInput(f"answer: section {mid} is refused or is not {kind}")
    if _values(section, "mid") != [mid]:
        raise BadInput(f"answer: section {mid} has another mid")


def _read_section(kind: Kind, section: list[str]) -> Source:
    accepted = _accepted(section[0].split()[3:], section)
    if not accepted - set(RTX_TYPES.values()):
        raise BadInput(f"answer: no codec of the offer is accepted for {kind}")
    sends = "a=sendrecv" in section or "a=sendonly" in section
    ssrc, rtx_ssrc = _read_ssrcs(section) if sends else (None, None)
    feedback = _values(section, "rtcp-fb")
    return Source(
        kind=kind,
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
        accepted=accepted,
        # Browsers repeat sound when they are asked to, and do not say so.
        nack=kind == "audio" or any(value.split()[1:] == ["nack"] for value in feedback),
    )


def _accepted(numbers: list[str], section: list[str]) -> frozenset[int]:
    """Payload types of ours that the answer lists under the encoding that we gave them."""
    encodings = {}
    for value in _values(section, "rtpmap"):
        number, _, encoding = value.partition(" ")
        encodings[number] = encoding.strip().lower()
    return frozenset(
        number
        for number, encoding in ENCODINGS.items()
        if str(number) in numbers and encodings.get(str(number)) == encoding.lower()
    )


def _read_ssrcs(section: list[str]) -> tuple[int | None, int | None]:
    """The section's SSRC and that of its retransmissions.  One stream only: no simulcast."""
    try:
        for group in _values(section, "ssrc-group"):
            semantics, *members = group.split()
            if semantics == "FID" and len(members) == 2:
                return _ssrc(members[0]), _ssrc(members[1])
        for value in _values(section, "ssrc"):
            return _ssrc(value.split()[0]), None
    except (ValueError, IndexError) as error:
        raise BadInput("answer: an SSRC is not a 32-bit number") from error
    return None, None


def _ssrc(word: str) -> int:
    number = int(word)
    if not 0 < number < 1 << 32:
        raise ValueError("SSRC out of range")
    return number
