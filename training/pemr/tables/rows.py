"""One row of a table: pre-train, apply the protocol, and keep what was measured."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pemr import events
from pemr.checkpoint import Checkpoint, load_checkpoint
from pemr.datasets.labelled import LabelledSet
from pemr.durable_files import output, write_output
from pemr.pretrain import pretrain
from pemr.protocols.encoder_finetuning import Start, finetune, set_labels
from pemr.protocols.encoders import open_encoder
from pemr.protocols.probe import ProbeSettings
from pemr.protocols.probing import probe_encoder
from pemr.protocols.settings import with_overrides
from pemr.protocols.supervised_settings import Supervised
from pemr.recipe import Recipe
from pemr.tables.paths import Roots, TablePaths, labelled_set, pretraining_files
from pemr.tables.table_recipe import RANDOM, TableRecipe, TableRow

CURVE = (1 / 12, 1 / 6, 1 / 3, 2 / 3, 1.0)
Display = Callable[[str, Path], AbstractContextManager[events.Listener]]


class Stopped(Exception):
    """The person asked to stop; what is done is kept, the same command goes on."""


class Line(msgspec.Struct, frozen=True):
    """A line as it is printed: ours in the paper's units (ROC-AUC and PR-AUC times 100), the paper's beside it."""

    row: str
    ours: dict[str, float]
    paper: dict[str, float]
    detail: str = ""


class Result(msgspec.Struct, frozen=True):
    """A measured row, or a point of a curve. `key` names all that it depends on; `last`: the end of the curve."""

    key: str
    row: str
    epochs: int
    steps: int
    pretraining_hours: float
    measured: events.Measured
    last: bool = True


@dataclass(frozen=True)
class Overrides:
    """`--set` of a table: `probe.`, `finetune.` and `covers.` are of the protocol, all others of pre-training."""

    pretraining: tuple[str, ...]
    probe: tuple[str, ...]
    finetune: tuple[str, ...]
    covers: tuple[str, ...]

    @staticmethod
    def of(given: list[str]) -> Overrides:
        def below(prefix: str) -> tuple[str, ...]:
            return tuple(text.removeprefix(prefix) for text in given if text.startswith(prefix))

        rest = tuple(text for text in given if not text.startswith(("probe.", "finetune.", "covers.")))
        return Overrides(rest, below("probe."), below("finetune."), below("covers."))


@dataclass(frozen=True)
class TableRun:
    """A table on its way."""

    table: TableRecipe
    roots: Roots
    paths: TablePaths
    overrides: Overrides
    display: Display

    def results(self, row: TableRow) -> Iterator[Result]:
        """The figures of a row: one, or for a curve one for each point. Raises `PemrError` subclasses and `Stopped`."""
        recipe = self.table.pretraining(row, self.overrides.pretraining)
        if row.recipe == RANDOM:
            yield self._measured(row, recipe, None)
        elif self.table.protocol == "epochs":
            for epochs in sorted({max(1, round(share * recipe.train.epochs)) for share in CURVE}):
                point = msgspec.structs.replace(recipe, train=msgspec.structs.replace(recipe.train, epochs=epochs))
                made = self._measured(row, point, self.pretrained(row, point, epochs))
                yield msgspec.structs.replace(made, last=epochs == recipe.train.epochs)
        else:
            yield self._measured(row, recipe, self.pretrained(row, recipe))

    def pretrained(self, row: TableRow, recipe: Recipe, epochs: int = 0) -> Path:
        """The checkpoint at the end of the recipe; a run goes on from what is there. A curve keeps each point."""
        data_set = self.table.pretrain_on
        run = self.paths.pretraining(recipe, data_set, "-curve" if epochs else "")
        kept = run / "checkpoints" / f"epoch-{epochs:04d}.pt"
        if epochs and kept.exists():
            return kept
        files = pretraining_files(data_set, labelled_set(data_set, self.roots))
        with self.display(f"{self.table.name}: pre-training {row.name} on {data_set}", run) as listener:
            finished = pretrain(recipe, files, run, listener=listener, cache=self.paths.cache)
        if finished.reason != "completed":
            raise Stopped
        latest = run / "checkpoints" / "latest.pt"
        if not epochs:
            return latest
        with output(kept) as copy, latest.open("rb") as original:
            shutil.copyfileobj(original, copy)
        return kept

    def _measured(self, row: TableRow, recipe: Recipe, file: Path | None) -> Result:
        """The protocol on one checkpoint, or on fresh weights; what was measured before is not measured again."""
        checkpoint = None if file is None else load_checkpoint(file)
        labelled = labelled_set(self.table.measure_on[0], self.roots)
        if self.table.share < 1.0:
            labelled = labelled.with_share(self.table.share, recipe.train.seed)
        key = self._key(recipe, checkpoint, labelled)
        kept = self.paths.result(self.table.name, row.name, f"-{recipe.train.epochs}" if self._curve else "")
        known = _read(kept)
        if known is not None and known.key == key:
            return known
        made = Result(
            key=key,
            row=row.name,
            epochs=recipe.train.epochs if checkpoint else 0,
            steps=checkpoint.step if checkpoint else 0,
            pretraining_hours=checkpoint.spent.hours if checkpoint else 0.0,
            measured=self._apply(row, recipe, file, labelled, key),
        )
        write_output(kept, msgspec.json.encode(made))
        return made

    @property
    def _curve(self) -> bool:
        return self.table.protocol == "epochs"

    def _apply(
        self, row: TableRow, recipe: Recipe, file: Path | None, labelled: LabelledSet, key: str
    ) -> events.Measured:
        seconds = recipe.data.max_track_s
        if self.table.protocol == "finetuned" or file is None:
            run = self.paths.finetuning(self.table.name, row.name, key)
            with self.display(f"{self.table.name}: training {row.name} on labels", run) as listener:
                return self._finetuned(recipe, file, labelled, run, listener)
        head = "mlp" if self.table.protocol == "mlp" else "linear"
        settings = with_overrides(ProbeSettings(), [f"head={head}", *self.overrides.probe])
        with self.display(f"{self.table.name}: {head} probe of {row.name}", file.parent.parent) as listener:
            return probe_encoder(open_encoder(str(file)), labelled, settings, self.paths.cache, seconds, listener)

    def _finetuned(
        self, recipe: Recipe, file: Path | None, labelled: LabelledSet, run: Path, listener: events.Listener
    ) -> events.Measured:
        defaults = Supervised(threads=recipe.train.threads, seed=recipe.train.seed)
        settings = with_overrides(defaults, self.overrides.finetune)
        start = Start.of(file, recipe.front_end)

        def progress(doing: str, done: int, total: int) -> None:
            listener(events.Preparing(done, total, 0, doing))

        labels = set_labels(start, labelled, self.paths.cache, recipe.data.max_track_s, progress)
        finetuned = finetune(start, labels, settings, run, listener=listener)
        if finetuned.figures is None:
            raise Stopped
        return finetuned.figures

    def _key(self, recipe: Recipe, checkpoint: Checkpoint | None, labelled: LabelledSet) -> str:
        begun = (checkpoint.step, checkpoint.spent.seconds) if checkpoint else (0, 0.0)
        known: list[object] = [
            recipe, begun, self.table.protocol, self.overrides.probe, self.overrides.finetune,
            labelled.split_name, [str(file.path) for file in labelled.files],
        ]  # fmt: skip
        return hashlib.sha256(msgspec.json.encode(known)).hexdigest()[:12]


def _read(file: Path) -> Result | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Result)
    except (OSError, msgspec.DecodeError):
        return None
