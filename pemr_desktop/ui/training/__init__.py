"""The training panel: runs of pemr-train, their curves and saved states, and the models made of them."""
