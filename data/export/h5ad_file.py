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
    for start in range(0, len(values), _STRINGS_AT_A_TIME):
        part = values[start : start + _STRINGS_AT_A_TIME]
        dataset[start : start + len(part)] = np.array([str(value) for value in part], object)
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
    group = file.create_group(name)
    _mark(group, "dataframe", "0.2.0")
    group.attrs["_index"] = "_index"
    group.attrs["column-order"] = np.array(list(table.columns), dtype=_string_type(group))
    write_strings(group, "_index", index)
    for column in table.columns:
        values = table[column]
        if isinstance(values.dtype, pd.CategoricalDtype):
            _write_categories(group, str(column), values.cat)
        elif values.dtype.kind in "biuf":
            write_array(group, str(column), values.to_numpy())
        else:
            message = f"column {column} of {values.dtype}"
            raise ValueError(message)


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


def _write_categories(group: Any, name: str, values: Any) -> None:
    inner = group.create_group(name)
    _mark(inner, "categorical", "0.2.0")
    inner.attrs["ordered"] = bool(values.ordered)
    write_strings(inner, "categories", [str(category) for category in values.categories])
    write_array(inner, "codes", values.codes.to_numpy())


def _mark(item: Any, kind: str, version: str) -> None:
    item.attrs["encoding-type"] = kind
    item.attrs["encoding-version"] = version


def _string_type(group: Any) -> Any:
    """Return the type of texts: a group that is none of h5py's names its own."""
    return getattr(group, "string_type", None) or importlib.import_module("h5py").string_dtype()
