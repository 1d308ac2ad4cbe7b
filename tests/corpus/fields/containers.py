"""OME-TIFF, ImageJ and OME-Zarr of all channels that are cut, damaged or not what their metadata say."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.corpus.case import Case
from tests.corpus.fields.encoded import NAMES, STACK, Spoil, all_as_container, cut
from tests.corpus.fields.field_case import odd_field
from tests.factories.images.microscope_files import write_imagej, write_ome_tiff, write_ome_zarr


def ome_zarr(change: Callable[[Path], object] = lambda _: None, **options: Any) -> Spoil:
    def write(path: Path) -> None:
        write_ome_zarr(path, STACK, NAMES, um=0.4, **options)
        change(path)

    return all_as_container(write, "odd.ome.zarr")


def overwrite(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (
        shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()
    )


def cut_file(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(cut((folder / name).read_bytes()))


def ome_tiff_file(change: Callable[[bytes], bytes] = bytes, positions: int = 1, **options: Any) -> Spoil:
    def write(path: Path) -> None:
        write_ome_tiff(path, np.repeat(STACK[None], positions, 0), NAMES, um=0.4, **options)
        path.write_bytes(change(path.read_bytes()))

    return all_as_container(write, "odd.ome.tif")


def imagej_file(change: Callable[[bytes], bytes] = bytes) -> Spoil:
    def write(path: Path) -> None:
        write_imagej(path, STACK, um=0.4)
        path.write_bytes(change(path.read_bytes()))

    return all_as_container(write, "odd.tif")


CASES: list[Case] = [
    odd_field("OME-TIFF of all channels", ome_tiff_file()),
    odd_field(
        "OME-TIFF, half",
        ome_tiff_file(cut),
        r"odd\.ome\.tif: unreadable or truncated \(its description is not in",
    ),
    odd_field("OME-TIFF, two positions", ome_tiff_file(positions=2), ids=("odd_pos-0", "odd_pos-1")),
    odd_field(
        "OME-TIFF, XML cut",
        ome_tiff_file(lambda c: c.replace(b"</Pixels>", b"<Pixels ><")),
        r"odd\.ome\.tif: unreadable or truncated \(OME-XML that cannot be understood, an",
    ),
    odd_field(
        "OME-TIFF, XML of more channels than planes",
        ome_tiff_file(lambda c: c.replace(b'SizeC="4"', b'SizeC="5"')),
    ),
    odd_field(
        "OME-TIFF, XML of another size", ome_tiff_file(lambda c: c.replace(b'SizeX="128"', b'SizeX="256"'))
    ),
    odd_field(
        "ImageJ hyperstack of all channels",
        imagej_file(),
        r"odd\.tif: channels 0, 1, 2, 3, whose names do not say which stain each is",
    ),
    odd_field(
        "ImageJ hyperstack, half",
        imagej_file(cut),
        r"odd\.tif: unreadable or truncated \(the next page is at byte",
    ),
    odd_field("OME-Zarr", ome_zarr()),
    odd_field("OME-Zarr 0.4", ome_zarr(version="0.4")),
    odd_field(
        "OME-Zarr, a chunk missing",
        ome_zarr(remove("0/c/0/2/0/1/1")),
        r"odd\.ome\.zarr/0: 1 chunks are missing",
    ),
    odd_field(
        "OME-Zarr, a chunk cut",
        ome_zarr(cut_file("0/c/0/2/0/1/1")),
        r"odd\.ome\.zarr: unreadable or truncated",
    ),
    odd_field(
        "OME-Zarr, a chunk empty",
        ome_zarr(overwrite("0/c/0/2/0/1/1", b"")),
        r"odd\.ome\.zarr: unreadable or truncated",
    ),
    odd_field(
        "OME-Zarr, metadata of the group missing",
        ome_zarr(remove("zarr.json")),
        r"odd\.ome\.zarr: no Zarr folder",
    ),
    odd_field("OME-Zarr, metadata of the group cut", ome_zarr(cut_file("zarr.json")), r"zarr\.json: no JSON"),
    odd_field(
        "OME-Zarr, metadata of an array missing",
        ome_zarr(remove("0/zarr.json")),
        r"odd\.ome\.zarr/0: no array",
    ),
    odd_field(
        "OME-Zarr, metadata of an array no object",
        ome_zarr(overwrite("0/zarr.json", b"[1, 2]")),
        r"odd\.ome\.zarr: unreadable or truncated \(its header is damaged\)",
    ),
    odd_field("OME-Zarr, an array missing", ome_zarr(remove("0")), r"odd\.ome\.zarr/0: no array"),
    odd_field(
        "OME-Zarr, multiscales of another kind",
        ome_zarr(
            overwrite(
                "zarr.json",
                b'{"zarr_format": 3, "node_type": "group", '
                b'"attributes": {"ome": {"version": "0.5", "multiscales": 7}}}',
            )
        ),
        r"odd\.ome\.zarr: a Zarr group without multiscales",
    ),
]
