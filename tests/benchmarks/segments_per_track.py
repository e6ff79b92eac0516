"""How many segments of a track need to be heard: tags, neighbours and seconds at each number, in one run.

    python tests/benchmarks/segments_per_track.py MUSIC_FOLDER CACHE_FOLDER [--counts 4,8,12,16,24,48]

MUSIC_FOLDER holds albums or soundtracks the model has not been trained on. Tags are measured against the teacher, on
twelve segments; `as all` is the mean cosine of a track vector with the one from the largest number of segments.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from pemr.comparison.scoring import interval
from pemr.embed import Encoder
from pemr.metrics import score_tags
from pemr.model_card.figures import BUNDLED, models_folder, retrieval
from pemr.modelfile import load_model
from pemr.tags.heads import teacher_thresholds
from pemr.tags.teacher_labels import label_folder

ROUNDS = 500


def main() -> None:
    """Measure and print one line for each number of segments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--counts", default="4,6,8,10,12,16,24,48")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    counts = sorted(int(count) for count in asked.counts.split(","))
    model = load_model(models_folder() / BUNDLED)
    encoder = Encoder(model)
    weight, bias = model.head_weight, model.head_bias
    names = [tag.name for tag in encoder.vocabulary]
    tracks = label_folder(asked.folder, asked.cache, models_folder() / "teacher", 600.0, lambda *_: None)
    labels = [track.labels for track in tracks]
    truth = np.stack([rows.mean(axis=0) for rows in labels]) >= teacher_thresholds(labels)
    groups = [track.group for track in tracks]
    measured: dict[int, tuple[list[np.ndarray], list[float]]] = {count: ([], []) for count in counts}
    for track in tracks:
        samples = track.samples()
        for count in counts:
            began = time.thread_time() if asked.threads == 1 else time.perf_counter()
            embedding = encoder.embed_samples(samples, max_segments=count)
            ended = time.thread_time() if asked.threads == 1 else time.perf_counter()
            measured[count][0].append(embedding.segments)
            measured[count][1].append(ended - began)
    whole = np.stack([segments.mean(axis=0) for segments in measured[counts[-1]][0]])
    reference = draws(names, truth, whole @ weight.T + bias, groups)
    print(f"{len(tracks)} tracks of {len(set(groups))} albums; 95 % of the loss against {counts[-1]} segments, paired")
    print("segments  ms a track  ROC-AUC  loss               PR-AUC  same album  other half  as all")
    for count in counts:
        segments, seconds = measured[count]
        vectors = np.stack([rows.mean(axis=0) for rows in segments])
        said = vectors @ weight.T + bias
        scores = score_tags(names, truth, said)
        low, high = interval(reference - draws(names, truth, said, groups))
        found = retrieval(segments, groups)
        cosine = float(np.mean((unit(vectors) * unit(whole)).sum(axis=1)))
        print(
            f"{count:8d}  {1000 * np.mean(seconds):10.1f}  {scores.macro_roc_auc:7.4f}  {low:+.4f} .. {high:+.4f}  "
            f"{scores.macro_pr_auc:6.4f}  {found.same_soundtrack:10.4f}  {found.other_half:10.4f}  {cosine:6.4f}"
        )


def draws(names: list[str], truth: np.ndarray, said: np.ndarray, groups: list[str]) -> np.ndarray:
    """(rounds,) macro ROC-AUC of tracks drawn with replacement, the same draws each time."""
    random = np.random.default_rng(1)
    count = len(groups)
    return np.array(
        [
            score_tags(names, truth[chosen], said[chosen]).macro_roc_auc
            for chosen in (random.integers(0, count, count) for _ in range(ROUNDS))
        ]
    )


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of length one."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
