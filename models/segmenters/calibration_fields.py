"""Some of a user's fields, on which a quantised network is fitted."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.fields.field import Field
from data.fields.pixel_size import resolve_pixel_size
from models.segmenters.runtimes.calibration import Calibration
from models.segmenters.without_er import channels_without_er, insert_dark_er

log = logging.getLogger("hpacells")

FIELDS = 8
"""Fields in a sample; the ranges of a network's values settle within a few."""

KEY_LENGTH = 12


@dataclass(frozen=True)
class FieldSample:
    """Fields, their pixel size in um ("auto": each its own), and whether they have an ER stain."""

    fields: tuple[Field, ...]
    pixel_size_um: float | Literal["auto"]
    er: bool = True

    def calibration(
        self,
        purpose: str,
        channels: tuple[str, ...],
        to_input: Callable[[NDArray[np.generic], float], NDArray[np.float32]],
    ) -> Calibration:
        """Make the inputs of one network, which `purpose` names, by ``to_input(image, pixel_size_um)``.

        A field that cannot be read is passed over.
        """
        present = channels if self.er else channels_without_er(channels)
        used = [[entry for entry in field.fingerprint() if entry[0] in present] for field in self.fields]
        content = json.dumps([purpose, used, present, self.pixel_size_um])
        key = hashlib.sha256(content.encode()).hexdigest()[:KEY_LENGTH]

        def inputs() -> Iterator[NDArray[np.float32]]:
            for field in self.fields:
                try:
                    image = field.read(present)
                    size = resolve_pixel_size(field, self.pixel_size_um).um
                except InputError as error:
                    log.debug("not calibrated on %s: %s", field.image_id, error)
                    continue
                if present != channels:
                    image = insert_dark_er(image, channels)
                yield to_input(image, size)

        return Calibration(key, inputs)


def draw_sample(
    fields: Sequence[Field], pixel_size_um: float | Literal["auto"], *, er: bool = True, count: int = FIELDS
) -> FieldSample:
    """Draw fields by the hash of their IDs, so that a field more or less seldom changes the sample."""
    ranked = sorted(fields, key=lambda field: hashlib.sha256(field.image_id.encode()).digest())
    return FieldSample(tuple(ranked[:count]), pixel_size_um, er)
