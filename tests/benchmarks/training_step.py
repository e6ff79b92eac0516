"""One PEMR training step: samples per second beside a plain version of the same computation, and where the time goes.

    python tests/benchmarks/training_step.py [--recipe default] [--threads 2] [--rounds 5] [--batch 48]

The plain version is the paper written down with torch's usual parts: torchaudio's mel spectrogram, attention as matrix
products, convolution, norm, ReLU, pool in this order, 32 bits, the C library's own memory. It runs on the same weights
and clips in a process of its own, a round of ours, a round of it. Augmentation is the same for both and left out of the
comparison. Seconds of processor time do not depend on what else the machine does; the ratio is made of them.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median

import msgspec
import torch
import torchaudio
from torch import Tensor, nn

from pemr import losses
from pemr.augment import augment
from pemr.graphs.importance import sinusoidal_positions
from pemr.log_mel import LogMel
from pemr.mask import keep_frames, mask_randomly, positive_mask
from pemr.methods.pemr import Pemr
from pemr.precision import resolved
from pemr.recipe import Recipe, load_recipe
from pemr.runs.memory import reuse_freed_memory

Terms = dict[str, Tensor]
SEED = 1


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--recipe", default="default")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--batch", type=int, default=48)
    asked = arguments.parse_args()
    recipe = load_recipe(asked.recipe, [f"train.batch_size={asked.batch}", f"train.threads={asked.threads}"])
    precision = resolved(recipe.train.precision, "cpu")
    print(f"recipe {recipe.name}: batch {asked.batch}, {recipe.front_end.segment_frames} frames, {precision}", end="")
    print(f", {asked.threads} threads, median of {asked.rounds} rounds")
    _print_parameters(Pemr(recipe.pemr))
    print(f"largest difference of a loss between the two in 32 bits: {_largest_difference(recipe):.1e}")
    names = ["pemr", "pemr in 32 bits", "plain"]
    results = _alternate(names, recipe, asked.rounds)
    for name in names:
        wall, processor, faults = (median(column) for column in zip(*results[name], strict=True))
        speed = f"{asked.batch / wall:6.1f} clips/s, {wall:6.2f} s a step, {processor:6.2f} s of processor"
        print(f"  {name:16s} {speed}, {faults:9,.0f} page faults")
    plain = median(row[1] for row in results["plain"])
    for name in names[:2]:
        print(f"ratio of processor time, plain / {name}: {plain / median(row[1] for row in results[name]):.2f}")
    _print_parts(recipe)


def _alternate(names: list[str], recipe: Recipe, rounds: int) -> dict[str, list[tuple[float, float, float]]]:
    """(wall seconds, processor seconds, page faults) of each round of each version."""
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for name in names:
        pipes[name], there = context.Pipe()
        context.Process(target=_child, args=(name, recipe, there), daemon=True).start()
        pipes[name].recv()
    results = defaultdict(list)
    for _ in range(rounds):
        for name, pipe in pipes.items():
            pipe.send("step")
            results[name].append(pipe.recv())
    for pipe in pipes.values():
        pipe.send("end")
    return results


def _child(name: str, recipe: Recipe, pipe: Connection) -> None:
    import resource

    if name != "plain":
        reuse_freed_memory()
    torch.set_num_threads(recipe.train.threads)
    bfloat16 = name == "pemr" and resolved(recipe.train.precision, "cpu") == "bf16-mixed"
    method, clips = _method(recipe), _clips(recipe)
    step = plain_terms if name == "plain" else our_terms
    front = plain_front(recipe) if name == "plain" else LogMel(recipe.front_end)
    optimizer = torch.optim.Adam(method.parameters(), lr=3e-4, weight_decay=1e-6)

    def once() -> tuple[float, float, float]:
        began, busy, faults = time.perf_counter(), time.process_time(), resource.getrusage(resource.RUSAGE_SELF)
        with torch.no_grad():
            first, second = (front(view) for view in clips)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            total = step(method, first, second)["total"]
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        after = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults.ru_minflt
        return time.perf_counter() - began, time.process_time() - busy, float(after)

    once()
    pipe.send("ready")
    while pipe.recv() == "step":
        pipe.send(once())


def our_terms(method: Pemr, first: Tensor, second: Tensor) -> Terms:
    return method(first, second, torch.Generator().manual_seed(SEED))


def plain_front(recipe: Recipe) -> Callable[[Tensor], Tensor]:
    """Samples (B, n) -> log-mel (B, 128, L), not normalised."""
    settings = recipe.front_end
    mel = torchaudio.transforms.MelSpectrogram(
        settings.sample_rate, settings.n_fft, hop_length=settings.hop_length, n_mels=settings.n_mels
    )
    return nn.Sequential(mel, torchaudio.transforms.AmplitudeToDB("power"))


def plain_terms(method: Pemr, first: Tensor, second: Tensor) -> Terms:
    """Section 3 of the paper, step by step, on the weights of `method`."""
    settings, generator = method.settings, torch.Generator().manual_seed(SEED)
    vector, total_prediction, count = method.predictor.mask_vector, torch.zeros(()), 0
    for view in (first, second):
        frames = view.transpose(1, 2)
        masked, chosen = mask_randomly(frames, vector, settings.random_masking, generator)
        predicted = method.predictor.predicting_layer(_plain_transformer(method, masked)[0][:, 1:])
        huber = nn.functional.huber_loss(predicted[chosen], frames[chosen], reduction="sum")
        total_prediction, count = total_prediction + huber, count + int(chosen.sum()) * frames.shape[2]
    prediction = total_prediction / count
    with torch.no_grad():
        training = method.predictor.training
        method.predictor.eval()
        (_, hidden_first), (_, hidden_second) = (
            _plain_transformer(method, view.transpose(1, 2)) for view in (first, second)
        )
        method.predictor.train(training)
        scores = _plain_scores(method, hidden_first, hidden_second)
    keep = positive_mask(scores, settings.mask_ratio)
    frames = second.transpose(1, 2)
    z_first = method.head(_plain_encoder(method, first))
    z_positive = method.head(_plain_encoder(method, keep_frames(frames, keep, vector).transpose(1, 2)))
    z_negative = method.head(_plain_encoder(method, keep_frames(frames, ~keep, vector).transpose(1, 2)))
    positive = losses.positive_loss(z_first, z_positive, settings.lambda_pos)
    negative = losses.negative_loss(z_first, z_negative, settings.lambda_neg)
    total = settings.prediction_weight * prediction + positive + negative
    return {"prediction": prediction, "positive": positive, "negative": negative, "total": total}


def _plain_transformer(method: Pemr, frames: Tensor) -> tuple[Tensor, Tensor]:
    """Frames (B, L, D) -> what leaves the last layer and what enters it, (B, L + 1, D) each."""
    predictor = method.predictor
    batch, length, width = frames.shape
    x = torch.cat([predictor.cls.expand(batch, 1, width), frames], dim=1)
    x = predictor.dropout(x + sinusoidal_positions(length + 1, width))
    entering = x
    for layer in predictor.layers:
        entering = x
        attention = layer.attention
        query, key, value = (attention.split(part(x)) for part in (attention.query, attention.key, attention.value))
        weights = (query @ key.transpose(2, 3) / math.sqrt(width)).softmax(dim=3)
        mixed = attention.out((weights @ value).transpose(1, 2).flatten(2))
        x = layer.attention_norm(x + layer.dropout(mixed))
        x = layer.feed_forward_norm(x + layer.dropout(layer.feed_forward(x)))
    return x, entering


def _plain_scores(method: Pemr, first: Tensor, second: Tensor) -> Tensor:
    """Equation 4 from all queries and all keys of the last layer."""
    attention = method.predictor.layers[-1].attention
    key = attention.split(attention.key(second))[:, :, 1:]
    shares = []
    for hidden in (first, second):
        query = attention.split(attention.query(hidden))[:, :, :1]
        shares.append((query @ key.transpose(2, 3) / math.sqrt(hidden.shape[2])).softmax(dim=3).mean(dim=1)[:, 0])
    return (shares[0] + shares[1]) / 2


def _plain_encoder(method: Pemr, frames: Tensor) -> Tensor:
    x = method.encoder.input_norm(frames[:, None].contiguous())
    for block in method.encoder.blocks:
        weight = block.conv.weight.contiguous()
        x = block.pool(torch.relu(block.norm(nn.functional.conv2d(x, weight, block.conv.bias, padding=1))))
    return x.flatten(1)


def _largest_difference(recipe: Recipe) -> float:
    """Between the terms of the two, on the same front end and without dropout."""
    small = msgspec.structs.replace(recipe, pemr=msgspec.structs.replace(recipe.pemr, dropout=0.0))
    method = _method(small)
    first, second = (LogMel(recipe.front_end)(view[:8]) / 20 for view in _clips(recipe))
    with torch.no_grad():
        ours, plain = our_terms(method, first, second), plain_terms(method, first, second)
    return max(abs(float(ours[name] - plain[name])) for name in ours)


def _print_parts(recipe: Recipe) -> None:
    """One step taken apart; each part is the median of five."""
    torch.set_num_threads(recipe.train.threads)
    reuse_freed_memory()
    bfloat16 = resolved(recipe.train.precision, "cpu") == "bf16-mixed"
    method, clips, log_mel = _method(recipe), _clips(recipe), LogMel(recipe.front_end)
    optimizer = torch.optim.Adam(method.parameters(), lr=3e-4, weight_decay=1e-6)
    spent: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def part(name: str) -> Iterator[None]:
        busy = time.process_time()
        yield
        spent[name].append(time.process_time() - busy)

    for number in range(6):
        generator = torch.Generator().manual_seed(number)
        with part("augmentation"), torch.no_grad():
            views = [augment(view, recipe.front_end.sample_rate, recipe.augmentation, generator) for view in clips]
        with part("front end"), torch.no_grad():
            first, second = (log_mel(view) for view in views)
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            with part("transformer, prediction"):
                prediction = method._prediction_loss(first.transpose(1, 2), second.transpose(1, 2), generator)
            with part("transformer, frame scores"):
                frames = second.transpose(1, 2)
                scores = method.predictor.scores(first.transpose(1, 2), frames)
                keep = positive_mask(scores, recipe.pemr.mask_ratio)
            with part("encoder and head, three views"):
                z_first = method.head(method.encoder(first))
                z_positive, z_negative = method._embed_kept(frames, keep), method._embed_kept(frames, ~keep)
            with part("losses"):
                contrast = losses.positive_loss(z_first, z_positive, 5e-3)
                contrast = contrast + losses.negative_loss(z_first, z_negative, 5e-3)
        with part("backward, transformer"):
            prediction.backward()
        with part("backward, encoder"):
            contrast.backward()
        with part("optimiser"):
            optimizer.step()
    middle = {name: median(seconds[1:]) for name, seconds in spent.items()}
    whole = sum(middle.values())
    print(f"where {whole:.2f} s of processor time a step go:")
    for name, seconds in middle.items():
        print(f"  {name:30s} {seconds:7.3f} s  {seconds / whole:5.1%}")


def _print_parameters(method: Pemr) -> None:
    predictor = method.predictor
    counts = {
        "encoder": method.encoder, "projection head": method.head, "transformer": predictor.layers,
        "predicting layer": predictor.predicting_layer,
    }  # fmt: skip
    words = [f"{name} {sum(p.numel() for p in part.parameters()):,}" for name, part in counts.items()]
    words.append(f"[CLS] and mask vector {predictor.cls.numel() + predictor.mask_vector.numel()}")
    print("parameters: " + ", ".join(words) + f"; in all {sum(p.numel() for p in method.parameters()):,}")


def _method(recipe: Recipe) -> Pemr:
    torch.manual_seed(SEED)
    return Pemr(recipe.pemr, recipe.front_end.n_mels).train()


def _clips(recipe: Recipe) -> tuple[Tensor, Tensor]:
    """Two views (B, n) of noise whose loudness changes, so that no two frames are alike."""
    generator = torch.Generator().manual_seed(SEED)
    shape = (recipe.train.batch_size, recipe.front_end.segment_samples)
    swell = torch.linspace(0, 40, shape[1]).sin() * 0.1 + 0.11
    first, second = (torch.randn(shape, generator=generator) * swell for _ in range(2))
    return first, second


if __name__ == "__main__":
    main()
