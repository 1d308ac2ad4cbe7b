"""The calls within the package hpacellseg that today's scikit-image refuses, repaired."""

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from numpy.typing import NDArray
from skimage import morphology, transform

_lock = threading.Lock()
_users = 0
_originals: list[tuple[ModuleType, str, Any]] = []


@contextmanager
def repaired_calls(segmentator_module: ModuleType, labelling_module: ModuleType) -> Iterator[None]:
    """Make hpacellseg's calls of scikit-image work for as long as the context is entered.

    Names are replaced in these two modules only, scikit-image stays as it is for everybody else. Threads may
    enter it side by side; the last one to leave puts the originals back.

    - ``transform.rescale(..., multichannel=)`` became ``channel_axis``, and the former is refused: both
      predictions, of nuclei and of cells, make this call.
    - The size in ``remove_small_objects`` and ``remove_small_holes`` became ``max_size``, which is one
      less; scikit-image 0.26 warns at every call and 2.0 will refuse the former.

    Parameters
    ----------
    segmentator_module
        ``hpacellseg.cellsegmentator``.
    labelling_module
        ``hpacellseg.utils``.
    """
    global _users
    with _lock:
        if _users == 0:
            _replace(segmentator_module, "transform", _RepairedTransform())
            for name in ("remove_small_objects", "remove_small_holes"):
                _replace(labelling_module, name, _take_least_size(getattr(morphology, name)))
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            while _users == 0 and _originals:
                module, name, original = _originals.pop()
                setattr(module, name, original)


class _RepairedTransform:
    """What hpacellseg takes for ``skimage.transform``."""

    def __getattr__(self, name: str) -> Any:
        return getattr(transform, name)

    @staticmethod
    def rescale(image: NDArray[Any], scale: float, *, multichannel: bool = False, **options: Any) -> Any:
        if multichannel:
            options["channel_axis"] = -1
        return transform.rescale(image, scale, **options)


def _take_least_size(function: Callable[..., Any]) -> Callable[..., Any]:
    takes_largest = "max_size" in inspect.signature(function).parameters

    def remove(image: NDArray[Any], least_size: float) -> Any:
        return function(image, max_size=least_size - 1) if takes_largest else function(image, least_size)

    return remove


def _replace(module: ModuleType, name: str, replacement: object) -> None:
    if hasattr(module, name):
        _originals.append((module, name, getattr(module, name)))
        setattr(module, name, replacement)
