"""What suggestions are worth against the truth, on clips that had no part in training, choosing or calibrating."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pemr.instruments import INSTRUMENT_WORDS, MUSIC, STYLES
from pemr.metrics import expected_calibration_error, roc_auc
from pemr.truth.labels import WORDS
from pemr.truth.listening import HeardClip

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

DRUM_PRECISION = 0.9
GATE = 0.5
"""Below this probability of the word `music` a clip is called no music."""
LEAST_OF_EACH = 3
"""A word's ROC-AUC is reported with at least so many clips that have it and that do not."""


@dataclass(frozen=True)
class TruthFigures:
    """Figures of one listener. Suggestions count where the truth is known; None: nothing to measure.

    `music_words_on_no_music`: of so many clips without music, how many got an instrument, a style or singing.
    `refused`: how many of these the gate calls no music; `music_refused`: how many with music it calls so.
    """

    name: str
    shown: int
    right: int
    true: int
    drums_recall: float | None
    solo_first: int
    solos: int
    no_music: int
    music_words_on_no_music: int
    refused: int
    music_refused: int
    music: int
    calibration_error: float
    roc_auc: dict[str, float]

    @property
    def precision(self) -> float | None:
        return self.right / self.shown if self.shown else None

    @property
    def recall(self) -> float | None:
        return self.right / self.true if self.true else None

    @property
    def macro_roc_auc(self) -> float:
        return float(np.mean(list(self.roc_auc.values()))) if self.roc_auc else float("nan")


@dataclass(frozen=True)
class Judgement:
    """What a listener says about n clips: probabilities (n, k) of `WORDS`, NaN for words it lacks; shown (n, k).

    `says_music` (n,): whether it says anything that is said of music alone.
    """

    name: str
    probabilities: Floats
    shown: Bools
    says_music: Bools

    @property
    def offered(self) -> Bools:
        """Which of `WORDS` the listener has, (k,)."""
        return np.asarray(np.isfinite(self.probabilities).all(axis=0))


def measure(judgement: Judgement, clips: Sequence[HeardClip]) -> TruthFigures:
    """The figures of a listener; clips without music count for the gate and for music words alone."""
    truth = np.stack([clip.values[-1] for clip in clips]) > 0
    known = np.stack([clip.known[-1] for clip in clips])
    music = np.array([clip.labels.is_music for clip in clips])
    asked = known & (columns_of(INSTRUMENT_WORDS) & judgement.offered) & music[:, None]
    shown = judgement.shown & asked
    drums, gate = WORDS.index("drums"), WORDS.index(MUSIC)
    refuses = judgement.probabilities[:, gate] < GATE
    first, solos = _solos(judgement, clips)
    return TruthFigures(
        name=judgement.name,
        shown=int(shown.sum()),
        right=int((shown & truth).sum()),
        true=int((asked & truth).sum()),
        drums_recall=recall_at(judgement.probabilities[:, drums], truth[:, drums], asked[:, drums]),
        solo_first=first,
        solos=solos,
        no_music=int((~music).sum()),
        music_words_on_no_music=int((judgement.says_music & ~refuses & ~music).sum()),
        refused=int((refuses & ~music).sum()),
        music_refused=int((refuses & music).sum()),
        music=int(music.sum()),
        calibration_error=expected_calibration_error(truth[asked], judgement.probabilities[asked]),
        roc_auc=_roc_auc(judgement, truth, known),
    )


def says_music(shown: Bools) -> Bools:
    """Of what is shown (n, k): whether it is said of music alone, (n,)."""
    of_music = columns_of((*INSTRUMENT_WORDS, *STYLES, "singing", "choir", "a cappella"))
    return np.asarray((shown & of_music).any(axis=1))


def _roc_auc(judgement: Judgement, truth: Bools, known: Bools) -> dict[str, float]:
    found = {}
    for at in np.flatnonzero(judgement.offered):
        sure = known[:, at]
        positives = int(truth[sure, at].sum())
        if min(positives, int(sure.sum()) - positives) >= LEAST_OF_EACH:
            found[WORDS[at]] = roc_auc(truth[sure, at], judgement.probabilities[sure, at])
    return found


def recall_at(score: Floats, truth: Bools, known: Bools, precision: float = DRUM_PRECISION) -> float | None:
    """The largest recall at which the wanted precision holds; None without a score or a positive."""
    if not np.isfinite(score).all() or not (truth & known).any():
        return None
    order = np.argsort(-score[known], kind="stable")
    hits = np.cumsum(truth[known][order])
    good = hits / np.arange(1, len(order) + 1) >= precision
    return float(hits[good].max() / (truth & known).sum()) if good.any() else 0.0


def _solos(judgement: Judgement, clips: Sequence[HeardClip]) -> tuple[int, int]:
    """Of solos whose player has a word that the listener has: for how many it is ranked first, and how many they are.

    A word and its family stand for the same player.
    """
    columns = np.flatnonzero(columns_of(INSTRUMENT_WORDS) & judgement.offered)
    first = count = 0
    for clip, said in zip(clips, judgement.probabilities, strict=True):
        true = {int(at) for at in columns if clip.values[-1, at] > 0 and clip.known[-1, at]}
        if clip.labels.forces == "solo" and clip.labels.is_music and true:
            count += 1
            first += int(columns[int(np.argmax(said[columns]))]) in true
    return first, count


def columns_of(words: Sequence[str]) -> Bools:
    """Which of `WORDS` these are, (k,)."""
    wanted = set(words)
    return np.array([word in wanted for word in WORDS])
