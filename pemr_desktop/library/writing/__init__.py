"""Tags into files under a journal: plans, writes, undo, recovery."""
