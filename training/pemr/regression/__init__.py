"""Regression on embeddings: soft-label logistic regression, and what minimises its loss."""
