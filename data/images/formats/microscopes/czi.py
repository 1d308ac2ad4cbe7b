"""CZI, the files of Zeiss ZEN: scenes are pictures, tiles of a scene are one picture. Read by pylibCZIrw."""

import math
import xml.etree.ElementTree as ElementTree  # nosec B405 # as in ome_xml
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.images.formats.microscopes.reader_packages import import_reader
from data.images.picture import Picture
from data.images.picture_choice import read_chosen
from data.images.plane_address import PlaneAddress

if TYPE_CHECKING:
    from pylibCZIrw.czi import CziReader

SUFFIXES = (".czi",)

_TYPES = {
    "Gray8": ("uint8", False),
    "Gray16": ("uint16", False),
    "Gray32Float": ("float32", False),
    "Bgr24": ("uint8", True),
    "Bgr48": ("uint16", True),
}
"""Pixel type -> numpy's name of it, and whether it is in colours."""

_UM_PER_M = 1e6


def describe(path: Path) -> tuple[Picture, ...]:
    """Read what a file says about its scenes.

    Raises
    ------
    InputError
        The reader is not installed, or the file has dimensions that are not read.
    """
    with _open(path) as czi:
        return _pictures(czi, path)


def read(path: Path, address: PlaneAddress) -> NDArray[Any]:
    """Decode one plane: (H, W), or (H, W, 3) of a colour picture; other planes stay on the disk.

    Raises
    ------
    InputError
        The address names no plane of the file, or no pixel of it was recorded.
    """
    with _open(path) as czi:
        scenes = sorted(czi.scenes_bounding_rectangle_no_pyramid) or [None]

        def plane(picture: int, channel: int, z: int) -> NDArray[Any]:
            return _read_plane(czi, scenes[picture], {"C": channel, "Z": z, "T": 0}, path)

        return read_chosen(_pictures(czi, path), address, path, plane)


def _open(path: Path) -> Any:
    # Its own error is an English sentence without the file's name.
    path.stat()
    return import_reader("pylibCZIrw.czi", "CZI", path).open_czi(str(path))


def _read_plane(czi: "CziReader", scene: int | None, plane: dict[str, int], path: Path) -> NDArray[Any]:
    rectangle = (
        czi.total_bounding_rectangle_no_pyramid
        if scene is None
        else czi.scenes_bounding_rectangle_no_pyramid[scene]
    )
    stored = []
    where = plane if scene is None else plane | {"S": scene}
    # libCZI returns black where nothing was recorded.
    czi.enumerate_subblocks_subset(lambda *_: stored.append(1) or False, plane=where, only_layer0=True)
    if not stored:
        scene_text = "" if scene is None else f" of scene {scene}"
        raise InputError(
            found=f"channel {plane['C']}, slice {plane['Z']}{scene_text} was not recorded",
            where=path,
            expected="pixels of every channel and slice",
            advice="choose another slice with images.z, or leave the scene out",
        )
    pixels = czi.read(roi=rectangle, plane=plane, scene=scene)
    return pixels[..., 0] if pixels.shape[2] == 1 else np.ascontiguousarray(pixels[..., ::-1])


def _pictures(czi: "CziReader", path: Path) -> tuple[Picture, ...]:
    sizes = {axis: count for axis, (_, count) in czi.total_bounding_box_no_pyramid.items()}
    others = {axis: count for axis, count in sizes.items() if axis not in "CZTXYSM" and count > 1}
    if others:
        raise InputError(
            found=f"dimensions {', '.join(f'{axis} ({count})' for axis, count in others.items())}",
            where=path,
            expected="channels (C), slices (Z), scenes (S) and tiles (M)",
            advice="export it from ZEN, processed, as CZI or OME-TIFF",
        )
    kinds = {_kind(czi.get_channel_pixel_type(number), path) for number in range(sizes["C"])}
    metadata = _Metadata(czi.raw_metadata)
    rectangles = czi.scenes_bounding_rectangle_no_pyramid
    scenes = sorted(rectangles)
    return tuple(
        Picture(
            rectangle.h,
            rectangle.w,
            max(kinds)[0],
            name=metadata.scene_name(scene),
            channels=metadata.channel_names(sizes["C"]),
            slices=sizes["Z"],
            times=sizes["T"],
            colour=any(colour for _, colour in kinds),
            significant_bits=metadata.significant_bits(),
            pixel_size_um=metadata.pixel_size_um(),
            pixel_size_source="CZI metadata" if metadata.pixel_size_um() else "",
        )
        for scene, rectangle in (
            [(scene, rectangles[scene]) for scene in scenes]
            or [(None, czi.total_bounding_rectangle_no_pyramid)]
        )
    )


def _kind(pixel_type: str, path: Path) -> tuple[str, bool]:
    if pixel_type not in _TYPES:
        raise InputError(
            found=f"pixels of type {pixel_type}", where=path, expected=f"one of {', '.join(_TYPES)}"
        )
    return _TYPES[pixel_type]


class _Metadata:
    """The metadata of a file, an XML document; what it leaves out is empty or None."""

    def __init__(self, text: str) -> None:
        try:
            root = ElementTree.fromstring(text)  # noqa: S314 # nosec B314 # as in ome_xml
        except ElementTree.ParseError:
            root = ElementTree.Element("ImageDocument")
        self._root = root
        self._channels = root.findall("./Metadata/Information/Image/Dimensions/Channels/Channel")

    def channel_names(self, count: int) -> tuple[str, ...]:
        """Return the name of each channel."""
        names = [channel.get("Name", "").strip() for channel in self._channels]
        return tuple(names) if len(names) == count else ("",) * count

    def scene_name(self, number: int | None) -> str:
        """Return the name of a scene."""
        for scene in self._root.iterfind("./Metadata/Information/Image/Dimensions/S/Scenes/Scene"):
            if number is not None and scene.get("Index") == str(number):
                return scene.get("Name", "").strip()
        return ""

    def significant_bits(self) -> int | None:
        """Return the most bits that a channel is said to use."""
        texts = [channel.findtext("ComponentBitCount", "") for channel in self._channels]
        return max((int(text) for text in texts if text.strip().isdecimal()), default=None)

    def pixel_size_um(self) -> tuple[float, float] | None:
        """Return um per pixel (height, width)."""
        sizes = []
        for axis in "YX":
            distance = self._root.find(f"./Metadata/Scaling/Items/Distance[@Id='{axis}']/Value")
            try:
                size = float(distance.text or "") * _UM_PER_M if distance is not None else 0.0
            except ValueError:
                return None
            if not (math.isfinite(size) and size > 0):
                return None
            sizes.append(size)
        return sizes[0], sizes[1]
