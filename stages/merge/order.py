"""The order of a whole set: which rows of which shard follow each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from data.errors import InputError
from data.fields.images_table import read_images
from data.fields.shard import find_shard_number
from data.tables.parquet_rows import ParquetRows, read_batches


class Run(NamedTuple):
    """Successive rows of one shard, those of a field.

    Attributes
    ----------
    shard
        Number of the shard.
    rows
        How many.
    """

    shard: int
    rows: int


def order_cells(images: Sequence[Path], image_ids: Iterable[str]) -> list[Run]:
    """Return the runs of the shards' cells tables, by their images tables, in the order of fields."""
    counts: dict[str, int] = {}
    for path in images:
        table = read_images(path)
        counts |= dict(zip(table["image_id"].tolist(), table["cells"].tolist(), strict=True))
    return _order(counts, image_ids, len(images))


def order_rows(tables: Sequence[Path], image_ids: Iterable[str]) -> list[Run]:
    """Return the runs of tables of shards, each sorted by field, in the order of fields."""
    counts: dict[str, int] = {}
    for path in tables:
        for image_id, rows in groupby(_read_ids(path)):
            if image_id in counts:
                raise InputError(
                    found=f"rows of {image_id} in several places",
                    where=path,
                    expected="the cells of a field one after the other, in one shard",
                )
            counts[image_id] = sum(1 for _ in rows)
    return _order(counts, image_ids, len(tables))


def take_runs(tables: Sequence[ParquetRows], runs: Iterable[Run]) -> Iterator[pa.Table]:
    """Take the rows of tables in the order of runs.

    Raises
    ------
    InputError
        A table has more or fewer rows than the runs.
    """
    taken = [0] * len(tables)
    for run in runs:
        taken[run.shard] += run.rows
        yield tables[run.shard].take(run.rows)
    for number, (table, rows) in enumerate(zip(tables, taken, strict=True)):
        if table.rows != rows:
            raise InputError(
                found=f"{table.rows} rows where its fields have {rows}",
                where=f"shard {number}/{len(tables)}",
                expected="a row for each cell",
                advice="run the shard again",
            )


def _order(counts: Mapping[str, int], image_ids: Iterable[str], shards: int) -> list[Run]:
    return [
        Run(find_shard_number(image_id, shards), counts[image_id])
        for image_id in image_ids
        if counts.get(image_id)
    ]


def _read_ids(path: Path) -> Iterator[str]:
    for batch in read_batches(path, columns=["image_id"]):
        yield from batch.column(0).to_pylist()
