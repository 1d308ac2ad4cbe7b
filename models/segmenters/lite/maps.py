"""The maps that the lite network predicts of a whole field, in plain torch."""

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from data.fields.downscaling import WORKING_PIXEL_UM
from data.fields.rescaling import pad_planes
from data.segmenter_training.labelled_field import STAIN_SCALE, LabelledField
from models.segmenters.runtimes.lazy import MULTIPLE

if TYPE_CHECKING:
    # It brings libraries that take seconds to import, and a converted network does without them.
    from models.segmenters.lite.network import LiteNetwork


def predict_maps(
    network: "LiteNetwork", stains: NDArray[np.float32], *, bfloat16: bool = False
) -> NDArray[np.float32]:
    """Predict the maps of a field.

    Parameters
    ----------
    network
        On any device.
    stains
        (3, h, w) float32 of any size.
    bfloat16
        Compute in bfloat16.

    Returns
    -------
    ndarray
        (5, h, w) float32 in 0..1.
    """
    device = next(network.parameters()).device
    network.eval()
    batch = (
        torch.from_numpy(pad_planes(stains, MULTIPLE))[None]
        .to(device)
        .contiguous(memory_format=torch.channels_last)
    )
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
        logits = network(batch).float()[0].cpu().numpy()
    return logits_to_maps(logits[:, : stains.shape[1], : stains.shape[2]])


def logits_to_maps(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the maps, (5, h, w) float32 in 0..1, of the network's logits."""
    return torch.sigmoid(torch.from_numpy(np.ascontiguousarray(logits))).numpy()


def view_field(labelled: LabelledField) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Reduce a labelled field to the working size: stains (3, h, w) float32 and cells (h, w)."""
    factor = labelled.pixel_um / WORKING_PIXEL_UM
    height, width = (max(round(side * factor), 1) for side in labelled.cells.shape)
    stains = np.stack(
        [cv2.resize(stain, (width, height), interpolation=cv2.INTER_AREA) for stain in labelled.stains]
    )
    cells = cv2.resize(labelled.cells.astype(np.uint16), (width, height), interpolation=cv2.INTER_NEAREST)
    return (stains / STAIN_SCALE).astype(np.float32), cells.astype(np.int32)
