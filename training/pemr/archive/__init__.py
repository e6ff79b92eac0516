"""Whole folders of music as one Parquet file of embeddings, made on this machine or on a Ray cluster."""
