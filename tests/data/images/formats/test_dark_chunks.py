import numpy as np

from data.images.formats.dark_chunks import find_dark_chunks, shows_signal


def test_chunks_without_a_single_bright_pixel() -> None:
    plane = np.ones((50, 70), np.uint8)
    plane[:32, 32:64] = 0
    plane[40:, 64:] = 0
    plane[32:, :32] = 0
    plane[49, 31] = 1
    assert find_dark_chunks(plane, (32, 32)) == [(slice(0, 32), slice(32, 64))]
    plane[32:40, 64:] = 0
    assert find_dark_chunks(plane, (32, 32))[1:] == [(slice(32, 50), slice(64, 70))]


def test_signal_in_most_of_a_chunk_of_a_smaller_copy() -> None:
    copy = np.zeros((25, 35), np.uint8)
    box, shape = (slice(32, 50), slice(64, 70)), (50, 70)
    assert not shows_signal(copy, box, shape)
    copy[16:20, 32:] = 1
    # Light of the neighbours, which the scaling has spread.
    assert not shows_signal(copy, box, shape)
    copy[16:22, 32:] = 1
    assert shows_signal(copy, box, shape)
