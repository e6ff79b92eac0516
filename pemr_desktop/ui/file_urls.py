"""What is dropped on the window: files and folders of this computer."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl


def dropped_paths(data: QMimeData) -> list[Path]:
    """Local files and folders in a drop, in order, each once; names that are no Unicode survive."""
    found: dict[Path, None] = {}
    for url in data.urls():
        if url.isLocalFile():
            found[local_path(url)] = None
    return list(found)


def local_path(url: QUrl) -> Path:
    """The path of a file URL. Percent-encoded bytes that are not UTF-8 stay what they are."""
    if os.name == "nt":
        return Path(url.toLocalFile())
    encoded = bytes(url.toEncoded(QUrl.ComponentFormattingOption.FullyEncoded).data())
    without_scheme = encoded.removeprefix(b"file://")
    path = without_scheme[without_scheme.index(b"/") :] if b"/" in without_scheme else without_scheme
    return Path(os.fsdecode(_percent_decoded(path)))


def _percent_decoded(encoded: bytes) -> bytes:
    head, *parts = encoded.split(b"%")
    return head + b"".join(bytes([int(part[:2], 16)]) + part[2:] for part in parts)


def file_url(path: bytes) -> QUrl:
    """The URL of `os.fsencode(path)`, with bytes that are no Unicode percent-encoded."""
    if os.name == "nt":
        return QUrl.fromLocalFile(os.fsdecode(path))
    safe = b"/-_.~"
    encoded = b"".join(bytes([byte]) if bytes([byte]).isalnum() or byte in safe else b"%%%02X" % byte for byte in path)
    return QUrl.fromEncoded(b"file://" + encoded, QUrl.ParsingMode.StrictMode)
