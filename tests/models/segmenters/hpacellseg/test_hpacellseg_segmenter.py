import hashlib
import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage import morphology, transform
from torch import Tensor, nn

from data.compare.agreement import compare_cells
from data.errors import InputError
from data.simulate.field import FieldSettings, simulate_set_field
from models.segmenters.dpn_unet.network import DPNUnet
from models.segmenters.hpacellseg import hpacellseg_segmenter as hpacellseg
from models.segmenters.hpacellseg.hpacellseg_segmenter import HpaCellSegSegmenter
from models.segmenters.hpacellseg.repairs import repaired_calls

# Written for these tests: it takes and gives what the package does, with the calls that fail today.
SEGMENTATOR = """
import cv2
import numpy as np
import torch
from skimage import transform, util

class CellSegmentator:
    def __init__(self, nuclei_model, cell_model, scale_factor=0.25, device="cuda", padding=False,
                 multi_channel_model=True):
        assert device == "cpu"
        self.models = nuclei_model, cell_model
        self.padding, self.multi_channel_model = padding, multi_channel_model

    def _predict(self, model, image):
        self.shape = image.shape
        small = transform.rescale(image, 0.25, multichannel=True)
        assert small.shape[2] == 3 and (self.padding or small.shape[0] % 32 == 0)
        with torch.no_grad():
            logits = model(torch.tensor(small.transpose(2, 0, 1)[None]).float())
        shares = util.img_as_ubyte(torch.softmax(logits, 1)[0].numpy().transpose(1, 2, 0))
        return cv2.resize(shares, (self.shape[0], self.shape[1]), interpolation=cv2.INTER_AREA)

    def pred_nuclei(self, images):
        return [self._predict(self.models[0], np.dstack([image] * 3)) for image in images]

    def pred_cells(self, images):
        red, er, blue = images
        assert (er is not None) == self.multi_channel_model
        er = er or [np.zeros_like(plane) for plane in red]
        return [self._predict(self.models[1], np.dstack(planes)) for planes in zip(red, er, blue)]
"""
LABELLING = """
import numpy as np
from scipy import ndimage
from skimage.morphology import remove_small_holes, remove_small_objects

def label_cell(nuclei_pred, cell_pred):
    inside = remove_small_objects(cell_pred[..., 2] > 127, 50)
    cells = ndimage.label(remove_small_holes(inside, 10))[0]
    return np.multiply(cells, nuclei_pred[..., 2] > 127), cells.astype(np.uint16)
"""


class _Brightness(nn.Module):
    """Says inside where one plane is bright, background elsewhere."""

    def __init__(self, plane: int, threshold: float) -> None:
        super().__init__()
        self.plane, self.threshold = plane, threshold

    def forward(self, image: Tensor) -> Tensor:
        bright = 20 * (image[:, self.plane] - self.threshold)
        return torch.stack([-bright, torch.full_like(bright, -50), bright], dim=1)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put a package hpacellseg on the path that makes the calls which fail today."""
    folder = tmp_path / "hpacellseg"
    folder.mkdir()
    (folder / "__init__.py").write_text("__version__ = '0.0.1'\n")
    (folder / "cellsegmentator.py").write_text(SEGMENTATOR)
    (folder / "utils.py").write_text(LABELLING)
    known = [name for name in sys.modules if name.partition(".")[0] == "hpacellseg"]
    for name in known:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "hpacellseg"]:
        del sys.modules[name]


def _paint(shape: tuple[int, int], dtype: type = np.uint8) -> np.ndarray:
    image = np.zeros((3, *shape), np.uint8)
    for centre in ((60, 60), (170, 100)):
        cv2.circle(image[0], centre, 40, 200, -1)
        cv2.circle(image[2], centre, 15, 220, -1)
    return image.astype(dtype) * (257 if dtype is np.uint16 else 1)


def _segmenter(er: bool = True) -> HpaCellSegSegmenter:
    return HpaCellSegSegmenter(_Brightness(2, 0.5), _Brightness(0, 0.4), er=er)


def test_the_package_fails_by_itself_and_works_when_repaired(package: Path) -> None:
    segmentator_module = importlib.import_module("hpacellseg.cellsegmentator")
    labelling_module = importlib.import_module("hpacellseg.utils")
    segmentator = segmentator_module.CellSegmentator(_Brightness(2, 0.5), None, device="cpu")
    blue = _paint((256, 256))[2]
    with pytest.raises(TypeError, match="multichannel"):
        segmentator.pred_nuclei([blue])
    with repaired_calls(segmentator_module, labelling_module):
        prediction = segmentator.pred_nuclei([blue])[0]
        assert segmentator_module.transform.resize is transform.resize
        assert transform.rescale is not segmentator_module.transform.rescale
    assert prediction[60, 60].tolist() == [0, 0, 255]
    assert segmentator_module.transform is transform
    assert labelling_module.remove_small_objects is morphology.remove_small_objects
    with pytest.raises(TypeError, match="multichannel"):
        segmentator.pred_nuclei([blue])


def test_the_least_size_stays_what_it_was(package: Path) -> None:
    labelling_module = importlib.import_module("hpacellseg.utils")
    mask = np.zeros((20, 40), bool)
    mask[2:5, 2:5], mask[2:6, 20:22] = True, True  # 9 and 8 pixels
    with repaired_calls(importlib.import_module("hpacellseg.cellsegmentator"), labelling_module):
        kept = labelling_module.remove_small_objects(mask, 9)
        filled = labelling_module.remove_small_holes(~mask, 9)
    assert (kept[3, 3], kept[3, 20]) == (True, False)
    assert (filled[3, 3], filled[3, 20]) == (False, True)


@pytest.mark.parametrize("shape", [(256, 256), (256, 384), (300, 210), (200, 300)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_finds_cells_in_fields_of_any_shape_and_depth(
    package: Path, shape: tuple[int, int], dtype: type
) -> None:
    field = _segmenter().segment(_paint(shape, dtype))
    truth = cv2.connectedComponents(_paint(shape)[0])[1]
    agreement = compare_cells(truth, field.cells)
    assert (agreement.matched_cells, agreement.predicted_cells) == (2, 2)
    assert agreement.mean_iou > 0.9


def test_pixels_of_another_size_and_fields_without_er(package: Path) -> None:
    image = _paint((256, 256))
    small = np.stack([cv2.resize(plane, (128, 128), interpolation=cv2.INTER_AREA) for plane in image])
    field = _segmenter(er=False).segment(small[[0, 2]], pixel_size_um=0.16)
    expected = _segmenter().segment(image).cells[1::2, 1::2]
    agreement = compare_cells(expected, field.cells)
    assert (agreement.f1, field.cells.shape) == (1, (128, 128))
    assert agreement.mean_iou > 0.9


def test_threads_do_not_disturb_each_other(package: Path) -> None:
    images = [_paint((256, 256)), _paint((256, 384)), _paint((300, 210))] * 3
    segmenter = _segmenter()
    alone = [segmenter.segment(image).cells for image in images]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(segmenter.segment, images))
    assert all(np.array_equal(one, other.cells) for one, other in zip(alone, together, strict=True))
    assert importlib.import_module("hpacellseg.cellsegmentator").transform is transform


def test_the_identity_names_version_and_weights(package: Path) -> None:
    identities = {HpaCellSegSegmenter(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)).identity() for _ in range(2)}
    assert len(identities) == 2
    assert all(identity.startswith("hpacellseg 0.0.1, nuclei ") for identity in identities)
    assert _segmenter().identity() == _segmenter().identity()


def test_missing_weights_are_told(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPACELLSEG_MODELS", str(tmp_path))
    for segmenter in (HpaCellSegSegmenter(), HpaCellSegSegmenter(er=False)):
        with pytest.raises(InputError, match="no weights dpn_unet_nuclei_v1.pth"):
            segmenter.prepare()


@pytest.mark.slow
def test_published_files_are_read_without_the_package_loading_them(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = DPNUnet().eval()
    files = [tmp_path / name for name in ("dpn_unet_nuclei_v1.pth", "dpn_unet_cell_3ch_v1.pth")]
    torch.save(network.state_dict(), files[0])
    files[1].hardlink_to(files[0])
    monkeypatch.setenv("HPACELLSEG_MODELS", str(tmp_path))
    segmenter = HpaCellSegSegmenter()
    segmenter.prepare()
    assert segmenter.identity().count(hashlib.sha256(files[0].read_bytes()).hexdigest()[:16]) == 2
    for file in files:
        file.unlink()
    predictions = [
        HpaCellSegSegmenter.predict(one, _paint((128, 128)))
        for one in (segmenter, HpaCellSegSegmenter(network, network))
    ]
    assert all(np.array_equal(one, other) for one, other in zip(*predictions, strict=True))


def test_without_the_package_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("hpacellseg", "hpacellseg.cellsegmentator", "hpacellseg.utils"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match="cannot be imported"):
        _segmenter().segment(_paint((128, 128)))
    with pytest.raises(InputError, match="cannot be imported"):
        _segmenter().identity()


@pytest.mark.parametrize("shape", [(512, 512), (500, 620)])
def test_the_real_package_finds_simulated_cells(shape: tuple[int, int]) -> None:
    if not hpacellseg.is_available():
        pytest.skip("the package hpacellseg is not on the Python path")
    simulated = simulate_set_field(0, FieldSettings(shape=shape))
    known = np.zeros((3, *shape), np.uint8)
    known[0][simulated.cells > 0], known[2][simulated.nuclei > 0] = 255, 255
    segmenter = HpaCellSegSegmenter(_Brightness(2, 0.0), _Brightness(0, 0.0))
    found = segmenter.segment(known)
    large = np.bincount(simulated.cells.ravel())[1:] > 12_000
    assert large.any()
    assert found.cells.shape == shape
    covered = [(found.cells[simulated.cells == number] > 0).mean() for number in np.flatnonzero(large) + 1]
    assert min(covered) > 0.8
