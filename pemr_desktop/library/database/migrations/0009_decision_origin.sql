-- Whether the user answered this one suggestion ('single') or many at once ('bulk'): only single answers teach the tags.
-- Earlier versions did not note it. One that stands alone within a second was a single one, as far as times can tell;
-- what was decided together, as all that is sure enough is, counts as bulk.
ALTER TABLE decisions ADD COLUMN origin TEXT NOT NULL DEFAULT 'bulk' CHECK (origin IN ('single', 'bulk'));

UPDATE decisions SET origin = 'single'
WHERE (track_id, tag_id) IN (
    SELECT track_id, tag_id FROM (
        SELECT track_id, tag_id, decided_at - lag(decided_at) OVER in_time AS after_s,
            lead(decided_at) OVER in_time - decided_at AS before_s
        FROM decisions WINDOW in_time AS (ORDER BY decided_at)
    )
    WHERE (after_s IS NULL OR after_s >= 1) AND (before_s IS NULL OR before_s >= 1)
);
