"""Sets by way of mirdata, which is an extra: `make test` installs it."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pemr.datasets.catalogue import load_set
from pemr.errors import CorpusError

HAS_MIRDATA = importlib.util.find_spec("mirdata") is not None


def test_without_mirdata_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mirdata", None)
    with pytest.raises(CorpusError, match=r"needs mirdata: pip install 'pemr-desktop\[mirdata\]'"):
        load_set("mirdata:gtzan_genre", tmp_path)


@pytest.mark.skipif(not HAS_MIRDATA, reason="needs mirdata: pip install --editable '.[mirdata]'")
class TestWithMirdata:
    @pytest.fixture
    def gtzan_genre(self, tmp_path: Path, make_audio: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
        """Twelve excerpts in mirdata's layout, and an index of them in place of the one mirdata downloads."""
        import mirdata.core

        tracks = {}
        for genre in ("blues", "hiphop"):
            for number in range(6):
                name = f"gtzan_genre/genres/{genre}/{genre}.{number:05}.wav"
                make_audio(tmp_path / name, seconds=0.5, seed=number)
                tracks[f"{genre}.{number:05}"] = {"audio": [name, ""], "beats": [None, None], "tempo": [None, None]}
        index = tmp_path / "index.json"
        index.write_text(json.dumps({"version": "1.0", "tracks": tracks}))
        monkeypatch.setattr(mirdata.core.Index, "get_path", lambda self: str(index))
        return tmp_path

    def test_tracks_carry_their_genre(self, gtzan_genre: Path) -> None:
        found = load_set("mirdata:gtzan_genre", gtzan_genre)
        assert found.tags == (("blues", "genre"), ("hip-hop", "genre"))
        assert found.one_label
        assert {file.split for file in found.files} == {"train", "validation", "test"}
        assert len(found.files) == 12

    def test_missing_audio_is_counted(self, gtzan_genre: Path) -> None:
        next(gtzan_genre.rglob("blues.00000.wav")).unlink()
        assert load_set("mirdata:gtzan_genre", gtzan_genre).notes == ("1 tracks are missing: figures do not compare",)

    def test_an_unknown_name_is_told_the_known_ones(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"mirdata has no data set magnatagatune\. It has: .*gtzan_genre"):
            load_set("mirdata:magnatagatune", tmp_path)

    def test_what_was_never_fetched_says_how(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"Fetch it with python -c .*ballroom.*download\(\)"):
            load_set("mirdata:ballroom", tmp_path)
