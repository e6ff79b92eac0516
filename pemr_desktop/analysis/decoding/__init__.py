"""Decoding in processes of its own: a pool of them, and the process itself."""
