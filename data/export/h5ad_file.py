"""The parts of an ``.h5ad`` file, in the encodings that AnnData specifies for HDF5.

They are written with h5py, part by part, so that no array has to be in memory, and in the encodings that
anndata has read since 0.8, as do R and cellxgene. anndata itself is not needed: 0.12, the last for Python
3.11, is bound to pandas 2, and its last version without that bound, 0.12.6, writes no table of pandas 3.

Specification: https://anndata.readthedocs.io/en/stable/fileformat-prose.html
"""

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError

EXTRA = "hpacells[anndata]"
"""What brings h5py."""

PARTS = ("layers", "obs", "obsm", "obsp", "uns", "var", "varm", "varp")
"""Groups of a file; tables are written into ``obs`` and ``var``, all others are mappings."""

_STRINGS_AT_A_TIME = 65_536


def import_h5py(output: Path) -> Any:
    """Import the package that writes HDF5.

    Raises
    ------
    InputError
        It is not installed; the command that installs it is named.
    """
    try:
        return importlib.import_module("h5py")
    except ModuleNotFoundError as error:
        if error.name != "h5py":
            raise
        raise InputError(
            found="the package h5py, which writes it, is not installed",
            where=output,
            expected=f"the extra {EXTRA}",
            advice=f'install it with "{sys.executable}" -m pip install "{EXTRA}"',
        ) from None


@contextmanager
def create_h5ad(path: Path) -> Iterator[Any]:
    """Yield a new file, open for writing, with the empty parts that are mappings.

    Raises
    ------
    InputError
        h5py is not installed.
    """
    # Nobody else knows the file yet, and some network disks have no locks.
    file = import_h5py(path).File(path, "w", locking=False)
    try:
        create_parts(file)
        yield file
    except BaseException:
        # Closing fails as well where the disk is full, with an error that says less.
        with suppress(OSError, RuntimeError):
            file.close()
        raise
    file.close()


def create_parts(file: Any) -> None:
    """Create the empty parts of a table that are mappings, in a file or a group."""
    _mark(file, "anndata", "0.1.0")
    for name in PARTS:
        if name not in ("obs", "var"):
            _mark(file.create_group(name), "dict", "0.1.0")


def create_array(group: Any, name: str, shape: tuple[int, ...], dtype: str = "float32") -> Any:
    """Create an array that is filled part by part; numbers that are not filled in are missing (NaN)."""
    dataset = group.create_dataset(name, shape=shape, dtype=dtype, fillvalue=np.nan)
    _mark(dataset, "array", "0.2.0")
    return dataset


def write_array(group: Any, name: str, values: Any) -> None:
    """Write an array of numbers or truth values."""
    _mark(group.create_dataset(name, data=np.asarray(values)), "array", "0.2.0")


def write_strings(group: Any, name: str, values: Sequence[str]) -> None:
    """Write an array of strings, (n,)."""
    dataset = group.create_dataset(name, shape=(len(values),), dtype=_string_type(group))
    _fill_strings(dataset, 0, values)
    _mark(dataset, "string-array", "0.2.0")


def write_table(file: Any, name: str, table: pd.DataFrame, index: Sequence[str]) -> None:
    """Write a table with names of its rows.

    Parameters
    ----------
    file, name
        The file, and which part of it: ``obs`` or ``var``.
    table
        Columns of numbers, truth values or categories; a missing category stays missing.
    index
        (n,) names of the rows.

    Raises
    ------
    ValueError
        A column is of another type.
    """
    group = _create_table(file, name, table)
    write_strings(group, "_index", index)
    for column in table.columns:
        values = table[column]
        if _is_categorical(values):
            inner = _create_categories(group, str(column), values.cat)
            write_array(inner, "codes", values.cat.codes.to_numpy())
        else:
            write_array(group, str(column), values.to_numpy())


class StoredTable:
    """A table that is written some rows at a time.

    Parameters
    ----------
    file, name
        As of `write_table`.
    template
        Its columns, with all categories, and no row.
    rows
        How many rows it will have.

    Raises
    ------
    ValueError
        A column has neither numbers, truth values nor categories.
    """

    def __init__(self, file: Any, name: str, template: pd.DataFrame, rows: int) -> None:
        group = _create_table(file, name, template)
        self._index = group.create_dataset("_index", shape=(rows,), dtype=_string_type(group))
        _mark(self._index, "string-array", "0.2.0")
        self._columns: dict[str, Any] = {}
        self._categories: dict[str, pd.Index] = {}
        for column in map(str, template.columns):
            values = template[column]
            holder, of_column, kind = group, column, values.dtype
            if _is_categorical(values):
                holder, of_column = _create_categories(group, column, values.cat), "codes"
                self._categories[column], kind = values.cat.categories, values.cat.codes.dtype
            self._columns[column] = holder.create_dataset(of_column, shape=(rows,), dtype=kind)
            _mark(self._columns[column], "array", "0.2.0")

    def write(self, start: int, table: pd.DataFrame, index: Sequence[str]) -> None:
        """Write some successive rows.

        Parameters
        ----------
        start
            Place of the first of them.
        table
            (n rows) the columns of the template; categories may be fewer, and in another order.
        index
            (n,) names of the rows.

        Raises
        ------
        ValueError
            A category is none of the template's.
        """
        rows = slice(start, start + len(table))
        if len(table):
            _fill_strings(self._index, start, index)
        for name, dataset in self._columns.items():
            values = table[name]
            dataset[rows] = self._find_codes(name, values) if name in self._categories else values.to_numpy()

    def _find_codes(self, name: str, values: pd.Series) -> NDArray[np.integer]:
        places = self._categories[name].get_indexer(values.cat.categories)
        codes = values.cat.codes.to_numpy()
        # The last place is that of a missing category, whose code is -1.
        found = np.append(places, -1)[codes]
        if (found[codes >= 0] < 0).any():
            message = f"column {name} has categories that its template lacks"
            raise ValueError(message)
        return found


def write_mapping(group: Any, name: str, values: Mapping[str, Any]) -> None:
    """Write a mapping of names to text, numbers, arrays, sequences of text and further mappings."""
    inner = group.create_group(name)
    _mark(inner, "dict", "0.1.0")
    for key, value in values.items():
        if isinstance(value, Mapping):
            write_mapping(inner, key, value)
        elif isinstance(value, str):
            _mark(inner.create_dataset(key, data=value, dtype=_string_type(inner)), "string", "0.2.0")
        elif isinstance(value, np.ndarray):
            write_array(inner, key, value)
        elif isinstance(value, list | tuple):
            write_strings(inner, key, value)
        else:
            _mark(inner.create_dataset(key, data=value), "numeric-scalar", "0.2.0")


def _create_table(file: Any, name: str, table: pd.DataFrame) -> Any:
    for column in table.columns:
        if not _is_categorical(table[column]) and table[column].dtype.kind not in "biuf":
            message = f"column {column} of {table[column].dtype}"
            raise ValueError(message)
    group = file.create_group(name)
    _mark(group, "dataframe", "0.2.0")
    group.attrs["_index"] = "_index"
    group.attrs["column-order"] = np.array(list(table.columns), dtype=_string_type(group))
    return group


def _create_categories(group: Any, name: str, values: Any) -> Any:
    inner = group.create_group(name)
    _mark(inner, "categorical", "0.2.0")
    inner.attrs["ordered"] = bool(values.ordered)
    write_strings(inner, "categories", [str(category) for category in values.categories])
    return inner


def _is_categorical(values: pd.Series) -> bool:
    return isinstance(values.dtype, pd.CategoricalDtype)


def _fill_strings(dataset: Any, start: int, values: Sequence[str]) -> None:
    for first in range(0, len(values), _STRINGS_AT_A_TIME):
        part = values[first : first + _STRINGS_AT_A_TIME]
        place = start + first
        dataset[place : place + len(part)] = np.array([str(value) for value in part], object)


def _mark(item: Any, kind: str, version: str) -> None:
    item.attrs["encoding-type"] = kind
    item.attrs["encoding-version"] = version


def _string_type(group: Any) -> Any:
    """Return the type of texts: a group that is none of h5py's names its own."""
    return getattr(group, "string_type", None) or importlib.import_module("h5py").string_dtype()
