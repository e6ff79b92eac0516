-- Tracks that hold the same recording as far as the ear can tell, though their files differ: the smallest id of them.
ALTER TABLE tracks ADD COLUMN sound_group INTEGER;

CREATE INDEX tracks_by_sound_group ON tracks (sound_group) WHERE sound_group IS NOT NULL;
