"""Scores of pairs: normalisation against a cohort, fusion, calibration."""
