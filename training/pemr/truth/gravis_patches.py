"""A folder of Gravis Ultrasound patches made into one soundfont, so that every font is played by the same synthesiser.

Patch files are as the Gravis Ultrasound software development kit describes them, soundfonts as the SoundFont technical
specification 2.01 does; of both no more than freepats needs.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pemr.durable_files import write_output
from pemr.errors import CorpusError

Samples = npt.NDArray[np.int16]

PATCH_HEADER, INSTRUMENT_HEADER, LAYER_HEADER, SAMPLE_HEADER = 129, 63, 47, 96
SIXTEEN_BIT, UNSIGNED, LOOPING, PING_PONG, REVERSE = 1, 2, 4, 8, 16
GUARD = 46
"""Silent samples behind each sample of a soundfont."""
RELEASE_TIMECENTS = -2400
DECAY_TIMECENTS = 2600
SILENCE_CENTIBELS = 1000
DRUM_BANK = 128
FRACTION_BITS = 0x0F
# generators of the specification, 8.1.2
ATTACK, DECAY, SUSTAIN, RELEASE, INSTRUMENT, KEY_RANGE, FINE_TUNE, SAMPLE, MODES, SCALE, ROOT = (
    34, 36, 37, 38, 41, 43, 52, 53, 54, 56, 58
)  # fmt: skip


@dataclass(frozen=True)
class PatchSample:
    """One sample of a patch; `loop` (start, end) in samples or None; `root` a MIDI pitch with its fraction."""

    samples: Samples
    rate: int
    loop: tuple[int, int] | None
    low: int
    high: int
    root: float


def read_patch(path: Path) -> list[PatchSample]:
    """The samples of a patch file. Raises `CorpusError` if it is none."""
    content = path.read_bytes()
    if not content.startswith(b"GF1PATCH"):
        raise CorpusError(f"{path} is not a Gravis patch.")
    count = content[PATCH_HEADER + INSTRUMENT_HEADER + 6]
    offset = PATCH_HEADER + INSTRUMENT_HEADER + LAYER_HEADER
    found = []
    for _ in range(count):
        fractions = content[offset + 7]
        length, start, end, rate = struct.unpack_from("<IIIH", content, offset + 8)
        low, high, root = (_pitch(mhz) for mhz in struct.unpack_from("<III", content, offset + 22))
        modes = content[offset + 55]
        raw = content[offset + SAMPLE_HEADER : offset + SAMPLE_HEADER + length]
        found.append(_sample(raw, rate, modes, (start, end), fractions, (low, high, root)))
        offset += SAMPLE_HEADER + length
    return found


def _pitch(millihertz: int) -> float:
    return 69.0 + 12.0 * math.log2(max(millihertz, 1) / 440_000.0)


def _sample(
    raw: bytes, rate: int, modes: int, loop: tuple[int, int], fractions: int, pitches: tuple[float, float, float]
) -> PatchSample:
    width = 2 if modes & SIXTEEN_BIT else 1
    if width == 2:
        values = np.frombuffer(raw[: len(raw) // 2 * 2], "<u2" if modes & UNSIGNED else "<i2").astype(np.int32)
        samples = (values - (32768 if modes & UNSIGNED else 0)).astype(np.int16)
    else:
        values = np.frombuffer(raw, np.uint8 if modes & UNSIGNED else np.int8).astype(np.int32)
        samples = ((values - (128 if modes & UNSIGNED else 0)) * 256).astype(np.int16)
    start, end = loop[0] // width, min(loop[1] // width, len(samples))
    if modes & REVERSE:
        samples = samples[::-1]
    if not modes & LOOPING or end - start < 8:
        return PatchSample(samples, rate, None, round(pitches[0]), round(pitches[1]), pitches[2])
    if modes & PING_PONG:
        samples = np.concatenate([samples[:end], samples[start:end][::-1]])
        end += end - start
    return PatchSample(samples[:end], rate, (start, end), round(pitches[0]), round(pitches[1]), pitches[2])


def soundfont_of_patches(folder: Path, target: Path) -> Path:
    """`Tone_000/NNN_….pat` become programs, `Drum_000/NNN_….pat` keys of a drum kit. Kept in `target` once made."""
    if target.exists():
        return target
    tones = _numbered(folder / "Tone_000")
    drums = _numbered(folder / "Drum_000")
    if not tones or not drums:
        raise CorpusError(f"{folder} does not hold the patches that are expected.")
    write_output(target, _Bank().made(tones, drums), CorpusError)
    return target


def _numbered(folder: Path) -> dict[int, list[PatchSample]]:
    return {
        int(path.name[:3]): read_patch(path) for path in sorted(folder.glob("*.pat")) if re.match(r"\d{3}", path.name)
    }


class _Bank:
    """A soundfont as it grows: sound, and the records of the specification, 7.2 to 7.10."""

    def __init__(self) -> None:
        self.sound: list[Samples] = []
        self.length = 0
        self.sample_headers: list[bytes] = []
        self.instruments: list[bytes] = []
        self.instrument_bags: list[bytes] = []
        self.instrument_generators: list[bytes] = []
        self.presets: list[bytes] = []
        self.preset_bags: list[bytes] = []
        self.preset_generators: list[bytes] = []

    def made(self, tones: dict[int, list[PatchSample]], drums: dict[int, list[PatchSample]]) -> bytes:
        """The file."""
        for program, samples in tones.items():
            self._instrument(f"program {program}", [_zone(sample, program, samples) for sample in samples], samples)
            self._preset(program, 0)
        hits = [(key, samples[0]) for key, samples in drums.items() if samples]
        self._instrument("drums", [_drum_zone(key) for key, _ in hits], [sample for _, sample in hits])
        self._preset(0, DRUM_BANK)
        return self._file()

    def _instrument(self, name: str, zones: list[list[tuple[int, int]]], samples: list[PatchSample]) -> None:
        self.instruments.append(struct.pack("<20sH", name.encode(), len(self.instrument_bags)))
        for zone, sample in zip(zones, samples, strict=True):
            number = self._add_sample(f"{name} {len(self.sample_headers)}", sample)
            self.instrument_bags.append(struct.pack("<HH", len(self.instrument_generators), 0))
            # the key range comes first in a zone, the sample last
            self.instrument_generators += [struct.pack("<HH", kind, value & 0xFFFF) for kind, value in zone]
            self.instrument_generators.append(struct.pack("<HH", MODES, 1 if sample.loop else 0))
            self.instrument_generators.append(struct.pack("<HH", SAMPLE, number))

    def _preset(self, program: int, bank: int) -> None:
        instrument = len(self.instruments) - 1
        header = struct.pack("<20sHHHIII", f"{bank}:{program}".encode(), program, bank, len(self.preset_bags), 0, 0, 0)
        self.presets.append(header)
        self.preset_bags.append(struct.pack("<HH", len(self.preset_generators), 0))
        self.preset_generators.append(struct.pack("<HH", INSTRUMENT, instrument))

    def _add_sample(self, name: str, sample: PatchSample) -> int:
        start = self.length
        end = start + len(sample.samples)
        loop = (start + sample.loop[0], start + sample.loop[1]) if sample.loop else (start, end)
        self.sound += [sample.samples, np.zeros(GUARD, np.int16)]
        self.length = end + GUARD
        self.sample_headers.append(
            struct.pack("<20sIIIIIBbHH", name.encode()[:20], start, end, *loop, sample.rate, 60, 0, 0, 1)
        )
        return len(self.sample_headers) - 1

    def _file(self) -> bytes:
        last_bag, last_generator = struct.pack("<HH", len(self.preset_generators), 0), struct.pack("<HH", 0, 0)
        no_modulator = bytes(10)
        records = [
            (b"phdr", [*self.presets, struct.pack("<20sHHHIII", b"EOP", 0, 0, len(self.preset_bags), 0, 0, 0)]),
            (b"pbag", [*self.preset_bags, last_bag]),
            (b"pmod", [no_modulator]),
            (b"pgen", [*self.preset_generators, last_generator]),
            (b"inst", [*self.instruments, struct.pack("<20sH", b"EOI", len(self.instrument_bags))]),
            (b"ibag", [*self.instrument_bags, struct.pack("<HH", len(self.instrument_generators), 0)]),
            (b"imod", [no_modulator]),
            (b"igen", [*self.instrument_generators, last_generator]),
            (b"shdr", [*self.sample_headers, struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)]),
        ]
        information = [(b"ifil", struct.pack("<HH", 2, 1)), (b"isng", b"EMU8000\0"), (b"INAM", b"Patches\0")]
        sound = np.concatenate(self.sound).astype("<i2").tobytes()
        content = (
            _list(b"INFO", [_chunk(name, data) for name, data in information])
            + _list(b"sdta", [_chunk(b"smpl", sound)])
            + _list(b"pdta", [_chunk(name, b"".join(rows)) for name, rows in records])
        )
        return _chunk(b"RIFF", b"sfbk" + content)


def _zone(sample: PatchSample, program: int, all_samples: list[PatchSample]) -> list[tuple[int, int]]:
    """Keys, pitch and envelope of a sample: the outermost reach to the ends of the keyboard."""
    low = 0 if sample.low == min(other.low for other in all_samples) else max(0, sample.low)
    high = 127 if sample.high == max(other.high for other in all_samples) else min(127, max(sample.high, low))
    root = round(sample.root)
    zone = [(KEY_RANGE, low | high << 8), (ROOT, max(0, min(127, root)))]
    zone.append((FINE_TUNE, round(100 * (root - sample.root))))
    if sample.loop and dies_away(program):
        zone += [(DECAY, DECAY_TIMECENTS), (SUSTAIN, SILENCE_CENTIBELS)]
    return [*zone, (RELEASE, RELEASE_TIMECENTS)]


def _drum_zone(key: int) -> list[tuple[int, int]]:
    return [(KEY_RANGE, key | key << 8), (ROOT, key), (SCALE, 0), (RELEASE, RELEASE_TIMECENTS + 2400)]


def dies_away(program: int) -> bool:
    """Whether the sound of a General MIDI program fades by itself while the key is held."""
    return program < 16 or 24 <= program < 40 or program in (45, 46, 47) or 104 <= program < 109 or 112 <= program < 120


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _list(name: bytes, chunks: list[bytes]) -> bytes:
    return _chunk(b"LIST", name + b"".join(chunks))
