"""The OpenCV that is imported: whether it is the one that hpacells asks for."""

import logging
from functools import cache
from pathlib import Path

import cv2

from data.software.versions import find_version

REQUIRED_OPENCV = 5
"""Major version that hpacells asks for: OpenCV 4 rounds positions between pixels to 1/32 px."""

_HEADLESS = "opencv-python-headless"
OTHER_OPENCV = ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")

log = logging.getLogger("hpacells")


def describe_opencv() -> str:
    """Return the version and folder of the OpenCV that is imported, and what is wrong with it."""
    where = Path(cv2.__file__ or "cv2").parent
    problem = _find_problem()
    beside = [f"{name} {find_version(name)}" for name in OTHER_OPENCV if find_version(name)]
    if beside and not problem:
        problem = f"beside it {' and '.join(beside)}: whichever is installed last is the one that is used"
    return f"{cv2.__version__} at {where}" + (f" ({problem})" if problem else "")


@cache
def check_opencv() -> None:
    """Check that the OpenCV that is imported is the one that hpacells asks for; warn once where it is not."""
    problem = _find_problem()
    if problem:
        log.warning("OpenCV %s is imported: %s", cv2.__version__, problem)


def _find_problem() -> str:
    if int(cv2.__version__.split(".")[0]) == REQUIRED_OPENCV:
        return ""
    others = [name for name in OTHER_OPENCV if find_version(name)]
    reason = (
        f"{' and '.join(others)} put it in place of {_HEADLESS}"
        if others
        else f"{_HEADLESS} of another version than hpacells asks for is installed"
    )
    remove = f"`pip uninstall -y {' '.join(others)}` and " if others else ""
    return (
        f"{reason}; resized masks and augmented tiles differ from those of OpenCV {REQUIRED_OPENCV}, which "
        f"hpacells asks for (docs/versions.md); run {remove}"
        f"`pip install --force-reinstall --no-deps '{_HEADLESS}>={REQUIRED_OPENCV},<{REQUIRED_OPENCV + 1}'`"
    )
