"""A corpus whose labels are true: rendered music with known players, and recordings of what is no music."""
