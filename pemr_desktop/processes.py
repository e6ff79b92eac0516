"""How a process of the application is started, from a checkout, an installed wheel and a frozen bundle alike."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)

WORKER_MODULE = "pemr_desktop.jobs.worker"
QUIET_THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def worker_command(library: Path, model: Path | None = None) -> list[str]:
    """Program and arguments of the worker process."""
    arguments = ["--library", str(library)]
    if model is not None:
        arguments += ["--model", str(model)]
    return [*module_command(WORKER_MODULE), *arguments]


def worker_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a worker: numeric libraries on one core each, unless the user has said otherwise.

    Their threads wait for one another in a loop; with a decoder, a player or a training beside them that makes
    everything several times slower. Where more cores help, the worker asks for them itself.
    """
    return {**QUIET_THREADS, **environ}


def module_command(module: str) -> list[str]:
    """Program and arguments that run a module of the application; a frozen bundle runs it through its own program."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--run-module", module]
    return [sys.executable, "-m", module]


def put_away(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and leave nothing of it behind: no zombie, no open pipe."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                log.debug("Process %d went away with an order unread", process.pid)
