"""The doctor finds what is wrong, and repair mends what can be made anew."""

from __future__ import annotations

from pathlib import Path

from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.library.upkeep.integrity import doctor


def severities(path: Path) -> set[str]:
    return {finding.severity for finding in doctor(path)}


def test_a_healthy_library_has_no_fault(library: Library, album: list[Path]) -> None:
    library.backup_if_due()
    assert severities(library.path) == {"ok"}


def test_a_library_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    assert severities(tmp_path / "none.db") == {"note"}


def test_a_damaged_file_is_a_fault(library: Library, album: list[Path]) -> None:
    library.close()
    content = bytearray(library.path.read_bytes())
    content[4096:40960] = b"\x5a" * (40960 - 4096)
    library.path.write_bytes(content)
    assert "fault" in severities(library.path)
    assert library.path.read_bytes() == bytes(content)


def test_what_is_missing_or_offline_is_noted(library: Library, album: list[Path], music: Path, tmp_path: Path) -> None:
    album[3].unlink()
    library.scan()
    music.rename(tmp_path / "unplugged")
    sentences = " ".join(finding.sentence for finding in doctor(library.path) if finding.severity == "note")
    assert "is not there" in sentences and "missing" in sentences


def test_a_lost_search_index_is_found_and_repaired(library: Library, album: list[Path]) -> None:
    with library.store.writing() as connection:
        connection.execute("INSERT INTO track_search (track_search) VALUES ('delete-all')")
    assert library.read(queries.track_ids, "miles").tolist() == []
    assert "fault" in severities(library.path)
    assert {finding.severity for finding in library.repair()} == {"ok"}
    assert "fault" not in severities(library.path)
    assert len(library.read(queries.track_ids, "miles")) == 3
