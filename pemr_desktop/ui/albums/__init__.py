"""Albums in the window: the grid of covers, and the heads of the pages of an album and of an artist."""
