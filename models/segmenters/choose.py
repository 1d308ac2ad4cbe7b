"""Pick a segmenter by its name."""

from collections.abc import Callable

from data.errors import InputError
from models.segmenters.classical import ClassicalSegmenter
from models.segmenters.segmenter import Segmenter

AUTO = "auto"
"""The name that stands for the best segmenter at hand."""

SEGMENTERS: dict[str, Callable[[], Segmenter]] = {"classical": ClassicalSegmenter}
"""Every segmenter by its name, best first."""


def segmenter_names() -> tuple[str, ...]:
    """Give the names that `load_segmenter` takes, ``"auto"`` first."""
    return (AUTO, *SEGMENTERS)


def load_segmenter(name: str = AUTO) -> Segmenter:
    """Make the segmenter of a name, ready to be called from many threads.

    Parameters
    ----------
    name
        One of `segmenter_names`; ``"auto"`` takes the best one at hand.

    Raises
    ------
    InputError
        For a name that is not known.
    """
    if name == AUTO:
        name = next(iter(SEGMENTERS))
    if name not in SEGMENTERS:
        raise InputError(
            found=f"no segmenter {name!r}", where="segmenter", expected=" or ".join(segmenter_names())
        )
    return SEGMENTERS[name]()
