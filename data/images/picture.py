"""What an image file says about its pictures, read without decoding pixels."""

from dataclasses import dataclass

from data.errors import InputError


@dataclass(frozen=True)
class Picture:
    """One picture of an image file: a series, position or scene, at full resolution.

    Attributes
    ----------
    height, width
        Size in px.
    dtype
        numpy's name of the type of its values.
    name
        Its name, or empty.
    channels
        Names of its channels, empty where a channel has none; one entry for a file of one channel.
    slices, times
        Number of slices (Z) and of time points (T).
    colour
        Whether its samples are the red, green and blue of a colour picture, not channels.
    significant_bits
        Bits that the values use, where the file states it, else None.
    pixel_size_um
        Size of a pixel in um (height, width), where the file states it, else None.
    pixel_size_source
        Where in the file that stands: ``"OME-XML"``, ``"ImageJ"``, ``"resolution tags"``; else empty.
    fault
        Why this picture of several cannot be read, or None; the rest then says nothing.
    """

    height: int
    width: int
    dtype: str
    name: str = ""
    channels: tuple[str, ...] = ("",)
    slices: int = 1
    times: int = 1
    colour: bool = False
    significant_bits: int | None = None
    pixel_size_um: tuple[float, float] | None = None
    pixel_size_source: str = ""
    fault: InputError | None = None
