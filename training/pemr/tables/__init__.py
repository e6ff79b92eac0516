"""Every table and figure of the paper as one command: pre-train, measure, print our row beside the paper's."""
