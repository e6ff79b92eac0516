"""The player in the window: its bar, what plays next, and what the desktop sees of it."""
