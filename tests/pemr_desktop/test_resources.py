"""Finding bundled files in every way the application can be installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pemr_desktop.errors import ResourceMissing
from pemr_desktop.resources import resource


def test_a_checkout_holds_the_licences_of_the_resources() -> None:
    assert resource("LICENSES.md").is_file()


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ResourceMissing, match="models/none"):
        resource("models", "none")


def test_a_frozen_bundle_is_looked_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = tmp_path / "pemr_desktop" / "resources" / "LICENSES.md"
    bundled.parent.mkdir(parents=True)
    bundled.write_text("frozen")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource("LICENSES.md") == bundled
