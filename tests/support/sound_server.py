"""PulseAudio as a test starts it for itself: a sink that leads nowhere, whose sound can be recorded."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

RECORDING_RATE = 44_100
PATIENCE_S = 30.0


@dataclass
class SoundServer:
    """PulseAudio with one sink that leads nowhere; what is played into it can be recorded."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def record(self) -> Recording:
        """Begins to record what is played."""
        command = [
            "parec", "--device=nowhere.monitor", "--format=float32le", f"--rate={RECORDING_RATE}", "--channels=2",
            "--latency-msec=20", "--raw",
        ]  # fmt: skip
        return Recording(subprocess.Popen(command, stdout=subprocess.PIPE, env=self.environment))

    def end(self) -> None:
        """Ends in good order."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)

    def die(self) -> None:
        """Ends at once, as a sound server that crashes does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@dataclass
class Recording:
    """Frames are collected on a thread until `stop`."""

    process: subprocess.Popen[bytes]
    chunks: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        while chunk := os.read(self.process.stdout.fileno(), 65_536):
            self.chunks.append(chunk)
        self.process.stdout.close()

    def seconds(self) -> float:
        """How much was recorded so far."""
        return sum(map(len, self.chunks)) / (8 * RECORDING_RATE)

    def frames(self) -> np.ndarray:
        """Everything so far, (n, 2)."""
        data = b"".join(self.chunks)
        return np.frombuffer(data[: len(data) // 8 * 8], np.float32).reshape(-1, 2)

    def sound(self) -> np.ndarray:
        """The left channel from the first to the last frame that is not silent."""
        left = self.frames()[:, 0]
        loud = np.flatnonzero(np.abs(left) > 0.01)
        return left[loud[0] : loud[-1] + 1] if len(loud) else left[:0]

    def stop(self) -> None:
        """Ends the recording."""
        self.process.terminate()
        self.process.wait(10)
        self._thread.join(10)


def start_sound_server(folder: Path) -> SoundServer:
    """Starts PulseAudio on a socket in `folder` and waits until it answers. Raises OSError."""
    socket = folder / "socket"
    environment = os.environ | {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_RUNTIME_PATH": str(folder / "pulse"),
        "PULSE_SERVER": f"unix:{socket}",
    }
    command = [
        "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-target=stderr",
        "--load=module-null-sink sink_name=nowhere",
        f"--load=module-native-protocol-unix socket={socket} auth-anonymous=1",
    ]  # fmt: skip
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    ask = ["pactl", "info"]
    for _ in range(round(PATIENCE_S / 0.1)):
        if subprocess.run(ask, env=environment, capture_output=True, check=False).returncode == 0:
            return SoundServer(process, environment)
        if process.poll() is not None:
            break
        threading.Event().wait(0.1)
    process.kill()
    process.wait(10)
    raise OSError(f"pulseaudio does not start here (exit code {process.returncode})")


def own_sound_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    """A server in a folder made for it, found through the environment as any other is, until the iteration ends.

    The test is skipped where PulseAudio is not installed, and fails where it does not start.
    """
    if not shutil.which("pulseaudio") or not shutil.which("parec"):
        pytest.skip("needs pulseaudio and parec (Debian: pulseaudio, pulseaudio-utils, libasound2-plugins)")
    folder.mkdir(mode=0o700)
    server = start_sound_server(folder)
    for name in ("PULSE_SERVER", "PULSE_RUNTIME_PATH"):
        monkeypatch.setenv(name, server.environment[name])
    yield server
    server.end()
