"""A segmenter for fields as they come, with or without an ER stain, in memory."""

from dataclasses import replace
from functools import cache
from os import PathLike, fspath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import REFERENCE_PIXEL_SIZE_UM, Field
from data.fields.pixel_size import resolve_pixel_size
from data.software.opencv import check_opencv
from models.runtimes.names import AUTO as ANY_RUNTIME
from models.segmenters.factory import AUTO, SegmenterOptions, create_segmenter
from models.segmenters.segmenter import SegmentedField, Segmenter
from models.segmenters.without_er import ER


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
        def create(with_er: bool) -> Segmenter:
            return create_segmenter(name, SegmenterOptions(runtime, with_er, labelling == "exact"))

        self._er = er
        self._create = cache(create)
        # Created now, which loads nothing, so that a wrong name or missing weights are reported at once.
        self.name = self._create(er != "no").name

    def identity(self) -> str:
        """Return what decides the results, in one line: name and version, or the hash of the weights."""
        return self._create(self._er != "no").identity()

    def segment_field(self, field: Field, pixel_size_um: float | None = None) -> SegmentedField:
        """Find the nuclei and cells of a field, as ``hpacells segment`` does with the same settings.

        Only the channels that the segmenter needs are read; the ER (yellow) is used where the field has it.

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
        segmenter = self._create(self._uses_er(ER in field.files))
        size = resolve_pixel_size(field).um if pixel_size_um is None else pixel_size_um
        return _segment(segmenter, field.read(segmenter.channels), size)

    def segment_image(
        self, image: NDArray[Any], pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM
    ) -> SegmentedField:
        """Find the nuclei and cells of an image in memory.

        Parameters
        ----------
        image
            (4, H, W) uint8 or uint16, R G B Y; or (3, H, W) without the ER.
        pixel_size_um
            Edge of a pixel in micrometres.

        Raises
        ------
        InputError
            The image has another shape or type, or the pixel size is not a microscope's.
        """
        if image.ndim != 3 or len(image) not in (len(CHANNELS) - 1, len(CHANNELS)):
            raise InputError(
                found=f"shape {image.shape}",
                where="image to segment",
                expected=f"(4, height, width): {', '.join(CHANNELS)}; or 3 channels, without {ER}",
            )
        segmenter = self._create(self._uses_er(len(image) == len(CHANNELS)))
        lacking = [channel for channel in segmenter.channels if CHANNELS.index(channel) >= len(image)]
        if lacking:
            raise InputError(
                found=f"no {lacking[0]} channel", where="image to segment", expected="er auto or no"
            )
        planes = image[[CHANNELS.index(channel) for channel in segmenter.channels]]
        return _segment(segmenter, planes, pixel_size_um)

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
        auto (the best that is present), dpn-unet, lite, classical or hpacellseg, or a ``.safetensors`` file
        that ``hpacells segmenter train`` wrote.
    runtime
        What runs its networks: auto (the fastest that is present), torch, torch-bfloat16, cuda, openvino or
        openvino-bfloat16.
    er
        Whether the ER (yellow) is used; auto: in the fields that have it.
    labelling
        How dpn-unet labels cells: fast, or exact, pixel by pixel as hpacellseg does.

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


def _segment(segmenter: Segmenter, planes: np.ndarray, pixel_size_um: float) -> SegmentedField:
    return replace(segmenter.segment(planes, pixel_size_um), pixel_size_um=pixel_size_um)
