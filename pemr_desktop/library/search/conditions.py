"""From terms and views to sets of tracks, each of them answered by an index."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Sequence

from pemr_desktop.library.errors import QueryError
from pemr_desktop.library.paths import after, decode, relative
from pemr_desktop.library.search.id_sets import IdSet, all_of, any_of, by_columns, in_search
from pemr_desktop.library.search.query_parser import (
    GROUP_FIELDS,
    PREDICTED_ONLY,
    TEXT_FIELDS,
    Condition,
    Group,
    Term,
    Value,
)
from pemr_desktop.library.suggestions import SHOWN, UNDECIDED
from pemr_desktop.library.text_folding import AFTER_ALL_TEXT, fold
from pemr_desktop.library.views import View

RECENT_S = 30 * 86_400.0
PREFIX_LENGTH = 3
"""The full-text index holds the beginnings of words up to so many letters."""
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
PREDICTED = f"SELECT p.track_id AS id FROM {SHOWN}"
BY_VALUE = "SELECT track_id AS id FROM track_tags WHERE field = ? AND folded = ?"
DUPLICATES = any_of(
    [
        IdSet(
            f"SELECT id FROM tracks WHERE {column} IN (SELECT {column} FROM tracks INDEXED BY tracks_by_{column} "
            f"WHERE {column} IS NOT NULL AND missing = 0 GROUP BY {column} HAVING count(*) > 1)"
        )
        for column in ("audio_digest", "sound_group")
    ]
)
FORMATS = (
    "WITH RECURSIVE formats (name) AS (SELECT min(format) FROM tracks WHERE missing = 0 UNION ALL "
    "SELECT (SELECT min(format) FROM tracks WHERE missing = 0 AND format > name) FROM formats WHERE name IS NOT NULL) "
    "SELECT name FROM formats WHERE name"
)
"""The names of all formats, found by jumping from one to the next in the index."""

HAS = {
    "cover": IdSet("SELECT id FROM tracks WHERE cover_group IS NOT NULL"),
    "artwork": IdSet("SELECT id FROM tracks WHERE has_artwork = 1"),
    "suggestions": IdSet("SELECT id FROM tracks WHERE open_suggestions > 0"),
    "genre": by_columns("t.sort_genre < ?", [AFTER_ALL_TEXT], "sort_genre"),
    "mood": IdSet("SELECT track_id AS id FROM track_tags WHERE field = 'mood'"),
    "title": by_columns("t.titled = 1", [], "titled"),
    "artist": by_columns("t.sort_artist < ?", [AFTER_ALL_TEXT], "sort_artist"),
    "album": by_columns("t.sort_album < ?", [AFTER_ALL_TEXT], "sort_album"),
    "year": by_columns("t.year IS NOT NULL", [], "year"),
    "bpm": IdSet("SELECT id FROM tracks WHERE bpm IS NOT NULL"),
    "analysis": IdSet(
        "SELECT track_id AS id FROM embeddings WHERE model_id = (SELECT id FROM models WHERE active = 1)"
    ),
}
IS = {
    "offline": IdSet("SELECT id FROM tracks WHERE root_id IN (SELECT id FROM roots WHERE online = 0)"),
    "missing": IdSet("SELECT id FROM tracks WHERE missing = 1"),
    "problem": IdSet("SELECT track_id AS id FROM problems WHERE track_id IS NOT NULL"),
    "duplicate": DUPLICATES,
    "analysed": HAS["analysis"],
    "pending": IdSet("SELECT track_id AS id FROM decisions WHERE decision = 'accepted' AND settled_at IS NULL"),
    "written": IdSet(
        "SELECT track_id AS id FROM journal WHERE track_id IS NOT NULL AND state = 'done' AND undone_by IS NULL"
    ),
}


def condition_sets(conditions: Sequence[Condition]) -> list[IdSet]:
    """Conditions that must all hold; words ask the full-text index one question. Raises QueryError."""
    expressions = []
    sets = []
    all_held = True
    for term in conditions:
        if isinstance(term, Group):
            sets.append(_group(term))
            continue
        expression = _words_expression(term)
        if expression:
            expressions.append(expression)
            all_held &= all(is_held(value) for value in term.values)
        else:
            sets.append(_wanted(term).turned() if term.negated else _wanted(term))
    if expressions:
        sets.append(in_search(" AND ".join(expressions), held=all_held))
    return sets


def _group(group: Group) -> IdSet:
    """The tracks of which one row of conditions holds, or all others."""
    either = any_of([all_of(condition_sets(alternative)) for alternative in group.alternatives])
    return either.turned() if group.negated else either


def _words_expression(term: Term) -> str:
    """The term as part of an FTS5 expression; empty when it is something else or is turned round."""
    if term.negated or term.field not in ("", *TEXT_FIELDS) or any(value.match == "whole" for value in term.values):
        return ""
    parts = [match_expression(value, FTS_COLUMN.get(term.field, "")) for value in term.values]
    return "(" + " OR ".join(f"({part})" for part in parts) + ")" if all(parts) else ""


def _wanted(term: Term) -> IdSet:
    """The term without its sign."""
    if term.field in NUMBER_COLUMN:
        return _between(NUMBER_COLUMN[term.field], term.low, term.high)
    if term.field == "added":
        since = time.time() + term.low if term.low is not None and term.low < 0 else term.low
        return _between("added_at", since, term.high)
    if term.field == "has":
        return any_of([HAS[value.text] for value in term.values])
    if term.field == "is":
        return any_of([_recent() if value.text == "new" else IS[value.text] for value in term.values])
    if term.field == "format":
        return any_of([_format(value) for value in term.values])
    if term.field in ("tag", "suggested", *GROUP_FIELDS):
        return any_of([_tag(term.field, value) for value in term.values])
    return any_of([_text(term, value) for value in term.values])


def _recent() -> IdSet:
    return _between("added_at", time.time() - RECENT_S, None)


def _between(column: str, low: float | None, high: float | None) -> IdSet:
    if column == "bpm":
        return IdSet("SELECT id FROM tracks WHERE bpm BETWEEN ? AND ?", [low or 0.0, 1e9 if high is None else high])
    if low is not None and high is not None:
        return by_columns(f"t.{column} BETWEEN ? AND ?", [low, high], column)
    if low is not None:
        return by_columns(f"t.{column} >= ?", [low], column)
    return by_columns(f"t.{column} <= ?", [high], column)


def _format(value: Value) -> IdSet:
    if value.match == "whole":
        return by_columns(f"t.format IN ({FORMATS} = ? COLLATE NOCASE)", [value.text], "format")
    return by_columns(f"t.format IN ({FORMATS} LIKE ? ESCAPE '\\')", [f"%{_like(value.text)}%"], "format")


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


def is_held(value: Value) -> bool:
    """Whether the full-text index holds what `match_expression` asks for, and need not collect it from longer words."""
    return value.match == "phrase" or all(len(word) <= PREFIX_LENGTH for word in words_of(value.text))


def _text(term: Term, value: Value) -> IdSet:
    if value.match == "whole" and term.field in ("artist", "albumartist", "album", "composer"):
        return IdSet(BY_VALUE, [term.field, fold(value.text)])
    expression = match_expression(value, FTS_COLUMN.get(term.field, ""))
    if not expression:
        raise QueryError("only letters and digits", term.position, term.length)
    if value.match == "whole" and term.field == "title":
        words = in_search(expression, held=False)
        sql = f"SELECT id FROM tracks WHERE id IN ({words.sql}) AND title = ? COLLATE NOCASE"
        return IdSet(sql, [*words.values, value.text])
    return in_search(expression, held=is_held(value))


def _tag(field: str, value: Value) -> IdSet:
    """What the file says, what was accepted, and what is suggested and not rejected; see the query line's help."""
    tags, tag_values = _tag_ids(field, value)
    still = UNDECIDED if field == "suggested" else NOT_REJECTED
    predicted = IdSet(f"{PREDICTED} WHERE p.tag_id IN ({tags}) AND {still}", tag_values)
    if field == "suggested":
        return predicted
    accepted = IdSet(
        f"SELECT track_id AS id FROM decisions WHERE decision = 'accepted' AND tag_id IN ({tags})", tag_values
    )
    in_file = () if field in PREDICTED_ONLY else ("genre", "mood") if field == "tag" else (field,)
    return any_of([predicted, accepted, *(_in_file(name, value) for name in in_file)])


def _tag_ids(field: str, value: Value) -> tuple[str, list[object]]:
    group = " AND group_name = ?" if field in GROUP_FIELDS else ""
    group_values: list[object] = [field] if group else []
    folded = fold(value.text)
    if value.match == "words":
        return (
            f"SELECT id FROM tags WHERE (folded LIKE ? ESCAPE '\\' OR folded LIKE ? ESCAPE '\\'){group}",
            [f"{_like(folded)}%", f"% {_like(folded)}%", *group_values],
        )
    return f"SELECT id FROM tags WHERE folded = ?{group}", [folded, *group_values]


def _in_file(field: str, value: Value) -> IdSet:
    expression = match_expression(value, FTS_COLUMN[field])
    if value.match == "whole" or not expression:
        return IdSet(BY_VALUE, [field, fold(value.text)])
    return in_search(expression, held=is_held(value))


# --- views


def view_set(connection: sqlite3.Connection, view: View) -> IdSet | None:
    """The tracks of a view; None for all that are not missing."""
    simple = {
        "problems": IS["problem"],
        "suggested": HAS["suggestions"],
        "pending": IS["pending"],
        "duplicates": DUPLICATES,
        "offline": any_of([IS["missing"], IS["offline"]]),
        "unanalysed": HAS["analysis"].turned(),
    }
    if view.kind == "all":
        return None
    if view.kind in simple:
        return simple[view.kind]
    if view.kind == "recent":
        return _recent()
    if view.kind == "playlist":
        return IdSet("SELECT track_id AS id FROM playlist_tracks WHERE playlist_id = ?", [view.value])
    if view.kind == "cover-group":
        return IdSet("SELECT id FROM tracks WHERE cover_group = ?", [view.value])
    if view.kind == "album":
        return IdSet("SELECT id FROM tracks WHERE album_id = ?", [view.value])
    if view.kind == "ids":
        ids = view.value if isinstance(view.value, tuple) else ()
        return IdSet("SELECT value AS id FROM json_each(?)", [json.dumps(ids)])
    if view.kind == "folder":
        return _folder(connection, view.value)
    return _facet(view.field, str(view.value))


def _folder(connection: sqlite3.Connection, value: object) -> IdSet:
    folder = decode(value if isinstance(value, bytes) else os.fsencode(str(value)))
    sets = [IdSet("SELECT id FROM tracks WHERE 0")]
    for root_id, path in connection.execute("SELECT id, path FROM roots"):
        root = decode(path)
        if root.is_relative_to(folder):
            sets.append(by_columns("t.root_id = ?", [root_id], "root_id"))
        elif folder.is_relative_to(root):
            below = relative(root, folder)
            test = "t.root_id = ? AND t.rel_path > ? AND t.rel_path < ?"
            sets.append(by_columns(test, [root_id, below + b"/", after(below)], "root_id", "rel_path"))
    return any_of(sets[1:] or sets)


def _facet(field: str, value: str) -> IdSet:
    if field == "year":
        return by_columns("t.year = ?", [_whole(value)], "year")
    if field == "decade":
        first = _whole(value.rstrip("s"))
        return _between("year", first, first + 9)
    if field == "format":
        return by_columns("t.format = ?", [value], "format")
    if field == "suggestion":
        tag = "SELECT id FROM tags WHERE folded = ?"
        return IdSet(
            f"SELECT p.track_id AS id FROM {SHOWN} WHERE p.tag_id IN ({tag}) AND {NOT_REJECTED}", [fold(value)]
        )
    return IdSet(BY_VALUE, [field, fold(value)])


def _whole(value: str) -> int:
    return int(value) if re.fullmatch(r"-?\d{1,9}", value) else -1
