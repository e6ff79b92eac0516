"""Looking after the library: integrity, repair, restoring a backup."""
