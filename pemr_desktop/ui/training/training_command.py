"""A training on the whole library with nothing chosen: what it is asked to do, how it is called, its command line."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library.rows import RootRow
from pemr_desktop.processes import module_command
from pemr_desktop.ui.training.training_details import THREADS
from pemr_desktop.ui.training.training_process import TRAIN_MODULE
from pemr_desktop.ui.training.training_record import TrainingRequest

PROGRAM = "pemr-train"
USUAL_HOURS = 8.0


def library_request(roots: Sequence[RootRow], threads: int) -> TrainingRequest | None:
    """The usual recipe on every folder of the library that is there, for one night; None where there is no music."""
    folders = tuple(root.path for root in roots if root.online and root.track_count)
    overrides = (f"{THREADS}={threads}",) if threads else ()
    return TrainingRequest(folders, overrides=overrides, max_hours=USUAL_HOURS) if folders else None


def free_run_name(runs_dir: Path) -> str:
    """A name for a new training, by the day, that no folder has yet."""
    base = translate("TrainingForm", "Training {}").format(time.strftime("%Y-%m-%d"))
    number, name = 1, base
    while (runs_dir / name).exists():
        number += 1
        name = f"{base} ({number})"
    return name


def command_line(request: TrainingRequest, run_dir: Path) -> str:
    """What to enter in a terminal for this run. `pemr-train` where it can be called by name, else its whole path."""
    arguments = [argument for argument in request.arguments(run_dir) if argument != "--events"]
    command = [*_program(), *arguments]
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)


def _program() -> list[str]:
    if shutil.which(PROGRAM):
        return [PROGRAM]
    beside = shutil.which(PROGRAM, path=str(Path(sys.executable).parent))
    return [beside] if beside else module_command(TRAIN_MODULE)
