"""A library folder of its own for every test, music in it, and workers as real processes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from pemr_desktop.paths import below
from pemr_desktop.processes import worker_command
from pemr_desktop.protocol.messages import Cancelled, Command, Event, Failed, Finished, Request, Start
from pemr_desktop.protocol.results import result_of
from pemr_desktop.protocol.sentences import ending
from pemr_desktop.settings_file import SettingsStore

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

MakeAudio = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything the application keeps is below this folder. What a scan finds is not analysed at once."""
    monkeypatch.setenv("PEMR_DESKTOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    settings = below(tmp_path / "home").settings_file
    settings.parent.mkdir(parents=True)
    SettingsStore(settings).set("analyse.automatic", False)
    return tmp_path / "home"


@pytest.fixture
def library_path(home: Path) -> Path:
    return home / "data" / "library.sqlite"


@pytest.fixture
def music(tmp_path: Path, make_audio: MakeAudio) -> Path:
    """A folder with twelve short clips."""
    for number in range(12):
        tags = {"title": f"Tune {number}", "artist": "The Testers"}
        make_audio(tmp_path / "music" / f"tune {number:02d}.flac", seconds=4.0, seed=number, tags=tags)
    return tmp_path / "music"


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights."""
    from random_model import write_random_model

    path = tmp_path_factory.mktemp("model") / "random.safetensors"
    write_random_model(path)
    return path


class RawWorker:
    """A worker process, spoken to line by line."""

    def __init__(self, library: Path, model: Path | None = None) -> None:
        self._requests: dict[int, Request] = {}
        self.process = subprocess.Popen(
            worker_command(library, model), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def say(self, command: Command) -> None:
        assert self.process.stdin is not None
        if isinstance(command, Start):
            self._requests[command.job_id] = command.request
        self.process.stdin.write(msgspec.json.encode(command) + b"\n")
        self.process.stdin.flush()

    def hear(self) -> Event:
        """The next event; fails when the worker has ended."""
        assert self.process.stdout is not None and self.process.stderr is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read().decode()
        return msgspec.json.decode(line, type=Event)

    def hear_until(self, kind: type[Event] | tuple[type[Event], ...], job_id: int | None = None) -> list[Event]:
        """All events up to and with the first one of a kind (of a job)."""
        heard = [self.hear()]
        while not (isinstance(heard[-1], kind) and job_id in (None, getattr(heard[-1], "job_id", None))):
            heard.append(self.hear())
        return heard

    def said(self, event: Finished | Cancelled | Failed) -> str:
        """How a job ended, as the command line says it."""
        request = self._requests[event.job_id]
        return ending(request, event, None if isinstance(event, Failed) else result_of(request, event))

    def close(self) -> int:
        """End the worker by ending its input; its exit code."""
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.process.stdin.close()
        code = self.process.wait(20)
        self.process.stdout.close()
        self.process.stderr.close()
        return code


@pytest.fixture
def start_worker(library_path: Path) -> Iterator[Callable[..., RawWorker]]:
    """`start_worker(model=None, library=...)` -> a worker that has said it is ready."""
    started: list[RawWorker] = []

    def start(model: Path | None = None, library: Path | None = None) -> RawWorker:
        worker = RawWorker(library or library_path, model)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        if worker.process.poll() is None:
            worker.process.kill()
        for pipe in (worker.process.stdin, worker.process.stdout, worker.process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()
        worker.process.wait()
