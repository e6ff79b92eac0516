"""Playlists."""

from __future__ import annotations

import os
from pathlib import Path

from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.protocol.messages import DeletePlaylist, ImportPlaylist, SavePlaylist
from pemr_desktop.protocol.results import Done, PlaylistResult


def save_playlist(request: SavePlaylist, context: JobContext) -> Outcome:
    """Make a playlist, or replace name and content of one."""
    playlist_id = context.library.save_playlist(request.name, request.track_ids, request.playlist_id)
    context.touched(playlists=True)
    return Outcome(PlaylistResult(playlist_id, len(request.track_ids)))


def import_playlist(request: ImportPlaylist, context: JobContext) -> Outcome:
    """Read a playlist file. Entries that are not in the library are named and left out."""
    path = Path(os.fsdecode(request.path))
    imported = context.library.import_playlist(path, progress=context.progress, cancelled=context.cancelled)
    context.touched(playlists=True)
    return Outcome(PlaylistResult(imported.playlist_id, imported.found, imported.not_found, imported.missing))


def delete_playlist(request: DeletePlaylist, context: JobContext) -> Outcome:
    """Delete a playlist. No track is touched."""
    context.library.delete_playlist(request.playlist_id)
    context.touched(playlists=True)
    return Outcome(Done())
