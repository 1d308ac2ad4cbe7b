from pathlib import Path

import numpy as np
import pytest

from data.fields.image_folder import find_fields
from data.fields.structure import has_structure

SHAPE = (600, 720)


def background(kind: str) -> np.ndarray:
    y, x = np.meshgrid(np.linspace(-1, 1, SHAPE[0]), np.linspace(-1, 1, SHAPE[1]), indexing="ij")
    return {"even": 20 + 0 * x, "vignetting": 20 + 40 * np.cos(x) * np.cos(y), "slope": 40 + 30 * x + 10 * y}[
        kind
    ]


@pytest.mark.parametrize("kind", ["even", "vignetting", "slope"])
@pytest.mark.parametrize("noise", [0.5, 2, 10])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_noise_is_no_structure_and_nuclei_are(kind: str, noise: float, dtype: type) -> None:
    random = np.random.default_rng(0)
    scale = 1 if dtype == np.uint8 else 257
    empty = background(kind) + random.normal(0, noise, SHAPE)
    assert not has_structure(np.clip(empty * scale, 0, None).astype(dtype))
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    one_nucleus = empty + 40 * (np.hypot(y - 200, x - 300) < 35)
    assert has_structure(np.clip(one_nucleus * scale, 0, None).astype(dtype))


@pytest.mark.parametrize("value", [0, 7, 255])
def test_a_flat_plane(value: int) -> None:
    assert not has_structure(np.full((50, 60), value, np.uint8))


def test_real_nuclei(shared: Path) -> None:
    for folder in ("fields", "tinted"):
        for field in find_fields(shared / "hpa" / folder):
            assert has_structure(field.read(["blue"])[0])
