"""Where in an image file the plane of a channel lies."""

from dataclasses import dataclass, field

from data.images.pixel_bound import MAX_PIXELS


@dataclass(frozen=True, slots=True)
class PlaneAddress:
    """Where in an image file the plane of one channel lies.

    Attributes
    ----------
    picture
        Number of the picture in the file: of the series, the position or the scene.
    channel
        Number of its channel; None where the whole file is one channel.
    z
        Which slice of a stack: ``""`` for none, so that a stack is refused, ``"middle"``, ``"sharpest"``,
        ``"max"`` for the brightest value over all, or the number of the slice, from 0.
    max_pixels
        The most pixels that it may have; it is refused before it is decoded where its header says more.
    """

    picture: int = 0
    channel: int | None = None
    z: str = ""
    # Not shown, since no pixel depends on it: what was done with another bound stays done.
    max_pixels: int = field(default=MAX_PIXELS, repr=False)


WHOLE_FILE = PlaneAddress()
"""The one plane of a file that has just one."""
