import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.image_folder import find_fields
from models.segmenters import factory as choose
from models.segmenters.calibration_fields import draw_sample
from models.segmenters.dpn_unet.network import DPNUnet
from models.segmenters.factory import SegmenterOptions, choose_segmenter, create_segmenter, segmenter_names
from models.segmenters.lite.network import LiteNetwork
from models.segmenters.lite.weights import hash_weights, save_lite_weights


class FewWeights:
    """Some names of weights, each with a file of its own."""

    def __init__(self, folder: Path, names: set[str]) -> None:
        for name in names:
            (folder / name).write_text(name)
        self._folder, self._names = folder, names

    def find(self, name: str) -> Path | None:
        return self._folder / name if name in self._names else None


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def make(*names: str) -> None:
        few = FewWeights(tmp_path, set(names))
        monkeypatch.setattr(choose, "find_weights", few.find)
        monkeypatch.setattr(choose, "weights_hash", lambda path: f"hash of {path.name}")

    return make


@pytest.fixture
def has_lite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def make(present: bool) -> None:
        path = tmp_path / "lite.safetensors"
        if present:
            path.write_bytes(b"weights")
        monkeypatch.setattr(choose, "LITE_WEIGHTS", path)

    return make


ER, NO_ER = ("dpn_unet_nuclei", "dpn_unet_cell"), ("dpn_unet_nuclei", "dpn_unet_cell_2ch")


@pytest.mark.parametrize(
    ("present", "lite", "er", "expected"),
    [
        (ER, True, True, "dpn-unet"),
        (ER, True, False, "lite"),
        (NO_ER, True, False, "dpn-unet"),
        (NO_ER, False, True, "classical"),
        ((), True, True, "lite"),
        ((), False, False, "classical"),
    ],
)
def test_auto_takes_the_best_at_hand_and_says_why(
    weights, has_lite, present: tuple[str, ...], lite: bool, er: bool, expected: str
) -> None:
    weights(*present)
    has_lite(lite)
    name, reason = choose_segmenter(er=er)
    assert name == expected
    assert ("weights fetch dpn-unet" in reason) == (expected != "dpn-unet")


def test_what_is_asked_for_needs_no_reason() -> None:
    assert choose_segmenter("classical") == ("classical", "")


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(
        InputError, match="no segmenter 'otsu'; expected auto or dpn-unet or lite or classical"
    ):
        create_segmenter("otsu")
    assert segmenter_names()[0] == "auto"


def test_dpn_unet_without_weights_says_what_to_do(weights) -> None:
    weights("dpn_unet_nuclei")
    expected = "weights dpn_unet_cell are not on this machine.*run `hpacells weights fetch dpn-unet`"
    with pytest.raises(InputError, match=expected):
        create_segmenter("dpn-unet")


def test_hpacellseg_that_is_not_installed_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="hpacellseg is not installed"):
        create_segmenter("hpacellseg")


def test_a_runtime_that_would_do_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="runtime torch for segmenter classical"):
        create_segmenter("classical", SegmenterOptions(runtime="torch"))


def test_the_classical_segmenter_knows_its_channels() -> None:
    segmenter = create_segmenter("classical")
    assert segmenter.identity() == "classical 1"
    assert set(segmenter.channels) <= set(CHANNELS)
    assert set(create_segmenter("classical", SegmenterOptions(er=False)).channels) == {"red", "blue"}


def test_the_identity_has_all_that_decides_the_cells_and_needs_no_network(
    weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights(*ER, *NO_ER)
    monkeypatch.setattr(choose, "load_dpn_unet", lambda _: pytest.fail("loaded"))
    options = [
        SegmenterOptions(runtime="torch"),
        SegmenterOptions(runtime="torch", er=False),
        SegmenterOptions(runtime="torch", exact=True),
    ]
    identities = {create_segmenter("dpn-unet", option).identity() for option in options}
    assert len(identities) == 3
    assert all(identity.startswith("dpn-unet 1, weights ") for identity in identities)
    assert all("torch float32" in identity for identity in identities)


@pytest.fixture
def fields(tmp_path: Path) -> Iterator[Path]:
    random = np.random.default_rng(0)
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(12):
        for channel in ("red", "blue", "yellow"):
            plane = random.integers(0, 255, (16, 16), np.uint8)
            cv2.imwrite(str(folder / f"f{number}_{channel}.png"), plane)
    return folder


def test_a_sample_is_the_same_every_time_and_hardly_changes_with_a_field_more(fields: Path) -> None:
    found = find_fields(fields)
    chosen = {field.image_id for field in draw_sample(found, 0.08).fields}
    assert len(chosen) == 8
    assert {field.image_id for field in draw_sample(found[::-1], 0.08).fields} == chosen
    without = next(field for field in found if field.image_id in chosen)
    fewer = {f.image_id for f in draw_sample([f for f in found if f != without], 0.08).fields}
    assert len(fewer & chosen) == 7


def test_a_sample_gives_network_inputs_and_passes_over_what_cannot_be_read(fields: Path) -> None:
    sample = draw_sample(find_fields(fields), 0.1, count=3)
    (fields / f"{sample.fields[1].image_id}_red.png").write_bytes(b"")
    seen = []

    def to_input(image: np.ndarray, pixel_um: float) -> np.ndarray:
        seen.append((image.shape, pixel_um))
        return image.astype(np.float32)

    calibration = sample.calibration("cells", ("blue", "red"), to_input)
    assert [one.shape for one in calibration.images()] == [(2, 16, 16)] * 2
    assert seen == [((2, 16, 16), 0.1)] * 2


def test_a_sample_without_er_has_a_dark_plane_for_it(fields: Path) -> None:
    for path in fields.glob("*_yellow.png"):
        path.unlink()
    sample = draw_sample(find_fields(fields), 0.08, er=False, count=1)
    calibration = sample.calibration(
        "cells", ("red", "yellow", "blue"), lambda image, _: image.astype(np.float32)
    )
    red, yellow, blue = next(iter(calibration.images()))
    assert not yellow.any()
    assert red.any()
    assert blue.any()


def test_the_key_of_a_sample_tells_its_content(fields: Path) -> None:
    def key(
        pixel_um: float = 0.08, channels: tuple[str, ...] = ("red", "blue"), purpose: str = "cells"
    ) -> str:
        sample = draw_sample(find_fields(fields), pixel_um)
        return sample.calibration(purpose, channels, lambda image, _: image).key

    before = key()
    assert key() == before
    assert len({before, key(0.1), key(channels=("red",)), key(purpose="nuclei")}) == 4
    for path in fields.glob("*_yellow.png"):
        path.write_bytes(b"changed")
    assert key() == before
    for path in fields.glob("*_red.png"):
        path.write_bytes(b"changed")
    assert key() != before


@pytest.mark.slow
def test_dpn_unet_with_random_weights_segments_a_small_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPACELLS_WEIGHTS", str(tmp_path))
    torch.manual_seed(1)
    network = DPNUnet().eval()
    for name in ER:
        save_file(network.state_dict(), tmp_path / f"{name}.safetensors")
    segmenter = create_segmenter("auto", SegmenterOptions(runtime="torch"))
    assert segmenter.name == "dpn-unet"
    image = np.random.default_rng(0).integers(0, 255, (3, 200, 250), np.uint8)
    found = segmenter.segment(image)
    assert found.cells.shape == (200, 250)
    doubled = segmenter.segment(image.astype(np.uint16) * 257)
    np.testing.assert_array_equal(found.cells, doubled.cells)


def test_weights_of_ones_own_are_used_by_their_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    with pytest.raises(InputError, match="no such file"):
        create_segmenter(str(path))
    torch.manual_seed(8)
    save_lite_weights(path, LiteNetwork())
    segmenter = create_segmenter(str(path), SegmenterOptions(runtime="torch"))
    assert hash_weights(path) in segmenter.identity()
    assert segmenter.segment(np.zeros((3, 64, 64), np.uint8)).cells.shape == (64, 64)


def test_what_is_only_asked_for_its_identity_brings_no_heavy_library() -> None:
    # The trial of the runtimes, which is kept, needs them.
    create_segmenter("auto").identity()
    program = """
import sys
from models.segmenters.factory import create_segmenter
create_segmenter("auto").identity()
print(*{"timm", "segmentation_models_pytorch", "torchvision", "openvino", "nncf"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.split() == []
