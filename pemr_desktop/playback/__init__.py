"""The player, and the engine process that it plays through."""
