"""`pemr-train evaluate covers`: how well versions are found on a set, beside the paper's Table 5."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from pemr.covers.evaluation.evaluation import EvaluationSet, Progress, Scorer
    from pemr.covers.networks.network_file import TrainedNetwork


def covers(
    roots: Annotated[list[Path], typer.Argument(metavar="ROOT...", help="Where the set lies, or several of one kind.")],
    kind: Annotated[
        str, typer.Option("--set", help="folder, corpus, covers80, shs100k, shs100k-sub, da-tacos, free-game-music.")
    ] = "folder",
    part: Annotated[str, typer.Option(help="Of SHS100K: train, validation or test.")] = "test",
    networks: Annotated[
        list[Path] | None, typer.Option("--network", help="A trained cover network. Repeatable.")
    ] = None,
    align: Annotated[bool, typer.Option(help="Align all pairs too: about 8 ms a pair.")] = True,
    shortlist: Annotated[int, typer.Option(help="How many a network hands to alignment in the whole search.")] = 50,
    cache: Annotated[Path, typer.Option(help="Where what was heard and aligned is kept.")] = Path("covers-cache"),
    threads: Annotated[int, typer.Option(help="Cores that a network may take.")] = 1,
) -> None:
    """Measure version search: 2-D Fourier chroma, alignment, networks, and networks joined with alignment.

    A network that was calibrated (pemr-train covers calibrate) is joined with the alignment of all tracks, as the
    application does it up to a few thousand tracks, and with that of its shortlist, as it does beyond.

    MAP, hit@1 and hit@10 with 95 % bootstrap intervals, mean and median rank of the first version, P@10 with the
    highest value it could have. The query is left out by its id; a query without a version counts in no mean.
    """
    from pemr.covers.evaluation import evaluation
    from pemr.covers.networks.network_file import load_network

    loaded = [(path, load_network(path, cores=threads)) for path in networks or []]
    with Bar(transient=True) as bar:
        task = bar.add_task("listening", total=None)

        def progress(done: int, total: int, doing: str) -> None:
            bar.update(task, completed=done, total=total, description=doing)

        for root in roots:
            tracks = _evaluation_set(
                kind, root, part, cache, progress, any("segments" in t.network.takes for _, t in loaded)
            )
            typer.echo(tracks.title)
            for note in tracks.notes:
                typer.echo(f"Note: {note}.")
            for name, scorer in _scorers(tracks, loaded, align, shortlist, cache).items():
                typer.echo(f"{name}: {evaluation.measure(tracks, scorer, progress, name)}")
            for name, (_, trained) in zip(_names(loaded), loaded, strict=True):
                share = evaluation.shortlist_recall(tracks, evaluation.network_scorer(trained, tracks), shortlist)
                typer.echo(f"{name}: a version is among its first {shortlist} for {share:.1%} of the queries")
    for method, mean_average_precision, precision, first_rank in evaluation.TABLE_5.get(tracks.name, ()):
        figures = f"MAP {mean_average_precision:.3f}  MR1 {first_rank:.2f}  P@10 {precision:.3f}"
        typer.echo(f"Table 5 of the paper, {tracks.name}, {method}: {figures}")
    if tracks.name not in evaluation.TABLE_5:
        typer.echo("Table 5 of the paper is of SHS100K-SUB and Covers80; its figures do not compare with these.")


def _scorers(
    tracks: EvaluationSet, loaded: list[tuple[Path, TrainedNetwork]], align: bool, shortlist: int, cache: Path
) -> dict[str, Scorer]:
    """Every way of searching by its name."""
    from pemr.covers.evaluation import evaluation, two_stage

    scorers = {"2-D Fourier chroma": evaluation.fourier_scorer(tracks.features)}
    plain, normalised = evaluation.alignment_scorers(tracks.features, cache)
    if align:
        scorers["alignment"] = plain
        scorers["alignment, normalised against the cohort"] = normalised
    for name, (_, trained) in zip(_names(loaded), loaded, strict=True):
        rough = scorers[name] = evaluation.network_scorer(trained, tracks)
        if "segments" not in trained.network.takes:
            rough = scorers[f"{name}, half minutes"] = evaluation.network_scorer(trained, tracks, parts=True)
        if not align:
            continue
        best = normalised
        if trained.fusion is not None:
            scorers[f"{name}, joined with alignment"] = two_stage.fused_scorer(trained, tracks, plain)
            best = scorers[f"{name}, whole search"] = two_stage.whole_search_scorer(trained, tracks, plain)
        scorers[f"{name}, then the best of all on its first {shortlist}"] = two_stage.search_scorer(
            rough, best, shortlist
        )
    return scorers


def _names(loaded: list[tuple[Path, TrainedNetwork]]) -> list[str]:
    """What each network is called: by its file, and by its folder too where that would not tell them apart."""
    short = [f"{trained.settings.name} ({path.name})" for path, trained in loaded]
    return [
        name if short.count(name) == 1 else f"{trained.settings.name} ({path.parent.name}/{path.name})"
        for name, (path, trained) in zip(short, loaded, strict=True)
    ]


def _evaluation_set(kind: str, root: Path, part: str, cache: Path, progress: Progress, moments: bool) -> EvaluationSet:
    from pemr.covers.evaluation import evaluation
    from pemr.covers.evaluation.da_tacos import da_tacos_tracks, read_hpcp
    from pemr.datasets.clique_catalogue import load_clique_set

    if kind == "corpus":
        return evaluation.evaluation_set_of_corpus(root)
    if kind == "da-tacos":
        tracks = da_tacos_tracks(root)
        features = list(read_hpcp(tracks))
        title = f"Da-TACOS, benchmark subset: {len(tracks)} tracks"
        return evaluation.EvaluationSet(title, "Da-TACOS", [track.work for track in tracks], features, [], ())
    cliques = load_clique_set(kind, root, part)
    return evaluation.evaluation_set_of_cliques(cliques, cache, progress, with_moments=moments)
