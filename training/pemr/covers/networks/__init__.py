"""Networks that turn a track into one vector in which versions of a work lie close together."""
