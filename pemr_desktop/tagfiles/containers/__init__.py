"""Containers: which one a file is, where its sound lies, which blocks it is made of."""
