"""The fields on which both sides run: copies as TIFF, which is what the published segmenter reads."""

from pathlib import Path

import numpy as np
import tifffile

from data.channels import CHANNELS
from data.fields.image_folder import find_fields
from data.simulate.field import FieldSettings, simulate_set_field

_WHITE_PERCENT = 99.5


def write_fields(folder: Path, images: Path | None, count: int) -> list[str]:
    """Write so many fields with four channels, 8 bits, stretched to white; return their names.

    They are stretched as the stand-in weights of the segmenter take what is bright for cells.

    Parameters
    ----------
    folder
        Where ``<ID>_<channel>.tif`` are written.
    images
        Folder of fields with pixels of 0.08 um; None: fields of 2048 px are simulated.
    count
        How many.
    """
    folder.mkdir(parents=True)
    if images is None:
        settings = FieldSettings(shape=(2048, 2048), seed=2026)
        fields = {
            f"field{index}": simulate_set_field(index, settings).image[: len(CHANNELS)]
            for index in range(count)
        }
    else:
        complete = [field for field in find_fields(images) if set(CHANNELS) <= set(field.files)]
        fields = {field.image_id: field.read(CHANNELS) for field in complete[:count]}
    for name, planes in fields.items():
        for channel, plane in zip(CHANNELS, planes, strict=True):
            white = max(float(np.percentile(plane, _WHITE_PERCENT)), 1.0)
            stretched = np.clip(plane * (255 / white), 0, 255).astype(np.uint8)
            tifffile.imwrite(folder / f"{name}_{channel}.tif", stretched)
    return list(fields)
