"""The arrays of an OME-Zarr image, in Zarr v3: Zstandard with checksums, sharded."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from data.export.ngff.pyramid import average_plane, count_levels, pick_labels

if TYPE_CHECKING:
    import zarr

CHUNK = 256
"""Side in px of what is read at once."""

SHARD = 2048
"""Side in px of a file."""

LEVEL = 3
"""Of Zstandard, as zarr has it by default."""


def open_store(path: Path, attributes: dict[str, Any]) -> "zarr.Group":
    """Create a Zarr group in a new folder."""
    import zarr

    return zarr.create_group(path, zarr_format=3, attributes=attributes)


def write_image(group: "zarr.Group", image: NDArray[np.unsignedinteger], paths: Sequence[str] = ()) -> None:
    """Write the levels of an image (C, H, W) as arrays of a group, a channel at a time.

    Parameters
    ----------
    group
        The group.
    image
        Unsigned.
    paths
        Names of the arrays; by default ``0``, ``1`` ...
    """
    levels = count_levels(*image.shape[1:])
    arrays: list[Any] = []
    for channel, plane in enumerate(image):
        for level, values in enumerate(average_plane(plane, levels)):
            if channel == 0:
                shape = (len(image), *values.shape)
                arrays.append(_create(group, _name(paths, level), shape, image.dtype, "cyx"))
            arrays[level][channel] = values


def write_labels(group: "zarr.Group", labels: NDArray[np.uint16], paths: Sequence[str] = ()) -> None:
    """Write the levels of a label image (H, W) as arrays of a group; parameters as of ``write_image``."""
    for level in range(count_levels(*labels.shape)):
        values = pick_labels(labels, level)
        array = _create(group, _name(paths, level), values.shape, labels.dtype, "yx")
        array[:] = values


def _name(paths: Sequence[str], level: int) -> str:
    return paths[level] if paths else str(level)


def _create(group: "zarr.Group", name: str, shape: tuple[int, ...], dtype: Any, axes: str) -> Any:
    from zarr.codecs import ZstdCodec

    sides = [min(CHUNK, length) for length in shape[-2:]]
    shard = [
        min(SHARD // side, -(-length // side)) * side for side, length in zip(sides, shape[-2:], strict=True)
    ]
    channels = [1] * (len(shape) - 2)
    return group.create_array(
        name,
        shape=shape,
        dtype=dtype,
        chunks=(*channels, *sides),
        shards=(*channels, *shard) if shard != sides else None,
        # Else a flipped bit is read as other pixels.
        compressors=ZstdCodec(level=LEVEL, checksum=True),
        fill_value=0,
        dimension_names=list(axes),
        # A chunk that is not there is then one that was lost.
        config={"write_empty_chunks": True},
    )
