"""A field in napari: its channels over one another, and its cells and nuclei as labels."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data.channels import STAINS
from data.errors import InputError
from data.export.ngff.metadata import find_window
from stages.export.stores.field_pixels import FieldPixels

_PACKAGE = "napari[all]"


def import_napari(what: str) -> Any:
    """Import napari.

    Parameters
    ----------
    what
        What is to be shown, for the message.

    Raises
    ------
    InputError
        It is not installed, or there is no screen for its window.
    """
    try:
        napari = importlib.import_module("napari")
    except ImportError as error:
        missing = error.name == "napari"
        raise InputError(
            found="napari is not installed" if missing else f"napari cannot be imported ({error})",
            where=what,
            expected="napari, which shows it",
            advice=f'install it with "{sys.executable}" -m pip install "{_PACKAGE}"',
        ) from None
    if _lacks_screen():
        raise InputError(
            found="no screen (DISPLAY is not set)",
            where=what,
            expected="a screen for napari's window",
            advice="run it on a desktop, or `hpacells export --format ome-zarr` and open the files elsewhere",
        )
    return napari


def show_field(
    napari: Any,
    name: str,
    pixels: FieldPixels,
    numbers: Sequence[int],
    colours: Sequence[Sequence[int]],
    properties: Sequence[Mapping[str, Any]],
) -> None:
    """Show a field until its window is closed.

    Parameters
    ----------
    napari
        The module.
    name
        Of the field.
    pixels
        Of the field.
    numbers
        (n,) numbers of the cells, which their nuclei have, too.
    colours
        (n,) red, green, blue, 0..255.
    properties
        (n,) what is known of each cell.

    Raises
    ------
    InputError
        napari has no window to open, as a part of it is missing.
    """
    try:
        viewer = napari.Viewer(title=f"hpacells: {name}")
    except (ImportError, RuntimeError) as error:
        raise InputError(
            found=f"napari opens no window ({error})",
            where=f"field {name}",
            expected="napari with a Qt library",
            advice=f'install one with "{sys.executable}" -m pip install "{_PACKAGE}"',
        ) from None
    is_known = bool(np.isfinite(pixels.pixel_size_um))
    size = pixels.pixel_size_um if is_known else 1.0
    placed = {"scale": (size, size)} | ({"units": ("micrometer", "micrometer")} if is_known else {})
    for channel, plane in zip(pixels.channels, pixels.image, strict=True):
        viewer.add_image(
            plane,
            name=STAINS[channel],
            colormap=channel,
            blending="additive",
            contrast_limits=find_window(plane),
            **placed,
        )
    table = _tabulate(numbers, properties)
    shown = {
        number: (*(share / 255 for share in colour), 1.0)
        for number, colour in zip(numbers, colours, strict=True)
    }
    for kind, labels in (("nuclei", pixels.nuclei), ("cells", pixels.cells)):
        layer = viewer.add_labels(labels, name=kind, properties=table, opacity=0.4, **placed)
        if shown and hasattr(layer, "colormap"):
            layer.colormap = {0: "transparent", None: "transparent"} | shown
    napari.run()


def _tabulate(numbers: Sequence[int], properties: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return columns of what is known of each label; what is missing is NaN for numbers, empty for texts."""
    names = dict.fromkeys(name for known in properties for name in known)
    columns: dict[str, list[Any]] = {"index": list(numbers)}
    for name in names:
        is_text = any(isinstance(known.get(name), str) for known in properties)
        columns[name] = [known.get(name, "" if is_text else np.nan) for known in properties]
    return columns


def _lacks_screen() -> bool:
    """Check whether Qt, which would end the process, finds no screen."""
    if not sys.platform.startswith("linux") or importlib.util.find_spec("qtpy") is None:
        return False
    return not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
