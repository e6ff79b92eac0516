"""`pemr-desktop`: the window, and every job as a headless subcommand."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; without any, open the window. 0: done; 1: refused or failed; 2: not understood; 130: Ctrl+C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given:
        from pemr_desktop.commands.window import open_window

        return open_window([])
    from pemr_desktop.commands.application import run

    try:
        return run(given)
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
