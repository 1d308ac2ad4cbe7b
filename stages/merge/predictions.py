"""The predictions table of all shards, in the order of one run."""

from collections.abc import Sequence
from pathlib import Path

from data.errors import InputError
from data.predictions.predictions_table import GROUP_ROWS
from data.tables.parquet_rows import ParquetRows, write_row_groups
from stages.merge.order import order_rows, take_runs


def join_predictions(parts: Sequence[Path], image_ids: Sequence[str], output: Path) -> int:
    """Write one predictions table from those of the shards.

    Parameters
    ----------
    parts
        The tables.
    image_ids
        The fields of all, in order.
    output
        The table to write.

    Returns
    -------
    int
        How many rows it has.

    Raises
    ------
    InputError
        The tables do not fit each other.
    """
    tables = [ParquetRows(path) for path in parts]
    # One without cells does not know how long an embedding is.
    filled = [number for number, table in enumerate(tables) if table.rows] or [0]
    schema = tables[filled[0]].schema
    for number in filled:
        if not tables[number].schema.equals(schema, check_metadata=True):
            raise InputError(
                found="other columns or classes",
                where=parts[number],
                expected=f"those of {parts[filled[0]]}",
                advice="predict that shard again",
            )
    runs = order_rows(parts, image_ids)
    write_row_groups(output, take_runs(tables, runs), GROUP_ROWS, schema.empty_table)
    return sum(table.rows for table in tables)
