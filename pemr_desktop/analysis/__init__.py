"""Listening: decoding, embeddings, tags and the cover search. Only the worker process loads it."""
