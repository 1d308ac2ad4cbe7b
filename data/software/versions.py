"""The versions of Python and of the libraries that results depend on, as every record keeps them."""

import importlib.metadata
import platform
import sys
from functools import cache

OPENCV = "opencv"
"""Name of OpenCV in every record, with the version of the cv2 that is imported, whichever package has it."""

LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-image",
    "albumentations",
    "albucore",
    "tifffile",
    "imagecodecs",
    "zarr",
    "torch",
    "torchvision",
    "timm",
    "segmentation-models-pytorch",
    "openvino",
)
"""The other libraries that pixels, networks or probabilities pass through."""


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that pixels pass through, without those that are not installed."""
    # Takes a tenth of a second, which commands that only check settings need not wait for.
    import cv2

    found = {OPENCV: cv2.__version__} | {name: find_version(name) for name in LIBRARIES}
    return {name: version for name, version in found.items() if version is not None}


def software_versions() -> dict[str, str]:
    """Return the versions of Python, of hpacells and of the libraries, and the platform."""
    own = find_version("hpacells") or "unknown"
    return {
        "python": platform.python_version(),
        "platform": f"{sys.platform} {platform.machine()}",
        "hpacells": own,
    } | library_versions()


@cache
def find_version(package: str) -> str | None:
    """Return the version of an installed package, or None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
