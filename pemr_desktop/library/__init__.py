"""The SQLite library: what is in it, and everything that changes it."""
