-- When the system last saw a file change, in nanoseconds (st_ctime_ns): programs that set the modification time back
-- cannot set this back. NULL: not known, in rows of earlier versions and where the system has none; such a file is
-- taken as unchanged until it is read for another reason.
ALTER TABLE tracks ADD COLUMN ctime_ns INTEGER;
ALTER TABLE problems ADD COLUMN ctime_ns INTEGER;
