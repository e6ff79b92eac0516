from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pemr_desktop.playback.ring import Ring


@given(st.integers(1, 50), st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=30))
def test_frames_come_out_in_the_order_they_went_in_and_none_is_lost(
    capacity: int, steps: list[tuple[int, int]]
) -> None:
    ring = Ring(capacity)
    next_in = next_out = 0
    for write, read in steps:
        numbers = np.arange(next_in, next_in + write, dtype=np.float32)
        next_in += ring.write(np.stack([numbers, -numbers], axis=1))
        out = np.full((read, 2), np.nan, dtype=np.float32)
        count = ring.read_into(out)
        expected = np.arange(next_out, next_out + count, dtype=np.float32)
        assert (out[:count, 0] == expected).all()
        assert (out[:count, 1] == -expected).all()
        assert np.isnan(out[count:]).all()
        next_out += count
        assert ring.available == next_in - next_out <= capacity


def test_a_full_ring_takes_nothing_more() -> None:
    ring = Ring(4)
    assert ring.write(np.ones((10, 2), np.float32)) == 4
    assert ring.write(np.ones((1, 2), np.float32)) == 0
