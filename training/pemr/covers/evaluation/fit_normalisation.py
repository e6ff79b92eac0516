"""Measure what `Background` holds: how unrelated real music scores, and what sets versions apart from that.

The first is measured on real music, because loops and drones are found there; the second on rendered versions and the
same strangers, because there the answer is known. Neither may have been trained on or be measured on afterwards.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.rescoring import look_closely
from pemr.covers.evaluation.evaluation import HeardSet, alignment_matrix, listen
from pemr.covers.networks.similarity import both_ways
from pemr.covers.scores.fusion import Joining, above_habits, above_of_pairs, habits_among, seen_closely
from pemr.covers.scores.map_logistic import fit_evidence
from pemr.covers.scores.normalisation import LEAST_SCORE, Background, Strangers, robust_deviation
from pemr.datasets.clique_catalogue import load_clique_set
from pemr.errors import CorpusError

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

FAR = 2.5
"""Pairs so many deviations above the others are left out of the background: they may be versions that nobody knows."""
ROUNDS = 5
TRACKS = 150
MUSIC_WEIGHT = 2.0
LOOKED_AT_ABOVE = 1.5
"""Of strangers further above their habits than that all are looked at, of the others some stand for all."""
OTHERS_LOOKED_AT = 4000
RIDGE = 1e-3


@dataclass(frozen=True)
class Compared:
    """Tracks of one kind, all aligned with all. `same` (n, n): known versions; `unknown`: pairs to be left out.

    `vectors`: of the half minutes of each, by the network that is joined with alignment; empty without one.
    """

    features: Sequence[CoverFeatures]
    scores: npt.NDArray[np.float32]
    same: npt.NDArray[np.bool_]
    unknown: npt.NDArray[np.bool_]
    vectors: Sequence[Vectors] = ()

    @property
    def frames(self) -> Places:
        return np.array([found.half_rate_frames for found in self.features])


def listen_to_strangers(root: Path, cache: Path) -> HeardSet:
    """Some tracks of the training part of the free game music, drawn once and for all; its known pairs stay known."""
    every = load_clique_set("free-game-music", root)
    train = [track for track in every.tracks if track.path.is_relative_to(root / "train")]
    drawn = [train[place] for place in sorted(np.random.default_rng(0).permutation(len(train))[:TRACKS])]
    return listen(dataclasses.replace(every, tracks=tuple(drawn)), cache)


def compare_all(tracks: HeardSet, vectors: Sequence[Vectors], cache: Path | None = None) -> Compared:
    """Align all with all; who is whose version is said by the names of the works."""
    numbers = {work: number for number, work in enumerate(dict.fromkeys(tracks.works)) if work is not None}
    known = np.array([numbers[work] if work is not None else -1 for work in tracks.works])
    same = (known[:, None] == known[None]) & (known[:, None] >= 0)
    unknown = np.eye(len(known), dtype=bool)
    for track, others in tracks.apart.items():
        unknown[track, list(others)] = True
    silent = np.array([found.problem is not None for found in tracks.features])
    unknown |= silent[:, None] | silent[None]
    return Compared(tracks.features, alignment_matrix(tracks.features, cache), same, unknown, vectors)


def fit_background(music: Compared, before: Background) -> Background:
    """What strangers score, compared and looked at closely. Raises `CorpusError` if there are too few."""
    pairs = np.argwhere(np.triu(~music.same & ~music.unknown))
    if len(pairs) < 100:
        raise CorpusError(f"There are only {len(pairs)} pairs of unrelated tracks, too few to measure a background.")
    frames = music.frames[pairs]
    compared, count = fit_strangers(frames, music.scores[pairs[:, 0], pairs[:, 1]])
    closely, _ = fit_strangers(frames, look_closely(music.features, pairs)[0])
    return msgspec.structs.replace(before, unrelated_pairs=count, compared=compared, closely=closely)


def fit_strangers(frames: Places, scores: npt.NDArray[np.float32]) -> tuple[Strangers, int]:
    """Mean and spread of the logarithm of scores (p,) by robust least squares over both lengths (p, 2).

    Beside it how many pairs are left when those that stand out are not counted.
    """
    columns = np.concatenate([np.ones((len(frames), 1)), np.log(np.sort(frames, axis=1))], axis=1)
    values = np.log(np.maximum(scores.astype(np.float64), LEAST_SCORE))
    kept = np.ones(len(values), bool)
    for _ in range(ROUNDS):
        weights = np.linalg.lstsq(columns[kept], values[kept], rcond=None)[0]
        left = values - columns @ weights
        spread = robust_deviation(left[kept])
        kept = left < FAR * spread
    return Strangers(*(round(float(figure), 4) for figure in (*weights, spread))), int(kept.sum())


def fit_evidence_of_pairs(
    rendered: Compared, music: Compared, background: Background, joining: Joining | None
) -> Background:
    """The background with its three figures of evidence fitted to rendered versions against strangers of both kinds.

    `joining`: how the network whose vectors were given is joined with alignment. A stranger of real music counts
    `MUSIC_WEIGHT` times.
    """
    rows, truth, counts = [], [], []
    for tracks, weight in ((rendered, 1.0), (music, MUSIC_WEIGHT)):
        aligned, heard = _excesses(tracks, background, joining)
        above = above_habits(aligned, background)
        heard_above = above_habits(heard, background)
        pairs, cases = _pairs_to_look_at(tracks, joining.compared.above(above, heard_above) if joining else above)
        closely, paths = look_closely(tracks.features, pairs, paths=True)
        excess = background.closely.excess(closely, tracks.frames[pairs[:, 0]], tracks.frames[pairs[:, 1]])
        excess = seen_closely(aligned[pairs[:, 0], pairs[:, 1]], excess)
        seen = above_of_pairs(excess, pairs, habits_among(aligned, background))
        if joining:
            seen = joining.closely.above(seen, heard_above[pairs[:, 0], pairs[:, 1]])
        rows.append(np.stack([np.ones(len(pairs)), seen, paths], axis=1))
        truth.append(tracks.same[pairs[:, 0], pairs[:, 1]].astype(np.float64))
        counts.append(cases * np.where(truth[-1] > 0, 1.0, weight))
    versions, cases = np.concatenate(truth), np.concatenate(counts)
    if not versions.any() or versions.all():
        raise CorpusError("There are no versions or no strangers among these tracks, so nothing can be fitted.")
    evidence = _fitted(np.concatenate(rows), versions, cases)
    share = float(cases[versions > 0].sum() / cases[versions == 0].sum())
    return msgspec.structs.replace(
        background,
        evidence_bias=round(float(evidence[0] - np.log(share)), 2),
        evidence_above=round(float(evidence[1]), 3),
        evidence_likeness=round(float(evidence[2]), 2),
    )


def _fitted(rows: Floats, versions: Floats, cases: Floats) -> Floats:
    """Bias and two weights; a path that says nothing, or the opposite, counts nothing."""
    for columns in (3, 2):
        prior = np.zeros(columns), np.full(columns, RIDGE**-0.5)
        weights = fit_evidence(rows[:, :columns], versions, *prior, counts=cases)
        if weights[-1] > 0.0:
            break
    return np.concatenate([weights, np.zeros(3 - columns)])


def with_provenance(figures: Background, music: HeardSet, rendered: HeardSet, joining: Joining) -> Background:
    """The figures with where they come from."""
    works = len({work for work in rendered.works if work is not None})
    told = (
        f"Background (intercept, slopes, spread): {figures.unrelated_pairs:,} pairs of {len(music.works)} tracks drawn "
        "from the training part of the free game music, robust least squares, known versions left out and pairs more "
        f"than {FAR} standard deviations above the others, which may be versions. Evidence: logistic regression on "
        f"{joining.pairs} pairs of versions of {works} rendered works that no network was trained on, against the "
        f"unrelated pairs of the same renderings and of the same real music (weight {MUSIC_WEIGHT:g}), by alignment "
        "and network together."
    )
    return msgspec.structs.replace(figures, provenance=textwrap.fill(told, 118))


def as_toml(figures: Background) -> bytes:
    """The figures as `background.toml` keeps them."""
    lines, tables = [], []
    for name, value in msgspec.structs.asdict(figures).items():
        if isinstance(value, Strangers):
            tables += ["", f"[{name}]", *(f"{key} = {law!r}" for key, law in msgspec.structs.asdict(value).items())]
        elif name != "provenance":
            lines.append(f"{name} = {value!r}")
    return "\n".join(['provenance = """', figures.provenance.strip(), '"""', *lines, *tables, ""]).encode()


def _excesses(tracks: Compared, background: Background, joining: Joining | None) -> tuple[Floats, Floats]:
    """How far each pair (n, n) lies above strangers as it was compared, and by the network (0 without one)."""
    frames = tracks.frames
    aligned = background.compared.excess(tracks.scores, frames[:, None], frames[None])
    if joining is None:
        return aligned, np.zeros_like(aligned)
    return aligned, joining.excess(np.stack([both_ways(own, tracks.vectors) for own in tracks.vectors]))


def _pairs_to_look_at(tracks: Compared, above: Floats) -> tuple[Places, Floats]:
    """Pairs (p, 2) and how many each stands for: all versions, all strangers that stand out, some of the others."""
    upper = np.triu(~tracks.unknown, 1)
    versions = np.argwhere(upper & tracks.same)
    near = np.argwhere(upper & ~tracks.same & (above > LOOKED_AT_ABOVE))
    others = np.argwhere(upper & ~tracks.same & (above <= LOOKED_AT_ABOVE))
    drawn = np.random.default_rng(0).permutation(len(others))[:OTHERS_LOOKED_AT]
    each = np.full(len(drawn), len(others) / max(1, len(drawn)))
    counts = np.concatenate([np.ones(len(versions) + len(near)), each])
    return np.concatenate([versions, near, others[drawn]]), counts
