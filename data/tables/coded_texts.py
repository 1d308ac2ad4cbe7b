"""Texts of very many rows, in little memory: a number for each row, and each different text once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


@dataclass(frozen=True)
class CodedTexts(Sequence[str]):
    """Texts by number. Of 2 million different ones of 20 letters pandas' categories take seven times as much.

    Attributes
    ----------
    codes
        (n,) int32: which text each row has.
    texts
        (m,) the different texts.
    """

    codes: NDArray[np.int32]
    texts: pa.Array

    @classmethod
    def encode(cls, parts: Iterable[pa.Array]) -> "CodedTexts":
        """Return the texts of some arrays, one after the other, numbered as they first come."""
        chunks = [as_texts(part).dictionary_encode() for part in parts]
        if not chunks:
            return cls(np.empty(0, np.int32), pa.array([], pa.string()))
        joined = pa.chunked_array(chunks).unify_dictionaries().combine_chunks()
        if isinstance(joined, pa.ChunkedArray):
            joined = pa.concat_arrays(joined.chunks)
        return cls(joined.indices.to_numpy(zero_copy_only=False).astype(np.int32), joined.dictionary)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "CodedTexts":
        """Return some texts, numbered as they first come."""
        return cls.encode([pa.array(list(texts), pa.string())])

    def sort(self) -> "CodedTexts":
        """Return the same with the different texts, and so their numbers, in the order of characters."""
        follow = pc.call_function("less", [self.texts[:-1], self.texts[1:]])
        if follow.to_numpy(zero_copy_only=False).all():
            return self
        order = order_texts(self.texts)
        numbers = np.empty(len(order), np.int32)
        numbers[order] = np.arange(len(order), dtype=np.int32)
        return CodedTexts(numbers[self.codes], self.texts.take(pa.array(order)))

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.codes)

    @overload
    def __getitem__(self, rows: int) -> str: ...
    @overload
    def __getitem__(self, rows: "NDArray[np.integer] | NDArray[np.bool_] | slice") -> "CodedTexts": ...
    def __getitem__(
        self, rows: "int | NDArray[np.integer] | NDArray[np.bool_] | slice"
    ) -> "str | CodedTexts":
        """Return the text of a row, or those of some rows."""
        if isinstance(rows, int | np.integer):
            return str(self.texts[int(self.codes[rows])])
        return CodedTexts(self.codes[rows], self.texts)

    def number(self, *, empty: int) -> NDArray[np.int32]:
        """Return the number of each row's text, and another one for an empty text."""
        has_text = pc.call_function("binary_length", [self.texts]).to_numpy(zero_copy_only=False) > 0
        return np.where(has_text[self.codes], self.codes, np.int32(empty)).astype(np.int32)

    def tolist(self) -> list[str]:
        """Return the texts of all rows."""
        return self.texts.take(pa.array(self.codes)).to_pylist()


def as_texts(values: pa.Array) -> pa.Array:
    """Return an array as plain texts, which another program may have stored in another way."""
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def order_texts(texts: pa.Array) -> NDArray[np.intp]:
    """Return the places of texts in the order of their characters, (n,)."""
    return pc.call_function("array_sort_indices", [texts]).to_numpy().astype(np.intp)


def find_texts(wanted: pa.Array, texts: pa.Array) -> NDArray[np.int32]:
    """Return where each of some texts is among others, each once there, (n,); -1 where it is not."""
    found = pc.call_function("index_in", [wanted], pc.SetLookupOptions(value_set=texts))
    return found.fill_null(-1).to_numpy(zero_copy_only=False)
