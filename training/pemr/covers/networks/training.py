"""Train a cover network on a version corpus: one loop for every network, resumable, measured on development versions.

Stopped at any step it goes on from its checkpoint. Works that the corpus has gained since are taken in.
"""

from __future__ import annotations

import io
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor

from pemr.covers.corpus.version_corpus import MOMENT_SCALE, Moments, read_moments, read_work, works_in
from pemr.covers.networks.clips import ClipSettings, TrainingWork, draw_batch, read_training_works
from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.frames import Frames, VectorNetwork, frames_for, track_vector
from pemr.covers.networks.losses import cosine_softmax, version_contrast
from pemr.covers.networks.network_file import NetworkSettings, without_files
from pemr.covers.networks.registry import build_network, parameters_of, save_network
from pemr.covers.retrieval_metrics import RetrievalReport, evaluate
from pemr.durable_files import write_output
from pemr.errors import CheckpointError, CorpusError, TrainingDiverged
from pemr.log_mel import LogMel
from pemr.precision import computes_in_bfloat16
from pemr.runs.stopping import StopRequest
from pemr.time_spent import Stopwatch, TimeSpent, stored_time

log = logging.getLogger(__name__)

FORMAT = 1
LATEST, BEST = "latest.pt", "best.safetensors"


class CoverTraining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole run. `averaged`: decay of the running mean of the weights, which is what is measured and kept.

    `falling`: over so many steps at the end the learning rate falls to nothing along half a cosine.
    """

    network: NetworkSettings = NetworkSettings()
    clips: ClipSettings = ClipSettings()
    steps: int = 100_000
    learning_rate: float = 2e-3
    warm_up: int = 200
    falling: int = 0
    weight_decay: float = 1e-4
    scale: float = 20.0
    margin: float = 0.1
    contrast: float = 1.0
    temperature: float = 0.1
    averaged: float = 0.998
    measure_minutes: float = 5.0
    seed: int = 1

    def rate(self, step: int) -> float:
        """The learning rate at a step."""
        left = min(1.0, max(0.0, (self.steps - step) / self.falling)) if self.falling else 1.0
        return self.learning_rate * min(1.0, (step + 1) / self.warm_up) * (1.0 - math.cos(math.pi * left)) / 2.0


@dataclass(frozen=True)
class DevelopmentSet:
    """Tracks with known works, as the network takes them; `moments` of sound if it takes any."""

    name: str
    works: list[str]
    frames: list[Frames]
    moments: list[Moments]


@dataclass(frozen=True)
class Told:
    """What a run says of itself now and then."""

    step: int
    loss: float
    right_work: float
    spent: TimeSpent
    measures: dict[str, float]


def read_development(folder: Path, network: VectorNetwork) -> DevelopmentSet:
    """All versions of a corpus folder that is not trained on."""
    works: list[str] = []
    frames: list[Frames] = []
    moments: list[Moments] = []
    takes_sound = "segments" in network.takes
    for path in works_in(folder):
        versions, spectra = read_work(path)
        sound = read_moments(path) if takes_sound else {}
        for version, stored in zip(versions, spectra, strict=True):
            if not takes_sound or version.index in sound:
                works.append(version.work)
                frames.append(frames_for(network, stored))
                moments += [sound[version.index]] if takes_sound else []
    if not works:
        raise CorpusError(f"{folder} holds no moments of sound, which this network hears (--segments when rendering).")
    return DevelopmentSet(folder.name, works, frames, moments)


def retrieval(network: VectorNetwork, tracks: DevelopmentSet, front_end: LogMel) -> RetrievalReport:
    """How well the cosine of track vectors finds versions, each track asked against all others."""
    segments = [front_end(torch.from_numpy(kept / np.float32(MOMENT_SCALE)))[None].numpy() for kept in tracks.moments]
    vectors = np.stack(
        [
            track_vector(network, frames, segments[index] if segments else None)
            for index, frames in enumerate(tracks.frames)
        ]
    )
    numbers = {work: number for number, work in enumerate(dict.fromkeys(tracks.works))}
    return evaluate(vectors @ vectors.T, [numbers[work] for work in tracks.works])


class _Run:
    """Everything a checkpoint holds."""

    def __init__(self, settings: CoverTraining, works: Sequence[TrainingWork]) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.half = computes_in_bfloat16(torch.device("cpu"))
        self.works = list(works)
        self.network = build_network(settings.network).train()
        self.front_end = LogMel(settings.network.front_end)
        self.centres = torch.nn.Parameter(torch.randn(len(works), self.network.width) * 0.1)
        self.mean = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.optimizer = torch.optim.AdamW(
            [*self.network.parameters(), self.centres], lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.step = 0
        self.spent = TimeSpent()
        self.best = -1.0

    def learn(self) -> tuple[float, float]:
        """One step. Gives the loss and the share of clips whose work is named right."""
        settings = self.settings
        chance = np.random.default_rng([settings.seed, self.step])
        batch = draw_batch(self.works, settings.clips, chance, chroma=self.network.takes_chroma)
        works = torch.from_numpy(batch.works)
        segments = None
        if batch.moments is not None:
            sound = torch.from_numpy(batch.moments)
            segments = self.front_end(sound.flatten(0, 1)).unflatten(0, sound.shape[:2])
        for group in self.optimizer.param_groups:
            group["lr"] = settings.rate(self.step)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            vectors = self.network(torch.from_numpy(batch.clips), segments)
        vectors = vectors.float()
        loss = cosine_softmax(vectors, self.centres, works, scale=settings.scale, margin=settings.margin)
        if settings.contrast:
            loss = loss + settings.contrast * version_contrast(vectors, works, temperature=settings.temperature)
        if not bool(torch.isfinite(loss)):
            raise TrainingDiverged(f"The loss is {float(loss)} at step {self.step}; the last checkpoint is unharmed.")
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self.step += 1
        decay = min(settings.averaged, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.is_floating_point():
                    self.mean[name].lerp_(value, 1.0 - decay)
                else:
                    self.mean[name].copy_(value)
            named = (torch.nn.functional.normalize(vectors) @ torch.nn.functional.normalize(self.centres).T).argmax(1)
        return float(loss.detach()), float((named == works).float().mean())

    def averaged(self) -> CoverNetwork:
        """The network with the running mean of its weights, in evaluation mode."""
        network = build_network(without_files(self.settings.network))
        network.load_state_dict(self.mean)
        return network.eval()

    def save(self, path: Path) -> None:
        buffer = io.BytesIO()
        content: dict[str, Any] = {
            "format": FORMAT,
            "settings": msgspec.json.encode(self.settings).decode(),
            "works": [work.name for work in self.works],
            "network": self.network.state_dict(),
            "mean": self.mean,
            "centres": self.centres.detach(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            **self.spent.stored(),
            "best": self.best,
        }
        torch.save(content, buffer)
        write_output(path, buffer.getvalue(), CheckpointError)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint. Works it did not know start afresh; works that are gone are an error."""
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            if content["format"] != FORMAT:
                raise CheckpointError(f"{path} has format {content['format']}; this version reads {FORMAT}.")
            begun = msgspec.json.decode(content["settings"], type=CoverTraining)
            known: list[str] = content["works"]
        except CheckpointError:
            raise
        except Exception as error:
            raise CheckpointError(f"{path} is damaged or not a checkpoint of a cover network") from error
        if begun.network != self.settings.network:
            raise CheckpointError(
                f"{path} holds another network ({begun.network}). Use the same settings or another --out folder."
            )
        indices = {work.name: index for index, work in enumerate(self.works)}
        if gone := [name for name in known if name not in indices]:
            raise CheckpointError(
                f"{path} was trained on works that the corpus no longer has ({len(gone)}, first {gone[0]}). "
                "Nothing was changed."
            )
        rows = torch.tensor([indices[name] for name in known])
        self.network.load_state_dict(content["network"])
        self.mean = content["mean"]
        with torch.no_grad():
            self.centres[rows] = content["centres"]
        self.optimizer.load_state_dict(_grown(content["optimizer"], rows, len(self.works)))
        self.step, self.spent, self.best = content["step"], stored_time(content), content["best"]


def _grown(state: dict[str, Any], rows: Tensor, works: int) -> dict[str, Any]:
    """The optimiser's memory of the work centres (its last parameter), spread to their indices now."""
    last = max(state["state"])
    for name, value in state["state"][last].items():
        if value.ndim == 2:
            grown = value.new_zeros(works, value.shape[1])
            grown[rows] = value
            state["state"][last][name] = grown
    return state


def train(
    settings: CoverTraining,
    corpora: Sequence[Path],
    out: Path,
    *,
    development: Sequence[Path] = (),
    max_hours: float | None = None,
    told: Callable[[Told], None] = lambda _: None,
) -> Path:
    """Train until the steps are done, the time is up or a stop is asked for. Gives the file of the best network.

    `out` holds `latest.pt` (to go on from) and `best.safetensors` (best MAP on the development sets; without
    them, the latest).
    """
    out.mkdir(parents=True, exist_ok=True)
    probe = build_network(without_files(settings.network))
    works = read_training_works(corpora, probe)
    if len(works) < 2:
        raise CorpusError("There are fewer than two training works in the corpus, so there is nothing to tell apart.")
    run = _Run(settings, works)
    if (out / LATEST).exists():
        run.load(out / LATEST)
    sets = [read_development(folder, probe) for folder in development]
    log.info("%s: %d parameters, %d works", settings.network.name, parameters_of(run.network), len(works))
    began = measured = time.monotonic()
    stopwatch = Stopwatch(run.spent)
    losses: list[tuple[float, float]] = []
    with StopRequest(out / "stop") as stop:
        while True:
            over = run.step >= settings.steps or stop.asked
            over = over or (max_hours is not None and time.monotonic() - began > max_hours * 3600)
            if losses and (over or time.monotonic() - measured > settings.measure_minutes * 60):
                run.spent = stopwatch.read()
                told(_measure(run, sets, losses, out))
                losses, measured, stopwatch = [], time.monotonic(), Stopwatch(run.spent)
            if over:
                return out / BEST
            losses.append(run.learn())


def _measure(run: _Run, sets: Sequence[DevelopmentSet], losses: list[tuple[float, float]], out: Path) -> Told:
    """Measure the mean network on the development sets, keep it if it is the best, save the checkpoint."""
    network = run.averaged()
    measures = {tracks.name: retrieval(network, tracks, run.front_end).mean_average_precision for tracks in sets}
    now = float(np.mean(list(measures.values()))) if measures else run.best + 1.0
    loss, right = np.mean(losses, axis=0).tolist()
    if now > run.best:
        run.best = now
        figures = ", ".join(f"MAP {value:.3f} on {name}" for name, value in measures.items())
        provenance = (
            f"{run.settings.network.name}, {len(run.works)} works, {run.step} steps; {figures or 'not measured'}"
        )
        save_network(out / BEST, network, run.settings.network, provenance)
    run.save(out / LATEST)
    return Told(run.step, loss, right, run.spent, measures)
