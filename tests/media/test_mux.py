import math
import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from counter.media.dump import ABOUT, END, PAUSE, RESUME, SILENCE, Tap, packed_entries
from counter.media.dump_files import DumpWriter
from counter.media.mux_av import DoesNotPlay, Muxed, NothingRecorded, mux, played
from counter.media.seal_cryptography import HEAD_BYTES, CannotOpen
from counter.media.sealed_files import CHUNK_BYTES, SealedReader, SealedWriter
from tests.media.camera import REPAIR, TYPES, Sent, encoded, lossy, shuffled, spoken, stream

KEY = bytes(range(32))
NOON = 1_795_492_800.0
"Unix time at which the arrival clock said 100."
SECONDS = 4
NAMES = {number: f"{name}/90000" for name, number in TYPES.items() if name != "opus"}
NAMES[TYPES["opus"]] = "opus/48000/2"


def person(codec: str, *, began: float, clock: float = 0.0, seconds: int = SECONDS) -> list[Sent]:
    """Sound and picture of one side."""
    picture = stream(codec, encoded(codec, seconds), ssrc=1, began=began, clock=clock)
    sound = stream("opus", spoken(seconds), ssrc=2, began=began, clock=clock, timestamp=77)
    return sorted([*picture, *sound], key=lambda packet: packet.at)


def dump(
    folder: Path,
    leg_id: str,
    sent: list[Sent],
    *,
    owner: str,
    role: str = "agent",
    codec: str = "vp8",
    marks: tuple[tuple[float, str], ...] = (),
    silences: tuple[tuple[float, str], ...] = (),
    buffer_s: float = 1.0,
) -> Path:
    """Write a dump as the recorder does.  silences: when, and of which kind."""
    path = folder / f"000-{leg_id}.dump"
    writer = DumpWriter(path, KEY, "r-1", leg_id, random.Random(leg_id).randbytes)
    tap = Tap()
    about: dict[str, Any] = {
        "payload_types": {str(number): name for number, name in NAMES.items()},
        "repairs": {str(TYPES[codec]): REPAIR},
    }
    at = sent[0].at
    tap.mark(at, ABOUT, owner=owner, role=role, wall=NOON + at - 100.0, **about)
    facts: list[tuple[float, str, dict[str, Any]]] = [(when, kind, {}) for when, kind in marks]
    facts += [(when, SILENCE, {"kinds": [kind]}) for when, kind in silences]
    pending = sorted(facts, key=lambda mark: mark[0], reverse=True)
    flushed = at
    for packet in sent:
        while pending and pending[-1][0] <= packet.at:
            when, kind, more = pending.pop()
            tap.mark(when, kind, **more)
        if packet.is_media:
            tap.rtp(packet.entry, packet.at)
        else:
            tap.rtcp(packet.entry, packet.at)
        if packet.at - flushed > buffer_s:
            writer.append(packed_entries(tap.take(packet.at)))
            flushed = packet.at
    tap.mark(sent[-1].at, END)
    writer.append(packed_entries(tap.take(sent[-1].at)))
    writer.close()
    return path


def muxed(folder: Path, left_out: Sequence[tuple[float, float]] = ()) -> Muxed:
    chance = random.Random(9).randbytes
    return mux(folder, folder / "out.sealed", KEY, "r-1", chance, left_out)


def tool(name: str) -> str:
    found = shutil.which(name)
    assert found is not None, f"{name} is not installed: apt-get install ffmpeg"
    return found


def plays(folder: Path) -> None:
    """Open the sealed file and decode all of it."""
    file = SealedReader(folder / "out.sealed", KEY, "r-1")
    plain = folder / "plain.mkv"
    plain.write_bytes(file.read())
    file.close()
    decodes(plain)


def decodes(plain: Path) -> list[tuple[str, int]]:
    """Decode everything with a player that is not ours; codec and frames of each stream."""
    # In the file's own time base: pictures come when the camera had them, not 30 times a second.
    decode = [tool("ffmpeg"), "-v", "error", "-xerror", "-i", str(plain), "-map", "0"]
    nowhere = ["-enc_time_base", "-1", "-f", "null", "-"]
    done = subprocess.run([*decode, *nowhere], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    entries = "stream=codec_name,nb_read_frames"
    probe = [tool("ffprobe"), "-v", "error", "-count_frames", "-show_entries", entries]
    listed = subprocess.run(
        [*probe, "-of", "csv=p=0", str(plain)], capture_output=True, text=True, check=True
    )
    assert listed.stderr == ""
    rows = [line.split(",") for line in listed.stdout.split()]
    return [(row[0], int(row[1])) for row in rows]


def both(folder: Path, codec: str, change: Any = lambda sent: sent) -> Muxed:
    dump(
        folder, "leg-c", change(person(codec, began=100.0)), owner="terminal:t", role="citizen",
        codec=codec,
    )  # fmt: skip
    dump(
        folder, "leg-a", change(person(codec, began=100.5, clock=1e6)), owner="agent:lei",
        codec=codec,
    )  # fmt: skip
    return muxed(folder)


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264", "av1"])
def test_both_sides_play_from_the_first_frame_to_the_last(tmp_path: Path, codec: str) -> None:
    result = both(tmp_path, codec)
    assert [(track.owner, track.codec, track.frames) for track in result.tracks] == [
        ("terminal:t", codec, SECONDS * 30),
        ("terminal:t", "opus", SECONDS * 50),
        ("agent:lei", codec, SECONDS * 30),
        ("agent:lei", "opus", SECONDS * 50),
    ]
    assert all(track.lost_packets == track.lost_frames == 0 for track in result.tracks)
    plays(tmp_path)
    assert result.began_at == pytest.approx(NOON, abs=0.001)
    assert abs(result.duration_ms - 1000 * (SECONDS + 0.5)) < 60


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264", "av1"])
@pytest.mark.parametrize("repaired", [1.0, 0.5, 0.0])
def test_a_recording_plays_after_every_twentieth_packet_was_lost(
    tmp_path: Path, codec: str, repaired: float
) -> None:
    chance = random.Random(5)

    def worn(sent: list[Sent]) -> list[Sent]:
        head = next(number for number, one in enumerate(sent) if one.is_media) + 1
        rest = lossy(sent[head:], 0.05, chance, repaired=repaired)
        return sent[:head] + shuffled(rest, chance)

    result = both(tmp_path, codec, worn)
    pictures = {track.owner: track.frames for track in result.tracks if track.codec == codec}
    if repaired == 1.0:
        assert list(pictures.values()) == [SECONDS * 30, SECONDS * 30]
    else:  # where every frame that stands alone is hit, nothing is left of a picture
        assert pictures
        assert all(0 < frames < SECONDS * 30 for frames in pictures.values())
    plays(tmp_path)


def test_sides_and_sound_and_picture_lie_on_one_time_line(tmp_path: Path) -> None:
    """The agent's clock is days ahead, joins half a second later, and pictures take long."""
    citizen = person("vp8", began=100.0)
    agent = person("vp8", began=100.5, clock=3e5)
    late = [
        Sent(one.at + 0.2, one.entry) if one.is_media and one.entry[1] & 127 == 97 else one
        for one in agent
    ]
    dump(tmp_path, "leg-c", citizen, owner="terminal:t", role="citizen")
    dump(tmp_path, "leg-a", sorted(late, key=lambda one: one.at), owner="agent:lei")
    muxed(tmp_path)
    plays(tmp_path)
    entries = ["-v", "error", "-show_entries", "stream=index,start_time", "-of", "csv=p=0"]
    listed = subprocess.run(
        [tool("ffprobe"), *entries, str(tmp_path / "plain.mkv")],
        capture_output=True,
        text=True,
        check=True,
    )
    starts = [float(line.split(",")[1]) for line in listed.stdout.split()]
    assert starts == pytest.approx([0.0, 0.0, 0.5, 0.5], abs=0.04)


def test_a_pause_is_a_gap_with_its_mark(tmp_path: Path) -> None:
    sent = [one for one in person("vp8", began=100.0, seconds=6) if not 102.0 < one.at < 104.0]
    marks = ((102.0, PAUSE), (104.0, RESUME))
    dump(tmp_path, "leg-c", sent, owner="terminal:t", role="citizen", marks=marks)
    dump(tmp_path, "leg-a", sent, owner="agent:lei", marks=marks)
    result = muxed(tmp_path)
    ((start, end),) = result.gaps_ms
    assert start == pytest.approx(2000, abs=50) and end == pytest.approx(4000, abs=50)
    plays(tmp_path)
    probe = ["-v", "error", "-show_chapters", "-of", "default=nw=1"]
    chapters = subprocess.run(
        [tool("ffprobe"), *probe, str(tmp_path / "plain.mkv")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "TAG:title=Paused" in chapters
    packets = subprocess.run(
        [tool("ffprobe"), "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0",
         str(tmp_path / "plain.mkv")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    times = [float(line.rstrip(",")) for line in packets.split()]
    assert not [at for at in times if 2.05 < at < 3.95]
    assert max(times) > 5.5


def test_who_comes_back_on_a_new_leg_goes_on_in_the_same_tracks(tmp_path: Path) -> None:
    dump(tmp_path, "leg-1", person("vp8", began=100.0), owner="agent:lei")
    dump(tmp_path, "leg-2", person("vp8", began=110.0), owner="agent:lei")
    result = muxed(tmp_path)
    assert [(track.codec, track.frames) for track in result.tracks] == [
        ("vp8", 2 * SECONDS * 30),
        ("opus", 2 * SECONDS * 50),
    ]
    plays(tmp_path)


def test_who_takes_the_call_over_gets_tracks_of_his_own(tmp_path: Path) -> None:
    dump(tmp_path, "leg-1", person("vp8", began=100.0), owner="agent:lei")
    dump(tmp_path, "leg-2", person("h264", began=104.0), owner="agent:mei", codec="h264")
    result = muxed(tmp_path)
    assert [(track.owner, track.codec) for track in result.tracks] == [
        *(("agent:lei", "vp8"), ("agent:lei", "opus")),
        *(("agent:mei", "h264"), ("agent:mei", "opus")),
    ]
    plays(tmp_path)


@pytest.mark.parametrize("hidden", [500, 33_000, 40_000, 65_000, 100_000])
def test_a_picture_that_was_off_is_back_at_once(tmp_path: Path, hidden: int) -> None:
    """So many of its packets were let go meanwhile: some minutes of a camera at its best."""
    sent = person("vp8", began=100.0, seconds=6)
    kept = []
    for one in sent:
        if not (one.is_media and one.entry[1] & 127 == TYPES["vp8"]) or one.at < 102.0:
            kept.append(one)
        elif one.at >= 104.0:
            number = int.from_bytes(one.entry[2:4], "big") + hidden
            entry = one.entry[:2] + (number & 0xFFFF).to_bytes(2, "big") + one.entry[4:]
            kept.append(Sent(one.at, entry))
    silences = ((102.0, "video"), (104.0, "video"))
    dump(tmp_path, "leg-c", kept, owner="terminal:t", role="citizen", silences=silences)
    result = muxed(tmp_path)
    picture, sound = result.tracks
    assert 0 <= 4 * 30 - picture.frames <= 10, "all but what came before a whole picture"
    assert (picture.lost_packets, sound.frames) == (0, 6 * 50)
    assert result.gaps_ms == ()
    plays(tmp_path)


def test_what_a_process_taped_because_it_was_told_late_is_left_out(tmp_path: Path) -> None:
    """It heard of the pause 0.4 s late, of its end as well, and of the withdrawal never."""
    sent = [one for one in person("vp8", began=100.0, seconds=6) if not 102.4 < one.at < 103.4]
    marks = ((102.4, PAUSE), (103.4, RESUME))
    dump(tmp_path, "leg-c", sent, owner="terminal:t", role="citizen", marks=marks)
    dump(tmp_path, "leg-a", sent, owner="agent:lei", marks=marks)
    left_out = ((NOON + 2, NOON + 3), (NOON + 5, math.inf))
    result = muxed(tmp_path, left_out)
    assert result.gaps_ms == ((2000, 3400),)
    assert 4900 < result.duration_ms <= 5000
    assert [track.codec for track in result.tracks] == ["vp8", "opus"] * 2
    for track in result.tracks:
        per_second = 30 if track.codec == "vp8" else 50
        lost = 10 if track.codec == "vp8" else 1  # until a frame that stands alone
        assert 0 <= 3.6 * per_second - track.frames <= lost
        assert track.lost_packets == 0
    plays(tmp_path)
    entries = ["-v", "error", "-select_streams", "1", "-show_entries", "packet=pts_time"]
    listed = subprocess.run(
        [tool("ffprobe"), *entries, "-of", "csv=p=0", str(tmp_path / "plain.mkv")],
        capture_output=True,
        text=True,
        check=True,
    )
    times = [float(line.strip(",")) for line in listed.stdout.split()]
    assert not [at for at in times if 2.0 < at < 3.4 or at > 5.0]


def test_nothing_is_left_when_all_came_after_the_withdrawal(tmp_path: Path) -> None:
    dump(tmp_path, "leg-c", person("vp8", began=100.0), owner="terminal:t", role="citizen")
    with pytest.raises(NothingRecorded):
        muxed(tmp_path, ((NOON - 1, math.inf),))


def test_a_pause_before_the_first_frame_leaves_no_gap(tmp_path: Path) -> None:
    dump(tmp_path, "leg-c", person("vp8", began=100.0), owner="terminal:t", role="citizen")
    result = muxed(tmp_path, ((NOON - 2, NOON - 1), (NOON + 60, math.inf)))
    assert (result.gaps_ms, result.tracks[0].frames) == ((), SECONDS * 30)


def test_a_torn_dump_plays_up_to_its_end(tmp_path: Path) -> None:
    path = dump(tmp_path, "leg-c", person("vp8", began=100.0), owner="terminal:t", role="citizen")
    os.truncate(path, path.stat().st_size - 1000)
    result = muxed(tmp_path)
    assert result.torn_bytes > 0
    assert SECONDS * 15 < result.tracks[0].frames < SECONDS * 30
    plays(tmp_path)


def test_nothing_is_not_made_into_a_recording(tmp_path: Path) -> None:
    with pytest.raises(NothingRecorded):
        muxed(tmp_path)
    only_reports = [one for one in person("vp8", began=100.0) if not one.is_media]
    dump(tmp_path, "leg-c", only_reports, owner="terminal:t")
    with pytest.raises(NothingRecorded):
        muxed(tmp_path)


def test_another_key_makes_nothing(tmp_path: Path) -> None:
    dump(tmp_path, "leg-c", person("vp8", began=100.0), owner="terminal:t")
    with pytest.raises(CannotOpen):
        mux(tmp_path, tmp_path / "out", bytes(32), "r-1", random.Random(9).randbytes)


def test_a_dump_whose_beginning_was_changed_does_not_take_the_others_with_it(
    tmp_path: Path,
) -> None:
    dump(tmp_path, "leg-c", person("vp8", began=100.0), owner="terminal:t", role="citizen")
    path = dump(tmp_path, "leg-a", person("vp8", began=100.0), owner="agent:lei")
    raw = bytearray(path.read_bytes())
    raw[HEAD_BYTES + 40] ^= 1
    path.write_bytes(raw)
    result = muxed(tmp_path)
    assert {track.owner for track in result.tracks} == {"terminal:t"}
    assert (result.unopened_dumps, result.torn_bytes) == (1, 0)
    plays(tmp_path)


def test_a_file_that_was_cut_or_changed_does_not_play(tmp_path: Path) -> None:
    both(tmp_path, "vp8")
    out = tmp_path / "out.sealed"
    raw = out.read_bytes()
    assert b"matroska" not in raw, "it lies there in the clear"
    for worn in (raw[:-1], raw[: len(raw) // 2], raw[:HEAD_BYTES], b""):
        out.write_bytes(worn)
        with pytest.raises(DoesNotPlay):
            played(out, KEY, "r-1")
    changed = bytearray(raw)
    changed[len(raw) // 2] ^= 1
    out.write_bytes(changed)
    with pytest.raises(DoesNotPlay):
        played(out, KEY, "r-1")
    out.write_bytes(raw)
    with pytest.raises(DoesNotPlay):
        played(out, KEY, "r-2")
    assert sum(played(out, KEY, "r-1")) == 2 * SECONDS * 80


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3_333_333])
def test_a_sealed_file_reads_as_it_was_written(tmp_path: Path, size: int) -> None:
    chance = random.Random(size)
    content = bytearray(chance.randbytes(size))
    writer = SealedWriter(tmp_path / "f", KEY, "name", chance.randbytes)
    for at in range(0, size, 700_000):
        writer.write(content[at : at + 700_000])
    if size > 100:
        writer.seek(50)
        writer.write(b"changed")
        content[50:57] = b"changed"
    writer.close()
    reader = SealedReader(tmp_path / "f", KEY, "name")
    assert reader.size == size
    assert reader.read() == bytes(content)
    reader.seek(size // 2)
    assert reader.read(1000) == bytes(content[size // 2 :][:1000])
    reader.close()
