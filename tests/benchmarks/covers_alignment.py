"""How well and how fast versions are found: ranking, verdicts, false alarms on real music, milliseconds.

    python tests/benchmarks/covers_alignment.py --versions DIR      # made by pemr-train corpus render versions
    python tests/benchmarks/covers_alignment.py --music DIR         # any music, no versions expected: false alarms
    python tests/benchmarks/covers_alignment.py ... --network FILE  # verdicts as the application gives them
    python tests/benchmarks/covers_alignment.py                     # the demo library: verdicts and times only

Times are seconds of processor time of this process, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import time
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import msgspec
import numpy as np
import torch

from pemr.audio import decode
from pemr.covers.alignment.features import SAMPLE_RATE, CoverFeatures, cover_features
from pemr.covers.alignment.qmax import SPEEDS, AlignmentFeatures, coarse_features, compare
from pemr.covers.alignment.spectrum import features_of
from pemr.covers.corpus.version_corpus import read_work, works_in
from pemr.covers.evaluation.evaluation import evaluation_set_of_corpus
from pemr.covers.networks.network_file import load_network
from pemr.covers.retrieval_metrics import evaluate
from pemr.datasets.cliques import load_clique_folder
from pemr.errors import DecodeError
from pemr_desktop.analysis.covers.prior import estimate_versions_per_track, with_prior
from pemr_desktop.analysis.covers.search import CoverSearch
from pemr_desktop.analysis.covers.shortlist import CoverShortlist
from pemr_desktop.analysis.covers.verdict import (
    MIN_STORED_PROBABILITY,
    POSSIBLE_PROBABILITY,
    VERSION_PROBABILITY,
    classify,
    stored_measurements,
)
from pemr_desktop.library.versions.pairs import FoundVersion

SUFFIXES = {".flac", ".mp3", ".m4a", ".ogg", ".opus", ".wav"}
PROBABILITIES = (MIN_STORED_PROBABILITY, 0.1, POSSIBLE_PROBABILITY, 0.4, 0.7, VERSION_PROBABILITY, 0.95, 1.01)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=Path, help="a version corpus, or a folder of works")
    parser.add_argument("--music", type=Path, help="folder of real music")
    parser.add_argument("--network", type=Path, help="a calibrated network that is fused with alignment")
    parser.add_argument("--verdicts-only", action="store_true", help="of --versions, leave out the ranking")
    parser.add_argument("--tracks", type=int, default=100, help="how many tracks of --music to draw (seeded)")
    parser.add_argument("--keys", type=int, nargs="+", default=[1, 2, 4], help="numbers of keys to try")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    if options.versions:
        _versions(options.versions, [] if options.verdicts_only else options.keys, options.network)
    if options.music:
        _verdicts(_music(options.music, options.tracks), None, options.network)
    if not options.versions and not options.music:
        demo = Path(__file__).parents[2] / "resources" / "demo"
        _verdicts(_listen(sorted(demo.glob("*.opus"))), None, options.network)


def _music(folder: Path, count: int) -> dict[Path, CoverFeatures]:
    """So many tracks of a corpus of music or of a folder of files, chosen by chance."""
    if list(folder.glob("*.safetensors")):
        chosen = works_in(folder)
        random.Random(0).shuffle(chosen)
        read = [read_work(path) for path in chosen[:count]]
        return {Path(versions[0].sound): features_of(spectra[0]) for versions, spectra in read}
    paths = _music_files(folder)
    random.Random(0).shuffle(paths)
    return _listen(paths[:count])


def _music_files(folder: Path) -> list[Path]:
    found = (Path(base) / name for base, _, names in os.walk(folder, followlinks=True) for name in names)
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES)


def _listen(paths: list[Path]) -> dict[Path, CoverFeatures]:
    features: dict[Path, CoverFeatures] = {}
    spent_s = minutes = 0.0
    for path in paths:
        try:
            samples = decode(path, SAMPLE_RATE)
        except DecodeError as error:
            print(error)
            continue
        started_s = time.process_time()
        features[path] = cover_features(samples)
        spent_s += time.process_time() - started_s
        minutes += len(samples) / SAMPLE_RATE / 60
    size = sum(len(found.to_bytes()) for found in features.values())
    print(f"features: {1000 * spent_s / minutes:.1f} ms a minute of audio, {size / minutes / 1024:.2f} KiB a minute")
    return features


def _versions(folder: Path, keys: list[int], network: Path | None) -> None:
    if list(folder.glob("*.safetensors")):
        tracks = evaluation_set_of_corpus(folder)
        features = {Path(f"{index}"): found for index, found in enumerate(tracks.features)}
        named = tracks.works
    else:
        cliques = load_clique_folder(folder)
        features = _listen([track.path for track in cliques.tracks])
        work_of = {track.path: track.work for track in cliques.tracks}
        named = [work_of[path] for path in features]
    numbers = {work: number for number, work in enumerate(dict.fromkeys(named))}
    coarse = [coarse_features(found) for found in features.values()]
    works = [numbers[work] for work in named]
    print(f"{folder.name}: {len(works)} tracks, {len(set(works))} works; queries against all others")
    for count in keys:
        scores, milliseconds = _matrix(coarse, count)
        print(f"{count} keys, {len(SPEEDS)} tempi: {evaluate(scores, works)}")
        print(f"    {milliseconds:.2f} ms a pair, {milliseconds / count / len(SPEEDS):.3f} ms a pair, key and tempo")
        if count == 2:
            print(f"    normalised against the cohort: {evaluate(_normalised(scores), works)}")
    _verdicts(features, works, network)


def _matrix(coarse: list[AlignmentFeatures], keys: int) -> tuple[np.ndarray, float]:
    scores = np.zeros((len(coarse), len(coarse)), np.float32)
    started_s = time.process_time()
    for query in range(len(coarse) - 1):
        scores[query, query + 1 :] = compare(coarse[query], coarse[query + 1 :], keys).score
    pairs = len(coarse) * (len(coarse) - 1) / 2
    return scores + scores.T, 1000 * (time.process_time() - started_s) / pairs


def _normalised(scores: np.ndarray) -> np.ndarray:
    """Standard deviations above the middle of each track's scores, mean of both tracks."""
    values = np.log(np.maximum(scores, 0.1))
    np.fill_diagonal(values, np.nan)
    middle = np.nanmedian(values, axis=1, keepdims=True)
    deviation = 1.4826 * np.nanmedian(np.abs(values - middle), axis=1, keepdims=True)
    own = (values - middle) / np.maximum(deviation, 0.05)
    return np.nan_to_num((own + own.T) / 2, nan=-99.0)


def _verdicts(features: dict[Path, CoverFeatures], works: list[int] | None, network: Path | None) -> None:
    """What the search calls a version; without `works` every pair is printed, to be listened to."""
    shortlist = CoverShortlist(load_network(network)) if network is not None else None
    search = CoverSearch(enumerate(found.to_bytes() for found in features.values()), shortlist=shortlist)
    near: list[FoundVersion] = []
    started_s = time.process_time()
    outcome = search.find_all(found=lambda _track, found: near.extend(found), least=PROBABILITIES[0])
    spent_s = time.process_time() - started_s
    near = reclassified(search, near)
    pairs = [pair for pair in near if pair.relation is not None]
    print(
        f"find all: {outcome.compared_pairs} pairs, {len(pairs)} found, {spent_s:.1f} s, "
        f"{1000 * spent_s / max(outcome.compared_pairs, 1):.2f} ms a pair"
    )
    names = [path.name for path in features]
    if works is not None:
        right = [pair for pair in pairs if works[pair.track_a] == works[pair.track_b]]
        true_pairs = sum(works[i] == works[j] for i in range(len(works)) for j in range(i))
        unrelated = outcome.compared_pairs - true_pairs
        print(
            f"    called versions: {len(pairs)}, right {len(right)} (precision {len(right) / max(len(pairs), 1):.3f}); "
            f"recall {len(right) / max(true_pairs, 1):.3f} of {true_pairs}; "
            f"false alarms {1000 * (len(pairs) - len(right)) / max(unrelated, 1):.3f} per 1,000 unrelated pairs"
        )
        for least, most in pairwise(PROBABILITIES):
            within = [pair for pair in near if least <= pair.probability < most]
            promised = sum(pair.probability for pair in within) / max(len(within), 1)
            held = sum(works[pair.track_a] == works[pair.track_b] for pair in within)
            print(f"    likely {least:.2f} to {most:.2f}: {len(within)} pairs, promised {promised:.2f}, right {held}")
        return
    print(f"    {1000 * len(pairs) / max(outcome.compared_pairs, 1):.3f} per 1,000 pairs are called versions:")
    for pair in sorted(pairs, key=lambda found: -found.probability):
        print(
            f"    {pair.relation} {pair.probability:.2f}: {names[pair.track_a]} / {names[pair.track_b]}, "
            f"key {pair.key_shift:+d}, tempo {pair.tempo_ratio:.2f}, {pair.normalised_score:.1f} standard deviations"
        )


def reclassified(search: CoverSearch, near: list[FoundVersion]) -> list[FoundVersion]:
    """All pairs of a whole pass, classified with the prior that it gives, as the application does from then on."""
    shipped = search.score_model
    versions_per_track = estimate_versions_per_track(
        [stored_measurements(pair) for pair in near], len(search), search.candidates, shipped
    )
    print(
        f"    versions of a track expected: {shipped.versions_per_track} at first, {versions_per_track:.3f} in the end"
    )
    search.use(with_prior(shipped, versions_per_track), search.layer)
    verdicts = [classify(stored_measurements(pair), search.score_model, search.candidates) for pair in near]
    return [
        msgspec.structs.replace(
            pair, probability=probability, relation=verdict if verdict in ("same recording", "version") else None
        )
        for pair, (verdict, probability) in zip(near, verdicts, strict=True)
    ]


if __name__ == "__main__":
    main()
