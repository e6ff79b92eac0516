"""Texts in old code pages are read again from their bytes and written in Unicode; all else keeps its bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mutagen.apev2
import mutagen.id3
import mutagen.mp4
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.id3 import COMM, ID3, TALB, TIT2, TPE1, TXXX, USLT

from pemr_desktop.refusals import said
from pemr_desktop.tagfiles.code_pages import PAGES, CodePage, decoded, find_page, is_plain, likely_pages
from pemr_desktop.tagfiles.errors import TagFileError, WriteRefused
from pemr_desktop.tagfiles.plan import FilePlan
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.recoding_plan import plan_recoding, read_legacy_texts
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes
from sounds import melody, write_audio

MakeAudio = Callable[..., Path]
SAMPLES = {
    "cp1251": ("Группа крови", "Кино"),
    "koi8-r": ("Звезда по имени Солнце", "Кино"),
    "cp866": ("Белая гвардия", "Жанна"),
    "shift_jis": ("千本桜", "初音ミク"),
    "gbk": ("月亮代表我的心", "邓丽君"),
    "big5": ("甜蜜蜜", "鄧麗君"),
    "euc-kr": ("소녀시대", "강남스타일"),
    "cp1250": ("Příběh", "Dvořák"),
    "cp1253": ("Ζορμπάς", "Μίκης Θεοδωράκης"),
    "cp1255": ("ירושלים של זהב", "הבה"),
    "cp1256": ("فيروز", "أم كلثوم"),
    "cp874": ("เพลงไทย", "ไทย"),
    "iso-2022-jp": ("さくら", "日本"),
    "utf-8": ("Ænima — Ж 歌", "Zoë"),
}


def page(name: str) -> CodePage:
    found = find_page(name)
    assert found is not None
    return found


def raw(text: str, code_page: str) -> bytes:
    return text.encode(page(code_page).codec)


def as_latin(text: str, code_page: str) -> str:
    return raw(text, code_page).decode("latin-1")


def with_id3(path: Path, frames: list[mutagen.id3.Frame], version: int = 4) -> Path:
    tag = ID3()
    for frame in frames:
        tag.add(frame)
    tag.save(path, v2_version=version, v1=0)
    return path


def with_id3v1(path: Path, title: bytes, artist: bytes, comment: bytes = b"") -> Path:
    block = b"TAG" + title[:30].ljust(30, b"\0") + artist[:30].ljust(30, b"\0") + bytes(30) + b"1988"
    path.write_bytes(path.read_bytes() + block + comment[:28].ljust(28, b"\0") + b"\0\x05\x11")
    return path


def recode(path: Path, name: str) -> FilePlan:
    """Plan, write, take back to the byte, and write again -> the plan."""
    before = path.read_bytes()
    plan = plan_recoding(1, path, page(name))
    assert path.read_bytes() == before, "a plan writes nothing"
    outcome = apply_plan(plan)
    assert outcome is not None and outcome.restore is not None
    after = path.read_bytes()
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == before
    apply_plan(plan_recoding(1, path, page(name)))
    assert path.read_bytes() == after
    assert plan_recoding(1, path, page(name)).changes == (), "what is in Unicode is never converted again"
    return plan


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("name", SAMPLES)
def test_id3_frames_are_decoded_from_their_bytes(
    make_audio: MakeAudio, tmp_path: Path, name: str, version: int
) -> None:
    title, artist = SAMPLES[name]
    path = make_audio(tmp_path / "a.mp3", seconds=0.3)
    frames = [TIT2(encoding=0, text=as_latin(title, name)), TPE1(encoding=0, text=as_latin(artist, name))]
    proper = TALB(encoding=1, text="Уже правильно")
    with_id3(path, [*frames, proper, TXXX(encoding=0, desc="plain", text="ASCII")], version)
    kept = [frame for frame in frames_of(path) if frame[:4] in (b"TALB", b"TXXX")]
    plan = recode(path, name)
    assert {change.field: change.after for change in plan.changes} == {"title": (title,), "artist": (artist,)}
    tag = ID3(path)
    assert (tag["TIT2"].text, tag["TPE1"].text, tag["TALB"].text) == ([title], [artist], ["Уже правильно"])
    assert tag["TIT2"].encoding == (3 if version == 4 else 1), "as this version of ID3 has it"
    assert [frame for frame in frames_of(path) if frame[:4] in (b"TALB", b"TXXX")] == kept


def frames_of(path: Path) -> list[bytes]:
    from pemr_desktop.tagfiles.opening import open_tags

    with path.open("rb") as stream:
        return [frame.raw for frame in open_tags(stream, path).block.frames]


def test_comments_lyrics_and_names_of_frames_are_decoded_with_them(make_audio: MakeAudio, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.mp3", seconds=0.3)
    with_id3(
        path,
        [
            COMM(encoding=0, lang="rus", desc=as_latin("заметка", "cp1251"), text=as_latin("Живой звук", "cp1251")),
            COMM(encoding=0, lang="eng", desc="kept", text="as it is"),
            USLT(encoding=0, lang="rus", desc="", text=as_latin("Тёплое место\nНо улицы ждут", "cp1251")),
            TXXX(encoding=0, desc=as_latin("Настрой", "cp1251"), text=as_latin("тихий", "cp1251")),
        ],
        3,
    )
    plan = recode(path, "cp1251")
    tag = ID3(path)
    assert tag["COMM:заметка:rus"].text == ["Живой звук"] and tag["COMM:kept:eng"].text == ["as it is"]
    assert tag["USLT::rus"].text == "Тёплое место\nНо улицы ждут"
    assert tag["TXXX:Настрой"].text == ["тихий"]
    assert next(change.after for change in plan.changes if change.field == "lyrics") == ("Тёплое место\nНо улицы ждут",)


def test_flags_of_a_frame_and_several_values_survive(make_audio: MakeAudio, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.mp3", seconds=0.3)
    with_id3(path, [TPE1(encoding=0, text=[as_latin("Кино", "cp1251"), "Plain"])], 4)
    content = bytearray(path.read_bytes())
    content[content.index(b"TPE1") + 8] = 0x20  # to be thrown away when the file is changed
    path.write_bytes(content)
    recode(path, "cp1251")
    assert read_tags(path).fields["artist"] == ("Кино", "Plain")
    assert path.read_bytes()[path.read_bytes().index(b"TPE1") + 8] == 0x20


def test_id3v1_stays_and_a_new_block_says_it_in_unicode(make_audio: MakeAudio, tmp_path: Path) -> None:
    path = with_id3v1(
        make_audio(tmp_path / "a.mp3", seconds=0.3), raw("Группа крови", "cp1251"), raw("Кино", "cp1251"), b"plain"
    )
    path.write_bytes(strip_id3v2(path.read_bytes()))
    end = path.read_bytes()[-128:]
    plan = recode(path, "cp1251")
    fields = read_tags(path).fields
    assert (fields["title"], fields["artist"], fields["comment"]) == (("Группа крови",), ("Кино",), ("plain",))
    assert path.read_bytes()[-128:] == end
    assert set(plan.carried) >= {"comment", "date"} and not {"title", "artist"} & set(plan.carried)


def strip_id3v2(content: bytes) -> bytes:
    if content[:3] != b"ID3":
        return content
    size = 0
    for byte in content[6:10]:
        size = size << 7 | byte
    return content[10 + size :]


def test_id3v1_beside_a_good_block_is_none_of_our_business(make_audio: MakeAudio, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.mp3", seconds=0.3)
    with_id3(path, [TIT2(encoding=3, text="Группа крови"), TPE1(encoding=3, text="Кино")])
    with_id3v1(path, raw("Группа крови", "cp1251"), raw("Кино", "cp1251"))
    assert read_legacy_texts(path) == ()
    assert plan_recoding(1, path, page("cp1251")).changes == ()


@pytest.mark.parametrize("name", ["cp1251", "shift_jis", "gbk", "euc-kr", "cp1250"])
def test_an_info_list_stays_and_an_id3_chunk_says_it_in_unicode(
    make_audio: MakeAudio, tmp_path: Path, name: str
) -> None:
    title, artist = SAMPLES[name]
    path = make_audio(tmp_path / "a.wav", seconds=0.3)
    content = path.read_bytes()
    items = b"".join(
        key + len(text).to_bytes(4, "little") + text + b"\0" * (len(text) % 2)
        for key, text in ((b"INAM", raw(title, name)), (b"IART", raw(artist, name)), (b"ICRD", b"1988"))
    )
    chunk = b"LIST" + (4 + len(items)).to_bytes(4, "little") + b"INFO" + items
    body = content[8:] + chunk
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)
    recode(path, name)
    fields = read_tags(path).fields
    assert (fields["title"], fields["artist"], fields["date"]) == ((title,), (artist,), ("1988",))
    assert chunk in path.read_bytes()


@pytest.mark.parametrize("name", ["cp1251", "big5", "shift_jis"])
def test_ape_items_become_utf_8(make_audio: MakeAudio, tmp_path: Path, name: str) -> None:
    title, artist = SAMPLES[name]
    path = make_audio(tmp_path / "a.wv", seconds=0.3)
    tag = mutagen.apev2.APEv2()
    tag["Title"], tag["Artist"], tag["Genre"] = "@" * len(raw(title, name)), "%" * len(raw(artist, name)), "Уже"
    tag.save(path)
    content = path.read_bytes().replace(b"@" * len(raw(title, name)), raw(title, name))
    path.write_bytes(content.replace(b"%" * len(raw(artist, name)), raw(artist, name)))
    recode(path, name)
    made = mutagen.apev2.APEv2(path)
    assert (str(made["Title"]), str(made["Artist"]), str(made["Genre"])) == (title, artist, "Уже")


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".opus", ".m4a"])
def test_comments_and_atoms_that_are_no_utf_8(make_audio: MakeAudio, tmp_path: Path, suffix: str) -> None:
    path = make_audio(tmp_path / f"a{suffix}", seconds=0.5, tags={"title": "@" * 12, "artist": "Zoë"})
    content = path.read_bytes()
    if suffix in (".ogg", ".opus"):
        with_ogg_title(path, raw("Группа крови", "cp1251"))
    else:
        path.write_bytes(content.replace(b"@" * 12, raw("Группа крови", "cp1251")))
    plan = recode(path, "cp1251")
    fields = read_tags(path).fields
    assert (fields["title"], fields["artist"]) == (("Группа крови",), ("Zoë",))
    assert [change.field for change in plan.changes] == ["title"]


def with_ogg_title(path: Path, title: bytes) -> None:
    """Other bytes of the same length, and the checksum of the page that holds them."""
    content = path.read_bytes().replace(b"@" * 12, title)
    place = content.rindex(b"OggS", 0, content.index(title))
    behind = content.find(b"OggS", place + 4)
    page_bytes = bytearray(content[place:behind])
    page_bytes[22:26] = bytes(4)
    page_bytes[22:26] = crc(bytes(page_bytes)).to_bytes(4, "little")
    path.write_bytes(content[:place] + bytes(page_bytes) + content[behind:])


def crc(content: bytes) -> int:
    register = 0
    for byte in content:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ 0x04C11DB7 if register & 0x80000000 else register << 1) & 0xFFFFFFFF
    return register


def test_a_text_that_the_page_does_not_have_is_left_and_named(make_audio: MakeAudio, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.mp3", seconds=0.3)
    with_id3(
        path, [TIT2(encoding=0, text=as_latin("千本桜", "shift_jis")), TPE1(encoding=0, text="\xff\xfe broken \x81")]
    )
    plan = plan_recoding(1, path, page("shift_jis"))
    assert [change.field for change in plan.changes] == ["title"]
    assert "Not all of it can be Shift JIS, and stays as it is: artist." in map(said, plan.warnings)
    before = frames_of(path)
    apply_plan(plan)
    assert frames_of(path)[1] == before[1]
    with pytest.raises(WriteRefused, match="Not all of it can be UTF-8"):
        plan_recoding(1, path, page("utf-8"))


def test_a_part_of_a_recoding_leaves_the_other_units_to_the_byte(make_audio: MakeAudio, tmp_path: Path) -> None:
    from pemr_desktop.library.writing.choice import without

    path = make_audio(tmp_path / "a.mp3", seconds=0.3)
    with_id3(path, [TIT2(encoding=0, text=as_latin("Кино", "cp1251")), TPE1(encoding=0, text="Caf\xe9")])
    before = frames_of(path)
    plan = plan_recoding(1, path, page("cp1251"))
    assert {change.field for change in plan.changes} == {"title", "artist"}
    apply_plan(without(plan, {"artist"}))
    assert read_tags(path).fields["title"] == ("Кино",)
    assert frames_of(path)[1] == before[1]


def test_text_that_a_page_would_not_change_is_not_written_anew(make_audio: MakeAudio, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.mp3", seconds=0.3)
    with_id3(path, [TIT2(encoding=0, text="It\x92s"), TPE1(encoding=0, text="Caf\xe9")])
    before = frames_of(path)
    recode(path, "cp1252")
    assert read_tags(path).fields["title"] == ("It’s",)
    assert frames_of(path)[1] == before[1]


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in ("iso-2022-jp",)])
def test_the_right_page_is_among_the_first_three(name: str) -> None:
    raws = [raw(text, name) for text in SAMPLES[name]]
    first = [likely.page for likely in likely_pages(raws)[:3]]
    readings = [[decoded(each, candidate) for each in raws] for candidate in first]
    assert list(SAMPLES[name]) in readings, [candidate.name for candidate in first]


def test_pages_are_found_by_the_names_that_people_use() -> None:
    assert {page(name).name for name in ("CP1251", "windows-1251", "win1251", "cp-1251")} == {"cp1251"}
    assert page("Shift_JIS") is page("sjis") is page("cp932")
    assert page("GB2312").name == "gbk" and page("latin-1").name == "cp1252"
    assert find_page("rot13") is None and find_page("utf-16") is None


def test_pages_that_read_alike_are_offered_once() -> None:
    likely = [each.page.name for each in likely_pages([raw("Кукушка", "koi8-r")])]
    assert len({"koi8-r", "koi8-u"} & set(likely)) == 1
    assert likely_pages([b"plain"]) == [] and likely_pages([]) == []


frames = st.lists(
    st.tuples(
        st.sampled_from([b"TIT2", b"TPE1", b"TALB", b"TCON", b"TXXX", b"COMM", b"USLT", b"WXXX", b"PRIV", b"TIPL"]),
        st.sampled_from([0, 0, 0, 1, 3]),
        st.one_of(
            st.binary(min_size=1, max_size=12),
            st.sampled_from([raw(text, name) for name, texts in SAMPLES.items() for text in texts]),
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames, st.sampled_from(PAGES), st.sampled_from([3, 4]))
def test_whatever_a_tag_holds_only_legacy_units_change_and_all_comes_back(
    sound: bytes, tmp_path: Path, made: list[tuple[bytes, int, bytes]], candidate: CodePage, version: int
) -> None:
    path = tmp_path / "a.mp3"
    body = b""
    for name, encoding, content in made:
        between = b"eng" if name in (b"COMM", b"USLT") else b""
        data = bytes([encoding]) + between + content
        body += name + len(data).to_bytes(4, "big") + b"\0\0" + data
    path.write_bytes(b"ID3" + bytes([version, 0, 0, 0, 0, len(body) >> 7, len(body) & 0x7F]) + body + sound)
    original = path.read_bytes()
    try:
        plan = plan_recoding(1, path, candidate)
    except TagFileError:
        assert path.read_bytes() == original
        return
    before = frames_of(path)
    outcome = apply_plan(plan)
    if outcome is None:
        assert path.read_bytes() == original
        return
    after = frames_of(path)
    for old, new in zip(before, after, strict=True):
        if old != new:
            assert old[:4] == new[:4] and old[:4] != b"PRIV" and old[10] in (0, 3)
            assert not is_plain(old[11:])
    assert outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == original


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The frames of an MP3 file without any tags."""
    path = tmp_path_factory.mktemp("sound") / "a.mp3"
    return strip_id3v2(write_audio(path, melody(0.3, 22050, transpose=0, tempo=1.0, seed=0), 22050).read_bytes())
