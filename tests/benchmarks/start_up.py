"""What it costs to start: processor time and modules of short commands, beside that of the libraries they stand on.

    python tests/benchmarks/start_up.py [--times 5] [--before CHECKOUT]

Each command runs in a Python of its own, first once to compile what is not compiled yet; the least time counts. With
`--before`, a checkout of another version is measured in the same run, in turn with this one.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASE = "import typer, rich"
HEAVY = ("PySide6", "av", "faiss", "mutagen", "numpy", "torch")
COUNTING = """
import atexit, sys

def tell(names={names!r}):
    loaded = [name for name in names if name in sys.modules]
    print(len(sys.modules), *loaded, file=sys.stderr)

atexit.register(tell)
sys.argv = ["command", *{arguments!r}]
{code}
"""
DESKTOP = "from pemr_desktop.__main__ import main; sys.exit(main())"
TRAIN = "from pemr.command import main; main()"


@dataclass(frozen=True)
class Start:
    """What is started: a name for the table, the code, and its arguments."""

    name: str
    code: str
    arguments: tuple[str, ...] = ()


STARTS = (
    Start(f"python -c '{BASE}'", BASE),
    Start("pemr-desktop --version", DESKTOP, ("--version",)),
    Start("pemr-desktop --help", DESKTOP, ("--help",)),
    Start("pemr-desktop status", DESKTOP, ("status",)),
    Start("import pemr_desktop.app", "import pemr_desktop.app"),
    Start("pemr-train --version", TRAIN, ("--version",)),
    Start("pemr-train --help", TRAIN, ("--help",)),
)


@dataclass
class Cost:
    """The least processor time of all runs, and what the last one had loaded."""

    processor_s: float
    modules: int
    heavy: tuple[str, ...]


def main() -> None:
    """Measure all starts in turn, again and again, and print a table for each checkout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--before", type=Path, help="a checkout of another version")
    asked = parser.parse_args()
    checkouts = [*([asked.before.resolve()] if asked.before else []), ROOT]
    costs: dict[tuple[Path, Start], Cost] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.times + 1):
            for checkout in checkouts:
                for start in STARTS:
                    cost = measure(start, checkout, Path(folder))
                    if number == 1 or (number and cost.processor_s < costs[checkout, start].processor_s):
                        costs[checkout, start] = cost
    for checkout in checkouts:
        print_table(checkout, {start: costs[checkout, start] for start in STARTS})


def measure(start: Start, checkout: Path, folder: Path) -> Cost:
    """Start it once, with `folder` for compiled files and as the home of all that it keeps."""
    environment = os.environ | {
        "PYTHONPATH": f"{checkout}{os.pathsep}{checkout / 'training'}",
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "PEMR_DESKTOP_HOME": str(folder / "home"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    code = COUNTING.format(names=HEAVY, arguments=start.arguments, code=start.code)
    before = _children_s()
    run = [sys.executable, "-c", code]  # in a folder of its own: what lies in the current one would come first
    done = subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    spent = _children_s() - before
    modules, *heavy = done.stderr.strip().splitlines()[-1].split()
    return Cost(spent, int(modules), tuple(heavy))


def print_table(checkout: Path, costs: dict[Start, Cost]) -> None:
    """One line a start; the ratio is to the libraries that every command line stands on."""
    base = costs[STARTS[0]].processor_s
    print(checkout)
    print(f"{'':32} {'seconds':>8} {'ratio':>6} {'modules':>8}  of the heavy ones")
    for start, cost in costs.items():
        print(
            f"{start.name:32} {cost.processor_s:8.2f} {cost.processor_s / base:6.1f} {cost.modules:8}  "
            f"{' '.join(cost.heavy) or '-'}"
        )


def _children_s() -> float:
    """Processor seconds of all child processes so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
