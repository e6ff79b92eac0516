"""What a frozen bundle starts: the application, or, with `--run-module`, one of the processes it is made of.

The bundle has no Python of its own, so worker, decoders, playback engine and `pemr-train` are started as this same
program (see `pemr_desktop.processes`).
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys


def main() -> int:
    """`--run-module MODULE ARGUMENT...` runs that module as `python -m` would; anything else is `pemr-desktop`."""
    multiprocessing.freeze_support()
    for name in ("stdout", "stderr"):  # a windowed program on Windows has neither, and libraries print
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    if sys.argv[1:2] == ["--run-module"] and len(sys.argv) > 2:
        module, sys.argv = sys.argv[2], [sys.argv[0], *sys.argv[3:]]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    from pemr_desktop.__main__ import main as desktop

    return desktop()


if __name__ == "__main__":
    sys.exit(main())
