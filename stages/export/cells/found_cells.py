"""What reading the cells of an export once finds: how many they are, and their different texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from data.predictions.cell_blocks import CellBlock, OutOfStepError
from stages.export.cells.predicted_cells import tell_left_out

_TEXTS = ("image_id", "group", "dropped")


class FoundCells:
    """Count cells, and keep of them no more than their different texts.

    Parameters
    ----------
    path
        The cells table, named in messages.

    Attributes
    ----------
    predicted, others
        How many were predicted, and how many were not.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._kept = path, 0
        self._first: pd.DataFrame | None = None
        self._has_labels = False
        self._texts = _DifferentTexts(), _DifferentTexts()
        self.predicted = self.others = 0

    def add(self, block: CellBlock) -> None:
        """Take the cells of a block.

        Raises
        ------
        OutOfStepError
            Their columns have other types than those before.
        """
        if self._first is None:
            self._first = block.table.iloc[:1]
        elif not block.table.dtypes.equals(self._first.dtypes):
            raise OutOfStepError(found="columns of several types", where=self._path)
        self._has_labels = block.labels is not None
        is_other = block.predictions < 0
        self.predicted += int((~is_other).sum())
        self.others += int(is_other.sum())
        self._kept += int((block.table["dropped"].to_numpy(object)[is_other] == "").sum())
        self._texts[0].add(block.table[~is_other], block.labels)
        self._texts[1].add(block.table[is_other], None)

    def tell(self, *, unpredicted: bool) -> None:
        """Log how many cells were not predicted."""
        tell_left_out(self._kept, self.others, unpredicted=unpredicted)

    def list_images(self, *, unpredicted: bool) -> list[str]:
        """Return the images of the predicted cells, and on request those that only the others have."""
        return list(self._join(unpredicted)["image_id"])

    def represent(self, *, unpredicted: bool) -> tuple[pd.DataFrame, pd.Series | None]:
        """Return the fewest cells that have all texts, in their order, and their labels as of a part."""
        if self._first is None:
            message = "no cell was found"
            raise ValueError(message)
        texts = self._join(unpredicted)
        count = max(map(len, texts.values()))
        columns = {name: _fill(list(each), count) for name, each in texts.items()}
        labels = pd.Series(columns.pop("labels"), dtype=object)
        table = self._first.iloc[[0] * count].reset_index(drop=True).assign(**columns)
        return table.astype(self._first.dtypes.to_dict()), labels if self._has_labels else None

    def _join(self, unpredicted: bool) -> dict[str, dict[str, None]]:
        first, following = (each.texts for each in self._texts)
        return {name: first[name] | following[name] for name in first} if unpredicted else first


class _DifferentTexts:
    """The different texts of cells, each in the order in which they first come."""

    def __init__(self) -> None:
        self.texts: dict[str, dict[str, None]] = {name: {} for name in (*_TEXTS, "labels")}

    def add(self, table: pd.DataFrame, labels: pd.Series | None) -> None:
        for name in _TEXTS:
            self.texts[name].update(dict.fromkeys(table[name].unique().tolist()))
        if labels is not None:
            self.texts["labels"].update(dict.fromkeys(labels.dropna().unique().tolist()))


def _fill(texts: Sequence[str], count: int) -> list[Any]:
    """Return so many texts, of which the last ones are the first again; None where there is none."""
    return [*texts, *([texts[0] if texts else None] * (count - len(texts)))]
