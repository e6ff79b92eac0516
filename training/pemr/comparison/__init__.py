"""Methods against each other: the same music, the same budget, several seeds, one table, whoever wins."""
