"""Cover versions: features, alignment, networks, scores, corpora and their evaluation."""
