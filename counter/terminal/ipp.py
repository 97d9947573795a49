"""The questions of the Internet Printing Protocol that `lpstat` leaves open: how a job ended, and
which job has a title.

Pure: bytes there, bytes back.  Source: RFC 8010 (encoding), RFC 8011 sections 4.2.6 (Get-Jobs)
and 5.3.7 (job-state).
"""

from collections.abc import Iterator
from typing import Final

from counter.terminal.printing import JobState

VERSION: Final = b"\x02\x00"
GET_JOBS, GET_JOB_ATTRIBUTES = b"\x00\x0a", b"\x00\x09"
OPERATION, END = 0x01, 0x03
CHARSET, LANGUAGE, URI, NAME, KEYWORD, BOOLEAN = 0x47, 0x48, 0x45, 0x42, 0x44, 0x22
INTEGER, ENUM, NAME_AND_LANGUAGE = 0x21, 0x23, 0x36
NOT_FOUND: Final = 0x0406
STATES: Final[dict[int, JobState]] = {5: "printing", 7: "lost", 8: "lost", 9: "done"}
"Of those that are not here, none has begun."


class NotIpp(Exception):
    """Something else answered."""


def job_question(job: int, user: str) -> bytes:
    """Get-Job-Attributes of this job, of which only its state is wanted."""
    return _question(
        GET_JOB_ATTRIBUTES,
        _attribute(URI, "job-uri", f"ipp://localhost/jobs/{job}"),
        _attribute(NAME, "requesting-user-name", user),
        _attribute(KEYWORD, "requested-attributes", "job-state"),
    )


def job_answer(content: bytes) -> JobState:
    """What the answer says; a job that there is not, or not any more, is lost.  Raises `NotIpp`."""
    if _status(content) == NOT_FOUND:
        return "lost"
    for _, tag, name, value in _attributes(content):
        if tag == ENUM and name == b"job-state" and len(value) == 4:
            return STATES.get(int.from_bytes(value, "big"), "waiting")
    raise NotIpp("the answer names no state")


def jobs_question(printer: str, user: str) -> bytes:
    """Get-Jobs of this queue: the user's own that are not over, with number and title."""
    return _question(
        GET_JOBS,
        _attribute(URI, "printer-uri", f"ipp://localhost/printers/{printer}"),
        _attribute(NAME, "requesting-user-name", user),
        _attribute(BOOLEAN, "my-jobs", b"\x01"),
        _attribute(KEYWORD, "which-jobs", "not-completed"),
        _attribute(KEYWORD, "requested-attributes", "job-id"),
        _attribute(KEYWORD, "", "job-name"),  # one more value of the same attribute
    )


def jobs_answer(content: bytes) -> dict[str, int]:
    """Number by title.  Raises `NotIpp`."""
    _status(content)
    numbers: dict[int, int] = {}
    titles: dict[int, str] = {}
    for group, tag, name, value in _attributes(content):
        if tag == INTEGER and name == b"job-id":
            numbers[group] = int.from_bytes(value, "big")
        elif name == b"job-name":
            # With a language, that and its length stand before it (RFC 8010 section 3.9).
            start = int.from_bytes(value[:2], "big") + 4 if tag == NAME_AND_LANGUAGE else 0
            titles[group] = value[start:].decode(errors="replace")
    return {title: numbers[group] for group, title in titles.items() if group in numbers}


def _question(operation: bytes, *attributes: bytes) -> bytes:
    return b"".join(
        (
            VERSION + operation + (1).to_bytes(4, "big") + bytes((OPERATION,)),
            _attribute(CHARSET, "attributes-charset", "utf-8"),
            _attribute(LANGUAGE, "attributes-natural-language", "en"),
            *attributes,
            bytes((END,)),
        )
    )


def _attribute(tag: int, name: str, value: str | bytes) -> bytes:
    said = value.encode() if isinstance(value, str) else value
    named = len(name).to_bytes(2, "big") + name.encode()
    return bytes((tag,)) + named + len(said).to_bytes(2, "big") + said


def _status(content: bytes) -> int:
    if len(content) < 8:
        raise NotIpp("too short")
    status = int.from_bytes(content[2:4], "big")
    if status >= 0x0400 and status != NOT_FOUND:
        raise NotIpp(f"status {status:04x}")
    return status


def _attributes(content: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Each attribute: which group it is in, counted, its tag, name and value."""
    at, group = 8, 0
    while at < len(content) and content[at] != END:
        tag = content[at]
        at += 1
        if tag < 0x10:  # a group begins
            group += 1
            continue
        size = int.from_bytes(content[at : at + 2], "big")
        name = content[at + 2 : at + 2 + size]
        at += 2 + size
        size = int.from_bytes(content[at : at + 2], "big")
        value = content[at + 2 : at + 2 + size]
        at += 2 + size
        yield group, tag, name, value
