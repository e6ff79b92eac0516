"""Does tuning the tags to a library help? Measured on soundtracks that had no part in it.

    python tests/benchmarks/tag_tuning.py MUSIC [--model FILE] [--cache DIR] [--moments 3]
        [--ship A,B,C] [--own 60] [--all]

MUSIC, one folder an album or soundtrack, plays the part of a person's library. In turn each fold of soundtracks is left
out, the tags are tuned to the others in the very way the application does it (choice of the penalty and of what is
switched on included), and the left-out tracks are judged with the shipped and with the tuned tags. The truth is the
teacher's predictions for twelve segments a track; tuning is told of `--moments` of them. With --ship the shipped heads
are not the model's: they are fitted on these soundtracks of MUSIC; the others are the library. With --own a person has
given that many tracks a genre of their own in the file, or another one: what the teacher calls both electronic and
beat. No head knows it; it is measured on the tracks of the left-out soundtracks.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from pemr.embed import Encoder
from pemr.metrics import TagScores, average_precision, bootstrap_interval, roc_auc, score_tags
from pemr.modelfile import TagHead
from pemr.regression.logistic import Floats, Linear, folds_of
from pemr.tags.calibration import calibrate, evidence_of, in_probability, probability
from pemr.tags.heads import TAGS, as_targets, fit_heads, teacher_thresholds
from pemr.tags.tag_tuning import LEAST_TEACHER_THRESHOLD, Example, tune_tags
from pemr.tags.teacher_labels import LabelledTrack, embed_tracks, label_folder
from pemr.tags.training import MAX_TRACK_S
from pemr.vocabulary import VOCABULARY
from pemr_desktop.resources import resource

FOLDS = 5
NAMES = [tag.name for tag in VOCABULARY]


def main() -> None:
    """Measure and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("music", type=Path)
    arguments.add_argument("--model", type=Path, default=resource("models", "bundled.safetensors"))
    arguments.add_argument("--cache", type=Path, default=Path("label-cache"))
    arguments.add_argument("--moments", type=int, default=3)
    arguments.add_argument("--ship", default="")
    arguments.add_argument("--own", type=int, default=0)
    arguments.add_argument("--all", action="store_true", help="print tags that did not change, too")
    asked = arguments.parse_args()
    torch.set_num_threads(1)
    encoder = Encoder.load(asked.model)
    tracks = label_folder(asked.music, asked.cache, resource("models", "teacher"), MAX_TRACK_S, _say)
    vectors = embed_tracks(encoder, tracks, _say)
    shipped_groups = set(filter(None, asked.ship.split(",")))
    shipped, tags = encoder.linear, list(encoder.tags)
    if shipped_groups:
        base = [at for at, track in enumerate(tracks) if track.group in shipped_groups]
        shipped, tags = ship([tracks[at] for at in base], [vectors[at] for at in base])
    library = [at for at, track in enumerate(tracks) if track.group not in shipped_groups]
    chosen, chosen_vectors = [tracks[at] for at in library], [vectors[at] for at in library]
    if asked.own:
        measure_own(shipped, tags, chosen, chosen_vectors, asked.moments, asked.own)
    else:
        measure(shipped, tags, chosen, chosen_vectors, asked.moments, asked.all)


def ship(tracks: Sequence[LabelledTrack], vectors: Sequence[Floats]) -> tuple[Linear, list[TagHead]]:
    """Heads as they would be shipped if these were all the training music there is."""
    labels, groups = [track.labels for track in tracks], [track.group for track in tracks]
    thresholds = teacher_thresholds(labels)
    heads = fit_heads(vectors, [as_targets(said, thresholds) for said in labels], groups)
    calibrated_tags = calibrate(TAGS, evidence_of(heads.out_of_fold, labels, thresholds, groups))
    return heads.linear, [calibrated.head for calibrated in calibrated_tags]


def measure(
    shipped: Linear,
    tags: Sequence[TagHead],
    tracks: Sequence[LabelledTrack],
    vectors: Sequence[Floats],
    moments: int,
    everything: bool,
) -> None:
    """Leave soundtracks out in turn, tune to the others, judge the left-out ones."""
    groups = [track.group for track in tracks]
    examples = [example(track, segments, moments) for track, segments in zip(tracks, vectors, strict=True)]
    labels = [track.labels for track in tracks]
    thresholds = np.maximum(teacher_thresholds(labels), LEAST_TEACHER_THRESHOLD)
    truth = np.stack([said.mean(axis=0) for said in labels]) >= thresholds
    means = np.stack([example.vector for example in examples])
    before, shown_before = promised(shipped, tags, means)
    after, shown_after = before.copy(), shown_before.copy()
    changes: Counter[str] = Counter()
    seconds = []
    folds = folds_of(groups, FOLDS)
    for fold in np.unique(folds):
        out = folds == fold
        began = time.process_time()
        tuned = tune_tags(shipped, tags, [example for example, left in zip(examples, out, strict=True) if not left])
        seconds.append(time.process_time() - began)
        if tuned is not None:
            after[out], shown_after[out] = promised(tuned.linear, tuned.tags, means[out])
            changes.update(f"{change.name}: {change.change}" for change in tuned.changes if change.change != "kept")
    told = f"{len(tracks)} tracks of {len(set(groups))} soundtracks, {len(seconds)} folds, {moments} moments a track"
    print(f"{told}; a fit takes {np.mean(seconds):.1f} s of processor time")
    rows = []
    for name, scores, shown in (("shipped", before, shown_before), ("tuned", after, shown_after)):
        measured = score_tags(NAMES, truth, scores)
        low, high = bootstrap_interval(NAMES, truth, scores, groups)
        right = int((shown & truth).sum())
        total = int(shown.sum())
        print(
            f"{name:8s} ROC-AUC {measured.macro_roc_auc:.4f} ({low:.3f} .. {high:.3f})"
            f"  PR-AUC {measured.macro_pr_auc:.4f}  suggestions {right} right of {total}"
            f" ({right / max(1, total):.1%}), {right / max(1, int(truth.sum())):.1%} found"
        )
        rows.append((measured, shown))
    print(f"{len(rows[0][0].names)} tags with at least 1 % positives; changed in how many of {len(seconds)} folds:")
    print("  " + (", ".join(f"{what} ({count})" for what, count in changes.most_common()) or "none"))
    changed = {what.split(":")[0] for what in changes}
    print_tags(rows, truth, None if everything else changed)


def measure_own(
    shipped: Linear,
    tags: Sequence[TagHead],
    tracks: Sequence[LabelledTrack],
    vectors: Sequence[Floats],
    moments: int,
    told: int,
) -> None:
    """A genre of the person's own, in the files of some tracks: how well it is heard in other soundtracks."""
    groups = [track.group for track in tracks]
    labels = [track.labels for track in tracks]
    yes = np.stack([said.mean(axis=0) for said in labels]) >= teacher_thresholds(labels)
    truth = yes[:, NAMES.index("electronic")] & yes[:, NAMES.index("beat")]
    examples = [example(track, segments, moments) for track, segments in zip(tracks, vectors, strict=True)]
    scores, shown = np.zeros(len(tracks)), np.zeros(len(tracks), bool)
    folds = folds_of(groups, FOLDS)
    for fold in np.unique(folds):
        inside = np.flatnonzero(folds != fold)
        tagged = set(np.random.default_rng(fold).permutation(inside)[:told].tolist())
        examples_told = [
            replace(examples[at], file_tags={"my genre" if truth[at] else "something else": "genre"})
            if at in tagged
            else examples[at]
            for at in inside.tolist()
        ]
        tuned = tune_tags(shipped, tags, examples_told)
        names = [tag.name for tag in tuned.tags] if tuned else []
        if tuned is None or "my genre" not in names:
            print(f"fold {fold}: not learned from {int(truth[list(tagged)].sum())} tracks that have it")
            continue
        column, out = names.index("my genre"), folds == fold
        head = tuned.tags[column]
        segments = np.stack([examples[at].vector for at in np.flatnonzero(out)])
        scores[out] = probability(tuned.linear.scores(segments)[:, column], head.slope, head.offset)
        shown[out] = scores[out] >= head.threshold
    print(f"{told} tagged tracks; {int(truth.sum())} of {len(tracks)} have it; on left-out soundtracks:")
    print(f"ROC-AUC {roc_auc(truth, scores):.3f}  PR-AUC {average_precision(truth, scores):.3f}", end="")
    print(f"  {int((shown & truth).sum())} right of {int(shown.sum())} suggestions")


def example(track: LabelledTrack, segments: Floats, moments: int) -> Example:
    """A track as the application knows it: the mean of all segments, and the teacher's word on a few."""
    count = len(segments)
    indices = np.unique(np.linspace(0, count - 1, min(moments, count) + 2)[1:-1].astype(int)) if count > 1 else [0]
    return Example(track.group, segments.mean(axis=0), segments[indices], track.labels[indices])


def promised(linear: Linear, tags: Sequence[TagHead], means: Floats) -> tuple[Floats, np.ndarray]:
    """Probabilities (n, tags of the vocabulary) and whether each is suggested."""
    known = [[tag.name for tag in tags].index(name) for name in NAMES]
    chances = probability(in_probability(linear, tags).scores(means), 1.0, 0.0)[:, known]
    thresholds = np.array([tags[at].threshold if tags[at].supported else np.inf for at in known])
    return chances, chances >= thresholds


def print_tags(rows: Sequence[tuple[TagScores, np.ndarray]], truth: np.ndarray, only: set[str] | None) -> None:
    """Per tag: figures before and after."""
    print(f"{'tag':18s} {'ROC-AUC':>16s} {'PR-AUC':>16s} {'right / suggested':>22s}   true")
    for index, name in enumerate(rows[0][0].names):
        if only is not None and name not in only:
            continue
        at = NAMES.index(name)
        roc, pr = ([f"{getattr(scores, what)[index]:.3f}" for scores, _ in rows] for what in ("roc_auc", "pr_auc"))
        hits = [f"{int((shown[:, at] & truth[:, at]).sum())} / {int(shown[:, at].sum())}" for _, shown in rows]
        both = [" -> ".join(pair) for pair in (roc, pr, hits)]
        print(f"{name:18s} {both[0]:>16s} {both[1]:>16s} {both[2]:>22s} {int(truth[:, at].sum()):6d}")


def _say(doing: str, done: int, total: int) -> None:
    if done == 0:
        print(f"{doing}: {total}", flush=True)


if __name__ == "__main__":
    main()
