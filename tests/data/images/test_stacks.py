from pathlib import Path

import cv2
import numpy as np
import pytest

from data.errors import InputError
from data.images.stacks import read_slice, sharpest
from tests.factories.images.writers import PLANE

HERE = Path("a.tif")


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
def test_slices_that_a_setting_names(count: int) -> None:
    stack = [np.full((2, 2), 10 * number, np.uint16) for number in range(count)]
    for z, expected in {"middle": 10 * (count // 2), "0": 0, str(count - 1): 10 * (count - 1)}.items():
        assert read_slice(count, z, stack.__getitem__, HERE)[0, 0] == expected
    assert read_slice(count, "max", lambda number: np.eye(count)[number], HERE).tolist() == [1] * count
    for wrong in ("", "last", "-1", str(count), "1.5"):
        with pytest.raises(InputError, match=f"a stack of {count} slices.*images.z"):
            read_slice(count, wrong, stack.__getitem__, HERE)


def test_one_plane_is_no_stack() -> None:
    for z in ("", "middle", "max", "7"):
        assert read_slice(1, z, lambda _: PLANE, HERE) is PLANE


@pytest.mark.parametrize("focus", [0, 1, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_slice_in_focus_is_the_sharpest(focus: int, dtype: type) -> None:
    random = np.random.default_rng(0)
    stack = [
        cv2.GaussianBlur(PLANE, (0, 0), 0.3 + 2 * abs(number - focus)).astype(dtype)
        + random.integers(0, 6, PLANE.shape).astype(dtype)
        for number in range(4)
    ]
    assert sharpest(4, stack.__getitem__) == focus
