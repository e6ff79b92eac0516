"""Containers that FFmpeg reads and we do not write: how they begin, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadOnlyContainer:
    """What it is called, which demuxer of FFmpeg reads it, and how the names of its files end."""

    format: str
    demuxer: str
    suffixes: tuple[str, ...]


READ_ONLY: dict[str, ReadOnlyContainer] = {
    "matroska": ReadOnlyContainer("Matroska", "matroska", (".mka", ".mkv", ".mk3d")),
    "webm": ReadOnlyContainer("WebM", "matroska", (".webm", ".weba")),
    "caf": ReadOnlyContainer("Core Audio", "caf", (".caf",)),
    "au": ReadOnlyContainer("Sun audio", "au", (".au", ".snd")),
    "w64": ReadOnlyContainer("Wave64", "w64", (".w64",)),
    "rf64": ReadOnlyContainer("RF64", "wav", (".rf64",)),
    "xwma": ReadOnlyContainer("xWMA", "xwma", (".xwma",)),
    "svx": ReadOnlyContainer("IFF 8SVX", "iff", (".8svx", ".iff", ".svx")),
    "amr": ReadOnlyContainer("AMR", "amr", (".amr", ".awb")),
    "voc": ReadOnlyContainer("Creative Voice", "voc", (".voc",)),
    "dts": ReadOnlyContainer("DTS", "dts", (".dts",)),
    "truehd": ReadOnlyContainer("TrueHD", "truehd", (".thd",)),
    "mlp": ReadOnlyContainer("MLP", "mlp", (".mlp",)),
    "oma": ReadOnlyContainer("ATRAC", "oma", (".oma", ".aa3")),
    "shorten": ReadOnlyContainer("Shorten", "shn", (".shn",)),
    "realmedia": ReadOnlyContainer("RealMedia", "rm", (".rm", ".ra", ".rmvb")),
    "flv": ReadOnlyContainer("Flash Video", "flv", (".flv",)),
    "avi": ReadOnlyContainer("AVI", "avi", (".avi",)),
    "mpegps": ReadOnlyContainer("MPEG program stream", "mpeg", (".mpg", ".mpeg", ".vob")),
    "mpegts": ReadOnlyContainer("MPEG transport stream", "mpegts", (".m2ts", ".mts")),
    "ogg/other": ReadOnlyContainer("Ogg", "ogg", (".ogv", ".ogx")),
}

READ_ONLY_SUFFIXES = frozenset(suffix for container in READ_ONLY.values() for suffix in container.suffixes)
PACKET_BYTES = {0: 188, 4: 192}
"""Of a transport stream, by how many bytes stand before the sync byte of each packet."""

_MAGICS = {
    b"caff": "caf",
    b".snd": "au",
    bytes.fromhex("726966662e91cf11a5d628db04c10000"): "w64",
    b"#!AMR": "amr",
    b"Creative Voice File": "voc",
    b"\x7f\xfe\x80\x01": "dts",
    b"\xfe\x7f\x01\x80": "dts",
    b"ea3\x03": "oma",
    b"EA3\x01": "oma",
    b"ajkg": "shorten",
    b".RMF": "realmedia",
    b".ra\xfd": "realmedia",
    b"FLV\x01": "flv",
    b"\0\0\1\xba": "mpegps",
}
_FORMS = {
    (b"RF64", b"WAVE"): "rf64",
    (b"BW64", b"WAVE"): "rf64",
    (b"RIFF", b"XWMA"): "xwma",
    (b"RIFF", b"AVI "): "avi",
    (b"FORM", b"8SVX"): "svx",
}


def read_only_key(head: bytes) -> str:
    """The key in READ_ONLY of a file that begins with `head` (some hundred bytes), or ""."""
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm" if b"\x42\x82\x84webm" in head[:64] else "matroska"
    for magic, key in _MAGICS.items():
        if head.startswith(magic):
            return key
    if head[4:7] == b"\xf8\x72\x6f":
        return {0xBA: "truehd", 0xBB: "mlp"}.get(head[7] if len(head) > 7 else 0, "")
    for first, size in PACKET_BYTES.items():
        if len(head) > first + 3 * size and all(head[first + number * size] == 0x47 for number in range(4)):
            return "mpegts"
    return _FORMS.get((head[:4], head[8:12]), "")
