-- Whether the file names a title itself; a track without one goes by the name of its file.
ALTER TABLE tracks ADD COLUMN titled INTEGER NOT NULL DEFAULT 1;

UPDATE tracks SET titled = 0
WHERE id IN (SELECT track_id FROM track_fields WHERE json_extract(fields, '$.title') IS NULL);

CREATE INDEX tracks_by_titled ON tracks (missing, titled);
CREATE INDEX tracks_by_number ON tracks (missing, track_number);
CREATE INDEX tracks_by_disc ON tracks (missing, disc_number);
