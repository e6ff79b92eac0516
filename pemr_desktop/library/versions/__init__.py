"""Pairs and groups of versions, what is known of them, and the calibration fitted to it."""
