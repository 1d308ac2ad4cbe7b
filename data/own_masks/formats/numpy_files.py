"""Masks in NumPy's files: ``.npy``, ``.npz``, and the ``_seg.npy`` of cellpose."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.images.pixel_bound import MAX_PIXELS, check_decoded
from data.pickles.machine import RefusedError, read_pickle
from data.pickles.numpy_names import ArrayRecord, NumpyNames

NUCLEI_NAMES = ("nuclei", "nuclei_mask", "nuclei_masks", "nucleus")
CELL_NAMES = ("cells", "cell_mask", "cell_masks", "masks", "mask", "labels", "arr_0")
"""Names of arrays that are masks, the ones before the later ones."""

_EXPECTED = "one array, or arrays named cells and nuclei"


def read_numpy_file(path: Path, max_pixels: int = MAX_PIXELS) -> dict[str, NDArray[Any]]:
    """Read the masks of one file; nothing that a pickle in it names is run.

    Parameters
    ----------
    path
        The file.
    max_pixels
        Pixels of the largest image; what is packed in an archive may take 8 bytes for each.

    Returns
    -------
    dict
        ``cells`` or ``nuclei`` -> array, where the file says what it is, else ``""`` -> array.

    Raises
    ------
    InputError
        The file is damaged or too large, or has none or several arrays of other names.
    """
    raw = path.read_bytes()
    try:
        if not zipfile.is_zipfile(io.BytesIO(raw)):
            return _name_masks(_read_array(io.BytesIO(raw)), path)
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            check_decoded(sum(entry.file_size for entry in packed.infolist()), max_pixels, path)
        with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except RefusedError as error:
        raise InputError(
            found=f"refused: its pickle uses {error}",
            where=path,
            expected="arrays of numbers",
            advice="save the mask alone, as a label image or with numpy.save",
        ) from None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, KeyError, MemoryError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise InputError(found=f"unreadable ({reason})", where=path, expected=_EXPECTED) from None
    return _name_masks(arrays, path)


def _read_array(file: io.BytesIO) -> dict[str, Any]:
    """Read a ``.npy`` file: its array, or the dictionary that an array of objects holds."""
    version = np.lib.format.read_magic(file)
    read_header = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    dtype = read_header(file)[2]
    if not dtype.hasobject:
        file.seek(0)
        return {"": np.load(file, allow_pickle=False)}
    content = read_pickle(file, NumpyNames())
    objects = content.build() if isinstance(content, ArrayRecord) else content
    if not isinstance(objects, list) or len(objects) != 1 or not isinstance(objects[0], dict):
        msg = "an array of objects that is no dictionary"
        raise ValueError(msg)
    named = {str(name): value for name, value in objects[0].items()}
    return {name: value.build() for name, value in named.items() if isinstance(value, ArrayRecord)}


def _name_masks(arrays: dict[str, Any], path: Path) -> dict[str, NDArray[Any]]:
    """Find the masks of cells and nuclei among named arrays."""
    if len(arrays) == 1:
        name, array = next(iter(arrays.items()))
        return {"nuclei" if name in NUCLEI_NAMES else "cells" if name == "cells" else "": array}
    nuclei = next((arrays[name] for name in NUCLEI_NAMES if name in arrays), None)
    cells = next((arrays[name] for name in CELL_NAMES if name in arrays), None)
    found = {"nuclei": nuclei, "cells" if nuclei is not None else "": cells}
    masks = {what: array for what, array in found.items() if array is not None}
    if not masks:
        names = ", ".join(list(arrays)[:8]) or "none"
        raise InputError(found=f"the arrays {names}", where=path, expected=_EXPECTED)
    return masks
