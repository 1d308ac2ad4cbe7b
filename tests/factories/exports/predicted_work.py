"""A work folder of fields of unusual make: segmented by own masks, cut, and predicted by no network."""

from collections.abc import Sequence

import cv2
import numpy as np

from data.cells.cells_table import read_cells
from data.channels import CHANNELS
from data.predictions.called_classes import call_classes
from data.predictions.predictions_table import write_predictions
from pipeline.runs.manifest import read_manifest
from pipeline.runs.work_folder import WorkFolder
from tests.factories.command_line import run_here
from tests.factories.exports.unusual_fields import NAMES, UnusualFields
from tests.factories.work_folder import finish_stage


def segment_and_predict(fields: UnusualFields, names: Sequence[str]) -> WorkFolder:
    """Segment, cut and predict some of the fields through the command line; return their work folder."""
    masks, work = fields.folder / "own masks", WorkFolder(fields.folder / "work")
    for folder in (fields.images, masks):
        folder.mkdir()
    for name in names:
        for kind, pixels in zip(("nuclei", "cells"), fields.labels[name], strict=True):
            cv2.imwrite(str(masks / f"{name}_{kind}.png"), pixels)
        for channel, plane in zip(CHANNELS, fields.image(name), strict=True):
            cv2.imwrite(str(fields.images / f"{name}_{channel}.png"), plane)
    run_here("segment", fields.images, "--masks", masks, "--work", work.root)
    # Else most of these small cells would be left out; a pixel of the odd field still is.
    run_here("crops", fields.images, "--work", work.root, "--set", "crops.min_area_um2=0.02")
    table = read_cells(work.cells)
    kept = table[table["dropped"] == ""]
    probabilities = np.random.default_rng(0).uniform(0, 1, (len(kept), len(NAMES))).astype(np.float32)
    images, numbers = kept["image_id"].tolist(), kept["cell_id"].to_numpy()
    called = call_classes(probabilities, 0.5)
    write_predictions(work.predictions, images, numbers, probabilities, labels=called)
    crops = read_manifest(work.manifest("crops"))
    assert crops is not None
    finish_stage(work, "predict", inputs={"crops": crops.output_key})
    return work
