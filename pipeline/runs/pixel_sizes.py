"""The pixel sizes with which the fields of a work folder were segmented."""

import math

from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from data.fields.images_table import read_images
from pipeline.runs.manifest import Manifest
from pipeline.runs.work_folder import WorkFolder


def read_pixel_sizes(work: WorkFolder, segmented: Manifest | None) -> dict[str, float]:
    """Read the pixel size of each field in um.

    Parameters
    ----------
    work
        The work folder.
    segmented
        Manifest of the segment stage: what an images table without pixel sizes, of version 0.2, leaves out.

    Raises
    ------
    InputError
        There is no images table.
    """
    given = segmented.settings.get("pixel_size_um") if segmented is not None else None
    usual = float(given) if isinstance(given, int | float) else REFERENCE_PIXEL_SIZE_UM
    table = read_images(work.images)
    sizes = zip(table["image_id"], table["pixel_size_um"], strict=True)
    return {str(name): usual if math.isnan(size) else float(size) for name, size in sizes}
