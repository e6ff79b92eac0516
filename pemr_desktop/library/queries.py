"""All that can be asked of a library through a read-only connection (`database.open_reader`)."""

from __future__ import annotations

from pemr_desktop.library.albums.reading import (
    album_of_track,
    album_tracks,
    albums,
    albums_of_artist,
    versions_elsewhere,
)
from pemr_desktop.library.browsing import (
    active_model,
    batch_entries,
    counts,
    cover_groups,
    facets,
    history,
    history_of_day,
    models,
    open_writes_of_day,
    playlist_tracks,
    playlists,
    problems,
    roots,
    version_pairs,
    vocabulary,
)
from pemr_desktop.library.embeddings.not_analysed import count_not_analysed
from pemr_desktop.library.embeddings.tag_tuning_status import tag_tuning_status
from pemr_desktop.library.folder_tree import folders_in, music_folders
from pemr_desktop.library.paths import find_track, track_path
from pemr_desktop.library.search.album_ids import album_ids
from pemr_desktop.library.search.completion import completions
from pemr_desktop.library.search.track_ids import SORTS, track_ids
from pemr_desktop.library.tracks.reading import detail, rows
from pemr_desktop.library.versions.calibration import cover_fit_status
from pemr_desktop.library.views import ALL, View

__all__ = [
    "ALL",
    "SORTS",
    "View",
    "active_model",
    "album_ids",
    "album_of_track",
    "album_tracks",
    "albums",
    "albums_of_artist",
    "batch_entries",
    "completions",
    "count_not_analysed",
    "counts",
    "cover_fit_status",
    "cover_groups",
    "detail",
    "facets",
    "find_track",
    "folders_in",
    "history",
    "history_of_day",
    "models",
    "music_folders",
    "open_writes_of_day",
    "playlist_tracks",
    "playlists",
    "problems",
    "roots",
    "rows",
    "tag_tuning_status",
    "track_ids",
    "track_path",
    "version_pairs",
    "versions_elsewhere",
    "vocabulary",
]
