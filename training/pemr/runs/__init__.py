"""A training run: its folder, stopping, memory, what is measured on the way, what it would cost."""
