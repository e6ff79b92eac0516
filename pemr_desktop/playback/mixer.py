"""What the audio callback does: copy frames, and keep every change of level free of clicks."""

from __future__ import annotations

import numpy as np

from .programme import Programme
from .ring import Frames

FADE_S = 0.02


class Mixer:
    """Renders the current programme; the engine sets the three attributes, the callback only reads them.

    * `programme`: exchanged while sounding, the old one is faded into the new one within one block;
    * `paused`: fades out, then holds the position;
    * `gain`: 0 to 1, reached by a ramp.
    """

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.programme: Programme | None = None
        self.paused = False
        self.gain = 1.0
        self.underruns = 0
        self.blocks = 0
        self._sounding: Programme | None = None
        self._gain_now = 0.0

    def render(self, out: Frames) -> None:
        """Fills `out` (n, 2)."""
        out.fill(0.0)
        self.blocks += 1
        programme = self.programme
        if programme is not self._sounding:
            self._fade_away(self._sounding, out)
            self._sounding = programme
            self._gain_now = 0.0
        if programme is None or not programme.enough or (self.paused and self._gain_now == 0.0):
            return
        fresh = np.zeros_like(out)
        count = programme.ring.read_into(fresh)
        if count < len(out) and not programme.finished:
            self.underruns += 1
        out += fresh * self._ramp(len(out), 0.0 if self.paused else self.gain)

    def _fade_away(self, programme: Programme | None, out: Frames) -> None:
        """Adds the next frames of the programme that goes, on their way down to silence."""
        if programme is None or self._gain_now == 0.0:
            return
        programme.ring.read_into(out)
        out *= np.linspace(self._gain_now, 0.0, len(out), dtype=np.float32)[:, None]

    def _ramp(self, count: int, target: float) -> Frames:
        """Gains (count, 1) from the present one towards `target`, the whole way in FADE_S."""
        step = 1.0 / (FADE_S * self.sample_rate)
        distance = target - self._gain_now
        travelled = np.minimum(np.arange(1, count + 1, dtype=np.float32) * step, abs(distance))
        gains = self._gain_now + np.sign(distance) * travelled
        self._gain_now = float(target if travelled[-1] >= abs(distance) else gains[-1])
        column: Frames = gains[:, None].astype(np.float32)
        return column
