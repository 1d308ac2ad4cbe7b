"""The cells of a field, dropped ones too, with what is known of them and was predicted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.export.cell_annotations import describe_classes, find_likeliest
from data.export.fields.class_colours import choose_colours
from stages.export.annotations import Annotator
from stages.export.fields.predicted_fields import PredictedField
from stages.export.paths import ExportInputs

_GREY = (160, 160, 160)
"""Colour of a cell that was not predicted."""

_PROPERTIES = ("called_classes", "area_px", "area_um2", "nucleus_area_px", "touches_border")
"""What is known of a cell, besides its class and whether it was dropped."""


@dataclass(frozen=True)
class DescribedField:
    """What is known of the cells of a field, in the order of their numbers.

    Attributes
    ----------
    numbers
        (n) of the cells.
    colours
        (n) red, green, blue, 0..255, of the likeliest class; grey for a cell that was not predicted.
    properties
        (n) what is known of each cell as JSON: what is missing is left out.
    """

    numbers: list[int]
    colours: Sequence[Sequence[int]]
    properties: list[dict[str, Any]]


class Describer:
    """Describe the cells of fields.

    Parameters
    ----------
    inputs
        The tables.
    image_ids
        The images of all cells.
    names
        Names of the predicted classes.
    label_set
        Label set of the label file; None for the predicted classes.

    Raises
    ------
    InputError
        A table is missing or damaged, or the label file has none of the images.
    """

    def __init__(
        self, inputs: ExportInputs, image_ids: Iterable[str], names: tuple[str, ...], label_set: str | None
    ) -> None:
        self._names, self._colours = names, choose_colours(len(names))
        self._annotator = Annotator(inputs, image_ids, names, label_set)

    def describe(self, image_id: str, found: PredictedField, labels: NDArray[np.integer]) -> DescribedField:
        """Describe the cells of a field; can be called from several threads.

        Parameters
        ----------
        image_id
            The field.
        found
            Its cells.
        labels
            (H, W) its label image, whose numbers are to be those of the cells.

        Raises
        ------
        InputError
            The label image has other cells than the table.
        """
        numbers = found.table["cell_id"].to_numpy()
        refuse_other_cells(image_id, numbers, labels)
        if not len(numbers):
            return DescribedField([], [], [])
        likeliest, highest = find_likeliest(found.probabilities)
        known = self._annotator.annotate(found.table, found.labels)
        table = pd.concat([known, describe_classes(likeliest, highest, self._names)], axis=1)
        colours = [self._colours[label] if label >= 0 else _GREY for label in likeliest.tolist()]
        return DescribedField(numbers.tolist(), colours, self._list_properties(table, found.probabilities))

    def _list_properties(
        self, table: pd.DataFrame, probabilities: NDArray[np.float32]
    ) -> list[dict[str, Any]]:
        taken = {*table.columns, "class", "probability"}
        names = [f"probability of {name}" if name in taken else name for name in self._names]
        described = []
        for row in range(len(table)):
            cell = table.iloc[row]
            known = {
                "cell_id": int(cell["cell_id"]),
                "class": cell["top_class"],
                "probability": cell["top_probability"],
                **{name: cell[name] for name in _PROPERTIES if name in cell},
                "dropped": bool(cell["dropped"]),
                "drop_reason": cell["drop_reason"],
                **dict(zip(names, probabilities[row], strict=True)),
            }
            described.append({name: _as_json(value) for name, value in known.items() if not pd.isna(value)})
        return described


def refuse_other_cells(image_id: str, numbers: NDArray[np.integer], labels: NDArray[np.integer]) -> None:
    """Refuse a label image (H, W) that has other cells than those of some numbers (n,), ascending.

    Raises
    ------
    InputError
        It has.
    """
    drawn = np.flatnonzero(np.bincount(labels.ravel()))
    drawn = drawn[drawn > 0]
    if not np.array_equal(drawn, numbers):
        raise InputError(
            found=f"{len(drawn)} cells in the label image, and {len(numbers)} of other numbers in the table"
            if len(drawn) == len(numbers)
            else f"{len(drawn)} cells in the label image, and {len(numbers)} in the table",
            where=f"field {image_id}",
            expected="the same cells",
            advice="run `hpacells segment` again, which measures edited masks",
        )


def _as_json(value: Any) -> Any:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    # With the digits that a float32 has.
    return float(f"{float(value):.7g}") if isinstance(value, float | np.floating) else str(value)
