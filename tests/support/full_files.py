"""Small real files of every container, full of what other programs leave in tags: pictures, chapters, lyrics, ratings.

Made with FFmpeg and mutagen, never with the writer that is tested on them. What no encoder makes comes from the test
suite of mutagen (tests/pemr_desktop/tagfiles/data).
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import mutagen.apev2
import mutagen.asf
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import numpy as np

from id3_frames import everything_id3

DATA = Path(__file__).parents[1] / "pemr_desktop" / "tagfiles" / "data"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + bytes(range(256)) * 3 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(reversed(range(256))) * 2
LYRICS = "First line\nSecond line — mit Ümlauten\n歌"
REPLAY_GAIN = {
    "replaygain_track_gain": "-7.03 dB",
    "replaygain_track_peak": "0.998871",
    "replaygain_album_gain": "-8.10 dB",
    "replaygain_album_peak": "1.000000",
}
TEXTS = {
    "TITLE": ["Blue in Green"],
    "ARTIST": ["Miles Davis", "Bill Evans"],
    "ALBUM": ["Kind of Blue"],
    "GENRE": ["Jazz", "Modal"],
    "MUSICBRAINZ_TRACKID": ["0b8a4c5b-6f3a-4c57-9c4b-3f0d5a1e7c11"],
    "MUSICBRAINZ_ALBUMID": ["b1df2cf3-69a9-3bc0-be44-f71e79b27a22"],
    "LYRICS": [LYRICS],
    "COMMENT": ["A human's comment"],
    "SOME_OTHER_PROGRAM": ["its", "own", "values"],
} | {key.upper(): [value] for key, value in REPLAY_GAIN.items()}

ENCODED = {  # suffix: encoder, container, samples per second
    ".mp3": ("libmp3lame", "mp3", 22050),
    ".flac": ("flac", "flac", 22050),
    ".ogg": ("vorbis", "ogg", 22050),
    ".opus": ("libopus", "opus", 48000),
    ".oga": ("flac", "oga", 22050),
    ".m4a": ("aac", "ipod", 22050),
    ".wav": ("pcm_s16le", "wav", 8000),
    ".aiff": ("pcm_s16be", "aiff", 8000),
    ".wma": ("wmav2", "asf", 22050),
    ".wv": ("wavpack", "wv", 22050),
    ".tta": ("tta", "tta", 8000),
    ".ac3": ("ac3", "ac3", 32000),
    ".aac": ("aac", "adts", 22050),
}
COLLECTED = {
    ".spx": "empty.spx",
    ".dsf": "with-id3.dsf",
    ".dff": "5644800-2ch-s01-silence-dst.dff",
    ".ape": "mac-399.ape",
    ".mpc": "click.mpc",
    ".ofr": "silence-2s-44100-16.ofr",
    ".tak": "has-tags.tak",
}
WITHOUT_TAGS = (".ac3", ".aac")


def make_full_files(folder: Path, *, seconds: float = 0.3) -> list[Path]:
    """A file of every container with everything in its tags, and MP3 and ALAC in their further variants."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [make_full_file(folder / f"song{suffix}", seconds=seconds) for suffix in (*ENCODED, *COLLECTED)]
    for name, fill in {
        "version 2.3": _id3_23,
        "ape beside": _ape_beside_id3,
        "unsynchronised": _unsynchronised,
    }.items():
        path = encode(folder / f"{name}.mp3", "libmp3lame", "mp3", 22050, seconds)
        fill(path)
        made.append(path)
    lossless = encode(folder / "lossless.m4a", "alac", "ipod", 22050, seconds)
    _fill_mp4(lossless)
    return [*made, lossless]


def make_full_file(path: Path, *, seconds: float = 0.3) -> Path:
    """One such file, of the container that the suffix names."""
    if path.suffix in COLLECTED:
        path.write_bytes((DATA / COLLECTED[path.suffix]).read_bytes())
    else:
        encode(path, *ENCODED[path.suffix], seconds)
    if path.suffix not in WITHOUT_TAGS:
        FILL[path.suffix](path)
    return path


def encode(path: Path, encoder: str, container: str, rate: int, seconds: float) -> Path:
    """Two falling tones, encoded."""
    time = np.arange(int(seconds * rate)) / rate
    sound = np.stack([np.sin(2 * np.pi * hertz * time) * np.exp(-3 * time) for hertz in (440, 554)]).astype(np.float32)
    with av.open(str(path), "w", format=container) as out:
        out.metadata.update({"title": "Blue in Green", "artist": "Miles Davis", "genre": "Jazz"})
        stream = out.add_stream(encoder, rate=rate, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.options = {"strict": "experimental"}
        stream.bit_rate = 64_000
        if container == "ipod":
            out.set_chapters(
                [
                    {"id": 1, "start": 0, "end": 100, "time_base": _milliseconds(), "metadata": {"title": "Head"}},
                    {"id": 2, "start": 100, "end": 250, "time_base": _milliseconds(), "metadata": {"title": "Solo"}},
                ]
            )
        resampler = av.AudioResampler(stream.format, "stereo", rate, frame_size=stream.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(0.5 * sound, format="fltp", layout="stereo")
        frame.sample_rate = rate
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(ready))
        out.mux([packet for packet in stream.encode(None) if packet.size or container != "oga"])
    return path


def _milliseconds() -> Any:
    from fractions import Fraction

    return Fraction(1, 1000)


def _fill_id3(path: Path) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    for frame in everything_id3(JPEG, PNG, LYRICS, REPLAY_GAIN):
        file.tags.add(frame)
    file.save()


def _fill_mp3(path: Path) -> None:
    _fill_id3(path)
    content = path.read_bytes()
    content = content.replace(b"TOWN", b"XYZW", 1)  # a frame that nobody knows
    path.write_bytes(content + b"TAG" + b"An old title".ljust(30) + b"An artist".ljust(30) + b"x" * 65)


def _id3_23(path: Path) -> None:
    tags = mutagen.id3.ID3(path)
    for frame in everything_id3(JPEG, PNG, LYRICS, REPLAY_GAIN):
        tags.add(frame)
    tags.update_to_v23()
    tags.save(path, v2_version=3, v23_sep=None)


def _ape_beside_id3(path: Path) -> None:
    _id3_23(path)
    tags = mutagen.apev2.APEv2()
    for key, value in REPLAY_GAIN.items():
        tags[key] = value
    tags["MP3GAIN_UNDO"] = "+003,+003,N"
    tags.save(path)
    path.write_bytes(path.read_bytes() + b"TAG" + b"An old title".ljust(125))


def _unsynchronised(path: Path) -> None:
    """An ID3v2.3 block with false sync signals escaped, as iTunes wrote them."""
    _id3_23(path)
    block = mutagen.id3.ID3(path).size
    content = path.read_bytes()
    escaped = content[10:block].replace(b"\xff", b"\xff\0").rstrip(b"\0") + bytes(64)
    size = len(escaped)
    packed = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(content[:5] + bytes([content[5] | 0x80]) + packed + escaped + content[block:])


def _fill_wav(path: Path) -> None:
    _fill_id3(path)
    cue = struct.pack("<IIIIIII", 1, 1, 100, 0x61746164, 0, 0, 100)
    labels = b"adtl" + b"labl" + struct.pack("<I", 10) + struct.pack("<I", 1) + b"Verse\0"
    broadcast = b"A description".ljust(256, b"\0") + b"Originator".ljust(346, b"\0")
    chunks = [(b"cue ", cue), (b"LIST", labels), (b"bext", broadcast), (b"iXML", b"<BWFXML></BWFXML>\n")]
    _add_chunks(path, "<", chunks)


def _fill_aiff(path: Path) -> None:
    _fill_id3(path)
    marker = struct.pack(">HHI", 1, 1, 100) + b"\x05Verse"
    _add_chunks(path, ">", [(b"MARK", marker), (b"NAME", b"A name"), (b"ANNO", b"Noted"), (b"APPL", b"stoc\x04abcd")])


def _add_chunks(path: Path, order: str, chunks: list[tuple[bytes, bytes]]) -> None:
    content = path.read_bytes()
    for name, data in chunks:
        content += name + struct.pack(f"{order}I", len(data)) + data + b"\0" * (len(data) % 2)
    path.write_bytes(content[:4] + struct.pack(f"{order}I", len(content) - 8) + content[8:])


def _picture(kind: int, data: bytes, mime: str) -> mutagen.flac.Picture:
    picture = mutagen.flac.Picture()
    picture.type, picture.mime, picture.desc, picture.data = kind, mime, "Hülle", data
    picture.width = picture.height = 8
    picture.depth = 24
    return picture


def _fill_flac(path: Path) -> None:
    file = mutagen.flac.FLAC(path)
    _fill_comments(file.tags, {})
    file.add_picture(_picture(3, JPEG, "image/jpeg"))
    file.add_picture(_picture(4, PNG, "image/png"))
    file.seektable = mutagen.flac.SeekTable(None)
    file.seektable.seekpoints = [mutagen.flac.SeekPoint(0, 0, 4096), mutagen.flac.SeekPoint(4096, 900, 4096)]
    file.metadata_blocks.append(file.seektable)
    application = mutagen.flac.MetadataBlock(b"ATCH" + bytes(range(64)))
    application.code = 2
    unknown = mutagen.flac.MetadataBlock(b"of a later version of the format")
    unknown.code = 77
    file.metadata_blocks += [application, unknown]
    file.cuesheet = mutagen.flac.CueSheet(None)
    file.cuesheet.tracks = [mutagen.flac.CueSheetTrack(170, 4000)]
    file.metadata_blocks.append(file.cuesheet)
    file.save(padding=lambda info: 300)


def _fill_ogg(path: Path) -> None:
    file = mutagen.File(path)
    pictures = [_picture(3, JPEG, "image/jpeg"), _picture(4, PNG, "image/png")]
    encoded = [base64.b64encode(picture.write()).decode() for picture in pictures]
    _fill_comments(file.tags, {"METADATA_BLOCK_PICTURE": encoded})
    file.save()


def _fill_comments(tags: Any, more: dict[str, list[str]]) -> None:
    chapters = {
        "CHAPTER001": ["00:00:00.000"],
        "CHAPTER001NAME": ["Head"],
        "CUESHEET": ['FILE "a.wav" WAVE\n  TRACK 01'],
    }
    for key, values in (TEXTS | chapters | {"R128_TRACK_GAIN": ["-1234"]} | more).items():
        tags[key] = values


def _fill_mp4(path: Path) -> None:
    file = mutagen.mp4.MP4(path)
    free = "----:com.apple.iTunes:"
    for key, value in REPLAY_GAIN.items():
        file[free + key] = [mutagen.mp4.MP4FreeForm(value.encode())]
    file[free + "MusicBrainz Track Id"] = [mutagen.mp4.MP4FreeForm(TEXTS["MUSICBRAINZ_TRACKID"][0].encode())]
    file[free + "iTunSMPB"] = [mutagen.mp4.MP4FreeForm(b" 00000000 00000840 000001CA", mutagen.mp4.AtomDataType.UTF8)]
    file["----:com.serato.dj:markers"] = [mutagen.mp4.MP4FreeForm(bytes(range(200)), mutagen.mp4.AtomDataType.IMPLICIT)]
    file["covr"] = [
        mutagen.mp4.MP4Cover(JPEG, mutagen.mp4.MP4Cover.FORMAT_JPEG),
        mutagen.mp4.MP4Cover(PNG, mutagen.mp4.MP4Cover.FORMAT_PNG),
    ]
    file["©lyr"] = [LYRICS]
    file["©gen"] = ["Jazz", "Modal"]
    file["trkn"], file["disk"], file["tmpo"] = [(3, 5)], [(1, 2)], [56]
    file["pgap"], file["cpil"], file["stik"], file["rtng"] = True, True, [1], [2]
    file["soaa"], file["sonm"], file["©cmt"], file["purl"] = ["Davis"], ["Blue"], ["A human's comment"], ["http://a"]
    file.save(padding=lambda info: 500)


def _fill_ape(path: Path) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    names = {"TITLE": "Title", "ARTIST": "Artist", "ALBUM": "Album", "GENRE": "Genre", "LYRICS": "Lyrics"}
    for key, values in TEXTS.items():
        file.tags[names.get(key, key)] = values
    file.tags["Cover Art (Front)"] = mutagen.apev2.APEValue(b"cover.jpg\0" + JPEG, mutagen.apev2.BINARY)
    file.tags["Cover Art (Back)"] = mutagen.apev2.APEValue(b"back.png\0" + PNG, mutagen.apev2.BINARY)
    file.tags["Related"] = mutagen.apev2.APEValue("http://example.com/a", mutagen.apev2.EXTERNAL)
    file.tags["Cuesheet"] = 'FILE "a.wav" WAVE\n  TRACK 01 AUDIO'
    file.save()


def _fill_wma(path: Path) -> None:
    file = mutagen.asf.ASF(path)
    for key, value in REPLAY_GAIN.items():
        file.tags[key] = value
    picture = struct.pack("<BI", 3, len(JPEG)) + "image/jpeg\0Hülle\0".encode("utf-16-le") + JPEG
    file.tags["WM/Picture"] = [mutagen.asf.ASFByteArrayAttribute(picture)]
    file.tags["WM/Genre"] = ["Jazz", "Modal"]
    file.tags["WM/Lyrics"] = [LYRICS]
    file.tags["WM/IsVBR"] = [mutagen.asf.ASFBoolAttribute(True)]
    file.tags["WM/SharedUserRating"] = [mutagen.asf.ASFDWordAttribute(75)]
    file.tags["WM/EncodingTime"] = [mutagen.asf.ASFQWordAttribute(129_000_000_000)]
    file.tags["Small"] = [mutagen.asf.ASFWordAttribute(7)]
    file.tags["WM/MediaClassPrimaryID"] = [mutagen.asf.ASFGUIDAttribute(bytes(range(16)))]
    file.tags["Spoken"] = [mutagen.asf.ASFUnicodeAttribute("deutsch", language=0, stream=1)]
    file.tags["Long"] = ["x" * 40_000]
    file.tags["MusicBrainz/Track Id"] = TEXTS["MUSICBRAINZ_TRACKID"]
    file.save()


FILL: dict[str, Callable[[Path], None]] = {
    ".mp3": _fill_mp3,
    ".flac": _fill_flac,
    ".ogg": _fill_ogg,
    ".opus": _fill_ogg,
    ".oga": _fill_ogg,
    ".spx": _fill_ogg,
    ".m4a": _fill_mp4,
    ".wav": _fill_wav,
    ".aiff": _fill_aiff,
    ".dsf": _fill_id3,
    ".dff": _fill_id3,
    ".tta": _fill_id3,
    ".wma": _fill_wma,
    ".wv": _fill_ape,
    ".ape": _fill_ape,
    ".mpc": _fill_ape,
    ".ofr": _fill_ape,
    ".tak": _fill_ape,
}
