"""A corpus of versions made by the project: works, arrangements, rendering."""
