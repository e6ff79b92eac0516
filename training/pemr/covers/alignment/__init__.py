"""Alignment of two recordings: chroma features, local alignment, matching passages, rescoring."""
