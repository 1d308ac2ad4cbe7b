"""A segmenter for fields as they come, with or without an ER stain, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from os import PathLike, fspath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.fewer_channels.folder_channels import find_channels
from data.fields.field import REFERENCE_PIXEL_SIZE_UM, Field
from data.fields.pixel_size import resolve_pixel_size
from data.images.pixel_values import to_native
from data.software.opencv import check_opencv
from models.runtimes.names import AUTO as ANY_RUNTIME
from models.segmenters.factory import AUTO, SegmenterOptions, create_segmenter
from models.segmenters.segmenter import SegmentedField, Segmenter
from models.segmenters.without_er import ER
from models.segmenters.without_red import choose_stand_in


class FieldSegmenter:
    """Finds the nuclei and cells of fields; safe to call from many threads.

    Parameters
    ----------
    name, runtime, er, labelling
        As for `load_segmenter`.

    Examples
    --------
    >>> import hpacells as hpa
    >>> segmenter = hpa.load_segmenter("classical")
    >>> segmenter.name
    'classical'
    >>> simulated = hpa.simulate_field(seed=5, size=400)
    >>> found = segmenter.segment_image(simulated.image)
    >>> found.cells.shape
    (400, 400)
    """

    def __init__(
        self,
        name: str = AUTO,
        *,
        runtime: str = ANY_RUNTIME,
        er: Literal["auto", "yes", "no"] = "auto",
        labelling: Literal["fast", "exact"] = "fast",
    ) -> None:
        def create(with_er: bool, stand_in: str = "") -> Segmenter:
            options = SegmenterOptions(runtime, with_er, labelling == "exact", stand_in=stand_in)
            return create_segmenter(name, options)

        self._er = er
        self._create = cache(create)
        # Created now, which loads nothing, so that a wrong name or missing weights are reported at once.
        self.name = self._create(er != "no").name

    def identity(self) -> str:
        """Return what decides the results, in one line: name and version, or the hash of the weights."""
        return self._create(self._er != "no").identity()

    def segment_field(self, field: Field, pixel_size_um: float | None = None) -> SegmentedField:
        """Find the nuclei and cells of a field, as ``hpacells segment`` does with the same settings.

        Only the channels that the segmenter needs are read; the ER (yellow) is used where the field has it. A
        field without microtubules (red) is segmented by its ER, or else by its protein (docs/channels.md).

        Parameters
        ----------
        field
            One of ``find_fields``.
        pixel_size_um
            Edge of a pixel in micrometres; by default what the field's files state, else 0.08.

        Raises
        ------
        InputError
            A channel is missing or unreadable, or the pixel size is not a microscope's.
        """
        segmenter = self._choose(find_channels([field]))
        size = resolve_pixel_size(field).um if pixel_size_um is None else pixel_size_um
        return _segment(segmenter, field.read(segmenter.channels), size)

    def segment_image(
        self,
        image: NDArray[Any],
        pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM,
        *,
        channels: Sequence[str] | None = None,
    ) -> SegmentedField:
        """Find the nuclei and cells of an image in memory.

        Parameters
        ----------
        image
            (C, H, W) uint8 or uint16.
        pixel_size_um
            Edge of a pixel in micrometres.
        channels
            What the planes are, such as ``("green", "blue")``; by default R G B Y, or of three R G B.

        Raises
        ------
        InputError
            The image has another shape or type, or the pixel size is not a microscope's.
        """
        image = to_native(image)
        present = _name_planes(image, channels)
        segmenter = self._choose(present)
        lacking = [channel for channel in segmenter.channels if channel not in present]
        if lacking:
            raise InputError(
                found=f"no {lacking[0]} channel",
                where="image to segment",
                expected="er auto or no" if lacking[0] == ER else f"{lacking[0]} among the channels",
            )
        planes = image[[present.index(channel) for channel in segmenter.channels]]
        return _segment(segmenter, planes, pixel_size_um)

    def _choose(self, channels: Sequence[str]) -> Segmenter:
        er = self._uses_er(ER in channels)
        stand_in = choose_stand_in([channel for channel in channels if channel != ER or er])
        return self._create(er, stand_in)

    def _uses_er(self, present: bool) -> bool:
        return self._er == "yes" or (self._er == "auto" and present)


def load_segmenter(
    name: str | PathLike[str] = AUTO,
    *,
    runtime: str = ANY_RUNTIME,
    er: Literal["auto", "yes", "no"] = "auto",
    labelling: Literal["fast", "exact"] = "fast",
) -> FieldSegmenter:
    """Load a segmenter by its name; its networks are loaded with the first field.

    Parameters
    ----------
    name
        auto (the best that is present), dpn-unet, lite, classical, hpacellseg or cellpose, or a
        ``.safetensors`` file that ``hpacells segmenter train`` wrote.
    runtime
        What runs its networks: auto (the fastest that is present), torch, torch-bfloat16, cuda, openvino or
        openvino-bfloat16.
    er
        Whether the ER (yellow) is used; auto: in the fields that have it.
    labelling
        How dpn-unet and cellpose label cells: fast, or exact, at full size as hpacellseg and cellpose do.

    Raises
    ------
    InputError
        There is no such segmenter or runtime, or its weights or package are missing.

    Examples
    --------
    >>> import hpacells as hpa
    >>> segmenter = hpa.load_segmenter("classical")
    >>> found = segmenter.segment_field(hpa.find_fields("my_images")[0], pixel_size_um=0.08)
    >>> found.cells.shape, found.pixel_size_um
    ((400, 400), 0.08)
    """
    check_opencv()
    return FieldSegmenter(fspath(name), runtime=runtime, er=er, labelling=labelling)


def _name_planes(image: NDArray[Any], channels: Sequence[str] | None) -> tuple[str, ...]:
    planes = len(image) if image.ndim else 0
    present = tuple(CHANNELS[:planes] if channels is None else channels)
    least = len(CHANNELS) - 1 if channels is None else 1
    if image.ndim != 3 or planes != len(present) or len(present) < least:
        expected = f"(4, height, width): {', '.join(CHANNELS)}; or 3 channels, without {ER}"
        raise InputError(
            found=f"shape {image.shape}",
            where="image to segment",
            expected=expected if channels is None else f"a plane for each of {', '.join(present)}",
        )
    unknown = [channel for channel in present if channel not in CHANNELS]
    if unknown or len(set(present)) < len(present):
        raise InputError(
            found=f"channels = {', '.join(present)}",
            where="image to segment",
            expected=f"each of {', '.join(CHANNELS)} at most once",
        )
    return present


def _segment(segmenter: Segmenter, planes: np.ndarray, pixel_size_um: float) -> SegmentedField:
    return replace(segmenter.segment(planes, pixel_size_um), pixel_size_um=pixel_size_um)
