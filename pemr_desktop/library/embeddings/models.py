"""Models that a library knows, and the words of each."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import msgspec

from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.paths import encode
from pemr_desktop.library.rows import TagRow
from pemr_desktop.library.suggestions import count_open_suggestions
from pemr_desktop.library.text_folding import fold


class ModelInfo(msgspec.Struct, frozen=True):
    """A model file and the words it knows."""

    id: str
    name: str
    path: Path
    dimension: int
    tags: tuple[TagRow, ...]


def register_model(connection: sqlite3.Connection, model: ModelInfo) -> None:
    """Make a model and its words known; again with other thresholds or path: the new ones hold."""
    connection.execute(
        "INSERT INTO models (id, name, path, dimension, added_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, path = excluded.path",
        (model.id, model.name, encode(model.path), model.dimension, time.time()),
    )
    for tag in model.tags:
        connection.execute(
            "INSERT INTO tags (name, folded, group_name) VALUES (?, ?, ?) "
            "ON CONFLICT (folded) DO UPDATE SET group_name = excluded.group_name "
            "WHERE group_name <> excluded.group_name",
            (tag.name, fold(tag.name), tag.group),
        )
        connection.execute(
            "INSERT INTO model_tags (model_id, tag_id, threshold, supported) "
            "SELECT ?, id, ?, ? FROM tags WHERE folded = ? "
            "ON CONFLICT (model_id, tag_id) "
            "DO UPDATE SET threshold = excluded.threshold, supported = excluded.supported",
            (model.id, tag.threshold, int(tag.supported), fold(tag.name)),
        )


def activate_model(connection: sqlite3.Connection, model_id: str) -> None:
    """From now on suggestions are those of this model. Raises LibraryError for a model that is not registered."""
    if connection.execute("SELECT 1 FROM models WHERE id = ?", (model_id,)).fetchone() is None:
        raise LibraryError("model not known", model=model_id)
    active = connection.execute("SELECT id FROM models WHERE active = 1").fetchone()
    if active and active[0] == model_id:
        return
    connection.execute("UPDATE models SET active = 0 WHERE active = 1")
    connection.execute("UPDATE models SET active = 1 WHERE id = ?", (model_id,))
    count_open_suggestions(connection, None)
