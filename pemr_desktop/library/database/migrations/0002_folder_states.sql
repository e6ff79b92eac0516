-- How quick_digest was made. When the way changes, digests of different versions are never compared with each other.
ALTER TABLE tracks ADD COLUMN quick_version INTEGER NOT NULL DEFAULT 1;

-- A folder whose music is exactly as its tracks say: a digest of the names, sizes, times and inodes of its files.
-- A rescan that finds the same digest need not look at the tracks. Whatever changes a track drops the state.
CREATE TABLE folder_states (
    root_id INTEGER NOT NULL REFERENCES roots (id) ON DELETE CASCADE,
    folder BLOB NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (root_id, folder)
) WITHOUT ROWID;

CREATE TRIGGER folder_state_of_changed_track
AFTER UPDATE OF root_id, rel_path, folder, size, mtime_ns, inode, quick_version, missing ON tracks BEGIN
    DELETE FROM folder_states WHERE root_id = old.root_id AND folder = old.folder;
    DELETE FROM folder_states WHERE root_id = new.root_id AND folder = new.folder;
END;

CREATE TRIGGER folder_state_of_deleted_track AFTER DELETE ON tracks BEGIN
    DELETE FROM folder_states WHERE root_id = old.root_id AND folder = old.folder;
END;
