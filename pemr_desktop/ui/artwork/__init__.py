"""Cover pictures: read and scaled in a process of its own, kept, and drawn."""
