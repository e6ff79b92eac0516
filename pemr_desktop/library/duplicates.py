"""Files with the very same sound: told by a digest of all of it, computed only where a cheap one agrees."""

from __future__ import annotations

import logging

from pemr_desktop.library.places import absolute
from pemr_desktop.library.store import Cancelled, Progress, Store
from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.errors import TagReadError

log = logging.getLogger(__name__)


def find_duplicates(store: Store, progress: Progress, cancelled: Cancelled) -> int:
    """Compare tracks whose samples of the sound agree, all of it -> how many groups of duplicates there are."""
    with store.reading() as connection:
        waiting = connection.execute(
            "SELECT t.id, r.path, t.rel_path FROM tracks t JOIN roots r ON r.id = t.root_id "
            "WHERE t.missing = 0 AND r.online = 1 AND t.audio_digest IS NULL AND t.quick_digest IN "
            "(SELECT quick_digest FROM tracks WHERE quick_digest IS NOT NULL GROUP BY quick_digest HAVING count(*) > 1)"
        ).fetchall()
    for done, (track_id, root, rel_path) in enumerate(waiting):
        if cancelled():
            break
        path = absolute(root, rel_path)
        progress(done, len(waiting), f"Comparing {path.name}")
        try:
            digest = audio_digest(path)
        except TagReadError as error:
            log.info("Not compared: %s", error)
            continue
        with store.writing() as connection:
            connection.execute("UPDATE tracks SET audio_digest = ? WHERE id = ?", (digest, track_id))
    with store.reading() as connection:
        row = connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM tracks WHERE audio_digest IS NOT NULL AND missing = 0 "
            "GROUP BY audio_digest HAVING count(*) > 1)"
        ).fetchone()
    return int(row[0])
