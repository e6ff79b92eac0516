"""Where the files that come with the application are: models, icons, themes, translations, demo music."""

from __future__ import annotations

import sys
from pathlib import Path

from pemr_desktop.errors import ResourceMissing

PACKAGE = Path(__file__).resolve().parent
BUNDLED_MODEL = ("models", "bundled.safetensors")


def resource(*parts: str) -> Path:
    """The path of a bundled file or folder. Raises `ResourceMissing` if no installation layout holds it."""
    for root in resource_roots():
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise ResourceMissing("/".join(parts))


def bundled_model() -> Path | None:
    """The model that comes with the application, None if this installation has none."""
    try:
        return resource(*BUNDLED_MODEL)
    except ResourceMissing:
        return None


def resource_roots() -> tuple[Path, ...]:
    """Folders that may hold the resources, best first: frozen bundle, installed wheel, checkout."""
    frozen = getattr(sys, "_MEIPASS", None)
    bundle = [Path(frozen) / "pemr_desktop" / "resources", Path(frozen) / "resources"] if frozen else []
    return (*bundle, PACKAGE / "resources", PACKAGE.parent / "resources")
