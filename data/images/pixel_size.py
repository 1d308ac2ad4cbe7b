"""Pixel sizes that files state: units of length, and which values can be a microscope's."""

UM_PER_UNIT = {
    "ym": 1e-18, "zm": 1e-15, "am": 1e-12, "fm": 1e-9, "pm": 1e-6, "Å": 1e-4, "nm": 1e-3, "µm": 1.0,
    "mm": 1e3, "cm": 1e4, "dm": 1e5, "m": 1e6, "dam": 1e7, "hm": 1e8, "km": 1e9, "Mm": 1e12, "Gm": 1e15,
    "Tm": 1e18, "Pm": 1e21, "Em": 1e24, "Zm": 1e27, "Ym": 1e30, "thou": 25.4, "li": 25400 / 12,
    "in": 25400.0, "ft": 304800.0, "yd": 914400.0, "mi": 1609344e3, "pt": 25400 / 72, "ua": 149597870700e6,
    "ly": 9.4607304725808e21, "pc": 3.0856776e22,
}  # fmt: skip
"""The lengths of OME-XML in um; pixels and reference frames are no lengths."""

_OTHER_NAMES = {
    "um": "µm", "μm": "µm", "\\u00b5m": "µm", "micron": "µm", "microns": "µm", "micrometer": "µm",
    "micrometers": "µm", "micrometre": "µm", "micrometres": "µm", "nanometer": "nm", "nanometers": "nm",
    "nanometre": "nm", "nanometres": "nm", "millimeter": "mm", "millimetre": "mm", "centimeter": "cm",
    "centimetre": "cm", "meter": "m", "metre": "m", "inch": "in", "inches": "in", "angstrom": "Å", "Å": "Å",
}  # fmt: skip

SMALLEST_UM, LARGEST_UM = 0.02, 1.5
"""From the finest sampling of a light microscope to where a cell is a dozen pixels wide."""


def unit_um(unit: str) -> float | None:
    """Return how many um a unit is, as OME-XML or ImageJ write it; None where it is no unit of length."""
    unit = unit.strip()
    unit = _OTHER_NAMES.get(unit, _OTHER_NAMES.get(unit.lower(), unit))
    return UM_PER_UNIT.get(unit)


def plausible(height_um: float, width_um: float) -> tuple[float, float] | None:
    """Return a pixel size at which a light microscope shows cells, else None."""
    if all(SMALLEST_UM <= size <= LARGEST_UM for size in (height_um, width_um)):
        return height_um, width_um
    return None
