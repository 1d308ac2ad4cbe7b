import numpy as np
import pytest

from data.errors import InputError
from models.segmenters.factory import SegmenterOptions, choose_segmenter, create_segmenter
from models.segmenters.segmenter import SegmentedField
from models.segmenters.without_red import WithoutRed, choose_stand_in, replace_red


class Recorder:
    """A segmenter that keeps what it was given."""

    name, channels = "recorder", ("red", "blue", "yellow")
    seen: np.ndarray

    def identity(self) -> str:
        return "recorder v1"

    def prepare(self, workers: int = 1) -> None:
        self.workers = workers

    def segment(self, image: np.ndarray, pixel_size_um: float) -> SegmentedField:
        self.seen = image
        labels = np.zeros(image.shape[1:], np.uint16)
        return SegmentedField(labels, labels, pixel_size_um)


@pytest.mark.parametrize(
    ("stand_in", "channels", "sources"),
    [("yellow", ("yellow", "blue"), [0, 1, 0]), ("green", ("green", "blue"), [0, 1, 0])],
)
def test_another_stain_is_given_in_the_place_of_red(stand_in, channels, sources) -> None:
    recorder = Recorder()
    segmenter = WithoutRed(recorder, stand_in)
    assert segmenter.channels == channels
    image = np.random.default_rng(0).integers(0, 255, (2, 64, 64), dtype=np.uint8)
    segmenter.segment(image, 0.08)
    np.testing.assert_array_equal(recorder.seen, image[sources])
    assert segmenter.identity() == f"recorder v1, {stand_in} for red"


def test_the_protein_takes_both_places_and_the_er_one() -> None:
    assert replace_red(("red", "blue", "yellow"), "green") == ("green", "blue", "green")
    assert replace_red(("red", "blue", "yellow"), "yellow") == ("yellow", "blue", "yellow")


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        (("red", "green", "blue"), ""),
        (("green", "blue", "yellow"), "yellow"),
        (("green", "blue"), "green"),
    ],
)
def test_the_better_stand_in_is_chosen(channels, expected: str) -> None:
    assert choose_stand_in(channels) == expected


def test_nuclei_alone_show_no_cells() -> None:
    with pytest.raises(
        InputError, match=r"only the channels blue; expected a stain of the whole cell.*--masks"
    ):
        choose_stand_in(["blue"])


def test_networks_that_need_microtubules_refuse() -> None:
    assert choose_segmenter(red=False) == ("lite", "the best without microtubules")
    with pytest.raises(InputError, match="segmenter dpn-unet: fields without a red channel"):
        create_segmenter("dpn-unet", SegmenterOptions(stand_in="green"))
    assert create_segmenter("classical", SegmenterOptions(stand_in="green")).channels == ("green", "blue")
