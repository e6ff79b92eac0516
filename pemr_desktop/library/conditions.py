"""From terms and views to SQL conditions on `tracks t`, each of them answered by an index."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Sequence

from pemr_desktop.library.errors import QueryError
from pemr_desktop.library.folding import fold
from pemr_desktop.library.places import after, decode, relative
from pemr_desktop.library.query_line import GROUP_FIELDS, HEARD_ONLY, TEXT_FIELDS, Term, Value
from pemr_desktop.library.suggestions import SHOWN, UNDECIDED
from pemr_desktop.library.views import View

Condition = tuple[str, list[object]]

IN_SEARCH = "t.id IN (SELECT rowid FROM track_search WHERE track_search MATCH ?)"
RECENT_S = 30 * 86_400.0
FTS_COLUMN = {
    "title": "title",
    "artist": "artist",
    "album": "album",
    "albumartist": "album_artist",
    "genre": "genres",
    "mood": "moods",
    "composer": "composer",
    "path": "location",
}
NUMBER_COLUMN = {"year": "year", "bpm": "bpm", "duration": "duration_s", "track": "track_number", "disc": "disc_number"}
NOT_REJECTED = (
    "NOT EXISTS (SELECT 1 FROM decisions d WHERE d.track_id = p.track_id AND d.tag_id = p.tag_id "
    "AND d.decision = 'rejected')"
)
DUPLICATES = (
    "t.id IN (SELECT id FROM tracks WHERE audio_digest IN (SELECT audio_digest FROM tracks "
    "WHERE audio_digest IS NOT NULL AND missing = 0 GROUP BY audio_digest HAVING count(*) > 1))"
)
HAS_SQL = {
    "cover": "t.id IN (SELECT id FROM tracks WHERE cover_group IS NOT NULL)",
    "artwork": "t.id IN (SELECT id FROM tracks WHERE has_artwork = 1)",
    "suggestions": "t.id IN (SELECT id FROM tracks WHERE open_suggestions > 0)",
    "genre": "t.genres <> ''",
    "mood": "t.moods <> ''",
    "title": "t.id IN (SELECT track_id FROM track_fields WHERE json_extract(fields, '$.title') IS NOT NULL)",
    "artist": "t.artist <> ''",
    "album": "t.album <> ''",
    "year": "t.year IS NOT NULL",
    "bpm": "t.id IN (SELECT id FROM tracks WHERE bpm IS NOT NULL)",
    "analysis": "t.id IN (SELECT track_id FROM embeddings WHERE model_id = (SELECT id FROM models WHERE active = 1))",
}
IS_SQL = {
    "offline": "t.root_id IN (SELECT id FROM roots WHERE online = 0)",
    "missing": "t.missing = 1",
    "problem": "t.id IN (SELECT track_id FROM problems WHERE track_id IS NOT NULL)",
    "duplicate": DUPLICATES,
    "analysed": HAS_SQL["analysis"],
    "pending": "t.id IN (SELECT track_id FROM decisions WHERE decision = 'accepted' AND settled_at IS NULL)",
    "written": (
        "t.id IN (SELECT track_id FROM journal WHERE track_id IS NOT NULL AND state = 'done' AND undone_by IS NULL)"
    ),
}


def term_conditions(terms: Sequence[Term]) -> list[Condition]:
    """SQL for the terms of a query; all words go to the full-text index in one question. Raises QueryError."""
    expressions = []
    conditions = []
    for term in terms:
        expression = _words_expression(term)
        if expression:
            expressions.append(expression)
        else:
            conditions.append(_term_condition(term))
    if expressions:
        conditions.append((IN_SEARCH, [" AND ".join(expressions)]))
    return conditions


def _words_expression(term: Term) -> str:
    """The term as part of an FTS5 expression; empty when it is something else or is turned round."""
    if term.negated or term.field not in ("", *TEXT_FIELDS) or any(value.match == "whole" for value in term.values):
        return ""
    parts = [match_expression(value, FTS_COLUMN.get(term.field, "")) for value in term.values]
    return "(" + " OR ".join(f"({part})" for part in parts) + ")" if all(parts) else ""


def _term_condition(term: Term) -> Condition:
    sql, values = _positive(term)
    return (f"NOT ({sql})" if term.negated else sql), values


def _positive(term: Term) -> Condition:
    if term.field in NUMBER_COLUMN:
        return _between(f"t.{NUMBER_COLUMN[term.field]}", term.low, term.high)
    if term.field == "added":
        if term.low is not None and term.low < 0:
            return "t.added_at >= ?", [time.time() + term.low]
        return _between("t.added_at", term.low, term.high)
    if term.field == "has":
        return _any([(HAS_SQL[value.text], []) for value in term.values])
    if term.field == "is":
        flags: list[Condition] = [
            ("t.added_at >= ?", [time.time() - RECENT_S]) if value.text == "new" else (IS_SQL[value.text], [])
            for value in term.values
        ]
        return _any(flags)
    if term.field == "format":
        return _any([_format(value) for value in term.values])
    if term.field in ("tag", "suggested", *GROUP_FIELDS):
        return _any([_tag(term.field, value) for value in term.values])
    return _any([_text(term, value) for value in term.values])


def _any(conditions: list[Condition]) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    values = [value for _, some in conditions for value in some]
    return "(" + " OR ".join(f"({sql})" for sql, _ in conditions) + ")", values


def _between(column: str, low: float | None, high: float | None) -> Condition:
    if low is not None and high is not None:
        return f"{column} BETWEEN ? AND ?", [low, high]
    return (f"{column} >= ?", [low]) if low is not None else (f"{column} <= ?", [high])


def _format(value: Value) -> Condition:
    if value.match == "whole":
        return "t.format = ? COLLATE NOCASE", [value.text]
    return "t.format LIKE ? ESCAPE '\\'", [f"%{_like(value.text)}%"]


def _like(text: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", text)


def words_of(text: str) -> list[str]:
    """The words of a text as the full-text index splits them, near enough to build a query from."""
    return re.findall(r"[^\W_]+", text)


def match_expression(value: Value, column: str = "") -> str:
    """An FTS5 expression; empty when the text has no letter or digit."""
    words = words_of(value.text)
    if not words:
        return ""
    where = f"{column} : " if column else ""
    if value.match == "phrase":
        return f'{where}"{" ".join(words)}"'
    return " AND ".join(f'{where}"{word}" *' for word in words)


def _text(term: Term, value: Value) -> Condition:
    if value.match == "whole" and term.field in ("artist", "albumartist", "album", "composer"):
        return (
            "t.id IN (SELECT track_id FROM track_tags WHERE field = ? AND folded = ?)",
            [term.field, fold(value.text)],
        )
    expression = match_expression(value, FTS_COLUMN.get(term.field, ""))
    if not expression:
        raise QueryError("Only letters and digits can be looked for.", term.position, term.length)
    if value.match == "whole" and term.field == "title":
        return f"{IN_SEARCH} AND t.title = ? COLLATE NOCASE", [expression, value.text]
    return IN_SEARCH, [expression]


def _tag(field: str, value: Value) -> Condition:
    """What the file says, what was accepted, and what is suggested and not rejected; see the query line's help."""
    tags, tag_values = _tag_ids(field, value)
    still = UNDECIDED if field == "suggested" else NOT_REJECTED
    heard = f"t.id IN (SELECT p.track_id FROM {SHOWN} WHERE p.tag_id IN ({tags}) AND {still})"
    if field == "suggested":
        return heard, tag_values
    accepted = f"t.id IN (SELECT track_id FROM decisions WHERE decision = 'accepted' AND tag_id IN ({tags}))"
    conditions: list[Condition] = [(heard, tag_values), (accepted, tag_values)]
    if field not in HEARD_ONLY:
        for name in (field,) if field != "tag" else ("genre", "mood"):
            conditions.append(_in_file(name, value))
    return _any(conditions)


def _tag_ids(field: str, value: Value) -> Condition:
    group = " AND group_name = ?" if field in GROUP_FIELDS else ""
    group_values: list[object] = [field] if group else []
    folded = fold(value.text)
    if value.match == "words":
        return (
            f"SELECT id FROM tags WHERE (folded LIKE ? ESCAPE '\\' OR folded LIKE ? ESCAPE '\\'){group}",
            [f"{_like(folded)}%", f"% {_like(folded)}%", *group_values],
        )
    return f"SELECT id FROM tags WHERE folded = ?{group}", [folded, *group_values]


def _in_file(field: str, value: Value) -> Condition:
    expression = match_expression(value, FTS_COLUMN[field])
    if value.match == "whole" or not expression:
        return (
            "t.id IN (SELECT track_id FROM track_tags WHERE field = ? AND folded = ?)",
            [field, fold(value.text)],
        )
    return IN_SEARCH, [expression]


# --- views


def view_condition(connection: sqlite3.Connection, view: View) -> Condition | None:
    """SQL for a view; None for all tracks that are not missing."""
    simple = {
        "problems": IS_SQL["problem"],
        "suggested": HAS_SQL["suggestions"],
        "pending": IS_SQL["pending"],
        "duplicates": DUPLICATES,
        "offline": f"(t.missing = 1 OR {IS_SQL['offline']})",
        "unanalysed": f"NOT ({HAS_SQL['analysis']})",
    }
    if view.kind == "all":
        return None
    if view.kind in simple:
        return simple[view.kind], []
    if view.kind == "recent":
        return "t.added_at >= ?", [time.time() - RECENT_S]
    if view.kind == "playlist":
        return "t.id IN (SELECT track_id FROM playlist_tracks WHERE playlist_id = ?)", [view.value]
    if view.kind == "cover-group":
        return "t.cover_group = ?", [view.value]
    if view.kind == "ids":
        ids = view.value if isinstance(view.value, tuple) else ()
        return "t.id IN (SELECT value FROM json_each(?))", [json.dumps(ids)]
    if view.kind == "folder":
        return _folder(connection, view.value)
    return _facet(view.field, str(view.value))


def _folder(connection: sqlite3.Connection, value: object) -> Condition:
    folder = decode(value if isinstance(value, bytes) else os.fsencode(str(value)))
    conditions: list[Condition] = []
    for root_id, path in connection.execute("SELECT id, path FROM roots"):
        root = decode(path)
        if root.is_relative_to(folder):
            conditions.append(("t.root_id = ?", [root_id]))
        elif folder.is_relative_to(root):
            below = relative(root, folder)
            conditions.append(
                ("t.root_id = ? AND t.rel_path > ? AND t.rel_path < ?", [root_id, below + b"/", after(below)])
            )
    return _any(conditions) if conditions else ("0", [])


def _facet(field: str, value: str) -> Condition:
    if field == "year":
        return "t.year = ?", [_whole(value)]
    if field == "decade":
        first = _whole(value.rstrip("s"))
        return "t.year BETWEEN ? AND ?", [first, first + 9]
    if field == "format":
        return "t.format = ?", [value]
    if field == "suggestion":
        return (
            f"t.id IN (SELECT p.track_id FROM {SHOWN} WHERE p.tag_id IN "
            f"(SELECT id FROM tags WHERE folded = ?) AND {NOT_REJECTED})",
            [fold(value)],
        )
    return "t.id IN (SELECT track_id FROM track_tags WHERE field = ? AND folded = ?)", [field, fold(value)]


def _whole(value: str) -> int:
    return int(value) if re.fullmatch(r"-?\d{1,9}", value) else -1
