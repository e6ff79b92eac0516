"""PEMR Desktop: listens to a local music library on the user's own machine."""

from __future__ import annotations

__version__ = "0.1.0"
