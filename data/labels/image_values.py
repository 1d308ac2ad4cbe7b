"""What is known of very many images, such as their labels, in little memory: each different value once."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Generic, Self, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.errors import InputError
from data.labels.coverage import check_others
from data.labels.label_file import iterate_labels, read_labels, read_proteins
from data.labels.label_set import LabelSet
from data.tables.coded_texts import find_texts

Value = TypeVar("Value")

_PART_ROWS = 8192


@dataclass(frozen=True)
class ImageValues(Generic[Value]):
    """Values of images.

    Attributes
    ----------
    image_ids
        (n,) the images, each once.
    codes
        (n,) number of the value of each.
    values
        The different values.
    """

    image_ids: pa.Array
    codes: NDArray[np.int32]
    values: tuple[Value, ...]

    @classmethod
    def collect(cls, rows: Iterable[tuple[str, Value]]) -> Self:
        """Return the values of images, each of which comes once."""
        numbers: dict[Value, int] = {}
        parts, codes = [pa.array([], pa.string())], [np.empty(0, np.int32)]
        remaining = iter(rows)
        while part := list(islice(remaining, _PART_ROWS)):
            parts.append(pa.array([image_id for image_id, _ in part], pa.string()))
            codes.append(np.array([numbers.setdefault(value, len(numbers)) for _, value in part], np.int32))
        return cls(pa.concat_arrays(parts), np.concatenate(codes), tuple(numbers))

    def __len__(self) -> int:
        """How many images have a value."""
        return len(self.codes)

    def find(self, image_ids: pa.Array) -> NDArray[np.int32]:
        """Return the number of the value of each of some images, (m,); -1 for those without one."""
        places = find_texts(image_ids, self.image_ids)
        return np.append(self.codes, np.int32(-1))[places]

    def among(self, image_ids: pa.Array) -> Self:
        """Return those of some images."""
        is_known = find_texts(self.image_ids, image_ids) >= 0
        return type(self)(self.image_ids.filter(pa.array(is_known)), self.codes[is_known], self.values)


class ImageLabels(ImageValues[tuple[int, ...]]):
    """Class numbers of images."""

    def mark(self, classes: int) -> NDArray[np.bool_]:
        """Return the classes of each value, (values + 1, classes), and at last those of none."""
        shown = np.zeros((len(self.values) + 1, classes), bool)
        for place, value in enumerate(self.values):
            shown[place, list(value)] = True
        return shown

    def check_coverage(self, image_ids: pa.Array, *, where: object) -> None:
        """Check that labels cover some images, as ``data.labels.coverage.check_coverage`` does.

        Parameters
        ----------
        image_ids
            The images, in their order.
        where
            The label file.

        Raises
        ------
        InputError
            They cover none.
        """
        is_unlabelled = self.find(image_ids) < 0
        common = len(is_unlabelled) - int(is_unlabelled.sum())
        if common and common == len(self):
            # No label is of another image, so that none can be meant for one without a label.
            return
        is_unknown = find_texts(self.image_ids, image_ids) < 0
        first = [next(iter(names[:1].to_pylist()), "none") for names in (self.image_ids, image_ids)]
        check_others(
            self.image_ids.filter(pa.array(is_unknown)).to_pylist(),
            image_ids.filter(pa.array(is_unlabelled)).to_pylist(),
            common=common,
            first=(first[0], first[1]),
            where=where,
        )


def read_image_labels(path: Path, label_set: LabelSet) -> ImageLabels:
    """Read a label file as ``data.labels.label_file.read_labels`` does, with its errors."""
    hashes = array("q")
    try:
        found = ImageLabels.collect(_note_hashes(iterate_labels(path, label_set), hashes))
    except InputError:
        # What is told is the first thing that is wrong, be it this or an image that is there twice.
        return ImageLabels.collect(read_labels(path, label_set).items())
    ordered = np.sort(np.asarray(hashes, np.int64))
    if 0 in ordered or (ordered[1:] == ordered[:-1]).any():
        return ImageLabels.collect(read_labels(path, label_set).items())
    return found


def read_image_proteins(path: Path) -> ImageValues[str]:
    """Read which protein each image of a label file shows, as ``read_proteins`` does."""
    return ImageValues[str].collect(read_proteins(path).items())


def _note_hashes(rows: Iterable[tuple[str, Value]], hashes: "array[int]") -> Iterable[tuple[str, Value]]:
    """Note the hash of each image without the blanks around it, 0 for none."""
    for image_id, value in rows:
        bare = image_id.strip()
        hashes.append(hash(bare) if bare else 0)
        yield image_id, value
