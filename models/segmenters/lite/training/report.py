"""What came out of the training of a segmenter: metrics, curves, and a picture of its predictions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.compare.agreement import compare_cells
from data.fields.downscaling import WORKING_PIXEL_UM
from data.plots.composites import draw_outlines, find_outlines
from data.plots.segmenter_curves import draw_segmenter_curves
from data.segmenter_training.labelled_field import LabelledField
from data.tables.csv_file import write_csv
from models.segmenters.lite.cells import find_lite_cells
from models.segmenters.lite.maps import predict_maps, view_field
from models.segmenters.lite.network import LiteNetwork

_SIDE = 640
_MOST_SHOWN = 6
_KNOWN_COLOUR, _FOUND_COLOUR = (255, 255, 255), (255, 0, 255)


def write_segmenter_history(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write ``metrics.csv``, one row per validation, and its curves, ``curves.png``."""
    table = pd.DataFrame(rows)
    write_csv(folder / "metrics.csv", table, float_format="%.6g")
    draw_segmenter_curves(folder / "curves.png", table)


def draw_predictions(
    path: Path, network: LiteNetwork, fields: Sequence[LabelledField], *, bfloat16: bool
) -> dict[str, dict[str, float]]:
    """Draw known cells (white) and found ones (magenta), and measure how they agree.

    Parameters
    ----------
    path
        PNG; above each field's stains, below them the predicted contacts (red), depth (green) and nuclei
        (blue). The fields that agree least come first, at most six.
    network
        In any mode.
    fields
        At least one.
    bfloat16
        Compute in bfloat16.

    Returns
    -------
    dict
        Field name -> F1 at IoU 0.6, mean IoU, and the numbers of cells known, found and matched.
    """
    metrics, panels = {}, []
    for labelled in fields:
        stains, known = view_field(labelled)
        maps = predict_maps(network, stains, bfloat16=bfloat16)
        _, found = find_lite_cells(maps, WORKING_PIXEL_UM)
        agreement = compare_cells(known, found)
        metrics[labelled.field_id] = {
            "f1": round(agreement.f1, 4),
            "mean_iou": round(agreement.mean_iou, 4),
            "known": agreement.reference_cells,
            "found": agreement.predicted_cells,
            "matched": agreement.matched_cells,
        }
        panels.append((agreement.f1, len(panels), _draw_panel(stains, maps, known, found)))
    worst = [panel for _, _, panel in sorted(panels, key=lambda entry: entry[:2])[:_MOST_SHOWN]]
    with atomic_write(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", np.hstack(worst)[..., ::-1])[1].tobytes())
    return metrics


def _draw_panel(
    stains: NDArray[np.float32], maps: NDArray[np.float32], known: NDArray[np.int32], found: NDArray[np.int32]
) -> NDArray[np.uint8]:
    scale = _SIDE / max(known.shape)
    size = (round(known.shape[1] * scale), round(known.shape[0] * scale))
    outlines = [find_outlines(labels.astype(np.uint16)) for labels in (known, found)]
    above = _to_picture(np.moveaxis(stains, 0, 2), size)
    above = draw_outlines(above, outlines[0], scale, _KNOWN_COLOUR)
    above = draw_outlines(above, outlines[1], scale, _FOUND_COLOUR)
    nucleus, _, _, contact, depth = maps
    below = _to_picture(np.stack([contact, depth, nucleus], axis=2), size)
    below = draw_outlines(below, outlines[1], scale, _KNOWN_COLOUR)
    panel = np.vstack([above, below])
    missing = ((0, 2 * _SIDE - panel.shape[0]), (0, _SIDE - panel.shape[1]), (0, 0))
    return np.pad(panel, missing)


def _to_picture(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    pixels = (np.clip(values, 0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)
