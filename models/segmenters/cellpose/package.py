"""The package cellpose: whether it is installed, what it can run, and a network of it."""

import importlib
import logging
import threading
import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from data.errors import InputError
from data.software.versions import find_version
from models.segmenters.cellpose.published import read_published
from models.segmenters.cellpose.settings import CellposeSettings
from models.segmenters.cellpose.weights import check_kept, explain_missing, present_models
from models.torchvision_repair import import_torchvision

PACKAGE = "cellpose"

EXTRA = "hpacells[cellpose]"
"""What brings the package, in its version 4."""

OLDEST = {3: (3, 1, 1), 4: (4, 2)}
"""The oldest release of each major version that can be used: what these take and print was read and tried."""

MASK_SHARE = 1.0
"""Largest part of a field that a cell may cover; cellpose leaves out cells above 0.4 by default."""

GPU_TILES = 8
"""Tiles at a time on a GPU, cellpose's default; on the processor one, as more only take more memory."""

_importing = threading.Lock()


def require_cellpose() -> str:
    """Return the version of the installed package.

    Raises
    ------
    InputError
        It is not installed, or of a version that cannot be used.
    """
    version = find_version(PACKAGE)
    if version is None:
        raise InputError(
            found="the package cellpose is not installed",
            where="segmenter cellpose",
            expected=f"the extra {EXTRA} (cellpose 4, for cpsam), or cellpose 3.1 for cyto3",
            advice=f"run `pip install '{EXTRA}'` or `pip install 'cellpose>=3.1.1,<4'`",
        )
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if not numbers or numbers < OLDEST.get(numbers[0], (numbers[0] + 1,)):
        raise InputError(
            found=f"cellpose {version}",
            where="segmenter cellpose",
            expected="cellpose 3.1.1 or later of 3, or 4.2 or later of 4",
            advice=f"run `pip install '{EXTRA}'`",
        )
    return version


def choose_model(asked: str) -> str:
    """Return the network that is asked for, or that ``"auto"`` means with the installed package.

    Raises
    ------
    InputError
        The package is not installed or does not have that network, or the weights are missing.
    """
    version = require_cellpose()
    major, published = int(version.partition(".")[0]), read_published()
    if asked != "auto" and published[asked].cellpose != major:
        other = published[asked].cellpose
        release = ".".join(map(str, OLDEST[other]))
        raise InputError(
            found=f"cellpose {version}, which cannot run {asked}",
            where="setting segment.cellpose.model",
            expected=f"cellpose {other} for {asked}",
            advice=f"run `pip install 'cellpose>={release},<{other + 1}'`, or choose "
            + " or ".join(model for model, one in published.items() if one.cellpose == major),
        )
    present = present_models(major)
    if asked in present or (asked == "auto" and present):
        return present[0] if asked == "auto" else asked
    first = next(model for model, one in published.items() if one.cellpose == major)
    raise explain_missing(published[first if asked == "auto" else asked])


class CellposeNetwork:
    """A network of cellpose with its weights, ready to find cells from many threads.

    Parameters
    ----------
    model
        cellpose's name of the network.
    path
        Its checked weights.
    device, precision
        Where it is run, and in what; cyto3 is always run in float32.

    Raises
    ------
    InputError
        The weights are refused, or the package cannot be imported.
    """

    def __init__(
        self,
        model: str,
        path: Path,
        device: Literal["cpu", "cuda"],
        precision: Literal["float32", "bfloat16"],
    ) -> None:
        # Before cellpose opens the file: its versions for torch 2.5 would run what a pickle names.
        check_kept(path, model)
        self._is_unet = model == "cyto3"
        where: dict[str, Any] = {"gpu": device == "cuda", "device": torch.device(device)}
        models = _import_models()
        if self._is_unet:
            self._model = models.CellposeModel(pretrained_model=str(path), mkldnn=False, **where)
        else:
            use_bfloat16 = precision == "bfloat16"
            self._model = models.CellposeModel(pretrained_model=str(path), use_bfloat16=use_bfloat16, **where)
        self._tiles = GPU_TILES if device == "cuda" else 1

    def __call__(
        self, stacked: NDArray[np.float32], diameter_px: float, settings: CellposeSettings
    ) -> NDArray[np.integer]:
        """Return the label image (h, w) of the cells of a field, as `planes.stack_for` makes it."""
        channels = {"channels": [1, 2]} if self._is_unet else {}
        masks, _, _ = self._model.eval(
            stacked,
            channel_axis=2,
            diameter=diameter_px,
            flow_threshold=settings.flow_threshold,
            cellprob_threshold=settings.cellprob_threshold,
            max_size_fraction=MASK_SHARE,
            batch_size=self._tiles,
            **channels,
        )
        return masks


def _import_models() -> Any:
    """Import cellpose; what it says of networks that are not used here, and of dark planes, is left out."""
    with _importing:
        import_torchvision()
        logging.getLogger(PACKAGE).setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=rf"{PACKAGE}\.")
        rounded = torch.backends.cuda.matmul.allow_tf32
        try:
            return importlib.import_module(f"{PACKAGE}.models")
        except ImportError as error:
            raise InputError(
                found=f"the package cellpose cannot be imported ({error})",
                where="segmenter cellpose",
                expected=f"the extra {EXTRA} with all that it needs",
                advice=f"run `pip install '{EXTRA}'`, or use segmenter auto",
            ) from error
        finally:
            # Its import makes torch round every product of matrices on a GPU, also those of other networks.
            torch.backends.cuda.matmul.allow_tf32 = rounded
