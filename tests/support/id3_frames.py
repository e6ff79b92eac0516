"""ID3 frames of every sort that programs write, to see that none is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mutagen.id3 import (
    APIC,
    CHAP,
    COMM,
    CTOC,
    ETCO,
    GEOB,
    MCDI,
    PCNT,
    POPM,
    PRIV,
    RVA2,
    SYLT,
    TALB,
    TCON,
    TIPL,
    TIT2,
    TKEY,
    TMCL,
    TOWN,
    TPE1,
    TRCK,
    TSRC,
    TXXX,
    UFID,
    USLT,
    WOAR,
    WXXX,
    Encoding,
)

UTF8 = Encoding.UTF8


def everything_id3(jpeg: bytes, png: bytes, lyrics: str, replay_gain: Mapping[str, str]) -> list[Any]:
    """Texts, pictures, lyrics, chapters, ratings, volumes, programs' own data."""
    return [
        TIT2(encoding=UTF8, text=["Blue in Green"]),
        TPE1(encoding=UTF8, text=["Miles Davis", "Bill Evans"]),
        TALB(encoding=Encoding.UTF16, text=["Kind of Blue"]),
        TCON(encoding=UTF8, text=["Jazz", "Modal"]),
        TRCK(encoding=Encoding.LATIN1, text=["3/5"]),
        TKEY(encoding=UTF8, text=["Gm"]),
        TSRC(encoding=UTF8, text=["USSM15900114"]),
        TOWN(encoding=Encoding.LATIN1, text=["somebody"]),
        TIPL(encoding=UTF8, people=[["producer", "Teo Macero"]]),
        TMCL(encoding=UTF8, people=[["piano", "Bill Evans"], ["trumpet", "Miles Davis"]]),
        *[TXXX(encoding=UTF8, desc=key, text=[value]) for key, value in replay_gain.items()],
        TXXX(encoding=UTF8, desc="MusicBrainz Album Id", text=["b1df2cf3-69a9-3bc0-be44-f71e79b27a22"]),
        TXXX(encoding=UTF8, desc="SERATO_PLAYCOUNT", text=["12"]),
        UFID(owner="http://musicbrainz.org", data=b"0b8a4c5b-6f3a-4c57-9c4b-3f0d5a1e7c11"),
        UFID(owner="http://www.cddb.com/id3/taginfo1.html", data=bytes(range(1, 30))),
        APIC(encoding=UTF8, mime="image/jpeg", type=3, desc="Hülle", data=jpeg),
        APIC(encoding=Encoding.LATIN1, mime="image/png", type=4, desc="back", data=png),
        USLT(encoding=UTF8, lang="eng", desc="", text=lyrics),
        USLT(encoding=Encoding.UTF16, lang="deu", desc="Übersetzung", text=lyrics),
        SYLT(encoding=UTF8, lang="eng", format=2, type=1, desc="", text=[("First", 0), ("Second", 100)]),
        COMM(encoding=UTF8, lang="eng", desc="", text=["A human's comment"]),
        COMM(encoding=UTF8, lang="eng", desc="iTunNORM", text=[" 0000006E 0000006E"]),
        CHAP(element_id="ch1", start_time=0, end_time=100, sub_frames=[TIT2(encoding=UTF8, text=["Head"])]),
        CHAP(element_id="ch2", start_time=100, end_time=250, sub_frames=[TIT2(encoding=UTF8, text=["Solo"])]),
        CTOC(element_id="toc", flags=3, child_element_ids=["ch1", "ch2"]),
        GEOB(
            encoding=UTF8, mime="application/octet-stream", filename="", desc="Serato Markers2", data=bytes(range(256))
        ),
        PRIV(owner="com.example.dj", data=bytes(range(255, -1, -1))),
        POPM(email="me@example.com", rating=196, count=3),
        PCNT(count=12),
        RVA2(desc="track", channel=1, gain=-7.03125, peak=0.875),
        MCDI(data=bytes(range(80))),
        ETCO(format=2, events=[(2, 100)]),
        WOAR(url="http://example.com/artist"),
        WXXX(encoding=UTF8, desc="shop", url="http://example.com/shop"),
    ]
