import contextlib
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counter.media.dump import (
    ABOUT,
    MOST_BYTES,
    OVERFLOW,
    DumpDamaged,
    Tap,
    is_mark,
    is_rtcp,
    packed_entries,
    read_mark,
    unpacked_entries,
)
from counter.media.dump_files import DumpReader, DumpWriter
from counter.media.seal_cryptography import HEAD_BYTES, CannotOpen, unwrap, wrap

KEY = bytes(range(32))

Chunks = list[list[tuple[float, bytes]]]
entries = st.tuples(st.floats(0, 1e9), st.binary(min_size=1, max_size=60))
chunks = st.lists(st.lists(entries, min_size=1, max_size=5), min_size=1, max_size=5)


def written(path: Path, content: Chunks) -> list[int]:
    """Write a dump; where each chunk ends in the file."""
    writer = DumpWriter(path, KEY, "r-1", "leg-1", random.Random(1).randbytes)
    ends = []
    for chunk in content:
        packed = packed_entries(chunk)
        writer.append(packed)
        ends.append(writer.written_bytes)
    writer.close()
    return ends


def read_back(path: Path, *, key: bytes = KEY, leg: str = "leg-1") -> list[tuple[float, bytes]]:
    return list(DumpReader(path, key, "r-1", leg).entries())


@given(content=st.lists(entries, min_size=1, max_size=20))
def test_what_is_packed_into_a_chunk_comes_out_again(content: list[tuple[float, bytes]]) -> None:
    packed = packed_entries(content)
    assert unpacked_entries(packed) == content


@given(junk=st.binary(max_size=200))
def test_a_chunk_that_is_none_is_refused_and_nothing_else_happens(junk: bytes) -> None:
    with contextlib.suppress(DumpDamaged):
        unpacked_entries(junk)


@settings(max_examples=200, deadline=None)
@given(content=chunks, cut=st.integers(0, 10_000))
def test_a_dump_cut_anywhere_gives_the_chunks_before_the_cut(
    tmp_path_factory: pytest.TempPathFactory, content: Chunks, cut: int
) -> None:
    path = tmp_path_factory.mktemp("dump") / "one.dump"
    ends = written(path, content)
    cut = cut % (ends[-1] + 1)
    os.truncate(path, cut)
    whole = [chunk for chunk, end in zip(content, ends, strict=True) if end <= cut]
    reader = DumpReader(path, KEY, "r-1", "leg-1")
    assert list(reader.entries()) == [entry for chunk in whole for entry in chunk]
    kept = ends[len(whole) - 1] if whole else (HEAD_BYTES if cut >= HEAD_BYTES else 0)
    assert reader.torn_bytes == cut - kept


@settings(max_examples=100, deadline=None)
@given(content=chunks, at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_changed_octet_never_changes_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, content: Chunks, at: int, flip: int
) -> None:
    path = tmp_path_factory.mktemp("dump") / "one.dump"
    ends = written(path, content)
    raw = bytearray(path.read_bytes())
    raw[at % len(raw)] ^= flip
    path.write_bytes(raw)
    try:
        found = read_back(path)
    except CannotOpen:
        found = []
    flat = [entry for chunk in content for entry in chunk]
    assert found == flat[: len(found)]
    assert len(found) < len(flat), f"an octet of {ends[-1]} was changed and nobody noticed"


def test_a_dump_opens_under_its_own_key_and_name_only(tmp_path: Path) -> None:
    path = tmp_path / "one.dump"
    written(path, [[(1.0, b"\x80packet")]])
    assert read_back(path) == [(1.0, b"\x80packet")]
    with pytest.raises(CannotOpen):
        read_back(path, key=bytes(32))
    with pytest.raises(CannotOpen):
        read_back(path, leg="leg-2")
    assert b"packet" not in path.read_bytes()


def test_two_files_of_one_recording_share_no_key_stream(tmp_path: Path) -> None:
    chance = random.Random(5).randbytes
    sealed = []
    for name in ("a", "b"):
        writer = DumpWriter(tmp_path / name, KEY, "r-1", "leg-1", chance)
        writer.append(bytes(64))
        writer.close()
        sealed.append((tmp_path / name).read_bytes()[HEAD_BYTES:])
    assert sealed[0] != sealed[1]


def test_a_dump_is_never_written_over(tmp_path: Path) -> None:
    written(tmp_path / "one.dump", [[(1.0, b"a")]])
    with pytest.raises(FileExistsError):
        written(tmp_path / "one.dump", [[(1.0, b"b")]])


def test_a_tap_gives_what_it_took_and_begins_anew() -> None:
    tap = Tap()
    assert tap.take(0.0) == []
    assert packed_entries([]) == b""
    tap.mark(1.0, ABOUT, owner="agent:lei")
    tap.rtp(b"\x80\x61 a packet", 1.5)
    first, second = tap.take(2.0)
    assert first[0] == 1.0 and is_mark(first[1])
    assert read_mark(first[1]) == {"kind": ABOUT, "owner": "agent:lei"}
    assert second == (1.5, b"\x80\x61 a packet")
    tap.rtcp(b"\x81\xc9" + bytes(30), 3.0)  # a receiver report says nothing of this leg's clock
    tap.rtcp(b"\x80\xc8" + bytes(26), 3.0)
    ((_, report),) = tap.take(4.0)
    assert report[1] == 200
    assert is_rtcp(report) and not is_mark(report) and not is_rtcp(second[1])


def test_a_tap_keeps_nothing_of_a_muted_microphone() -> None:
    tap = Tap()
    tap.mark(1.0, ABOUT)
    tap.rtp(b"\x80\x60 sound", 1.1)
    tap.rtp(b"\x80\xe0 sound with its marker", 1.2)
    tap.rtp(b"\x80\x61 picture", 1.3)
    tap.rtcp(b"\x80\xc8" + bytes(26), 1.4)
    found = unpacked_entries(packed_entries(tap.take(2.0), frozenset({96})))
    assert [at for at, _ in found] == [1.0, 1.3, 1.4]


def test_a_flood_does_not_fill_the_memory_or_the_disk() -> None:
    tap = Tap()
    fitting = MOST_BYTES // 1200
    for number in range(fitting + 100):
        tap.rtp(b"\x80\x61" + bytes(1198), float(number))
    found = tap.take(9.0)
    assert len(found) == fitting + 1
    assert read_mark(found[-1][1]) == {"kind": OVERFLOW, "packets": 100}
    tap.rtp(b"\x80\x61 again", 10.0)
    assert tap.take(11.0) == [(10.0, b"\x80\x61 again")]


def test_a_wrapped_key_opens_for_its_recording_under_its_site_key_only() -> None:
    site, data = bytes(32), bytes(range(32))
    wrapped = wrap(site, data, "r-1", random.Random(2).randbytes)
    assert data not in wrapped
    assert unwrap(site, wrapped, "r-1") == data
    for wrong in (
        lambda: unwrap(site, wrapped, "r-2"),
        lambda: unwrap(bytes([1]) * 32, wrapped, "r-1"),
        lambda: unwrap(site, b"", "r-1"),
    ):
        with pytest.raises(CannotOpen):
            wrong()
