-- A pair of tracks, track_a < track_b, and what speaks for it: three words, each on its own.
-- found: what the ear says, NULL when the evidence is too weak. tagged: what follows from MusicBrainz ids in the files.
-- judged: what the user says, which wins over tags, which win over the ear.
-- above: standard deviations above what both tracks reach with strangers; likeness: along the path; straight_s: the
-- longest passage at one tempo; is_copy: key, tempo and sound agree. key_shift, tempo_ratio and passages read from a to b.
CREATE TABLE pairs (
    track_a INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    track_b INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    found TEXT CHECK (found IN ('same recording', 'version')),
    probability REAL,
    above REAL,
    likeness REAL,
    straight_s REAL,
    is_copy INTEGER,
    key_shift INTEGER,
    tempo_ratio REAL,
    passages BLOB,
    found_at REAL,
    tagged TEXT CHECK (tagged IN ('same recording', 'version')),
    judged TEXT CHECK (judged IN ('same recording', 'version', 'not a version')),
    judged_at REAL,
    PRIMARY KEY (track_a, track_b),
    CHECK (track_a < track_b),
    CHECK (found_at IS NOT NULL OR tagged IS NOT NULL OR judged IS NOT NULL)
) WITHOUT ROWID;

INSERT INTO pairs (track_a, track_b, found, probability, key_shift, tempo_ratio, passages, found_at, tagged, judged,
    judged_at)
SELECT track_a, track_b, CASE source WHEN 'found' THEN relation END, probability, key_shift, tempo_ratio, passages,
    CASE source WHEN 'found' THEN coalesce(found_at, 0) END, CASE source WHEN 'tags' THEN relation END, judged, judged_at
FROM versions;

DROP TABLE versions;
ALTER TABLE pairs RENAME TO versions;
CREATE INDEX versions_by_second ON versions (track_b);

-- Pairs of earlier passes have no evidence beside them; the next pass compares everything again.
UPDATE cover_features SET compared = 0;

-- How sure the cover search is of what, fitted to this library. shipped: digest of the figures that these stand in for.
-- figures, report: JSON.
CREATE TABLE cover_calibrations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    shipped TEXT NOT NULL,
    made_at REAL NOT NULL,
    in_use INTEGER NOT NULL DEFAULT 0,
    figures BLOB NOT NULL,
    report BLOB NOT NULL
);

CREATE UNIQUE INDEX one_cover_calibration_in_use ON cover_calibrations (in_use) WHERE in_use = 1;

-- What the latest check of the cover search on this library gave: JSON.
CREATE TABLE cover_quality (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    made_at REAL NOT NULL,
    report BLOB NOT NULL
);
