"""Which versions differ from those of a record in a way that can change pixels, and how that is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.software.versions import OPENCV, library_versions

_COMPARED = {
    OPENCV: 2,
    "albumentations": 2,
    "albucore": 3,
    "numpy": 1,
    "scipy": 1,
    "scikit-image": 1,
    "torch": 1,
    "timm": 1,
}
# How many numbers of a version are compared: as many as had to change for a pixel to change. OpenCV 4.12,
# 4.13 and 5.0 give different masks or tiles (docs/versions.md); numpy 2.0 to 2.4, scipy 1.13 to 1.17,
# scikit-image 0.24 to 0.26 and timm 1.0.12 to 1.0.31 give the same. So do tifffile and imagecodecs of 2024 to
# 2026, whose versions are dates, and which are recorded but not compared. albucore is at 0.0.x, where any
# release may change everything.

MIXED_FIELDS = "fields of other versions"
"""In a manifest's details: how many fields of a folder other versions made, by how they differ."""

_TITLES = {OPENCV: "OpenCV"}
_FORMER_NAMES = {"opencv-python-headless": OPENCV}
"""Names in the records of an earlier hpacells."""


@dataclass(frozen=True)
class Difference:
    """One library whose version is another than that of a record.

    Attributes
    ----------
    library
        Its name.
    recorded, installed
        The two versions.
    """

    library: str
    recorded: str
    installed: str


def find_differences(
    recorded: Mapping[str, str], installed: Mapping[str, str] | None = None, exact: Sequence[str] = ()
) -> tuple[Difference, ...]:
    """Compare the versions of a record with those that are installed.

    Parameters
    ----------
    recorded
        Library -> version; libraries that are in one of the two only are not compared.
    installed
        The same of this Python; read from it by default.
    exact
        Libraries of which every release counts.

    Returns
    -------
    tuple
        Those that differ in a way that can change pixels, OpenCV first.
    """
    installed = library_versions() if installed is None else installed
    recorded = {_FORMER_NAMES.get(name, name): version for name, version in recorded.items()}
    found = []
    for library, numbers in _COMPARED.items():
        if library not in recorded or library not in installed:
            continue
        then, now = recorded[library], installed[library]
        parts = None if library in exact else numbers
        if _first(then, parts) != _first(now, parts):
            found.append(Difference(library, then, now))
    return tuple(found)


def name_differences(differences: Sequence[Difference]) -> str:
    """Return differences as a clause: ``OpenCV 4.14.0 (5.0.0 is installed) and torch 2.12.1 (...)``."""
    return " and ".join(
        f"{_TITLES.get(difference.library, difference.library)} {difference.recorded} "
        f"({difference.installed} is installed)"
        for difference in differences
    )


def _first(version: str, numbers: int | None) -> str:
    return version if numbers is None else ".".join(version.split(".")[:numbers])
