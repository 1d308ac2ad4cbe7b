from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.fields.shard import find_shard_number
from data.predictions.predictions_table import write_predictions
from stages.merge.predictions import join_predictions

IDS = [f"field {number}" for number in range(9)]
NAMES = ("a", "b")


def write(path: Path, image_ids: list[str], *, embedding: bool, names: tuple[str, ...] = NAMES) -> Path:
    """Predictions of three cells of each field, which follow from its ID."""
    rows = [(name, cell) for name in image_ids for cell in range(1, 4)]
    values = np.array([[IDS.index(name), cell] for name, cell in rows], np.float32).reshape(-1, 2)
    write_predictions(
        path,
        [name for name, _ in rows],
        np.array([cell for _, cell in rows], int),
        values / 10,
        values if embedding and rows else None,
        names,
        ["0"] * len(rows),
        0.5,
    )
    return path


def of_shard(number: int, count: int) -> list[str]:
    return [name for name in IDS if find_shard_number(name, count) == number]


@pytest.mark.parametrize("embedding", [False, True])
@pytest.mark.parametrize("count", [1, 2, 30])
def test_the_joined_table_is_that_of_one_run(tmp_path: Path, count: int, embedding: bool) -> None:
    parts = [
        write(tmp_path / f"{number}.parquet", of_shard(number, count), embedding=embedding)
        for number in range(count)
    ]
    assert join_predictions(parts, IDS, tmp_path / "joined.parquet") == 27
    single = write(tmp_path / "single.parquet", IDS, embedding=embedding)
    assert (tmp_path / "joined.parquet").read_bytes() == single.read_bytes()


def test_no_cells_at_all(tmp_path: Path) -> None:
    parts = [write(tmp_path / f"{number}.parquet", [], embedding=True) for number in range(2)]
    assert join_predictions(parts, IDS, tmp_path / "joined.parquet") == 0
    assert (tmp_path / "joined.parquet").read_bytes() == parts[0].read_bytes()


def test_other_classes_are_refused(tmp_path: Path) -> None:
    first = write(tmp_path / "0.parquet", of_shard(0, 2), embedding=False)
    other = write(tmp_path / "1.parquet", of_shard(1, 2), embedding=False, names=("a", "c"))
    with pytest.raises(InputError, match=r"1\.parquet: other columns or classes"):
        join_predictions([first, other], IDS, tmp_path / "joined.parquet")
