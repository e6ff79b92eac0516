"""What the networks made of tracks, by model: embeddings, predictions, tag heads fitted to this library."""
