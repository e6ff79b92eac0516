from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pemr.errors import CorpusError
from pemr.instruments import STYLES
from pemr.rendering.tune_list import ReservedSounds, reserved_sounds, tune_works
from pemr.truth.sources import ROLES, grooves_for, near_styles, source_table, styles_of, tunes_for


def test_no_font_lineage_or_package_of_voices_has_two_uses() -> None:
    table = source_table()
    for lineage in {font.lineage for font in table.fonts}:
        assert len({font.use for font in table.fonts if font.lineage == lineage}) == 1
    for use in ROLES:
        assert [font for font in table.fonts if font.use == use and font.kind != "drums"]
        assert [sounds for sounds in table.sounds if sounds.use == use and sounds.kind == "speech"]
    languages = [language for use in ROLES for language in table.speech_synthesis.languages(use)]
    assert len(languages) == len(set(languages))


def test_works_and_songs_have_one_use_and_none_is_reserved() -> None:
    works = {use: set(tunes_for(use)) for use in ROLES}
    assert not works["train"] & works["choose"] and not works["train"] & works["figures"]
    assert not works["choose"] & works["figures"]
    assert works["train"] | works["choose"] | works["figures"] == set(tune_works())
    uses = [source_table().songs.use_of(number) for number in range(20)]
    assert uses.count("train") == 17 and uses.count("figures") == 1


def test_grooves_have_one_use_and_none_is_reserved(tmp_path: Path) -> None:
    reserved = reserved_sounds().grooves
    for name in [*(f"band/style{number}.mma" for number in range(60)), *reserved[:5]]:
        path = tmp_path / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"DefGroove {path.stem} A style\n")
    grooves = {use: set(grooves_for(tmp_path, use)) for use in ROLES}
    assert all(grooves.values())
    assert not grooves["train"] & grooves["choose"] and not (grooves["train"] | grooves["choose"]) & grooves["figures"]
    assert sum(map(len, grooves.values())) == 60


def test_a_reserved_soundfont_is_refused_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "Nice.sf2"
    path.write_bytes(b"as if it were")
    digest = hashlib.sha256(b"as if it were").hexdigest()
    with pytest.raises(CorpusError, match="final examination"):
        ReservedSounds((), (digest,), ()).check(path)
    with pytest.raises(CorpusError, match="final examination"):
        reserved_sounds().check(path.rename(tmp_path / "TimGM6mb.sf2"))


def test_grooves_vouch_for_styles_by_their_names() -> None:
    assert styles_of("stdlib/waltz:Waltz") == ("waltz",)
    assert styles_of("zoom/reggae:Reggae1") == ("reggae",)
    assert styles_of("stdlib/none:None") is None
    assert set(near_styles()) <= set(STYLES)
    assert all(set(near) <= set(STYLES) for near in near_styles().values())
