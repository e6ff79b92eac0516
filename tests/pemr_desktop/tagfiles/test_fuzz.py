"""Some damaged files of every format; tests/benchmarks/fuzz_tagfiles.py does the same with as many as wanted."""

from __future__ import annotations

import random
from pathlib import Path

from fuzz_tagfiles import Outcomes, fuzz, samples
from pemr_desktop.tagfiles.opening import CONTAINERS

EACH = 15


def test_damaged_files_of_every_format_are_refused_or_written_and_restored(tmp_path: Path) -> None:
    by_container = samples(None)
    everything = [content for named in by_container.values() for _, content in named]
    restored = 0
    for container, named in by_container.items():
        outcomes = Outcomes()
        fuzz(named, everything, EACH, random.Random(f"20261123 {container}"), tmp_path, outcomes)
        assert outcomes.counts.total() == EACH
        assert outcomes.counts["wrong"] == 0, container
        restored += outcomes.counts["written and restored"]
    assert restored > EACH * len(CONTAINERS) / 4
