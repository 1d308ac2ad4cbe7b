"""Files of several positions, channels and slices, written by the formats' own libraries or as specified."""

import struct
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray

NAMES = ("DAPI", "protein", "tubulin", "calreticulin")
STAINS = ("blue", "green", "red", "yellow")
"""Names of channels, and the stain of each."""

Array = NDArray[Any]


def draw_positions(
    positions: int = 2, slices: int = 5, shape: tuple[int, int] = (48, 60), channels: int = 4
) -> NDArray[np.uint16]:
    """Draw values that are all different planes: (position, slice, channel, row, column), up to 4095."""
    random = np.random.default_rng(positions * 100 + slices)
    return random.integers(0, 4096, (positions, slices, channels, *shape)).astype(np.uint16)


def write_ome_tiff(
    path: Path, data: Array, names: Sequence[str] = NAMES, um: float = 0.1, **options: Any
) -> None:
    """Write all positions as one OME-TIFF."""
    with tifffile.TiffWriter(path, ome=True) as writer:
        for number, position in enumerate(data):
            metadata: dict[str, Any] = {
                "axes": "ZCYX",
                "Name": f"pos {number}",
                "PhysicalSizeX": um,
                "PhysicalSizeXUnit": "µm",
                "PhysicalSizeY": um,
                "PhysicalSizeYUnit": "µm",
            }
            if names:
                metadata["Channel"] = {"Name": list(names)}
            writer.write(position, photometric="minisblack", metadata=metadata, **options)


def write_imagej(path: Path, position: Array, um: float = 0.1) -> None:
    """Write one position (slice, channel, row, column) as an ImageJ hyperstack."""
    tifffile.imwrite(
        path,
        position,
        imagej=True,
        resolution=(1 / um, 1 / um),
        metadata={"axes": "ZCYX", "unit": "um"},
    )


def write_ome_zarr(
    path: Path,
    position: Array,
    names: Sequence[str] = NAMES,
    um: float = 0.1,
    version: str = "0.5",
    **options: Any,
) -> None:
    """Write one position (slice, channel, row, column) as OME-Zarr with one smaller copy."""
    group = zarr.open_group(str(path), mode="w", zarr_format=3 if version == "0.5" else 2)
    values = position.transpose(1, 0, 2, 3)[None]
    for number, level in enumerate((values, values[..., ::2, ::2])):
        # Several chunks a plane; of a large one not hundreds, each of which is a file.
        side = max(32, min(level.shape[-2:]) // 4)
        array = group.create_array(
            str(number), shape=level.shape, chunks=(1, 1, 1, side, side), dtype=level.dtype, **options
        )
        array[:] = level
    kinds = ("time", "channel", "space", "space", "space")
    axes = [
        {"name": name, "type": kind} | ({"unit": "micrometer"} if kind == "space" else {})
        for name, kind in zip("tczyx", kinds, strict=True)
    ]
    datasets = [
        {
            "path": str(number),
            "coordinateTransformations": [
                {"type": "scale", "scale": [1.0, 1.0, 0.3, um * 2**number, um * 2**number]}
            ],
        }
        for number in range(2)
    ]
    metadata: dict[str, Any] = {"multiscales": [{"axes": axes, "datasets": datasets, "name": "image"}]}
    if names:
        metadata["omero"] = {"channels": [{"label": name, "color": "FFFFFF"} for name in names]}
    put_ome_metadata(path, metadata, version)


def write_plate(path: Path, wells: dict[str, Array], version: str = "0.5") -> None:
    """Write a plate: of each well (``A/1``) its fields (field, slice, channel, row, column)."""
    open_group(path, version)
    rows, columns = ({well.split("/")[part] for well in wells} for part in (0, 1))
    plate = {
        "rows": [{"name": name} for name in sorted(rows)],
        "columns": [{"name": name} for name in sorted(columns)],
        "wells": [{"path": well, "rowIndex": 0, "columnIndex": 0} for well in wells],
    }
    put_ome_metadata(path, {"plate": plate}, version)
    for well, fields in wells.items():
        open_group(path / well, version)
        images = [{"path": str(number)} for number in range(len(fields))]
        put_ome_metadata(path / well, {"well": {"images": images}}, version)
        for number, position in enumerate(fields):
            write_ome_zarr(path / well / str(number), position, version=version)


def open_group(path: Path, version: str) -> zarr.Group:
    """Make a group of the Zarr of an OME-Zarr version, or open it."""
    return zarr.open_group(str(path), mode="a", zarr_format=3 if version == "0.5" else 2)


def put_ome_metadata(path: Path, metadata: dict[str, Any], version: str) -> None:
    """Write the OME metadata of a group where its version has them."""
    if version == "0.5":
        open_group(path, version).attrs["ome"] = metadata | {"version": version}
    else:
        for entry in metadata.get("multiscales", []):
            entry["version"] = version
        open_group(path, version).attrs.update(metadata)


def write_czi(path: Path, data: Array, names: Sequence[str] = NAMES, um: float = 0.1) -> None:
    """Write positions as the scenes of a CZI, by Zeiss' library."""
    from pylibCZIrw import czi

    with czi.create_czi(str(path)) as writer:
        for scene, position in enumerate(data):
            for z, planes in enumerate(position):
                for channel, plane in enumerate(planes):
                    writer.write(
                        plane[..., None],
                        location=(scene * 1000, 0),
                        plane={"C": channel, "Z": z, "T": 0},
                        scene=scene,
                    )
        # In metres, whatever the docstring of the library says.
        size = um * 1e-6
        writer.write_metadata("test", dict(enumerate(names)), size, size, size)


def write_lif(path: Path, data: Array, names: Sequence[str] = NAMES, um: float = 0.1) -> None:
    """Write positions as the images of a LIF, in the layout that its readers expect; it has no writer."""
    elements, blocks = [], []
    for number, position in enumerate(data):
        slices, channels, height, width = position.shape
        size = position.itemsize
        steps = {"1": size, "2": size * width, "3": size * width * height * channels}
        counts = {"1": width, "2": height, "3": slices}
        dimensions = "".join(
            f'<DimensionDescription DimID="{axis}" NumberOfElements="{counts[axis]}" Origin="0" '
            f'Length="{(counts[axis] - 1) * um * 1e-6}" Unit="m" BitInc="0" BytesInc="{steps[axis]}"/>'
            for axis in counts
            if counts[axis] > 1
        )
        described = "".join(
            f'<ChannelDescription DataType="0" ChannelTag="0" Resolution="12" NameOfMeasuredQuantity="" '
            f'Min="0" Max="4095" Unit="" LUTName="Gray" IsLUTInverted="0" '
            f'BytesInc="{channel * size * width * height}" BitInc="0"><ChannelProperty><Key>DyeName</Key>'
            f"<Value>{names[channel] if names else ''}</Value></ChannelProperty></ChannelDescription>"
            for channel in range(channels)
        )
        elements.append(
            f"<Element Name={quoteattr(f'Series{number:03}')} Visibility='1' UniqueID='{uuid.uuid4()}'>"
            f"<Data><Image TextDescription=''><ImageDescription><Channels>{described}</Channels>"
            f"<Dimensions>{dimensions}</Dimensions></ImageDescription></Image></Data>"
            f"<Memory Size='{position.nbytes}' MemoryBlockID='MemBlock_{number}'/><Children/></Element>"
        )
        blocks.append((f"MemBlock_{number}", position.tobytes()))
    header = (
        '<LMSDataContainerHeader Version="2"><Element Name="project" Visibility="1"><Data/>'
        f'<Memory Size="0" MemoryBlockID="MemBlock_9999"/><Children>{"".join(elements)}</Children></Element>'
        "</LMSDataContainerHeader>"
    )
    with path.open("wb") as file:
        text = header.encode("utf-16-le")
        file.write(struct.pack("<IIBI", 0x70, len(text) + 5, 0x2A, len(header)) + text)
        for name, content in blocks:
            label = name.encode("utf-16-le")
            file.write(struct.pack("<IIBQBI", 0x70, len(label) + 14, 0x2A, len(content), 0x2A, len(name)))
            file.write(label + content)
