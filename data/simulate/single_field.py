"""One simulated field by itself, without the settings of a set."""

from collections.abc import Sequence

from data.errors import InputError
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from data.labels.label_file import CLASS_NAMES
from data.simulate.field import LEAST_EXTENT_UM, SimulatedField, simulate_set_field
from data.simulate.field_settings import FieldSettings
from data.simulate.geometry.cell_lines import CELL_LINES


def simulate_field(
    seed: int = 0,
    size: int | tuple[int, int] = 1024,
    *,
    classes: Sequence[int] | None = None,
    cell_line: str | None = None,
    pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM,
) -> SimulatedField:
    """Simulate one field with known cells, nuclei and labels; the same arguments give the same field.

    Parameters
    ----------
    seed
        Random seed, 0 or more.
    size
        Side in px, or height and width; each side at least 10 um.
    classes
        Numbers of the classes that the protein shows, of ``CLASS_NAMES``; by default drawn by the seed.
    cell_line
        Name of the cell line; by default drawn by the seed.
    pixel_size_um
        Edge of a pixel in micrometres.

    Raises
    ------
    InputError
        The field is too small for a cell, or there is no such class or cell line.

    Examples
    --------
    >>> import numpy as np
    >>> import hpacells as hpa
    >>> simulated = hpa.simulate_field(seed=3, size=(300, 400), classes=[14])
    >>> simulated.image.shape
    (4, 300, 400)
    >>> [hpa.CLASS_NAMES[label] for label in simulated.image_labels]
    ['Mitochondria']
    >>> again = hpa.simulate_field(seed=3, size=(300, 400), classes=[14])
    >>> np.array_equal(simulated.image, again.image)
    True
    """
    shape = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
    if min(shape) * pixel_size_um < LEAST_EXTENT_UM:
        raise InputError(
            found=f"a field of {shape[0]} x {shape[1]} px of {pixel_size_um} um",
            where="simulate_field",
            expected=f"at least {LEAST_EXTENT_UM:g} um high and wide",
        )
    unknown = [label for label in classes or () if label not in range(len(CLASS_NAMES))]
    if unknown or (classes is not None and not len(classes)):
        raise InputError(
            found=f"class {unknown[0]}" if unknown else "no class",
            where="simulate_field",
            expected=f"class numbers 0..{len(CLASS_NAMES) - 1}",
        )
    lines = {line.name: line for line in CELL_LINES}
    if cell_line is not None and cell_line not in lines:
        raise InputError(
            found=f"no cell line {cell_line!r}", where="simulate_field", expected=" or ".join(lines)
        )
    return simulate_set_field(
        0,
        FieldSettings(shape=shape, pixel_size_um=pixel_size_um, seed=seed),
        classes=None if classes is None else tuple(sorted(set(classes))),
        cell_line=None if cell_line is None else lines[cell_line],
    )
