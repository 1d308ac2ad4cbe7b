"""Arrays of a big-endian file, in memory, give what the same values do in this machine's order of bytes."""

import numpy as np

import hpacells as hpa


def test_big_endian_images() -> None:
    simulated = hpa.simulate_field(seed=1, size=400)
    image = simulated.image.astype(np.uint16) * 257
    segmenter = hpa.load_segmenter("classical")
    found = segmenter.segment_image(image, 0.08)
    other = segmenter.segment_image(image.astype(">u2"), 0.08)
    assert found.count > 0
    assert np.array_equal(found.cells, other.cells)
    assert np.array_equal(found.nuclei, other.nuclei)
    tiles = hpa.crop_cells(image, found)
    others = hpa.crop_cells(image.astype(">u2"), other)
    assert others.table.equals(tiles.table)
    assert np.array_equal(tiles.tiles, others.tiles)
