"""`pemr-train corpus`: bring or make the free material that the bundled model is made from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress as Bar


def application() -> typer.Typer:
    """The group `pemr-train corpus`."""
    app = typer.Typer(help="Bring or make free music to train on.", no_args_is_help=True, add_completion=False)
    fetch = typer.Typer(help="Download a corpus that others publish.", no_args_is_help=True)
    fetch.command("free-game-music")(fetch_free_game_music)
    app.add_typer(fetch, name="fetch")
    render = typer.Typer(help="Make a corpus.", no_args_is_help=True)
    render.command("versions")(render_versions)
    render.command("truth")(render_truth)
    app.add_typer(render, name="render")
    app.command("listen")(listen)
    return app


def fetch_free_game_music(
    folder: Annotated[Path, typer.Argument(help="Where the music goes; made if it is not there.")],
) -> None:
    """Bring 21 hours of free game music (362 tracks, 27 soundtracks) out of Debian packages.

    The packages are downloaded and unpacked, never installed. Every file is checked against its digest; run the
    command again to go on after an interruption. Licences are gathered in FOLDER/LICENCES.
    """
    from pemr.datasets import free_game_music

    report = free_game_music.fetch(folder, said=lambda line: typer.echo(line, err=True))
    typer.echo(f"{report.present + report.fetched} tracks in {folder} ({report.fetched} new).")
    for fault in report.faults:
        typer.echo(fault, err=True)
    if report.faults:
        raise typer.Exit(1)


def render_versions(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the corpus goes; made if it is not there.")],
    tunes: Annotated[int | None, typer.Option(help="How many printed tunes (default: all).")] = None,
    songs: Annotated[int, typer.Option(help="How many songs made by rule.")] = 2000,
    sketched: Annotated[int, typer.Option(help="Versions of a work sketched without audio, 12 ms each.")] = 8,
    rendered: Annotated[int, typer.Option(help="Versions of a work played by a soundfont, about 1 s each.")] = 0,
    development: Annotated[
        bool, typer.Option(help="Render the development works instead of the training ones.")
    ] = False,
    calibration: Annotated[
        bool, typer.Option(help="Render the works that scores are calibrated on instead of the training ones.")
    ] = False,
    music: Annotated[
        list[Path] | None, typer.Option(help="A folder of real music to hear as well, a work each. Repeatable.")
    ] = None,
    books: Annotated[Path | None, typer.Option(help="The books of tunes, if you have them unpacked.")] = None,
    soundfont: Annotated[Path | None, typer.Option(help="Another soundfont (.sf2, .sf3).")] = None,
    tools: Annotated[
        Path | None, typer.Option(help="Where fetched packages are unpacked (default: DIR/tools).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other versions.")] = 0,
    processes: Annotated[int, typer.Option(help="How many work at once; 0: half the cores.")] = 0,
    limit: Annotated[int | None, typer.Option(help="Stop after this many works; the same command goes on.")] = None,
    segments: Annotated[
        int, typer.Option(help="Moments of sound to keep of each rendered version, for networks with the PEMR encoder.")
    ] = 0,
    varied: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of versions of tunes whose melody is varied as players do.")
    ] = 0.0,
    keep_audio: Annotated[bool, typer.Option(help="Keep the audio of rendered versions in DIR/audio.")] = False,
) -> None:
    """Render versions of public-domain tunes and of songs made by rule, reduced to features, answers known.

    Works, styles and soundfonts of the final examination are left out. The same seed gives the same versions; a work
    that is there is not rendered again. DIR/versions.tsv lists every version with its split, style and sound.
    """
    from pemr.covers.corpus.version_corpus import Rendering, listen_to_music, render_corpus, works_to_render
    from pemr.datasets.folder import AUDIO_SUFFIXES
    from pemr.rendering.render_tools import bring_tools
    from pemr.rendering.tune_list import Split

    if development and calibration:
        raise typer.BadParameter("A corpus is either of development or of calibration works.")
    split: Split = "development" if development else "calibration" if calibration else "train"
    found = bring_tools(
        tools or folder / "tools", books, split, audio=rendered > 0, said=lambda line: typer.echo(line, err=True)
    )
    rendering = Rendering(
        found.books, found.mma, soundfont or found.soundfont, sketched, rendered, seed,
        folder / "audio" if keep_audio else None, segments, varied,
    ).checked()  # fmt: skip
    works = works_to_render(split, tunes, songs)[:limit]
    total = 0
    with Bar(transient=True) as bar:
        task = bar.add_task("rendering", total=len(works))
        for versions in render_corpus(
            folder, works, rendering, processes=processes or max(1, (os.cpu_count() or 2) // 2)
        ):
            total += len(versions)
            bar.advance(task)
        for root in music or []:
            paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
            task = bar.add_task(f"listening to {root.name}", total=len(paths))
            for _ in listen_to_music(folder, paths, split):
                total += 1
                bar.advance(task)
    typer.echo(f"{total} versions of {len(works)} works in {folder}, split {split}.")


def render_truth(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the corpus goes; made if it is not there.")],
    clips: Annotated[int, typer.Option(help="How many clips, 28 to 50 s each.")] = 5000,
    tools: Annotated[
        Path | None, typer.Option(help="Where fetched packages are unpacked (default: DIR/tools).")
    ] = None,
    books: Annotated[Path | None, typer.Option(help="The books of tunes, if you have them unpacked.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other clips.")] = 0,
    processes: Annotated[int, typer.Option(help="How many work at once; 0: half the cores.")] = 0,
) -> None:
    """Render music whose players are known, singing, and what is no music, each clip with its labels.

    Every clip is of one split: to train on, to choose and calibrate on, or for figures; they share no soundfont, work,
    style file or voice (the table is training/pemr/truth/sources.toml). What is kept for the final examination is
    refused. The same seed gives the same clips; the same command goes on after an interruption. DIR/clips.tsv lists
    every clip with what is true of it. Packages are downloaded and unpacked, never installed; 1 GB of them.
    """
    from pemr.truth.corpus import render_truth as render
    from pemr.truth.sources import bring_sources

    found = bring_sources(tools or folder / "tools", lambda line: typer.echo(line, err=True), books)
    made = 0
    with Bar(transient=True) as bar:
        task = bar.add_task("rendering", total=clips)
        for is_new in render(
            folder, clips, found, seed=seed, processes=processes or max(1, (os.cpu_count() or 2) // 2)
        ):
            made += is_new
            bar.advance(task)
    typer.echo(f"{clips} clips in {folder}, {made} of them new.")


def listen(
    root: Annotated[Path, typer.Argument(help="Where the set lies.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the corpus goes; made if it is not there.")],
    name: Annotated[str, typer.Option("--set", help="folder, covers80, shs100k or shs100k-sub.")] = "folder",
    part: Annotated[str, typer.Option(help="Of SHS100K: train, validation or test.")] = "train",
    development: Annotated[bool, typer.Option(help="To be measured on, not trained on.")] = False,
    segments: Annotated[
        int, typer.Option(help="Moments of sound to keep of each recording, for networks with the PEMR encoder.")
    ] = 0,
) -> None:
    """Turn recordings of versions into a corpus to train or measure on. The same command goes on where it stopped."""
    from pemr.covers.corpus.version_corpus import listen_to_set
    from pemr.datasets.clique_catalogue import load_clique_set

    cliques = load_clique_set(name, root, part)
    typer.echo(str(cliques))
    for note in cliques.notes:
        typer.echo(f"Note: {note}.")
    works = {track.work for track in cliques.tracks if track.work is not None}
    with Bar(transient=True) as bar:
        task = bar.add_task("listening", total=len(works))
        analysed = 0
        for versions in listen_to_set(folder, cliques, "development" if development else "train", segments):
            analysed += len(versions)
            bar.advance(task)
    typer.echo(f"{analysed} recordings of {len(works)} works in {folder}.")
