"""PEMR: contrastive learning of music representations with positive-negative frame masks (Yao et al. 2022)."""

__version__ = "0.1.0"
