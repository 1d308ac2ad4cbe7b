from dataclasses import replace

import numpy as np
import pytest

from data.simulate.field import FieldSettings, simulate_set_field
from data.simulate.fingerprints import hash_pixels, hash_simulator, hash_truth


@pytest.fixture(scope="module")
def field():
    return simulate_set_field(0, FieldSettings(shape=(160, 160)))


def test_truth_depends_on_masks_and_labels_and_not_on_pixels(field):
    truth = hash_truth(field)
    assert truth == hash_truth(replace(field, image=field.image + 1))
    moved = field.cells.copy()
    moved[0, 0] += 1
    for other in (
        replace(field, cells=moved),
        replace(field, nuclei=moved),
        replace(field, cell_labels=((7,), *field.cell_labels[1:])),
        replace(field, given_labels=(7, 9)),
    ):
        assert hash_truth(other) != truth


def test_every_pixel_its_shape_and_depth_count(field):
    pixels = hash_pixels(field.image)
    changed = field.image.copy()
    changed[3, -1, -1] ^= 1
    assert hash_pixels(changed) != pixels
    assert hash_pixels(field.image.reshape(4, 80, 320)) != pixels
    deep = field.image.astype(np.uint16)
    assert hash_pixels(deep) == hash_pixels(deep.astype(">u2"))
    assert hash_pixels(deep) != pixels


def test_the_simulator_is_known_by_its_source():
    assert len(hash_simulator()) == 64
