"""Watching the calls a real command makes to the system, and ending it at any of them."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

RENAMES = "rename,renameat,renameat2"
WATCHED = f"openat,fsync,fdatasync,{RENAMES}"
CALL = re.compile(r"^(?:\d+ +)?(?P<name>\w+)\((?P<arguments>.*)\) += (?P<answer>-?\d+)")
PATH_OF_DESCRIPTOR = re.compile(r"^\d+<(?P<path>[^>]*)>")
NAMED = re.compile(r'"((?:[^"\\]|\\.)*)"')


@functools.cache
def strace_works() -> bool:
    """Whether strace is here and allowed to trace."""
    if shutil.which("strace") is None:
        return False
    tried = ["strace", "-f", "--seccomp-bpf", "-o", os.devnull, "-e", "trace=write", "true"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


needs_strace = pytest.mark.skipif(not strace_works(), reason="needs strace, and to be allowed to trace")


class Step(NamedTuple):
    """One call that matters to a file that is replaced: create, sync, rename or sync folder."""

    what: str
    path: str


def run_traced(
    command: Sequence[str | Path],
    calls: Path,
    *options: str,
    traced: str = WATCHED,
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command under strace, which writes the calls to a file."""
    fast = [] if "signal=" in " ".join(options) else ["--seccomp-bpf"]  # with it no signal is sent
    return subprocess.run(
        ["strace", "-f", *fast, "-y", "-s", "4096", "-e", f"trace={traced}", *options, "-o", calls, *command],
        capture_output=True,
        text=True,
        env=None if environ is None else {**os.environ, **environ},
        check=False,
    )


def steps_of(calls: Path, target: Path) -> list[Step]:
    """What became of a file that is replaced whole, in order: its temporary file, found by its rename, and its folder.

    Calls of several threads that strace shows in two halves are put together.
    """
    made = [call for line in _whole_lines(calls.read_text("utf-8", "replace")) if (call := CALL.match(line))]
    temporaries = {
        names[-2]
        for call in made
        if call["name"] in RENAMES.split(",")
        and (names := NAMED.findall(call["arguments"]))[-1:] == [str(target)]
        and call["answer"] == "0"
    }
    found = []
    for call in made:
        step = _step(call["name"], call["arguments"], call["answer"], temporaries, target)
        if step is not None:
            found.append(step)
    return found


def _step(name: str, arguments: str, answer: str, temporaries: set[str], target: Path) -> Step | None:
    if answer.startswith("-"):
        return None
    names = NAMED.findall(arguments)
    if name == "openat":
        is_new = names and names[0] in temporaries and "O_CREAT|O_EXCL" in arguments
        return Step("create", names[0]) if is_new else None
    if name in ("fsync", "fdatasync"):
        held = PATH_OF_DESCRIPTOR.match(arguments)
        if held is None:
            return None
        if held["path"] in temporaries:
            return Step("sync", held["path"])
        return Step("sync folder", held["path"]) if held["path"] == str(target.parent) else None
    if name in RENAMES.split(",") and names[-1:] == [str(target)]:
        return Step("rename", names[-2])
    return None


def _whole_lines(text: str) -> list[str]:
    """Lines of strace, with `<unfinished ...>` and `<... resumed>` of one process put together."""
    begun: dict[str, str] = {}
    whole = []
    for line in text.splitlines():
        process, _, rest = line.partition(" ")
        rest = rest.strip()
        if rest.endswith("<unfinished ...>"):
            begun[process] = rest.removesuffix("<unfinished ...>")
        elif rest.startswith("<... "):
            whole.append(begun.pop(process, "") + rest.partition(" resumed>")[2])
        else:
            whole.append(rest)
    return whole


def assert_replaced_durably(calls: Path, target: Path) -> None:
    """A file was written beside the target under a random name made by this write alone, synced, renamed, and its
    folder synced: in this order, each time it was written."""
    steps = steps_of(calls, target)
    assert [step.what for step in steps if step.what == "rename"], f"{target} was never renamed to"
    kinds = [step.what for step in steps]
    for at, kind in enumerate(kinds):
        if kind == "rename":
            temporary = steps[at].path
            before = [step.what for step in steps[:at] if step.path == temporary]
            assert before[0] == "create" and before[-1] == "sync", steps
            assert Path(temporary).parent == target.parent
            assert re.fullmatch(r"\.pemr-new-[0-9a-f]{16}\.part", Path(temporary).name)
            assert "sync folder" in kinds[at:], steps
