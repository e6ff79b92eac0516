"""How a process of the application is started, from a checkout, an installed wheel and a frozen bundle alike."""

from __future__ import annotations

import sys
from pathlib import Path

WORKER_MODULE = "pemr_desktop.jobs.worker"


def worker_command(library: Path, model: Path | None = None) -> list[str]:
    """Program and arguments of the worker process."""
    arguments = ["--library", str(library)]
    if model is not None:
        arguments += ["--model", str(model)]
    return [*module_command(WORKER_MODULE), *arguments]


def module_command(module: str) -> list[str]:
    """Program and arguments that run a module of the application; a frozen bundle runs it through its own program."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--run-module", module]
    return [sys.executable, "-m", module]
