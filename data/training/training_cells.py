"""What a training has to know of the cells of a table, in little memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.cells.cells_table import cells_file_errors
from data.cells.image_parts import ADDED
from data.fields.duplicates.near_duplicates import pack_hashes
from data.tables.coded_texts import CodedTexts, as_texts
from data.tables.parquet_rows import read_batches

COLUMNS = ("image_id", "cell_id", "dropped", "group", "image_hash")

_BATCH_ROWS = 8192


@dataclass(frozen=True)
class TrainingCells:
    """The cells of a table, and the images that they are of, in the order of their IDs.

    Attributes
    ----------
    image_ids
        (n,) the image of each cell; all are those of some cell.
    cell_ids
        (n,) its number.
    kept
        (n,) bool: whether no filter dropped it.
    groups
        (m,) number of each image's group; -1 for one that is alone.
    hashes
        (m, 4) the hash of each image (``data.fields.duplicates.near_duplicates.pack_hashes``).
    """

    image_ids: CodedTexts
    cell_ids: NDArray[np.int32]
    kept: NDArray[np.bool_]
    groups: NDArray[np.int32]
    hashes: NDArray[np.uint64]


def read_training_cells(path: Path) -> TrainingCells:
    """Read the cells of a cells table; in one of an early version each image is a group of its own.

    Raises
    ------
    InputError
        The file is missing or is no cells table.
    """
    with cells_file_errors(path):
        present = pq.read_schema(path).names
        missing = [name for name in COLUMNS if name not in present and name not in ADDED]
        if missing:
            message = f"no column {', '.join(missing)}"
            raise KeyError(message)
        return _collect(path, [name for name in ("group", "image_hash") if name in present])


def _collect(path: Path, columns: list[str]) -> TrainingCells:
    """Collect the cells, and what some columns say of their images."""
    numbers, kept = [np.empty(0, np.int32)], [np.empty(0, bool)]

    def take() -> Iterator[pa.Array]:
        for batch in read_batches(path, _BATCH_ROWS, ["image_id", "cell_id", "dropped"]):
            numbers.append(batch["cell_id"].to_numpy(zero_copy_only=False).astype(np.int32))
            kept.append(as_texts(batch["dropped"]).to_numpy(zero_copy_only=False) == "")
            yield batch["image_id"]

    image_ids = CodedTexts.encode(take()).sort()
    count = len(image_ids.texts)
    is_first = np.zeros(len(image_ids), bool)
    is_first[np.unique(image_ids.codes, return_index=True)[1]] = True
    groups, hashes = np.full(count, -1, np.int32), np.zeros((count, 4), np.uint64)
    if columns:
        names, start = list[pa.Array](), 0
        for batch in read_batches(path, _BATCH_ROWS, columns):
            rows = np.flatnonzero(is_first[start : start + len(batch)])
            if "group" in columns:
                names.append(batch["group"].take(pa.array(rows)))
            if "image_hash" in columns:
                texts = batch["image_hash"].take(pa.array(rows)).to_pylist()
                if any(texts):
                    hashes[image_ids.codes[start + rows]] = pack_hashes(texts)
            start += len(batch)
        if "group" in columns:
            groups[image_ids.codes[is_first]] = CodedTexts.encode(names).number(empty=-1)
    return TrainingCells(image_ids, np.concatenate(numbers), np.concatenate(kept), groups, hashes)
