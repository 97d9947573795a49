"""The one question of the Internet Printing Protocol that `lpstat` leaves open: how a job ended.

Pure: bytes there, bytes back.  Source: RFC 8010 (encoding), RFC 8011 section 5.3.7 (job-state).
"""

from typing import Final, Literal

VERSION: Final = b"\x02\x00"
GET_JOB_ATTRIBUTES: Final = b"\x00\x09"
OPERATION, END = b"\x01", b"\x03"
CHARSET, LANGUAGE, URI, NAME, KEYWORD = b"\x47", b"\x48", b"\x45", b"\x42", b"\x44"
ENUM: Final = 0x23
NOT_FOUND: Final = 0x0406
DONE, CANCELED, ABORTED = 9, 7, 8

JobState = Literal["waiting", "done", "lost"]


class NotIpp(Exception):
    """Something else answered."""


def job_question(job: int, user: str) -> bytes:
    """Get-Job-Attributes of this job, of which only its state is wanted."""
    return b"".join(
        (
            VERSION + GET_JOB_ATTRIBUTES + (1).to_bytes(4, "big") + OPERATION,
            _attribute(CHARSET, "attributes-charset", "utf-8"),
            _attribute(LANGUAGE, "attributes-natural-language", "en"),
            _attribute(URI, "job-uri", f"ipp://localhost/jobs/{job}"),
            _attribute(NAME, "requesting-user-name", user),
            _attribute(KEYWORD, "requested-attributes", "job-state"),
            END,
        )
    )


def job_answer(content: bytes) -> JobState:
    """What the answer says; a job that there is not, or not any more, is lost.  Raises `NotIpp`."""
    if len(content) < 8:
        raise NotIpp("too short")
    status = int.from_bytes(content[2:4], "big")
    if status == NOT_FOUND:
        return "lost"
    if status >= 0x0400:
        raise NotIpp(f"status {status:04x}")
    state = _enum(content, b"job-state")
    return "done" if state == DONE else "lost" if state in (CANCELED, ABORTED) else "waiting"


def _attribute(tag: bytes, name: str, value: str) -> bytes:
    said = value.encode()
    return tag + len(name).to_bytes(2, "big") + name.encode() + len(said).to_bytes(2, "big") + said


def _enum(content: bytes, name: bytes) -> int:
    """The value of an attribute that is an enum.  Raises `NotIpp`."""
    at = 8
    while at < len(content) and content[at : at + 1] != END:
        tag = content[at]
        at += 1
        if tag < 0x10:  # a group begins
            continue
        size = int.from_bytes(content[at : at + 2], "big")
        named = content[at + 2 : at + 2 + size]
        at += 2 + size
        size = int.from_bytes(content[at : at + 2], "big")
        value = content[at + 2 : at + 2 + size]
        at += 2 + size
        if tag == ENUM and named == name and size == 4:
            return int.from_bytes(value, "big")
    raise NotIpp("the answer names no state")
