"""Masks in arrays, GeoJSON and ImageJ's files that are damaged or hold something else."""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.corpus.case import Case
from tests.corpus.masks.mask_case import Cells, Write, cut_bytes, own_mask


def npy(change: Callable[[Cells], NDArray[Any]]) -> Write:
    return lambda path, cells: np.save(path, change(cells))


def write_evil_pickle(path: Path, _: Cells) -> None:
    """Write a .npy whose pickle would make a file, if anything ran it."""

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (open, (str(path.parent.parent.parent / "ran"), "w"))

    memory = io.BytesIO()
    np.lib.format.write_array_header_1_0(memory, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    path.write_bytes(memory.getvalue() + pickle.dumps([Evil()]))


def write_polygon(path: Path, ring: str) -> None:
    """Write a GeoJSON file of one polygon, whose ring is given as text."""
    geometry = f'{{"type": "Polygon", "coordinates": [{ring}]}}'
    feature = f'{{"type": "Feature", "geometry": {geometry}}}'
    path.write_text(f'{{"type": "FeatureCollection", "features": [{feature}]}}')


def write_archive(path: Path, content: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in content.items():
            archive.writestr(name, raw)


CASES: list[Case] = [
    own_mask(
        ".npy of complex numbers",
        npy(lambda cells: cells.astype(complex)),
        r"odd\.npy: values of type complex128",
        "odd.npy",
    ),
    own_mask(".npy", npy(lambda cells: cells), file="odd.npy"),
    own_mask(
        ".npy, big-endian and turned in memory",
        npy(lambda cells: np.asfortranarray(cells.astype(">u4"))),
        file="odd.npy",
    ),
    own_mask(".npy, half", cut_bytes(npy(lambda cells: cells)), r"odd\.npy: unreadable", "odd.npy"),
    own_mask(".npy, empty", lambda path, _: path.write_bytes(b""), r"odd\.npy: unreadable", "odd.npy"),
    own_mask(
        ".npy of text", npy(lambda cells: cells.astype(str)), r"odd\.npy: values of type <U5", "odd.npy"
    ),
    own_mask(
        ".npy with a pickle that would write a file",
        write_evil_pickle,
        r"odd\.npy: refused: its pickle uses io\.open",
        "odd.npy",
    ),
    own_mask(".npz", lambda path, cells: np.savez_compressed(path, cells), file="odd.npz"),
    own_mask(
        ".npz, half", cut_bytes(lambda path, cells: np.savez(path, cells)), r"odd\.npz: unreadable", "odd.npz"
    ),
    own_mask(
        ".npz, empty archive",
        lambda path, _: write_archive(path, {}),
        r"odd\.npz: the arrays none",
        "odd.npz",
    ),
    own_mask(
        ".geojson, no JSON",
        lambda path, _: path.write_text('{"features": ['),
        r"odd\.geojson: not understood",
        "odd.geojson",
    ),
    own_mask(
        ".geojson, a list",
        lambda path, _: path.write_text("[1, 2]"),
        r"odd\.geojson: not understood",
        "odd.geojson",
    ),
    own_mask(
        ".geojson, coordinates that are text",
        lambda path, _: write_polygon(path, '[["a", "b"], [1, 2], [3, 4]]'),
        r"odd\.geojson: not understood",
        "odd.geojson",
    ),
    own_mask(
        ".geojson, coordinates NaN",
        lambda path, _: write_polygon(path, "[[NaN, 1], [9, 2], [3, 40]]"),
        r"odd\.geojson: object 1 has no pixel in the image of 128 x 128 px",
        "odd.geojson",
    ),
    own_mask(
        ".geojson, outside the image",
        lambda path, _: write_polygon(path, "[[900, 900], [990, 900], [990, 990], [900, 900]]"),
        r"odd\.geojson: object 1 has no pixel in the image of 128 x 128 px",
        "odd.geojson",
    ),
    own_mask(".roi, zeros", lambda path, _: path.write_bytes(bytes(64)), r"odd\.roi: unreadable", "odd.roi"),
    own_mask(
        "RoiSet, an entry that leads out",
        lambda path, _: write_archive(path, {"../../out.roi": b"Iout" + bytes(60)}),
        r"odd_RoiSet\.zip: region 1 has no area",
        "odd_RoiSet.zip",
    ),
]
