"""The cells table, ``cells.parquet``: one row per cell, with place, size, stains and Kaggle mask string."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.channels import CHANNELS
from data.errors import InputError
from data.masks.label_image import count_pixels
from data.masks.rle import encode_label_image
from data.tables.parquet_rows import filter_image

INTENSITY_COLUMNS = tuple(f"mean_{channel}" for channel in CHANNELS)
"""Mean grey value per channel inside the cell, 0..1 of full scale; NaN until the crops stage measures it."""

COLUMN_TYPES: dict[str, str] = {
    "image_id": "str",
    "cell_id": "int32",
    "image_height": "int32",
    "image_width": "int32",
    **dict.fromkeys(("y0", "x0", "y1", "x1"), "int32"),
    "area_px": "int64",
    "nucleus_area_px": "int64",
    "dropped": "str",
    "touches_border": "bool",
    "border_fraction_inside": "float32",
    **dict.fromkeys(INTENSITY_COLUMNS, "float32"),
    "rle": "str",
    "group": "str",
    "image_hash": "str",
}
"""Columns of the table and their types, in order.

``group`` names images that belong together (a mosaic's, a protein's), by default each image its own;
``image_hash`` is its perceptual hash (``data.fields.duplicates.near_duplicates``), empty until the crops
stage fills it in.
"""

CROPS_COLUMNS = ("dropped", *INTENSITY_COLUMNS, "image_hash")
"""Columns that the crops stage fills in."""

_NEW_COLUMNS = {"group", "image_hash"}


def measure_cells(image_id: str, nuclei: NDArray[np.integer], cells: NDArray[np.integer]) -> pd.DataFrame:
    """Measure every cell of one field: box, areas, contact with the border, mask string.

    Parameters
    ----------
    image_id
        The field's ID.
    nuclei, cells
        Label images (H, W), numbered 1..n without gaps; a nucleus bears its cell's number.

    Returns
    -------
    DataFrame
        One row a cell, in the order of the numbers, with ``COLUMN_TYPES``. Boxes are half-open, in px.
        Nothing is dropped yet, and the intensities are NaN: both belong to the crops stage.

    Raises
    ------
    InputError
        The numbers of the cells have gaps.

    Examples
    --------
    >>> import numpy as np
    >>> import hpacells as hpa
    >>> cells = np.zeros((20, 30), np.uint16)
    >>> cells[5:15, 10:18] = 1
    >>> table = hpa.measure_cells("A1", nuclei=cells, cells=cells)
    >>> table[["image_id", "cell_id", "y0", "x0", "y1", "x1", "area_px"]]
      image_id  cell_id  y0  x0  y1  x1  area_px
    0       A1        1   5  10  15  18       80
    """
    # Takes a quarter of a second, which commands that only read a table should not wait for.
    from scipy import ndimage

    height, width = cells.shape
    count = int(cells.max(initial=0))
    found = ndimage.find_objects(cells, count)
    if None in found:
        raise InputError(
            found=f"a highest number of {count}, but no cell {found.index(None) + 1}",
            where=f"label image of {image_id}",
            expected="numbers 1..n without gaps",
            advice="renumber the cells, and give each nucleus the number of its own",
        )
    boxes = np.array([(y.start, x.start, y.stop, x.stop) for y, x in found], np.int32).reshape(count, 4)
    y0, x0, y1, x1 = boxes.T
    areas = count_pixels(cells, count)[1:]
    nucleus_areas = count_pixels(nuclei, count)[1:]
    touches_border = (y0 == 0) | (x0 == 0) | (y1 == height) | (x1 == width)
    columns: dict[str, Any] = {
        "image_id": [image_id] * count,
        "cell_id": np.arange(1, count + 1),
        "image_height": height,
        "image_width": width,
        **dict(zip(("y0", "x0", "y1", "x1"), boxes.T, strict=True)),
        "area_px": areas,
        "nucleus_area_px": nucleus_areas,
        "dropped": "",
        "touches_border": touches_border,
        "border_fraction_inside": estimate_fraction_inside(areas, nucleus_areas, touches_border),
        **dict.fromkeys(INTENSITY_COLUMNS, np.nan),
        "rle": encode_label_image(cells),
        "group": image_id,
        "image_hash": "",
    }
    return pd.DataFrame(columns, index=range(count)).astype(COLUMN_TYPES)


def make_blank_row(image_id: str) -> pd.DataFrame:
    """Make the row of a cell that could not be read, number 1 of an image of its own: 0 px large."""
    blank = dict.fromkeys(COLUMN_TYPES, 0) | {
        "image_id": image_id,
        "cell_id": 1,
        "rle": "",
        "dropped": "",
        "group": image_id,
        "image_hash": "",
    }
    return pd.DataFrame(blank, index=range(1)).astype(COLUMN_TYPES)


def estimate_fraction_inside(
    areas: NDArray[np.integer], nucleus_areas: NDArray[np.integer], touches_border: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Estimate which share of each cell lies inside the image, from the sizes of its field's whole cells.

    A cell away from the border is inside (1.0). For one at the border, cell and nucleus area are each
    divided by their median over the whole cells of the field (over all cells, where none is whole), and the
    mean of the two ratios, at most 1, is the estimate: the nucleus tells how much is cut where cells vary in
    size.

    Parameters
    ----------
    areas, nucleus_areas
        (n,) areas in px.
    touches_border
        (n,) bool.

    Returns
    -------
    ndarray (n,)
        float32 in 0..1.
    """
    fractions = np.ones(len(areas), np.float32)
    if not touches_border.any():
        return fractions
    whole = ~touches_border if not touches_border.all() else np.ones_like(touches_border)
    ratios = [
        np.minimum(sizes / max(float(np.median(sizes[whole])), 1.0), 1.0) for sizes in (areas, nucleus_areas)
    ]
    fractions[touches_border] = np.mean(ratios, axis=0)[touches_border]
    return fractions


def write_cells(path: str | PathLike[str], table: pd.DataFrame) -> None:
    """Write a cells table as Parquet (zstd)."""
    with atomic_write(Path(path)) as temporary:
        table.astype(COLUMN_TYPES).to_parquet(temporary, compression="zstd", index=False)


def read_cells(
    path: str | PathLike[str], columns: list[str] | None = None, *, image_id: str | None = None
) -> pd.DataFrame:
    """Read a cells table, or some of its columns, or the cells of one image alone.

    A table of a version without ``group`` and ``image_hash`` is read, too: each image is then a group.

    Raises
    ------
    InputError
        The file is missing or is no cells table.
    """
    path = Path(path)
    with cells_file_errors(path):
        return _read_columns(path, columns or list(COLUMN_TYPES), image_id)


def count_cells(path: Path) -> int:
    """Count the cells of a cells table, without reading them.

    Raises
    ------
    InputError
        The file is missing or is no cells table.
    """
    with cells_file_errors(path):
        return int(pq.read_metadata(path).num_rows)


@contextmanager
def cells_file_errors(path: Path) -> Iterator[None]:
    """Raise whatever a library raises of a cells table as an ``InputError``."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(
            found="no such file",
            where=path,
            expected="the cells table of a segmented folder",
            advice="run `hpacells segment` first",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise InputError(
            found=f"not a cells table ({error})",
            where=path,
            expected=f"the columns {', '.join(COLUMN_TYPES)}",
            advice="run `hpacells segment` again",
        ) from None


def missing_columns(names: Iterable[str]) -> list[str]:
    """List the columns that a table lacks, but for those that tables of earlier versions lack."""
    return [column for column in COLUMN_TYPES if column not in {*names, *_NEW_COLUMNS}]


def add_new_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the columns that those of earlier versions lack."""
    new = {"group": table["image_id"], "image_hash": ""}
    return table.assign(**{name: values for name, values in new.items() if name not in table})


def _read_columns(path: Path, columns: list[str], image_id: str | None) -> pd.DataFrame:
    schema = pq.read_schema(path)
    missing = _NEW_COLUMNS.difference(schema.names)
    if image_id is None:
        return _complete_columns(path, columns, missing, None)
    table = _complete_columns(
        path, list(dict.fromkeys(["image_id", *columns])), missing, filter_image(schema, image_id)
    )
    return table.loc[table["image_id"] == image_id, columns].reset_index(drop=True)


def _complete_columns(
    path: Path, columns: list[str], missing: set[str], filters: list[tuple[str, str, str]] | None
) -> pd.DataFrame:
    if missing.isdisjoint(columns):
        return pd.read_parquet(path, columns=columns, filters=filters)
    present = dict.fromkeys(["image_id", *(column for column in columns if column not in missing)])
    return add_new_columns(pd.read_parquet(path, columns=list(present), filters=filters))[columns]
