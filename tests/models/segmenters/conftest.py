from collections.abc import Callable, Sequence

import numpy as np
import pytest

Ellipse = tuple[float, float, float, float]


@pytest.fixture
def paint_scene() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Paint elliptic cells with round nuclei; gives the red, blue and yellow image and the cells' labels."""

    def paint(
        cells: Sequence[Ellipse],
        size_um: tuple[float, float],
        *,
        nucleus_share: float = 0.45,
        pixel_um: float = 0.32,
        gap_um: float = 0.6,
    ) -> tuple[np.ndarray, np.ndarray]:
        height, width = (round(side / pixel_um) for side in size_um)
        y, x = (np.mgrid[:height, :width] + 0.5) * pixel_um
        reach = [np.hypot((y - cy) / ry, (x - cx) / rx) for cy, cx, ry, rx in cells]
        image = np.full((3, height, width), 6, np.uint8)
        labels = np.zeros((height, width), np.uint16)
        for number, (own, ellipse) in enumerate(zip(reach, cells, strict=True), start=1):
            nearest = np.all([own <= other for other in reach], axis=0)
            labels[nearest & (own <= 1)] = number
            inner = np.min(
                [other - own for other in reach if other is not own] or [np.ones_like(own)], axis=0
            )
            body = (own <= 1) & nearest & (inner * min(ellipse[2:]) >= gap_um)
            image[0][body], image[2][body] = 120, 90
            image[1][own <= nucleus_share] = 140
            image[2][own <= nucleus_share] = 40
        return image, labels

    return paint
