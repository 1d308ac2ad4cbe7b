"""The segmenter of the package hpacellseg, where it is installed: the reference to compare with."""

import hashlib
import importlib
import importlib.util
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from data.errors import InputError
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from models.segmenters.dpn_unet.network import DPNUnet, load_dpn_unet
from models.segmenters.hpacellseg.repairs import repaired_calls
from models.segmenters.postprocessing.enlarge import resize_labels
from models.segmenters.postprocessing.numbering import number_cells
from models.segmenters.segmenter import SegmentedField, check_image
from models.segmenters.weights.catalogue import find_published
from models.segmenters.weights.store import find_weights, weights_hash
from models.weights.pickles.reader import read_network

PACKAGE = "hpacellseg"

MODELS_VARIABLE = "HPACELLSEG_MODELS"
"""Environment variable with a folder of the published files, as hpacellseg's users have them."""

SAME_PIXEL_SIZE = 0.01
"""Pixel sizes that differ by less than this share are the same."""

MULTIPLE = 128
"""Sides that are multiples of this need no padding: 4 by which fields are reduced, 32 for the networks."""


def is_available() -> bool:
    """Return whether the package hpacellseg can be imported."""
    return importlib.util.find_spec(PACKAGE) is not None


class HpaCellSegSegmenter:
    """Finds cells with hpacellseg's own code, networks and labelling, on the processor.

    The calls in it that fail today are repaired (`hpacellseg_repair`); fields that it cannot take as they
    are (not square, of another pixel size) are extended by reflection or resized to its 0.08 um, and the
    label images cut or resized back. Its results stay its own, with their faults (more than 255 cells; see
    `models.segmenters.dpn_unet.labelling.exact`), but for cells without a nucleus, which are no cells here.

    Parameters
    ----------
    nuclei_model, cell_model
        The networks, (N, 3, h, w) float32 to logits (N, 3, h, w); by default `DPNUnet` with the published
        weights, which come from the folder `$HPACELLSEG_MODELS` (the .pth files, read without running
        anything in them), or else from where `hpacells weights fetch` puts them.
    er
        Whether the fields have an ER stain; if not, the cell network is the two-channel one.
    """

    name = "hpacellseg"

    def __init__(
        self, nuclei_model: nn.Module | None = None, cell_model: nn.Module | None = None, *, er: bool = True
    ) -> None:
        self.channels = ("red", "yellow", "blue") if er else ("red", "blue")
        self._names = "dpn_unet_nuclei", "dpn_unet_cell" if er else "dpn_unet_cell_2ch"
        self._given = nuclei_model, cell_model
        self._models = [nuclei_model, cell_model]
        self._er = er
        self._loading = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        # Another process loads the networks for itself.
        state = self.__dict__ | {"_models": list(self._given)}
        del state["_loading"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state | {"_loading": threading.Lock()}

    def identity(self) -> str:
        """Version of the package, and the hashes of the weights."""
        nuclei, cells = (
            _hash_module(model) if model is not None else weights_hash(_locate_weights(name))
            for model, name in zip(self._given, self._names, strict=True)
        )
        version = getattr(_import(PACKAGE), "__version__", "of unknown version")
        return f"hpacellseg {version}, nuclei {nuclei[:16]}, cells {cells[:16]}"

    def prepare(self, workers: int = 1) -> None:
        """Load both networks; as `Segmenter.prepare`."""
        with self._loading:
            for index, name in enumerate(self._names):
                if self._models[index] is None:
                    self._models[index] = _load_network(_locate_weights(name))

    def segment(self, image: np.ndarray, pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM) -> SegmentedField:
        """Find the cells of one field; as `Segmenter.segment`."""
        check_image(image, self.channels, pixel_size_um)
        planes = _to_reference_size(image, pixel_size_um)
        height, width = planes.shape[1:]
        predictions = self.predict(_extend_to_square(planes))
        with _repaired_package() as (_, labelling_module):
            found = labelling_module.label_cell(*predictions)
        nuclei, cells = (labels[:height, :width] for labels in found)
        shape = (image.shape[1], image.shape[2])
        # Above 65,535 its numbers have wrapped already.
        return number_cells(*(resize_labels(labels.astype(np.uint16), shape) for labels in (nuclei, cells)))

    def predict(self, planes: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Predict nuclei and cells of a square field with pixels of 0.08 um.

        Parameters
        ----------
        planes
            (C, H, H) uint8 or uint16, one plane for each of `channels`.

        Returns
        -------
        nuclei, cells
            (H, H, 3) uint8: nothing, border, inside.
        """
        self.prepare()
        with _repaired_package() as (segmentator_module, _):
            # One a call, as it keeps the sizes of the field in itself; it takes the networks as they are.
            segmentator = segmentator_module.CellSegmentator(
                *self._models,
                device="cpu",
                padding=planes.shape[1] % MULTIPLE != 0,
                multi_channel_model=self._er,
            )
            red, blue = planes[0], planes[-1]
            er = [planes[1]] if self._er else None
            return segmentator.pred_nuclei([blue])[0], segmentator.pred_cells([[red], er, [blue]])[0]


@contextmanager
def _repaired_package() -> Iterator[tuple[ModuleType, ModuleType]]:
    modules = _import(f"{PACKAGE}.cellsegmentator"), _import(f"{PACKAGE}.utils")
    with repaired_calls(*modules):
        yield modules


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            found=f"the package {PACKAGE} cannot be imported: {error}",
            where="segmenter hpacellseg",
            expected="a checkout of HPA-Cell-Segmentation on the Python path",
            advice="use segmenter dpn-unet, which runs the same networks",
        ) from error


def _locate_weights(name: str) -> Path:
    file = find_published(name).file
    folder = os.environ.get(MODELS_VARIABLE)
    found = Path(folder).expanduser() / file if folder else find_weights(name)
    if found is None or not found.is_file():
        raise InputError(
            found=f"no weights {file}",
            where=folder or "segmenter hpacellseg",
            expected=f"the published files in the folder ${MODELS_VARIABLE}, or fetched ones",
            advice="run `hpacells weights fetch dpn-unet`",
        )
    return found


def _load_network(path: Path) -> nn.Module:
    if path.suffix == ".safetensors":
        return load_dpn_unet(path)
    with torch.device("meta"):
        network = DPNUnet()
    tensors = read_network(path)
    with path.open("rb") as file:
        weights = {name: torch.tensor(tensor.read(file)) for name, tensor in tensors.items()}
    try:
        network.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        raise InputError(found=f"weights of another network ({error})", where=path) from error
    return network.eval().requires_grad_(False)


def _hash_module(module: nn.Module) -> str:
    content = hashlib.sha256(str(module).encode())
    for name, tensor in module.state_dict().items():
        content.update(name.encode())
        content.update(tensor.detach().cpu().contiguous().numpy())
    return content.hexdigest()


def _to_reference_size(image: NDArray[Any], pixel_size_um: float) -> NDArray[Any]:
    factor = pixel_size_um / REFERENCE_PIXEL_SIZE_UM
    if abs(factor - 1) < SAME_PIXEL_SIZE:
        return image
    height, width = (max(round(side * factor), 1) for side in image.shape[1:])
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.stack([cv2.resize(plane, (width, height), interpolation=interpolation) for plane in image])


def _extend_to_square(planes: NDArray[Any]) -> NDArray[Any]:
    height, width = planes.shape[1:]
    side = max(height, width)
    if height == width:
        return planes
    extension = (0, side - height, 0, side - width)
    return np.stack([cv2.copyMakeBorder(plane, *extension, cv2.BORDER_REFLECT) for plane in planes])
