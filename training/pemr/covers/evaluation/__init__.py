"""How well a cover search does, and what is fitted to that: fusion, score normalisation."""
