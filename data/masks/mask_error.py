"""What is wrong with a mask string, by kind."""

from typing import Literal

from data.errors import InputError

Fault = Literal["base64", "zlib", "rle", "sum", "size", "bomb"]
"""Where reading a mask string fails: it is not base64, not zlib-compressed, holds no COCO run lengths, these
do not add up to the image, the image is larger than run lengths can count, or all masks together unpack to
far more than cells do."""


class MaskError(InputError):
    """A mask string that cannot be read.

    Parameters
    ----------
    found, where, expected
        As of ``InputError``.
    fault
        What is wrong, by kind.

    Attributes
    ----------
    unpacked
        Bytes that it unpacked to before the fault was found.
    """

    def __init__(self, found: str, *, where: object, fault: Fault, expected: str = "") -> None:
        super().__init__(found, where=where, expected=expected)
        self.fault: Fault = fault
        self.unpacked = 0
