"""The session descriptions of a far end, as text: it reads one and writes its own.

It is what a browser that sends one camera and one microphone would write, and no more.
"""

from dataclasses import dataclass, field
from typing import Final

MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
WIDE: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ENCODINGS: Final = {"audio": "opus/48000/2", "video": "VP8/90000"}
MIRRORED: Final = {"sendonly": "recvonly", "recvonly": "sendonly"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One stream, or a place for one."""

    kind: str
    mid: str
    payload_type: int
    extensions: dict[str, int] = field(default_factory=dict)
    direction: str = "sendrecv"


OFFERED: Final = (
    Section(kind="audio", mid="0", payload_type=111, extensions={MID: 1}),
    Section(kind="video", mid="1", payload_type=96, extensions={MID: 1, SEND_TIME: 3}),
)
"What a far end offers when it is the one to offer (Janus)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What one end tells the other."""

    ufrag: str
    password: str
    address: tuple[str, int]
    fingerprint: str
    "SHA-256, as in `a=fingerprint`."
    setup: str
    lite: bool = False
    sections: tuple[Section, ...]


def read(text: str) -> Description:
    """Read an offer or an answer.  Of its candidates only the first of UDP counts."""
    head, *sections = text.replace("\r\n", "\n").split("\nm=")
    everything = text.splitlines()
    return Description(
        ufrag=_value(everything, "ice-ufrag"),
        password=_value(everything, "ice-pwd"),
        address=_candidate(everything),
        fingerprint=_value(everything, "fingerprint").removeprefix("sha-256 "),
        setup=_value(everything, "setup"),
        lite="a=ice-lite" in head,
        sections=tuple(_section(section.splitlines()) for section in sections),
    )


def mirrored(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """The sections of an answer: what they send we receive."""
    return tuple(
        Section(
            kind=section.kind,
            mid=section.mid,
            payload_type=section.payload_type,
            extensions={
                uri: number
                for uri, number in section.extensions.items()
                if uri in (MID, SEND_TIME, WIDE)
            },
            direction=MIRRORED.get(section.direction, section.direction),
        )
        for section in sections
    )


def write(description: Description, ssrcs: dict[str, int], *, session: int) -> str:
    """Write an offer or an answer.  ssrcs: of each kind, for the section that sends it."""
    ip, port = description.address
    mids = " ".join(section.mid for section in description.sections)
    lines = [
        "v=0",
        f"o=- {session} 1 IN IP4 {ip}",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {mids}",
        "a=msid-semantic: WMS *",
    ]
    for section in description.sections:
        lines += [
            f"m={section.kind} {port} UDP/TLS/RTP/SAVPF {section.payload_type}",
            f"c=IN IP4 {ip}",
            f"a=candidate:1 1 udp 2130706431 {ip} {port} typ host",
            "a=end-of-candidates",
            f"a=ice-ufrag:{description.ufrag}",
            f"a=ice-pwd:{description.password}",
            f"a=fingerprint:sha-256 {description.fingerprint}",
            f"a=setup:{description.setup}",
            f"a=mid:{section.mid}",
            f"a={section.direction}",
            "a=rtcp-mux",
            f"a=rtpmap:{section.payload_type} {ENCODINGS[section.kind]}",
        ]
        lines += [f"a=extmap:{number} {uri}" for uri, number in section.extensions.items()]
        if section.kind == "video":
            lines += [
                f"a=rtcp-fb:{section.payload_type} {kind}"
                for kind in ("nack", "nack pli", "ccm fir")
            ]
        if section.direction in ("sendrecv", "sendonly"):
            lines += [f"a=msid:bench {section.kind}", f"a=ssrc:{ssrcs[section.kind]} cname:bench"]
    return "\r\n".join(lines) + "\r\n"


def _value(lines: list[str], name: str) -> str:
    prefix = f"a={name}:"
    return next((line.removeprefix(prefix) for line in lines if line.startswith(prefix)), "")


def _candidate(lines: list[str]) -> tuple[str, int]:
    for line in lines:
        words = line.split()
        if line.startswith("a=candidate:") and words[2].lower() == "udp" and "." in words[4]:
            return words[4], int(words[5])
    return "", 0


def _section(lines: list[str]) -> Section:
    kind, _, _, *numbers = lines[0].split()
    names = {}
    for line in lines:
        if line.startswith("a=rtpmap:"):
            number, _, name = line.removeprefix("a=rtpmap:").partition(" ")
            names[name.strip().lower()] = number
    wanted = ENCODINGS[kind].lower()
    if names.get(wanted) not in numbers:
        raise ValueError(f"{kind}: {wanted} was expected, {sorted(names)} is there")
    extensions = {}
    for line in lines:
        if line.startswith("a=extmap:"):
            number, _, uri = line.removeprefix("a=extmap:").partition(" ")
            extensions[uri.split()[0]] = int(number.partition("/")[0])
    directions = {"a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"} & set(lines)
    return Section(
        kind=kind,
        mid=_value(lines, "mid"),
        payload_type=int(names[wanted]),
        extensions=extensions,
        direction=(directions.pop() if directions else "a=sendrecv").removeprefix("a="),
    )
