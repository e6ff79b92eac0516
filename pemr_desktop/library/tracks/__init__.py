"""Rows of tracks: from tags to columns, stored, read, followed when a file moves."""
