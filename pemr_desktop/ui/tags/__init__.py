"""Editing tags and reviewing, word by word, what would be written."""
