"""The cover search: features and candidates of tracks, scores of pairs, verdicts, calibration on a library."""
