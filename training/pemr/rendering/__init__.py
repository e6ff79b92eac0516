"""Scores that are free to use, arranged for bands and played: what every rendered corpus is made with."""
