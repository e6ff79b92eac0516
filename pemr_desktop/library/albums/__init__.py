"""Albums: which tracks are one, whose it is, in which order they play; settled when tracks change, read by pages."""
