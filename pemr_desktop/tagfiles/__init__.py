"""Tags in files: read, plan, write, verify. Knows no database."""
