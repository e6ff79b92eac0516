"""One experiment: what the tags of a model are worth against the truth, and what heads are that learn it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pemr.embed import Encoder
from pemr.errors import CorpusError
from pemr.truth.figures import Judgement, TruthFigures, measure, says_music
from pemr.truth.heads import TruthHeads, fit_truth_heads
from pemr.truth.labels import WORDS, ClipLabels
from pemr.truth.listening import HeardClip, Progress, hear_clips
from pemr.truth.sources import ROLES
from pemr.truth.verified import hear_verified

LEAST_CLIPS = 5


@dataclass(frozen=True)
class Experiment:
    """Figures of today's tags and of the heads; how many clips were for what; both on verified real recordings."""

    counts: dict[str, int]
    heads: TruthHeads
    figures: list[TruthFigures]
    verified: list[TruthFigures]


def run_experiment(
    folder: Path,
    clips: Sequence[ClipLabels],
    encoder: Encoder,
    progress: Progress,
    *,
    teacher: Path | None = None,
    packages: Path | None = None,
) -> Experiment:
    """Fit on the clips to train on, calibrate on those to choose on, measure on the rest. Raises `CorpusError`.

    `packages`: where packages are unpacked, to measure on verified real recordings too.
    """
    counts = Counter(labels.split for labels in clips)
    if min(counts.get(use, 0) for use in ROLES) < LEAST_CLIPS:
        raise CorpusError(
            f"{folder} holds too few clips: at least {LEAST_CLIPS} to train on, to choose on and for figures."
        )
    heard = hear_clips(folder, clips, encoder, teacher, progress)
    train, choose, held_out = ([clip for clip in heard if clip.labels.split == use] for use in ROLES)
    heads = fit_truth_heads(train, choose)
    real = [] if packages is None else hear_verified(packages, encoder, progress)
    figures, verified = (
        [measure(tags_of_model(encoder, some), some), measure(said_by(heads, some), some)] if some else []
        for some in (held_out, real)
    )
    return Experiment({use: counts[use] for use in ROLES}, heads, figures, verified)


def tags_of_model(encoder: Encoder, clips: Sequence[HeardClip]) -> Judgement:
    """What the model itself suggests, for those of `WORDS` that are among its tags."""
    said = encoder.tag_probabilities(np.stack([clip.track for clip in clips]))
    probabilities = np.full((len(clips), len(WORDS)), np.nan, np.float32)
    shown = np.zeros(probabilities.shape, bool)
    for column, tag in enumerate(encoder.vocabulary):
        if tag.name in WORDS:
            at = WORDS.index(tag.name)
            probabilities[:, at] = said[:, column]
            shown[:, at] = tag.supported & (said[:, column] >= tag.threshold)
    supported = np.array([tag.supported for tag in encoder.vocabulary])
    suggested = said >= np.array([tag.threshold for tag in encoder.vocabulary])
    return Judgement("the model's tags", probabilities, shown, (suggested & supported).any(axis=1))


def said_by(heads: TruthHeads, clips: Sequence[HeardClip]) -> Judgement:
    """What heads suggest that learned the truth."""
    probabilities = heads.probabilities(np.stack([clip.track for clip in clips]))
    shown = probabilities >= heads.threshold
    return Judgement("heads of the truth", probabilities, shown, says_music(shown))
