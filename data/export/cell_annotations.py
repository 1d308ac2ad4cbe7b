"""What is known of each cell, in columns with names for people: the table ``obs`` of an AnnData file."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.drop_reasons import DROP_REASONS

CELL = ("image_id", "cell_id")

MEASURED = (
    *("image_height", "image_width", "y0", "x0", "y1", "x1"),
    *("area_px", "nucleus_area_px", "touches_border", "border_fraction_inside"),
    *("mean_red", "mean_green", "mean_blue", "mean_yellow"),
)
"""Columns of the cells table that are taken over."""

NONE_CALLED = "none called"
"""Category of a cell that was predicted, and in which no class is probable enough to be called."""


class CellRows:
    """Find the rows of cells by image and number.

    Parameters
    ----------
    cells
        ``image_id`` and ``cell_id``.
    """

    def __init__(self, cells: pd.DataFrame) -> None:
        self._images = pd.Index(pd.unique(cells["image_id"]))
        self._keys = pd.Index(self._number(cells))

    def find(self, wanted: pd.DataFrame) -> NDArray[np.intp]:
        """Return the row that each wanted cell has, (n,); -1 where it has none."""
        return self._keys.get_indexer(pd.Index(self._number(wanted)))

    def _number(self, cells: pd.DataFrame) -> NDArray[np.int64]:
        images = self._images.get_indexer(pd.Index(cells["image_id"])).astype(np.int64)
        return images * 2**32 + cells["cell_id"].to_numpy(np.int64)


def find_rows(cells: pd.DataFrame, wanted: pd.DataFrame) -> NDArray[np.intp]:
    """Return the row of the cells table that each wanted cell has, (n,); -1 where it has none."""
    return CellRows(cells).find(wanted)


def describe_cells(cells: pd.DataFrame, pixel_sizes: Mapping[str, float]) -> pd.DataFrame:
    """Describe cells by the cells table: one row per cell, in its order.

    Parameters
    ----------
    cells
        ``image_id``, ``cell_id``, ``dropped``, ``group`` and the columns ``MEASURED``.
    pixel_sizes
        Image -> micrometres per px; NaN, or no entry, where that is not known.

    Returns
    -------
    DataFrame
        Texts are categorical. ``dropped`` is a truth value and ``drop_reason`` is missing for a cell that was
        kept; areas in µm² are NaN where the pixel size is not known.
    """
    images = pd.Categorical(cells["image_id"], categories=pd.unique(cells["image_id"]))
    sizes = np.array([pixel_sizes.get(image, np.nan) for image in images.categories], np.float64)
    pixel_size = sizes[images.codes] if len(sizes) else np.empty(0)
    reasons = cells["dropped"]
    known = list(dict.fromkeys([*DROP_REASONS, *reasons[reasons != ""].unique()]))
    columns = {
        "image_id": images,
        "cell_id": cells["cell_id"].to_numpy(),
        "group": pd.Categorical(cells["group"], categories=pd.unique(cells["group"])),
        **{name: cells[name].to_numpy() for name in MEASURED},
        "pixel_size_um": pixel_size,
        "area_um2": cells["area_px"].to_numpy() * pixel_size**2,
        "nucleus_area_um2": cells["nucleus_area_px"].to_numpy() * pixel_size**2,
        "dropped": (reasons != "").to_numpy(bool),
        "drop_reason": pd.Categorical(reasons.where(reasons != ""), categories=known),
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(len(cells)))


def describe_classes(
    likeliest: NDArray[np.integer], probability: NDArray[np.floating], names: Sequence[str]
) -> pd.DataFrame:
    """Describe the likeliest class of each cell.

    Parameters
    ----------
    likeliest
        (n,) its number; -1 for a cell that was not predicted.
    probability
        (n,) its probability; NaN for a cell that was not predicted.
    names
        Names of the classes, all of which are categories.
    """
    top = pd.Categorical.from_codes(likeliest.tolist(), dtype=pd.CategoricalDtype(list(names)))
    return pd.DataFrame({"top_class": top, "top_probability": np.asarray(probability, np.float32)})


def find_likeliest(probabilities: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the likeliest class of each cell (n,), and its probability; -1 and NaN where there are none.

    Parameters
    ----------
    probabilities
        (n, classes), all missing (NaN) for a cell that was not predicted.
    """
    likeliest, highest = np.full(len(probabilities), -1), np.full(len(probabilities), np.nan, np.float32)
    is_predicted = ~np.isnan(probabilities).all(axis=1)
    likeliest[is_predicted] = probabilities[is_predicted].argmax(axis=1)
    highest[is_predicted] = probabilities[is_predicted].max(axis=1)
    return likeliest, highest


def name_classes(texts: pd.Series, names: Sequence[str], empty: str | None) -> "pd.Categorical[str]":
    """Return the classes of each cell by name, joined by ``|`` as in a label file.

    Parameters
    ----------
    texts
        (n,) numbers joined by ``|``; missing (NaN or None) stays missing.
    names
        Names of the classes.
    empty
        Category of an empty text; None for missing.
    """
    named = {
        text: "|".join(names[int(number)] for number in text.split("|")) if text else empty
        for text in texts.dropna().unique()
    }
    categories = list(dict.fromkeys(name for name in named.values() if name is not None))
    return pd.Categorical(texts.map(named), categories=sorted(categories))


def mark_called(texts: pd.Series, count: int) -> NDArray[np.bool_]:
    """Return which of so many classes are called in each cell, (n, count).

    Parameters
    ----------
    texts
        (n,) numbers joined by ``|``; missing is none.
    count
        How many classes.
    """
    codes, unique = pd.factorize(texts.fillna(""))
    marks = np.zeros((len(unique), count), bool)
    for row, text in enumerate(unique):
        marks[row, [int(number) for number in text.split("|") if number]] = True
    return np.asarray(marks[codes])


def annotate_images(images: pd.Series, values: Mapping[str, str]) -> "pd.Categorical[str]":
    """Return for each cell what is known of its image, (n,); missing where nothing is."""
    known = {image: value for image, value in values.items() if value}
    return pd.Categorical(images.astype(object).map(known), categories=sorted(set(known.values())))
