from collections.abc import Callable

import cv2
import numpy as np
import pytest
from skimage.transform import rescale

from data.errors import InputError
from models.segmenters.dpn_unet.dpn_unet_segmenter import (
    DPNUnetSegmenter,
    network_inputs,
    softmax,
    working_shape,
)
from models.segmenters.segmenter import SegmentedField
from models.segmenters.without_er import WithoutER

RED, YELLOW, BLUE = 0, 1, 2
STRONG = 12.0


class Brightness:
    """Stands for a network: what is bright in a plane is inside, what is dark is background."""

    def __init__(self, plane: int) -> None:
        self.plane, self.seen, self.prepared = plane, [], 0

    def identity(self) -> str:
        return "fake"

    def prepare(self, workers: int = 1) -> None:
        self.prepared = workers

    def __call__(self, image: np.ndarray) -> np.ndarray:
        self.seen.append(image)
        # Undoes the normalisation, so that the threshold is at a fifth of full scale.
        mean = np.array([124, 117, 104])[self.plane] / 255
        share = image[self.plane] / (0.0167 * 255) + mean
        inside = STRONG * np.tanh(40 * (share - 0.2))
        return np.stack([-inside, np.full_like(inside, -STRONG), inside]).astype(np.float32)


@pytest.fixture
def networks() -> tuple[Brightness, Brightness]:
    return Brightness(BLUE), Brightness(RED)


@pytest.fixture
def segmenter(networks: tuple[Brightness, Brightness]) -> DPNUnetSegmenter:
    return DPNUnetSegmenter(*networks, "abc")


def paint(shape: tuple[int, int], scale: float = 1.0) -> np.ndarray:
    """Three round cells; sizes in pixels of 0.08 um times `scale`."""
    image = np.zeros((3, *shape), np.uint8)
    for x, y in ((0.2, 0.5), (0.5, 0.3), (0.8, 0.6)):
        centre = (round(x * shape[1]), round(y * shape[0]))
        for plane, radius, value in ((RED, 130, 150), (YELLOW, 120, 90), (BLUE, 60, 180)):
            cv2.circle(image[plane], centre, round(radius * scale), value, -1)
    return image


def truth(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return image[RED] > 0, image[BLUE] > 0


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def check(found: SegmentedField, image: np.ndarray, least: float = 0.96) -> None:
    assert found.cells.shape == image.shape[1:]
    assert found.count == 3
    cells, nuclei = truth(image)
    assert overlap(found.cells > 0, cells) > least
    assert overlap(found.nuclei > 0, nuclei) > least - 0.02


@pytest.mark.parametrize("shape", [(1024, 1024), (900, 1304), (1304, 900), (1728, 1728)])
def test_cells_are_found_at_any_size(segmenter: DPNUnetSegmenter, shape: tuple[int, int]) -> None:
    image = paint(shape)
    check(segmenter.segment(image), image)


@pytest.mark.parametrize("pixel_size_um", [0.05, 0.11, 0.32])
def test_cells_are_found_at_any_pixel_size(segmenter: DPNUnetSegmenter, pixel_size_um: float) -> None:
    scale = 0.08 / pixel_size_um
    image = paint((round(1024 * scale), round(1100 * scale)), scale)
    check(segmenter.segment(image, pixel_size_um), image, least=0.93)


def test_both_labellings_agree(networks: tuple[Brightness, Brightness]) -> None:
    image = paint((1024, 1100))
    fast = DPNUnetSegmenter(*networks, "abc").segment(image)
    exact_segmenter = DPNUnetSegmenter(*networks, "abc", exact=True)
    exact = exact_segmenter.segment(image)
    check(exact, image)
    assert overlap(fast.cells > 0, exact.cells > 0) > 0.97
    assert "exact" in exact_segmenter.identity()


def test_both_bit_depths_give_the_same_cells(segmenter: DPNUnetSegmenter) -> None:
    image = paint((700, 900))
    eight, sixteen = segmenter.segment(image), segmenter.segment(image.astype(np.uint16) * 257)
    np.testing.assert_array_equal(eight.cells, sixteen.cells)
    np.testing.assert_array_equal(eight.nuclei, sixteen.nuclei)


def test_the_networks_see_what_hpacellseg_shows_them() -> None:
    """2048 px: scikit-image's rescale by a quarter, then (value - mean) / deviation."""
    image = np.random.default_rng(0).integers(0, 256, (3, 512, 768), np.uint8)
    image = np.stack([cv2.GaussianBlur(plane, (0, 0), 2) for plane in image])
    scaled = rescale(np.moveaxis(image, 0, 2), 0.25, channel_axis=2)
    deviation = 1 / (0.0167 * 255)
    mean = np.array([124, 117, 104]) / 255
    nuclei, cells = network_inputs(image, 0.08)
    np.testing.assert_allclose(cells, np.moveaxis((scaled - mean) / deviation, 2, 0), atol=1e-5)
    thrice = np.dstack([scaled[..., BLUE]] * 3)
    np.testing.assert_allclose(nuclei, np.moveaxis((thrice - mean) / deviation, 2, 0), atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "pixel_size_um", "expected"),
    [
        ((2048, 2048), 0.08, (512, 512)),
        ((1728, 1728), 0.08, (432, 432)),
        ((3072, 2048), 0.08, (768, 512)),
        ((100, 60), 0.64, (200, 120)),
        ((100, 60), 5.0, (400, 240)),
        ((40, 9), 0.005, (1, 1)),
    ],
)
def test_the_size_at_which_networks_see_a_field(shape, pixel_size_um, expected) -> None:
    assert working_shape(shape, pixel_size_um) == expected
    image = np.zeros((3, *shape), np.uint8)
    for seen in network_inputs(image, pixel_size_um):
        assert seen.dtype == np.float32
        assert seen.shape == (3, *(-(-side // 32) * 32 for side in expected))


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (33, 31)])
def test_fields_without_cells_and_tiny_ones(segmenter: DPNUnetSegmenter, shape: tuple[int, int]) -> None:
    found = segmenter.segment(np.zeros((3, *shape), np.uint8))
    assert found.count == 0
    assert found.cells.shape == shape


def test_without_er_the_cell_network_sees_a_dark_plane(
    segmenter: DPNUnetSegmenter, networks: tuple[Brightness, Brightness]
) -> None:
    without = WithoutER(segmenter)
    image = paint((1024, 1024))
    assert without.channels == ("red", "blue")
    check(without.segment(image[[RED, BLUE]]), image)
    seen = networks[1].seen[-1]
    assert np.allclose(seen[YELLOW], -117 / 255 * 0.0167 * 255)
    with_dark = image.copy()
    with_dark[YELLOW] = 0
    np.testing.assert_array_equal(seen, network_inputs(with_dark, 0.08)[1])
    assert without.identity() == f"{segmenter.identity()}, without ER"
    without.prepare(3)
    assert [network.prepared for network in networks] == [3, 3]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: np.zeros((2, 8, 8), np.uint8), "red, yellow, blue"),
        (lambda: np.zeros((3, 8, 8), np.float32), "uint8 or uint16"),
        (lambda: np.zeros((3, 0, 8), np.uint8), "shape"),
    ],
)
def test_what_it_cannot_use_is_refused(
    segmenter: DPNUnetSegmenter, make: Callable[[], np.ndarray], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        segmenter.segment(make())


def test_without_er_it_refuses_a_third_plane(segmenter: DPNUnetSegmenter) -> None:
    with pytest.raises(InputError, match="expected.*red, blue"):
        WithoutER(segmenter).segment(np.zeros((3, 8, 8), np.uint8))


def test_softmax_gives_shares_of_each_pixel() -> None:
    logits = np.random.default_rng(0).normal(0, 30, (3, 4, 5)).astype(np.float32)
    shares = softmax(logits)
    assert shares.shape == (4, 5, 3)
    exact = np.exp(logits.astype(float))
    np.testing.assert_allclose(shares, np.moveaxis(exact / exact.sum(axis=0), 0, 2), atol=1e-6)
