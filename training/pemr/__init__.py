"""PEMR: contrastive learning of music representations with positive-negative frame masks (Yao et al. 2022)."""

from __future__ import annotations

__version__ = "0.1.0"
