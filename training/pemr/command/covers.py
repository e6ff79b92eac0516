"""`pemr-train covers`: train networks that find versions of a work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pemr.durable_files import write_output

if TYPE_CHECKING:
    from pemr.covers.evaluation.evaluation import EvaluationSet
    from pemr.covers.evaluation.fit_normalisation import Vectors


def application() -> typer.Typer:
    """The group `pemr-train covers`."""
    group = typer.Typer(help="Networks that find versions of a work.", no_args_is_help=True, add_completion=False)
    group.command("train")(train)
    group.command("calibrate")(calibrate)
    return group


def train(
    corpora: Annotated[
        list[Path], typer.Argument(metavar="CORPUS...", help="Folders made by pemr-train corpus render versions.")
    ],
    out: Annotated[Path, typer.Option(help="The run folder: checkpoint, best network, curve.")],
    network: Annotated[
        str, typer.Option(help="pitch-class, cqt-net, tpp-net, ki-net, fcn, fcn+cqt-net, fcn+pitch-class.")
    ] = "pitch-class",
    width: Annotated[int, typer.Option(help="Numbers in a track's vector.")] = 128,
    channels: Annotated[int, typer.Option(help="Channels of the first layer (default: the network's).")] = 0,
    encoder: Annotated[
        Path | None,
        typer.Option(help="A PEMR model that fcn and its joins begin with; without it they begin at random."),
    ] = None,
    hears_as: Annotated[
        Path | None,
        typer.Option(help="Without --encoder: a PEMR model whose front end a fresh encoder hears through."),
    ] = None,
    begun: Annotated[
        Path | None,
        typer.Option(help="A trained network to go on from: one of its kind, or the partner of a join."),
    ] = None,
    development: Annotated[
        list[Path] | None, typer.Option(help="Corpus folders to measure on, never trained on. Repeatable.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Optimiser steps in all.")] = 100_000,
    works: Annotated[int, typer.Option(help="Works in a batch, four clips of each.")] = 16,
    learning_rate: Annotated[float, typer.Option(help="Of AdamW.")] = 2e-3,
    falling: Annotated[int, typer.Option(help="Over so many steps at the end the learning rate falls to nothing.")] = 0,
    measure_minutes: Annotated[float, typer.Option(help="How often to measure and save.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Of weights and batches.")] = 1,
    max_hours: Annotated[float | None, typer.Option(help="Stop with a checkpoint after this many hours.")] = None,
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1,
) -> None:
    """Train a cover network on rendered versions: which work is this, and versions closer than other works.

    Ctrl+C, SIGTERM or a file named [b]stop[/b] in the run folder end it with a checkpoint; the same command goes on
    from there, and takes in works that the corpus has gained. OUT/best.safetensors is the network that did best on
    the development versions.
    """
    import json

    import torch

    from pemr.covers.networks.clips import ClipSettings
    from pemr.covers.networks.network_file import NetworkSettings
    from pemr.covers.networks.training import CoverTraining, Told
    from pemr.covers.networks.training import train as train_network
    from pemr.frontend import FrontEnd
    from pemr.modelfile import load_model

    torch.set_num_threads(threads)
    model = encoder or hears_as
    front_end = load_model(model).info.front_end if model is not None else FrontEnd()
    settings = CoverTraining(
        NetworkSettings(network, width, channels, str(encoder or ""), front_end, str(begun or "")),
        ClipSettings(works=works), steps, learning_rate, falling=falling, measure_minutes=measure_minutes, seed=seed,
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)

    def told(now: Told) -> None:
        figures = "  ".join(f"MAP {name} {value:.3f}" for name, value in now.measures.items())
        learned = f"loss {now.loss:.3f}, right work {now.right_work:.2f}"
        typer.echo(f"step {now.step}: {learned}  {figures}  {now.spent.hours:.2f} h")
        with (out / "curve.jsonl").open("a", encoding="utf-8") as curve:
            hours = {"hours": now.spent.hours, "processor_hours": now.spent.processor_hours}
            curve.write(json.dumps({"step": now.step, **hours, "loss": now.loss, "map": now.measures}) + "\n")

    best = train_network(settings, corpora, out, development=development or (), max_hours=max_hours, told=told)
    typer.echo(f"Best network: {best}")


def calibrate(
    network: Annotated[Path, typer.Argument(help="A trained network on chroma; how it is joined is written into it.")],
    corpus: Annotated[
        Path, typer.Argument(help="Versions of works that it was not trained on (render --calibration).")
    ],
    out: Annotated[Path | None, typer.Option(help="Write the network there instead.")] = None,
    music: Annotated[
        Path | None,
        typer.Option(
            help="The free game music (corpus fetch): measure what unrelated tracks score on its training part."
        ),
    ] = None,
    background: Annotated[
        Path | None, typer.Option(help="The file of background figures to write; with --music.", dir_okay=False)
    ] = None,
    cache: Annotated[Path, typer.Option(help="Where what was heard and aligned is kept.")] = Path("covers-cache"),
    threads: Annotated[int, typer.Option(help="Cores that the network may take.")] = 1,
) -> None:
    """Find out how much a network counts beside alignment, on works that are neither trained nor measured on.

    With [b]--music[/b] and [b]--background[/b] also what unrelated music scores and how much each kind of evidence
    counts: the figures that the verdicts of the search rest on. Every network that ships is joined for these.
    """
    from pemr.covers.evaluation import fit_normalisation
    from pemr.covers.evaluation.evaluation import evaluation_set_of_corpus
    from pemr.covers.evaluation.fit_fusion import fit_fusion
    from pemr.covers.networks.frames import chroma_frames, shingle_vectors
    from pemr.covers.networks.network_file import load_network, read_network, write_network
    from pemr.covers.scores.normalisation import default_score_model

    if (music is None) != (background is None):
        raise typer.BadParameter("--music and --background go together.")
    trained, tracks = load_network(network, cores=threads), evaluation_set_of_corpus(corpus)
    if trained.network.takes != "chroma":
        raise typer.BadParameter(
            f"{trained.settings.name} does not listen to chroma, which is all that libraries keep."
        )

    def vectors_of(tracks: EvaluationSet) -> list[Vectors]:
        return [shingle_vectors(trained.network, chroma_frames(found)) for found in tracks.features]

    figures = default_score_model()
    unrelated = None
    if music is not None:
        unrelated = fit_normalisation.draw_music(music, cache)
        aligned = fit_normalisation.align_all(unrelated, vectors_of(unrelated), cache)
        figures = fit_normalisation.fit_length_models(aligned, figures)
    vectors = vectors_of(tracks)
    fusion = fit_fusion(tracks.features, vectors, tracks.works, figures)
    if unrelated is not None and background is not None:
        rendered = fit_normalisation.align_all(tracks, vectors, cache)
        figures = fit_normalisation.fit_calibration(rendered, aligned, figures, fusion)
        figures = fit_normalisation.with_provenance(figures, unrelated, tracks, fusion)
        write_output(background, fit_normalisation.as_toml(figures))
        typer.echo(
            f"{background}: log scores of the cohort deviate by {figures.coarse.deviation:.3f}, rescored by "
            f"{figures.fine.deviation:.3f} ({figures.unrelated_pairs:,} pairs); "
            f"log odds = {figures.bias:+.2f} + {figures.score_slope:.2f} normalised score "
            f"+ {figures.similarity_slope:.2f} similarity."
        )
    write_network(out or network, read_network(network).weights, trained.settings, trained.provenance, fusion)
    typer.echo(
        f"{out or network}: a standard deviation of the network counts {fusion.coarse.weight:.2f} of the "
        f"alignment's, {fusion.fine.weight:.2f} after rescoring "
        f"({tracks.title}, {fusion.pairs} pairs of versions)."
    )
