-- How a file was to be exchanged, and whether its old content has begun to be overwritten: recovery goes by these two.
-- method: NULL until the copy is proven, and in rows of earlier versions, which are never completed.
ALTER TABLE journal ADD COLUMN method TEXT CHECK (method IN ('replace', 'in place'));
ALTER TABLE journal ADD COLUMN pouring INTEGER NOT NULL DEFAULT 0;

-- Whether a crash ended the batch: the same order, given again, goes on in it.
ALTER TABLE journal_batches ADD COLUMN interrupted INTEGER NOT NULL DEFAULT 0;
