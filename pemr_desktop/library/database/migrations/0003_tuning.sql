-- What the teacher says of some segments of a track. It belongs to the embedding, and goes with it.
-- places: uint16, which segments of the embedding; empty: of the track as a whole. opinions: float16 (segments, tags).
-- vocabulary: which tags, as a digest of their names.
CREATE TABLE teacher_opinions (
    embedding_id INTEGER PRIMARY KEY REFERENCES embeddings (id) ON DELETE CASCADE,
    vocabulary TEXT NOT NULL,
    places BLOB NOT NULL,
    opinions BLOB NOT NULL
);

-- Tag heads fitted to this library. shipped: the digest of the model file that they start from and stand in for.
-- tags, report: JSON. weight: float32 (tags, dimension), bias: float32 (tags,), little-endian.
CREATE TABLE tuned_heads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id TEXT NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    shipped TEXT NOT NULL,
    made_at REAL NOT NULL,
    in_use INTEGER NOT NULL DEFAULT 0,
    tags BLOB NOT NULL,
    weight BLOB NOT NULL,
    bias BLOB NOT NULL,
    report BLOB NOT NULL
);

CREATE UNIQUE INDEX one_tuning_in_use ON tuned_heads (model_id, shipped) WHERE in_use = 1;
