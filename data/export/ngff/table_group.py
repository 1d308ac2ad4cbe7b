"""A Zarr group with as much of h5py's interface as writing an AnnData table takes."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import zarr

CHUNK_ROWS = 2**14
"""Rows that are read and written at once, at most."""

_CHUNK_BYTES = 2**23
"""Of numbers that are read at once, at most."""


class _Attributes:
    """Attributes, which are JSON: arrays become lists."""

    def __init__(self, attributes: Any) -> None:
        self._attributes = attributes

    def __setitem__(self, name: str, value: Any) -> None:
        self._attributes[name] = value.tolist() if isinstance(value, np.ndarray | np.generic) else value


class _Array:
    """An array that is filled part by part."""

    def __init__(self, array: Any) -> None:
        self._array, self.attrs = array, _Attributes(array.attrs)

    def __setitem__(self, place: Any, values: Any) -> None:
        self._array[place] = values


class TableGroup:
    """A group for the functions of ``data.export.h5ad_file``, which are written for h5py's.

    Parameters
    ----------
    group
        The group, of Zarr v3.
    """

    string_type = "str"
    """Type of texts."""

    def __init__(self, group: "zarr.Group") -> None:
        self._group, self.attrs = group, _Attributes(group.attrs)

    def __getitem__(self, name: str) -> "TableGroup":
        """Return a group in it."""
        found: Any = self._group[name]
        return TableGroup(found)

    def create_group(self, name: str) -> "TableGroup":
        """Create a group in it."""
        return TableGroup(self._group.create_group(name))

    def create_dataset(
        self,
        name: str,
        data: Any = None,
        *,
        shape: tuple[int, ...] = (),
        dtype: Any = None,
        fillvalue: Any = None,
    ) -> _Array:
        """Create an array, of given values or of a shape; texts have the type ``string_type``."""
        values = None if data is None else np.asarray(data, dtype="O" if dtype == self.string_type else dtype)
        shape = shape if values is None else values.shape
        kind: Any = dtype if values is None or dtype == self.string_type else values.dtype
        if kind == self.string_type:
            kind = str
        array = self._group.create_array(
            name, shape=shape, dtype=kind, chunks=_choose_chunks(shape), fill_value=fillvalue
        )
        made = _Array(array)
        if values is not None and values.size:
            made[...] = values
        return made


def _choose_chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return chunks of whole rows; a side of none is one long."""
    sides = tuple(max(1, length) for length in shape)
    rows = min(CHUNK_ROWS, max(1, _CHUNK_BYTES // (8 * int(np.prod(sides[1:])))))
    return (min(sides[0], rows), *sides[1:]) if sides else ()
