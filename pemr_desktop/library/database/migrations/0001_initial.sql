-- Paths are os.fsencode() bytes with '/' between folders; times are seconds since 1970 unless a name says otherwise.
-- `sort_…` columns hold folded text (no case, no accents), made by pemr_desktop.library.folding.

CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID;

-- A folder of the library. whole = 0: only the files that were added one by one belong to it.
CREATE TABLE roots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL UNIQUE,
    whole INTEGER NOT NULL DEFAULT 1,
    online INTEGER NOT NULL DEFAULT 1,
    added_at REAL NOT NULL,
    scanned_at REAL
);

CREATE TABLE cover_groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL
);

-- One file. A track whose file is gone is marked missing and kept; a track whose root is offline is not marked at all.
CREATE TABLE tracks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    root_id INTEGER NOT NULL REFERENCES roots (id) ON DELETE CASCADE,
    rel_path BLOB NOT NULL,
    folder BLOB NOT NULL,
    location TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    quick_digest BLOB,
    audio_digest BLOB,
    missing INTEGER NOT NULL DEFAULT 0,
    missing_since REAL,
    added_at REAL NOT NULL,
    read_at REAL NOT NULL,
    format TEXT NOT NULL DEFAULT '',
    duration_s REAL,
    sample_rate INTEGER,
    channels INTEGER,
    bit_rate INTEGER,
    has_artwork INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL DEFAULT '',
    artist TEXT NOT NULL DEFAULT '',
    album TEXT NOT NULL DEFAULT '',
    album_artist TEXT NOT NULL DEFAULT '',
    genres TEXT NOT NULL DEFAULT '',
    moods TEXT NOT NULL DEFAULT '',
    composer TEXT NOT NULL DEFAULT '',
    track_number INTEGER,
    disc_number INTEGER,
    year INTEGER,
    bpm REAL,
    sort_title TEXT NOT NULL DEFAULT '',
    sort_artist TEXT NOT NULL DEFAULT '',
    sort_album TEXT NOT NULL DEFAULT '',
    sort_genre TEXT NOT NULL DEFAULT '',
    cover_group INTEGER REFERENCES cover_groups (id) ON DELETE SET NULL,
    open_suggestions INTEGER NOT NULL DEFAULT 0,
    UNIQUE (root_id, rel_path)
);

CREATE INDEX tracks_by_folder ON tracks (root_id, folder, missing);
CREATE INDEX tracks_by_path ON tracks (missing, root_id, rel_path);
CREATE INDEX tracks_by_artist ON tracks (missing, sort_artist, year, sort_album, disc_number, track_number);
CREATE INDEX tracks_by_album ON tracks (missing, sort_album, disc_number, track_number, sort_title);
CREATE INDEX tracks_by_title ON tracks (missing, sort_title, sort_artist);
CREATE INDEX tracks_by_genre ON tracks (missing, sort_genre, sort_artist, sort_album, disc_number, track_number);
CREATE INDEX tracks_by_year ON tracks (missing, year, sort_artist, sort_album, disc_number, track_number);
CREATE INDEX tracks_by_duration ON tracks (missing, duration_s);
CREATE INDEX tracks_by_added ON tracks (missing, added_at);
CREATE INDEX tracks_by_format ON tracks (missing, format, sort_artist, sort_album, disc_number, track_number);
CREATE INDEX tracks_by_bpm ON tracks (bpm) WHERE bpm IS NOT NULL;
CREATE INDEX tracks_by_quick_digest ON tracks (quick_digest) WHERE quick_digest IS NOT NULL;
CREATE INDEX tracks_by_audio_digest ON tracks (audio_digest) WHERE audio_digest IS NOT NULL;
CREATE INDEX tracks_by_cover_group ON tracks (cover_group) WHERE cover_group IS NOT NULL;
CREATE INDEX tracks_with_suggestions ON tracks (open_suggestions) WHERE open_suggestions > 0;
CREATE INDEX tracks_with_artwork ON tracks (has_artwork) WHERE has_artwork = 1;

-- Values that people browse and filter by, one row a value; all other text of a file is in track_fields.
CREATE TABLE track_tags (
    track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (track_id, field, position)
) WITHOUT ROWID;

CREATE INDEX track_tags_by_value ON track_tags (field, folded, value);

-- Every text field of the file as the inspector shows it: a JSON object, field -> list of values.
CREATE TABLE track_fields (
    track_id INTEGER PRIMARY KEY REFERENCES tracks (id) ON DELETE CASCADE,
    fields BLOB NOT NULL
);

CREATE VIRTUAL TABLE track_search USING fts5 (
    title, artist, album, album_artist, genres, moods, composer, location,
    content = 'tracks', content_rowid = 'id',
    tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3'
);

CREATE TRIGGER track_search_insert AFTER INSERT ON tracks BEGIN
    INSERT INTO track_search (rowid, title, artist, album, album_artist, genres, moods, composer, location)
    VALUES (new.id, new.title, new.artist, new.album, new.album_artist, new.genres, new.moods, new.composer, new.location);
END;

CREATE TRIGGER track_search_delete AFTER DELETE ON tracks BEGIN
    INSERT INTO track_search (track_search, rowid, title, artist, album, album_artist, genres, moods, composer, location)
    VALUES ('delete', old.id, old.title, old.artist, old.album, old.album_artist, old.genres, old.moods, old.composer, old.location);
END;

CREATE TRIGGER track_search_update AFTER UPDATE OF title, artist, album, album_artist, genres, moods, composer, location ON tracks BEGIN
    INSERT INTO track_search (track_search, rowid, title, artist, album, album_artist, genres, moods, composer, location)
    VALUES ('delete', old.id, old.title, old.artist, old.album, old.album_artist, old.genres, old.moods, old.composer, old.location);
    INSERT INTO track_search (rowid, title, artist, album, album_artist, genres, moods, composer, location)
    VALUES (new.id, new.title, new.artist, new.album, new.album_artist, new.genres, new.moods, new.composer, new.location);
END;

CREATE TABLE models (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    path BLOB NOT NULL,
    dimension INTEGER NOT NULL,
    active INTEGER NOT NULL DEFAULT 0,
    added_at REAL NOT NULL
) WITHOUT ROWID;

CREATE UNIQUE INDEX one_active_model ON models (active) WHERE active = 1;

-- A word that the ear knows. group_name: genre, mood, instrument, voice, era, character.
CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    group_name TEXT NOT NULL
);

CREATE TABLE model_tags (
    model_id TEXT NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    threshold REAL NOT NULL,
    supported INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (model_id, tag_id)
) WITHOUT ROWID;

-- float16, little-endian. vector: (dimension,). Vectors of two models never mix: every read names the model.
CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY,
    track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    vector BLOB NOT NULL,
    made_at REAL NOT NULL,
    UNIQUE (model_id, track_id)
);

CREATE INDEX embeddings_by_track ON embeddings (track_id);

-- segments: float16 (n, dimension); starts_s: float32 (n,); importance: uint8 per importance_step_s seconds.
CREATE TABLE segments (
    embedding_id INTEGER PRIMARY KEY REFERENCES embeddings (id) ON DELETE CASCADE,
    segments BLOB NOT NULL,
    starts_s BLOB NOT NULL,
    importance BLOB NOT NULL,
    importance_step_s REAL NOT NULL
);

-- What does not depend on a model: peaks (uint8 levels over the whole track) and what the cover search compares.
-- compared = 1: the track was compared with every other track that is marked so.
CREATE TABLE peaks (
    track_id INTEGER PRIMARY KEY REFERENCES tracks (id) ON DELETE CASCADE,
    levels BLOB NOT NULL
);

CREATE TABLE cover_features (
    track_id INTEGER PRIMARY KEY REFERENCES tracks (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    features BLOB NOT NULL,
    compared INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX cover_features_by_version ON cover_features (version);

CREATE TABLE predictions (
    track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    tag_id INTEGER NOT NULL,
    probability REAL NOT NULL,
    PRIMARY KEY (track_id, model_id, tag_id),
    FOREIGN KEY (model_id, tag_id) REFERENCES model_tags (model_id, tag_id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX predictions_by_tag ON predictions (model_id, tag_id, probability);

-- What the user said of a tag. settled_at: when it reached the file (or needed no writing).
CREATE TABLE decisions (
    track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tags (id),
    decision TEXT NOT NULL CHECK (decision IN ('accepted', 'rejected')),
    model_id TEXT,
    probability REAL,
    decided_at REAL NOT NULL,
    settled_at REAL,
    PRIMARY KEY (track_id, tag_id)
) WITHOUT ROWID;

CREATE INDEX decisions_by_tag ON decisions (tag_id, decision);
CREATE INDEX decisions_to_write ON decisions (track_id) WHERE decision = 'accepted' AND settled_at IS NULL;

-- A pair of tracks, track_a < track_b. relation: what was found or follows from tags; judged: the user's word, which wins.
CREATE TABLE versions (
    track_a INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    track_b INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    relation TEXT CHECK (relation IN ('same recording', 'version', 'not a version')),
    source TEXT CHECK (source IN ('found', 'tags')),
    probability REAL,
    key_shift INTEGER,
    tempo_ratio REAL,
    passages BLOB,
    found_at REAL,
    judged TEXT CHECK (judged IN ('same recording', 'version', 'not a version')),
    judged_at REAL,
    PRIMARY KEY (track_a, track_b),
    CHECK (track_a < track_b),
    CHECK (relation IS NOT NULL OR judged IS NOT NULL)
) WITHOUT ROWID;

CREATE INDEX versions_by_second ON versions (track_b);

CREATE TABLE journal_batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL CHECK (operation IN ('write', 'undo')),
    undoes INTEGER REFERENCES journal_batches (id),
    started_at REAL NOT NULL,
    finished_at REAL,
    summary TEXT NOT NULL
);

-- One file of a batch. A row is `planned` before the file is touched; the journal outlives the track.
-- changes: JSON list of [field, before, after]. settles: JSON list of tag ids whose decision the write carries out.
-- before_digest, after_digest: of the whole file. restore: turns the file after the write back into the file before it.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id INTEGER NOT NULL REFERENCES journal_batches (id),
    track_id INTEGER REFERENCES tracks (id) ON DELETE SET NULL,
    path BLOB NOT NULL,
    clone BLOB NOT NULL,
    changes BLOB NOT NULL,
    settles BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'done', 'failed')),
    reason TEXT NOT NULL DEFAULT '',
    before_digest BLOB,
    after_digest BLOB,
    restore BLOB,
    undone_by INTEGER REFERENCES journal (id),
    updated_at REAL NOT NULL
);

CREATE INDEX journal_by_batch ON journal (batch_id, state);
CREATE INDEX journal_by_track ON journal (track_id) WHERE track_id IS NOT NULL;
CREATE INDEX journal_planned ON journal (id) WHERE state = 'planned';

CREATE TABLE playlists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    made_at REAL NOT NULL,
    changed_at REAL NOT NULL
);

CREATE TABLE playlist_tracks (
    playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    PRIMARY KEY (playlist_id, position)
) WITHOUT ROWID;

CREATE INDEX playlist_tracks_by_track ON playlist_tracks (track_id);

-- A file that something could not be done with. size and mtime_ns: the file then, so that the same file is not tried for ever.
CREATE TABLE problems (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    root_id INTEGER REFERENCES roots (id) ON DELETE CASCADE,
    track_id INTEGER REFERENCES tracks (id) ON DELETE CASCADE,
    path BLOB NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('scan', 'analyse', 'write')),
    reason TEXT NOT NULL,
    size INTEGER,
    mtime_ns INTEGER,
    seen_at REAL NOT NULL,
    UNIQUE (path, stage)
);

CREATE INDEX problems_by_track ON problems (track_id) WHERE track_id IS NOT NULL;
