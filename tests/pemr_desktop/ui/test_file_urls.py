"""Dropped names survive, whatever bytes they are made of."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QUrl

from pemr_desktop.ui.file_urls import dropped_paths, file_url, local_path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode on Windows")


@given(
    st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name and b"/" not in name and name.strip(b"."))
)
def test_any_name_makes_the_way_through_a_url(name: bytes) -> None:
    path = b"/music/" + name
    assert os.fsencode(local_path(file_url(path))) == path


def test_names_with_signs_of_urls_are_names() -> None:
    path = Path("/music/50% #1? & more.flac")
    assert local_path(QUrl.fromLocalFile(str(path))) == path


def test_only_local_files_are_taken_each_once() -> None:
    data = QMimeData()
    data.setUrls([QUrl("file:///a/b.mp3"), QUrl("https://example.org/c.mp3"), QUrl("file:///a/b.mp3")])
    assert dropped_paths(data) == [Path("/a/b.mp3")]
