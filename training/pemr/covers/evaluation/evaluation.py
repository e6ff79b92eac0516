"""Measure ways of finding versions on one set: each gives a row of scores for a query, all are ranked by one rule."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save

from pemr.audio import decode
from pemr.covers.alignment.features import SAMPLE_RATE, CoverFeatures
from pemr.covers.alignment.qmax import RULES, coarse_features, compare
from pemr.covers.alignment.spectrum import Spectrum, features_of, spectrum
from pemr.covers.corpus.version_corpus import MOMENT_SCALE, Moments, moments_of, read_moments, read_work, works_in
from pemr.covers.networks.frames import (
    Frames,
    chroma_frames,
    shingle_vectors,
    spectrum_frames,
    track_vector,
)
from pemr.covers.networks.network_file import TrainedNetwork
from pemr.covers.networks.similarity import best_of_shingles
from pemr.covers.retrieval_metrics import RetrievalReport, rank, report
from pemr.covers.scores.fusion import normalised_scores
from pemr.covers.scores.normalisation import default_score_model
from pemr.datasets.cliques import CliqueSet
from pemr.durable_files import write_output
from pemr.errors import CorpusError, DecodeError
from pemr.frontend import LogMelFrames

log = logging.getLogger(__name__)

Scores = npt.NDArray[np.float32]
Scorer = Callable[[int], Scores]
"""Index of a query -> its similarity to every track (n,), itself included; higher is more similar."""
Progress = Callable[[int, int, str], None]

PATCH_FRAMES = 64
PATCH_STEP = 16
MOMENTS_A_TRACK = 10
KEPT_EVERY_S = 60.0
TABLE_5 = {
    "SHS100K-SUB": (
        ("Ki-Net", 0.112, 0.156, 68.33), ("TPP-Net", 0.267, 0.217, 35.75), ("FCN", 0.289, 0.230, 34.86),
        ("CQT-Net", 0.446, 0.323, 18.09), ("(rand. FCN) + CQT-Net", 0.433, 0.317, 21.13),
        ("(pre. FCN) + CQT-Net", 0.484, 0.341, 20.68),
    ),
    "Covers80": (
        ("Ki-Net", 0.368, 0.052, 32.10), ("TPP-Net", 0.5, 0.068, 17.08), ("FCN", 0.529, 0.073, 12.50),
        ("CQT-Net", 0.666, 0.077, 12.20), ("(rand. FCN) + CQT-Net", 0.624, 0.079, 14.43),
        ("(pre. FCN) + CQT-Net", 0.668, 0.081, 10.52),
    ),
}  # fmt: skip
"""The paper's Table 5: method, MAP, P@10, MR1."""


@dataclass(frozen=True)
class EvaluationSet:
    """A set to evaluate searches on: `works` None for distractors.

    `spectra` is empty where only chroma is published, `moments` of sound where no network takes any. `apart`: for a
    track, those that count neither as right nor as wrong when it is asked for.
    """

    title: str
    name: str
    works: list[str | None]
    features: list[CoverFeatures]
    spectra: list[Spectrum]
    notes: tuple[str, ...]
    moments: list[Moments] = field(default_factory=list)
    apart: dict[int, set[int]] = field(default_factory=dict)


def evaluation_set_of_cliques(
    cliques: CliqueSet, kept_in: Path, progress: Progress = lambda *_: None, *, with_moments: bool = False
) -> EvaluationSet:
    """Decode what is not in the folder `kept_in`. Files that cannot be decoded are left out and counted.

    `with_moments`: keep ten moments of sound of each track too, for networks that take them.
    """
    kept_in.mkdir(parents=True, exist_ok=True)
    works: list[str | None] = []
    spectra: list[Spectrum] = []
    moments: list[Moments] = []
    indices: dict[Path, int] = {}
    unreadable = 0
    for done, track in enumerate(cliques.tracks):
        progress(done, len(cliques.tracks), "listening")
        status = track.path.stat()
        identity = f"{track.path.absolute()}|{status.st_size}|{status.st_mtime_ns}|{with_moments}"
        kept = kept_in / f"{hashlib.blake2b(os.fsencode(identity), digest_size=12).hexdigest()}.safetensors"
        if kept.exists():
            stored = load_file(kept)
        else:
            try:
                samples = decode(track.path, SAMPLE_RATE)
            except DecodeError as error:
                log.warning("%s", error)
                unreadable += 1
                continue
            stored = {"spectrum": spectrum(samples)}
            if with_moments:
                stored["moments"] = moments_of(samples, MOMENTS_A_TRACK)
            write_output(kept, save(stored))
        indices[track.path] = len(works)
        works.append(track.work)
        spectra.append(stored["spectrum"])
        moments += [stored["moments"]] if with_moments else []
    notes = (*cliques.notes, *([f"{unreadable} files could not be decoded"] if unreadable else []))
    apart: dict[int, set[int]] = {}
    for a, b in ((indices[a], indices[b]) for a, b in cliques.apart if a in indices and b in indices):
        apart.setdefault(a, set()).add(b)
        apart.setdefault(b, set()).add(a)
    features = [features_of(kept) for kept in spectra]
    return EvaluationSet(str(cliques), cliques.name, works, features, spectra, notes, moments, apart)


def evaluation_set_of_corpus(folder: Path) -> EvaluationSet:
    """A version corpus: every version of every work; real music in it is a distractor."""
    works: list[str | None] = []
    spectra: list[Spectrum] = []
    moments: list[Moments] = []
    for path in works_in(folder):
        versions, found = read_work(path)
        moments += read_moments(path).values()
        works += [version.work if len(versions) > 1 else None for version in versions]
        spectra += found
    title = f"{folder.name}: {len(works)} tracks, {len({work for work in works if work})} works"
    # what was kept of some versions only would be of the wrong tracks
    complete = moments if len(moments) == len(works) else []
    return EvaluationSet(title, folder.name, works, [features_of(kept) for kept in spectra], spectra, (), complete)


def measure(
    tracks: EvaluationSet, scorer: Scorer, progress: Progress = lambda *_: None, doing: str = ""
) -> RetrievalReport:
    """Ask for every track that is not a distractor. Raises `CorpusError` if no track has another version."""
    numbers = {work: number for number, work in enumerate(dict.fromkeys(tracks.works)) if work is not None}
    works = [numbers.get(work) if work is not None else None for work in tracks.works]
    ids = list(range(len(works)))
    asked = [query for query in ids if works[query] is not None]
    rankings = []
    for done, query in enumerate(asked):
        progress(done, len(asked), doing)
        apart = tracks.apart.get(query, ())
        rankings.append(rank(query, scorer(query).astype(np.float64), ids, works, works[query], apart))
    found = [ranking for ranking in rankings if ranking is not None]
    if not found:
        raise CorpusError(f"{tracks.title}: no track has another version, so nothing can be measured.")
    return report(found, lone_queries=len(rankings) - len(found))


def fourier_scorer(features: Sequence[CoverFeatures]) -> Scorer:
    """2-D Fourier magnitude of chroma patches, their median, cosine (Ellis and Bertin-Mahieux 2012)."""
    return cosine_scorer(np.stack([fourier_vector(found) for found in features]))


def fourier_vector(features: CoverFeatures) -> Scores:
    """Unit vector (12 x 64): the same for every key, nearly the same wherever the patches begin."""
    rows = features.half_rate_rows() ** 2
    if len(rows) < PATCH_FRAMES:
        rows = np.pad(rows, ((0, PATCH_FRAMES - len(rows)), (0, 0)))
    starts = range(0, len(rows) - PATCH_FRAMES + 1, PATCH_STEP)
    patches = np.abs(np.fft.fft2(np.stack([rows[start : start + PATCH_FRAMES].T for start in starts])))
    middle = np.median(patches, axis=0)
    middle[0, 0] = 0.0
    flat = middle.ravel().astype(np.float32)
    vector: Scores = flat / max(float(np.linalg.norm(flat)), 1e-9)
    return vector


def cosine_scorer(vectors: Scores) -> Scorer:
    """Unit vectors (n, d)."""
    return lambda query: vectors @ vectors[query]


def alignment_scorers(features: Sequence[CoverFeatures], kept_in: Path | None = None) -> tuple[Scorer, Scorer]:
    """Alignment as it is, and normalised against the cohort of both tracks, as the application has it.

    The whole matrix is worked out at the first question: n (n - 1) / 2 pairs, kept in a folder if there is one.
    """
    plain = cache(lambda: alignment_matrix(features, kept_in))
    normalised = cache(lambda: _normalised_alignment(plain(), features))
    return (lambda query: plain()[query]), (lambda query: normalised()[query])


def alignment_matrix(features: Sequence[CoverFeatures], kept_in: Path | None = None) -> Scores:
    """Alignment scores (n, n) of all pairs, symmetric; tracks that cannot be compared score 0.

    With a folder a run that takes longer than a minute goes on where it was stopped, and is not done twice.
    """
    coarse = [coarse_features(track) for track in features]
    usable = [index for index, found in enumerate(features) if found.problem is None]
    scores, done = np.zeros((len(features), len(features)), np.float32), 0
    content = b"".join(found.to_bytes() for found in features)
    digest = hashlib.blake2b(RULES.encode() + content, digest_size=12).hexdigest()
    kept = kept_in / f"alignment-{digest}.safetensors" if kept_in is not None else None
    if kept is not None and kept.exists():
        stored = load_file(kept)
        scores, done = stored["scores"], int(stored["done"][0])
    begun = saved = time.monotonic()
    for count, index in enumerate(usable[done:], done):
        others = usable[count + 1 :]
        scores[index, others] = scores[others, index] = compare(
            coarse[index], [coarse[other] for other in others]
        ).score
        now, last = time.monotonic(), count == len(usable) - 1
        if kept is not None and (now - saved > KEPT_EVERY_S or (last and now - begun > KEPT_EVERY_S)):
            write_output(kept, save({"scores": scores, "done": np.array([count + 1])}))
            saved = now
    return scores


def _normalised_alignment(scores: Scores, features: Sequence[CoverFeatures]) -> Scores:
    score_model = default_score_model()
    length_normalised = length_normalised_alignment(scores, features)
    normalised: Scores = normalised_scores(length_normalised, score_model).astype(np.float32)
    return normalised


def length_normalised_alignment(scores: Scores, features: Sequence[CoverFeatures]) -> npt.NDArray[np.float64]:
    """Alignment scores (n, n) of all pairs -> length-normalised ones, at the coarse rate."""
    frames = np.array([found.half_rate_frames for found in features])
    return default_score_model().coarse.length_normalised_score(scores, frames[:, None], frames[None])


def network_scorer(trained: TrainedNetwork, tracks: EvaluationSet, *, parts: bool = False) -> Scorer:
    """Cosine of whole tracks; with `parts`, mean over half minutes of the best match.

    Raises `CorpusError` if the set does not hold what the network takes.
    """
    frames = network_frames(trained, tracks)
    if not parts:
        segments = _segments(trained, tracks)
        whole = [track_vector(trained.network, found, own) for found, own in zip(frames, segments, strict=True)]
        return cosine_scorer(np.stack(whole))
    shingled = [shingle_vectors(trained.network, found) for found in frames]
    return lambda query: best_of_shingles(shingled[query], shingled)


def network_frames(trained: TrainedNetwork, tracks: EvaluationSet) -> list[Frames]:
    """The input of the network for every track."""
    takes = trained.network.takes
    lacks_spectra = not trained.network.takes_chroma and not tracks.spectra
    if lacks_spectra or ("segments" in takes and not tracks.moments):
        raise CorpusError(f"{tracks.name} has no {takes}, which this network listens to.")
    if trained.network.takes_chroma:
        return [chroma_frames(found) for found in tracks.features]
    return [spectrum_frames(stored) for stored in tracks.spectra]


def _segments(trained: TrainedNetwork, tracks: EvaluationSet) -> Iterator[Frames | None]:
    """Log-mel (1, S, 128, L) of every track, made one by one; None for networks that take none."""
    if "segments" not in trained.network.takes:
        yield from [None] * len(tracks.features)
        return
    front_end = LogMelFrames(trained.settings.front_end)
    for kept in tracks.moments:
        yield front_end((kept / MOMENT_SCALE).astype(np.float32))[np.newaxis]


def shortlist_recall(tracks: EvaluationSet, scorer: Scorer, size: int) -> float:
    """Share of queries with another version whose best ranked version is among the first `size`."""
    numbers = {work: number for number, work in enumerate(dict.fromkeys(tracks.works)) if work is not None}
    works = [numbers.get(work) if work is not None else None for work in tracks.works]
    ids = list(range(len(works)))
    asked = [query for query in ids if works[query] is not None]
    ranked = [
        rank(query, scorer(query).astype(np.float64), ids, works, works[query], tracks.apart.get(query, ()))
        for query in asked
    ]
    ranks = [ranking.first_rank for ranking in ranked if ranking is not None]
    return float(np.mean(np.array(ranks) <= size))
