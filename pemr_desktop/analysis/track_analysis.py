"""The analysis of one track: samples in, everything the library keeps of them out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from pemr_desktop.analysis.decoding.pool import Sound
from pemr_desktop.library.embeddings.analyses import TrackAnalysis

if TYPE_CHECKING:
    from pemr.embed import Encoder

PART_NAMES = {"frontend_s": "front end", "encoder_s": "encoder", "importance_s": "importance", "heads_s": "heads"}
"""What the encoder calls its parts, and what people call them."""


class AnalysedSound(NamedTuple):
    """A sound with its analysis, and the seconds that took by part."""

    sound: Sound
    analysis: TrackAnalysis
    spent_s: dict[str, float]


def listen(encoder: Encoder, track_id: int, sound: Sound, *, keep_segments: bool = True) -> AnalysedSound:
    """Embedding, importance, tag probabilities and cover features of one sound. Raises `PemrError`."""
    from pemr.covers.alignment.features import FEATURE_VERSION, cover_features

    started_s = time.perf_counter()
    embedding = encoder.embed_samples(sound.samples)
    embedded_s = time.perf_counter()
    features = cover_features(sound.samples, sound.sample_rate)
    spent_s = {"decode": sound.spent_s}
    spent_s |= {part: embedding.timings[name] for name, part in PART_NAMES.items()}
    spent_s["covers"] = time.perf_counter() - embedded_s
    spent_s["other"] = embedded_s - started_s - sum(embedding.timings.values())
    tags = [tag.name for tag in encoder.vocabulary]
    kept = len(embedding.segments) if keep_segments else 0
    analysis = TrackAnalysis(
        track_id=track_id,
        model_id=encoder.model_id,
        vector=embedding.track,
        segments=embedding.segments[:kept],
        starts_s=embedding.segment_starts_s[:kept],
        importance=embedding.importance,
        importance_step_s=embedding.importance_step_s,
        predictions=list(zip(tags, map(float, embedding.tag_probabilities), strict=True)),
        peaks=sound.peaks,
        duration_s=sound.duration_s,
        duration_is_counted=sound.is_counted,
        cover_features=features.to_bytes(),
        cover_version=FEATURE_VERSION,
    )
    return AnalysedSound(sound, analysis, spent_s)
