"""The vector index: right answers, and a cache that is believed only when it fits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pemr_desktop.analysis.vector_index import Ids, VectorIndex, Vectors, open_index

MODEL = "0123456789abcdef"


class Library:
    """Vectors of made-up tracks, and how often they were asked for."""

    def __init__(self, count: int = 50, dimension: int = 16) -> None:
        draw = np.random.default_rng(1)
        self.ids: Ids = np.arange(count, dtype=np.int64) * 7 + 3
        self.matrix: Vectors = draw.normal(size=(count, dimension)).astype(np.float32)
        self.asked = 0

    def vectors(self) -> tuple[Ids, Vectors]:
        self.asked += 1
        return self.ids, self.matrix

    def open(self, folder: Path, generation: int = 1, model: str = MODEL, name: str = "library.sqlite") -> VectorIndex:
        return open_index(folder / "cache", folder / name, model, generation, self.vectors)


def test_the_nearest_tracks_are_those_with_the_largest_cosine(tmp_path: Path) -> None:
    library = Library()
    query = library.matrix[4] + 0.1
    lengths = np.linalg.norm(library.matrix, axis=1) * np.linalg.norm(query)
    cosines = library.matrix @ query / lengths
    expected = library.ids[np.argsort(-cosines)][:5]
    found = library.open(tmp_path).nearest(query, 5)
    assert [id_ for id_, _ in found] == list(expected)
    assert found[0][1] == pytest.approx(float(cosines.max()), abs=1e-5)


def test_excluded_tracks_do_not_come_back_and_do_not_cost_a_place(tmp_path: Path) -> None:
    library = Library()
    index = library.open(tmp_path)
    assert int(library.ids[4]) not in [id_ for id_, _ in index.nearest(library.matrix[4], 5, [int(library.ids[4])])]
    assert len(index.nearest(library.matrix[4], 49, [int(library.ids[4])])) == 49


def test_the_second_opening_comes_from_the_cache(tmp_path: Path) -> None:
    library = Library()
    first = library.open(tmp_path).nearest(library.matrix[0], 3)
    assert library.open(tmp_path).nearest(library.matrix[0], 3) == first
    assert library.asked == 1


@pytest.mark.parametrize("difference", [{"generation": 2}, {"model": "f" * 16}, {"name": "other.sqlite"}])
def test_another_state_of_things_makes_the_index_anew(tmp_path: Path, difference: dict[str, object]) -> None:
    library = Library()
    library.open(tmp_path)
    library.open(tmp_path, **difference)  # type: ignore[arg-type]
    assert library.asked == 2


@pytest.mark.parametrize("suffix", [".faiss", ".json"])
@pytest.mark.parametrize("damage", [b"", b"{}", b"garbage" * 100])
def test_a_damaged_cache_is_not_believed(tmp_path: Path, suffix: str, damage: bytes) -> None:
    library = Library()
    library.open(tmp_path)
    (file,) = (tmp_path / "cache").glob(f"*{suffix}")
    file.write_bytes(damage)
    assert len(library.open(tmp_path).nearest(library.matrix[0], 3)) == 3
    assert library.asked == 2


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    library = Library()
    assert len(library.open(tmp_path).nearest(library.matrix[0], 3)) == 3


def test_an_empty_library_has_no_neighbours(tmp_path: Path) -> None:
    library = Library(count=0)
    assert library.open(tmp_path).nearest(np.ones(16, np.float32), 3) == []
