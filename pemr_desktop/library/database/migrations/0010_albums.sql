-- Albums as things of their own. They follow from the tracks and are settled in the transaction that changes those.
-- album_group: a digest of what tracks of one album always share, either the MusicBrainz release, or the folder and the
-- title; empty: the track names no album; NULL: not known yet, in rows of earlier versions. See library/albums.
ALTER TABLE tracks ADD COLUMN album_group BLOB;

-- variant: tells albums of one group apart, as two artists' albums of one name in one folder.
-- cover_track: the first track with a picture, or the first. Years, length and counts are of tracks that are not missing.
CREATE TABLE albums (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    album_group BLOB NOT NULL,
    variant TEXT NOT NULL,
    title TEXT NOT NULL,
    artist TEXT NOT NULL,
    folded_artist TEXT NOT NULL,
    sort_title TEXT NOT NULL,
    sort_artist TEXT NOT NULL,
    first_year INTEGER,
    last_year INTEGER,
    duration_s REAL NOT NULL,
    track_count INTEGER NOT NULL,
    disc_count INTEGER NOT NULL,
    cover_track INTEGER NOT NULL,
    added_at REAL NOT NULL,
    UNIQUE (album_group, variant)
);

CREATE INDEX albums_by_artist ON albums (folded_artist);

ALTER TABLE tracks ADD COLUMN album_id INTEGER REFERENCES albums (id) ON DELETE SET NULL;
ALTER TABLE tracks ADD COLUMN album_position INTEGER;

CREATE INDEX tracks_by_album_group ON tracks (album_group) WHERE album_group IS NOT NULL;
CREATE INDEX tracks_of_unknown_group ON tracks (id) WHERE album_group IS NULL;
CREATE INDEX tracks_of_album ON tracks (album_id, album_position) WHERE album_id IS NOT NULL;

-- Groups of which a track came, went or changed.
CREATE TABLE unsettled_albums (
    album_group BLOB PRIMARY KEY
) WITHOUT ROWID;

CREATE TRIGGER album_of_new_track AFTER INSERT ON tracks WHEN new.album_group > x'' BEGIN
    INSERT OR IGNORE INTO unsettled_albums VALUES (new.album_group);
END;

CREATE TRIGGER album_of_changed_track
AFTER UPDATE OF album_group, missing, rel_path, has_artwork, duration_s, album, album_artist, artist, disc_number,
    track_number, year ON tracks
WHEN (old.album_group, old.missing, old.rel_path, old.has_artwork, old.duration_s, old.album, old.album_artist,
        old.artist, old.disc_number, old.track_number, old.year)
    IS NOT (new.album_group, new.missing, new.rel_path, new.has_artwork, new.duration_s, new.album, new.album_artist,
        new.artist, new.disc_number, new.track_number, new.year)
BEGIN
    INSERT OR IGNORE INTO unsettled_albums SELECT old.album_group WHERE old.album_group > x'';
    INSERT OR IGNORE INTO unsettled_albums SELECT new.album_group WHERE new.album_group > x'';
END;

CREATE TRIGGER album_of_deleted_track AFTER DELETE ON tracks WHEN old.album_group > x'' BEGIN
    INSERT OR IGNORE INTO unsettled_albums VALUES (old.album_group);
END;
