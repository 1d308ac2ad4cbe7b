from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from data.images.formats.jpeg import describe
from tests.factories.images.writers import PLANE


def test_size_and_colours(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), PLANE)
    (picture,) = describe(path)
    assert (picture.height, picture.width, picture.dtype, picture.colour) == (*PLANE.shape, "uint8", False)
    # A long comment and a progressive scan stand before and in place of the usual frame.
    rgb = Image.fromarray(np.stack([PLANE] * 3, axis=-1))
    rgb.save(path, progressive=True, comment=b"x" * 60000, dpi=(72, 72))
    (picture,) = describe(path)
    assert (picture.height, picture.width, picture.colour) == (*PLANE.shape, True)
